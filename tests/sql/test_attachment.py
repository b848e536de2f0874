"""Messages whose session the bot did not note: how many find the dialogue that they were said in.

The demo's script knows the truth: a message is written by its dialogue, and carries no id of the session.
Beside the salons' usual days there are people who write again soon after, and some in both channels at once.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from demo.chance import Chance
from demo.dialogue import Dialogue, play
from demo.generate import dialogues
from demo.rows import COLUMNS, active_row, client_row, dialogue_rows, tenant_row
from demo.salons import BERLIN, GOA, MOSCOW, NAMESPACE, Salon
from demo.steps import Said
from tests.sql.told import sync
from tests.sql.world import World

LEAST_SHARE = 0.98
DAYS = [date(2026, 11, 4) + timedelta(days=number) for number in range(5)]
NOW = datetime(2026, 11, 8, 15, tzinfo=UTC)
"""In the middle of the last day: some dialogues go on, with no archive row and no channel."""
ARCHIVE = "conversation_sessions_v2"


@dataclass(frozen=True)
class Carelessness:
    """Shares of the dialogues whose rows the bot writes less well than the demo's does."""

    late: float = 0
    """The session begins up to 110 seconds after the client's first words."""
    early: float = 0
    """It ends up to 20 minutes before the last ones."""
    endless: float = 0
    """It has no end."""
    unknown: float = 0
    """Its messages have no channel."""

    def archived(self, dialogue: Dialogue, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The archive's row; its sixth and seventh values are the session's begin and end."""
        chance = Chance("careless", dialogue.session_id)
        began, ended = row[5], row[6]
        if chance.happens(self.late):
            began += timedelta(seconds=chance.between(0, 110))
        if ended is not None and chance.happens(self.early):
            ended = max(began, ended - timedelta(seconds=chance.between(0, 1200)))
        if chance.happens(self.endless):
            ended = None
        row_id = uuid5(NAMESPACE, str(dialogue.session_id)).int >> 80
        return (row_id, *row[1:5], began, ended, *row[7:])

    def channel(self, dialogue: Dialogue, noted: str) -> str:
        """What the dialogue's messages carry."""
        return "unknown" if Chance("channel", dialogue.session_id).happens(self.unknown) else noted


def usual(salon: Salon, days: Iterable[date] = DAYS) -> list[Dialogue]:
    """Some days as the demo has them."""
    return [one for day in days for one in dialogues(salon, day, "standard", until=NOW, traces=False)]


def again(dialogue: Dialogue) -> Dialogue:
    """The same client comes back, 1 to 40 minutes after the last word."""
    chance = Chance("again", dialogue.session_id)
    at = last_word(dialogue) + timedelta(seconds=chance.between(60, 2400))
    return play(dialogue.salon, dialogue.client, f"again/{dialogue.session_id}", at, traces=False)


def elsewhere(dialogue: Dialogue) -> Dialogue:
    """The same client writes in the other channel, while the first dialogue still goes on."""
    other = "whatsapp" if dialogue.client.channel == "telegram" else "telegram"
    at = dialogue.started_at + (last_word(dialogue) - dialogue.started_at) / 2
    client = replace(dialogue.client, channel=other)
    return play(dialogue.salon, client, f"elsewhere/{dialogue.session_id}", at, traces=False)


def last_word(dialogue: Dialogue) -> datetime:
    return max(step.at for step in dialogue.steps if isinstance(step, Said))


def crowded(salons: Iterable[Salon], days: Iterable[date] = DAYS) -> list[Dialogue]:
    """The usual days, with every fifth client coming back and every seventh in two channels at once."""
    told = [dialogue for salon in salons for dialogue in usual(salon, days)]
    return told + [again(one) for one in told[::5]] + [elsewhere(one) for one in told[1::7]]


async def write(
    world: World, told: list[Dialogue], until: datetime, careless: Carelessness
) -> dict[int, UUID]:
    """Bring the bot's tables to `until`; gives back which message is which dialogue's."""
    begun = [dialogue for dialogue in told if dialogue.started_at <= until]
    rows: dict[str, list[tuple[Any, ...]]] = {
        "clients_v2": list(
            {one.client.client_id: client_row(one.salon, one.client) for one in begun}.values()
        ),
        "active_sessions_v2": [active_row(one, until) for one in begun if one.closed.at > until],
        ARCHIVE: [],
        "recent_history_v2": [],
    }
    truth: dict[int, UUID] = {}
    steps = [(step, table, row, one) for one in begun for step, table, row in dialogue_rows(one)]
    for step, table, row, dialogue in sorted(steps, key=lambda written: written[0].at):
        if step.at > until:
            break
        if isinstance(step, Said):
            number = len(truth) + 1
            truth[number] = dialogue.session_id
            channel = careless.channel(dialogue, row[5])
            rows[table].append((number, *row[1:5], channel, *row[6:]))
        elif table == ARCHIVE:
            rows[table].append(careless.archived(dialogue, row))
    for table, written in rows.items():
        await world.connection.execute(f"delete from public.{table}")
        await world.connection.copy_records_to_table(
            table, schema_name="public", columns=COLUMNS[table], records=written
        )
    return truth


async def share_found(world: World, truth: dict[int, UUID]) -> float:
    """How many of the messages are in the dialogue that they were said in, and in no other."""
    rows = await world.connection.fetch("select message_id, session_id from dashboard.message_index")
    assert len(rows) == len({row["message_id"] for row in rows}) == len(truth)
    right: int = sum(truth[row["message_id"]] == row["session_id"] for row in rows)
    return right / len(truth)


@pytest.fixture
async def demo_salons(world: World) -> World:
    """The demo's salons without a word said in any. Rows elsewhere that refer to ours are left alone."""
    await world.connection.execute("set local session_replication_role = replica")
    await world.connection.execute(
        "delete from dashboard.message_index; delete from dashboard.dialogue_index"
    )
    columns = COLUMNS["tenants_v2"]
    await world.connection.copy_records_to_table(
        "tenants_v2", schema_name="public", columns=columns,
        records=[tenant_row(salon) for salon in (MOSCOW, BERLIN, GOA)],
    )  # fmt: skip
    return world


@pytest.mark.parametrize(
    "careless",
    [Carelessness(), Carelessness(late=0.5, early=0.5, endless=0.1, unknown=0.1), Carelessness(unknown=0.3)],
    ids=["as the demo writes", "carelessly written", "often without channel"],
)
async def test_nearly_all_messages_find_their_dialogue(demo_salons: World, careless: Carelessness) -> None:
    truth = await write(demo_salons, crowded((MOSCOW, BERLIN, GOA)), NOW, careless)
    await sync(demo_salons)
    share = await share_found(demo_salons, truth)
    sys.stdout.write(f"{len(truth)} messages: {share:.2%} found their dialogue\n")
    assert share >= LEAST_SHARE


async def test_they_find_it_also_while_it_is_still_being_told(demo_salons: World) -> None:
    """The index looks every hour of a day: messages come before it is known where their dialogue ends."""
    told = crowded((GOA,), DAYS[-1:])
    for hour in range(24):
        until = datetime.combine(DAYS[-1], datetime.min.time(), UTC) + timedelta(hours=hour)
        truth = await write(demo_salons, told, until, Carelessness(late=0.3))
        await sync(demo_salons)
    share = await share_found(demo_salons, truth)
    sys.stdout.write(f"{len(truth)} messages: {share:.2%} found their dialogue\n")
    assert share >= LEAST_SHARE


async def test_a_dialogue_shows_no_message_of_another(demo_salons: World) -> None:
    first = usual(GOA, DAYS[:1])[0]
    told = [first, again(first), elsewhere(first)]
    truth = await write(demo_salons, told, NOW, Carelessness())
    await sync(demo_salons)
    await demo_salons.add_person("owner_goa", "owner", GOA.tenant_id)
    for dialogue in told:
        async with demo_salons.acting("owner_goa", GOA.tenant_id) as connection:
            rows = await connection.fetch(
                "select message_id from dashboard.dialogue_messages($1, page_size => 200)",
                dialogue.session_id,
            )
        said = [number for number, session in truth.items() if session == dialogue.session_id]
        assert [row["message_id"] for row in rows] == said
