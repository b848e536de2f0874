"""A salon's day, row by row: the same on every machine, whatever was loaded before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from demo.dialogue import Dialogue, play
from demo.people import newcomer_key, person, returning
from demo.rhythm import NEWCOMERS, Part, Volume, local_day, numbers, parts, start_of
from demo.rows import COLUMNS, Row, active_row, client_row, dialogue_rows, processed, row_ids
from demo.salons import Salon
from demo.wishes import Wished

LONGEST_DIALOGUE = timedelta(
    hours=6
)  # nothing that begins on a day is still being written this long after it


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A waiting-list item will become `status` at `due_at`, unless somebody deals with it before."""

    wishlist_id: int
    status: str
    due_at: datetime


@dataclass(slots=True)
class DayRows:
    """Rows by table, and what is still to happen to them."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    planned: list[PlannedChange] = field(default_factory=list)
    finished: list[UUID] = field(default_factory=list)  # sessions whose active row is gone by now

    def extend(self, other: "DayRows") -> None:
        """Add the rows of `other`."""
        for table, rows in other.rows.items():
            self.rows[table] += rows
        self.planned += other.planned
        self.finished += other.finished


def day(
    salon: Salon,
    day: date,
    volume: Volume = "standard",
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    traces: bool = True,
) -> DayRows:
    """Give the rows that the salon's local `day` adds after `since` and up to `until` (None: no bound).

    Both halves of a day cut in two at any instant add up to the whole: only the rows of sessions that are
    active at `until` are those of that moment. `traces=False` leaves out the agent's trajectories.
    """
    whole = DayRows()
    for part in parts(salon, volume):
        whole.extend(day_part(salon, day, part, since=since, until=until, traces=traces))
    return whole


def day_part(
    salon: Salon,
    day: date,
    part: Part,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    traces: bool = True,
) -> DayRows:
    """Give what `day` gives, for one part of it."""
    first = since or datetime.min.replace(tzinfo=local_day(salon, day)[0].tzinfo)
    last = until or local_day(salon, day)[1] + timedelta(days=365)
    made = DayRows()
    for dialogue in dialogues(salon, day, part, until=until, traces=traces):
        _add(made, dialogue, first, last)
    return made


def dialogues(
    salon: Salon, day: date, part: Part, *, until: datetime | None = None, traces: bool = True
) -> Iterator[Dialogue]:
    """Give the whole dialogues that begin on the salon's local `day`, at `until` or before."""
    for number, key in _writers(salon, day, part):
        started_at = start_of(salon, day, number)
        if until is None or started_at <= until:
            first_row_id = row_ids(day, salon.slot, number)
            client = person(salon, key)
            yield play(
                salon, client, newcomer_key(day, number), started_at, first_row_id=first_row_id, traces=traces
            )


def settled_at(salon: Salon, day: date) -> datetime:
    """Give the instant from which the salon's `day` adds no more rows."""
    return local_day(salon, day)[1] + LONGEST_DIALOGUE


def _writers(salon: Salon, day: date, part: Part) -> list[tuple[int, str]]:
    """Number of each dialogue of the day, with the key of the client who writes."""
    dialogue_numbers = numbers(salon, day, part)
    keys = [newcomer_key(day, number) for number in dialogue_numbers[: NEWCOMERS[part]]]
    if part == "standard":
        keys += _guests(salon, day)
    keys += returning(salon, day, part, len(dialogue_numbers) - len(keys))
    return list(zip(dialogue_numbers, keys, strict=True))


def _guests(salon: Salon, day: date) -> list[str]:
    """Those who are in the demo for a reason: the client with two chats and the one with the hostile name."""
    ordinal = day.toordinal() + salon.slot
    chats = {0: ["twin/a"], 3: ["twin/b"]}.get(ordinal % 6, [])
    return chats + (["hostile"] if ordinal % 9 == 4 else [])


def _add(made: DayRows, dialogue: Dialogue, since: datetime, until: datetime) -> None:
    if since < dialogue.started_at <= until:
        made.rows["clients_v2"].append(client_row(dialogue.salon, dialogue.client))
    for step, table, row in dialogue_rows(dialogue):
        if since < step.at <= until:
            made.rows[table].append(_settled(made, step, row, until) if isinstance(step, Wished) else row)
    closed = dialogue.closed
    if closed.at > until or (closed.leaves_active and closed.at > since):
        made.rows["active_sessions_v2"].append(active_row(dialogue, until))
    elif closed.at > since:
        made.finished.append(dialogue.session_id)


def _settled(made: DayRows, wish: Wished, row: Row, until: datetime) -> Row:
    """Give the item's row as it is at `until`, and plan what comes later."""
    if wish.processed_at is None:
        return row
    if wish.processed_at <= until:
        return processed(row, wish.fate, wish.processed_at)
    made.planned.append(PlannedChange(row[0], wish.fate, wish.processed_at))
    return row
