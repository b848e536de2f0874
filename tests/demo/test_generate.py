"""The demo's days as pure data: repeatable, in the right local day, with every trap of the real tables."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from demo import generate
from demo.people import FATHERS, MEN, SURNAMES, WOMEN, hostile_client, person, woman_surname
from demo.rhythm import local_day
from demo.rows import COLUMNS, ROWS_PER_DIALOGUE, tenant_row
from demo.salons import BERLIN, FAKE_SECRET, GOA, MOSCOW, SALONS, Salon

TODAY = date(2026, 11, 21)
DAYS = [TODAY - timedelta(days=ago) for ago in range(30)]
KNOWN = {
    "done", "dropped", "abandoned", "auto_closed", "escalated", "transferred", "booked", "ghost", "no_slots",
    "price_too_high",
}  # fmt: skip
ARCHIVE = "conversation_sessions_v2"


@pytest.fixture(scope="module")
def month() -> dict[str, generate.DayRows]:
    """Thirty days of each salon, by slug."""
    made = {}
    for salon in SALONS:
        made[salon.slug] = generate.DayRows()
        for day in DAYS:
            made[salon.slug].extend(generate.day(salon, day))
    return made


def column(rows: list[tuple[Any, ...]], table: str, name: str) -> Iterator[Any]:
    place = COLUMNS[table].index(name)
    return (row[place] for row in rows)


def everything(month: dict[str, generate.DayRows], table: str, name: str) -> list[Any]:
    return [value for made in month.values() for value in column(made.rows[table], table, name)]


class TestRepeatable:
    def test_same_day_gives_same_bytes(self) -> None:
        first, second = (repr(generate.day(BERLIN, TODAY).rows) for _ in range(2))
        assert first == second

    def test_same_on_every_machine(self) -> None:
        """Changes only with the demo itself: an upgrade of Python or another processor may not change it."""
        digest = hashlib.sha256(repr(generate.day(GOA, TODAY).rows).encode()).hexdigest()
        assert digest[:16] == "65e7f9b5b3662dec"

    def test_order_of_days_does_not_matter(self) -> None:
        alone = generate.day(MOSCOW, TODAY).rows
        generate.day(MOSCOW, TODAY - timedelta(days=3))
        assert generate.day(MOSCOW, TODAY).rows == alone

    @pytest.mark.parametrize("salon", SALONS, ids=lambda salon: salon.slug)
    def test_two_halves_make_the_whole(self, salon: Salon) -> None:
        start, _ = local_day(salon, TODAY)
        end = generate.settled_at(salon, TODAY)
        whole = generate.day(salon, TODAY, until=end).rows
        for hours in (3, 10.5, 14, 23):
            cut = start + timedelta(hours=hours)
            first = generate.day(salon, TODAY, until=cut).rows
            second = generate.day(salon, TODAY, since=cut, until=end).rows
            for table in COLUMNS:
                if table not in {"active_sessions_v2", "wishlist_v2"}:
                    assert sorted(first[table] + second[table], key=repr) == sorted(whole[table], key=repr), (
                        table
                    )

    def test_nothing_lies_in_the_future(self) -> None:
        now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        made = generate.day(MOSCOW, TODAY, until=now)
        for table, columns in COLUMNS.items():
            for name in ("created_at", "updated_at", "ended_at", "processed_at"):
                if name in columns and name != "ended_at":
                    assert all(at is None or at <= now for at in column(made.rows[table], table, name))
        assert made.rows["active_sessions_v2"]

    def test_skipping_trajectories_changes_nothing_else(self) -> None:
        with_them, without = (generate.day(GOA, TODAY, traces=traces).rows for traces in (True, False))
        assert with_them.pop("agent_trajectories_v2")
        assert without.pop("agent_trajectories_v2") == []
        assert with_them == without


class TestDays:
    @pytest.mark.parametrize(
        ("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 11, 21), 24)]
    )
    def test_berlin_days_have_their_real_length(self, day: date, hours: int) -> None:
        first, after = local_day(BERLIN, day)
        assert after - first == timedelta(hours=hours)
        for dialogue in generate.dialogues(BERLIN, day, "standard"):
            assert dialogue.started_at.astimezone(BERLIN.zone).date() == day

    def test_half_hour_offset(self) -> None:
        first, _ = local_day(GOA, TODAY)
        assert first == datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
        starts = {
            d.started_at.astimezone(GOA.zone).date() for d in generate.dialogues(GOA, TODAY, "standard")
        }
        assert starts == {TODAY}

    @pytest.mark.parametrize("salon", SALONS, ids=lambda salon: salon.slug)
    def test_ordinary_volume(self, salon: Salon, month: dict[str, generate.DayRows]) -> None:
        counts = [len(generate.day(salon, day, traces=False).rows[ARCHIVE]) for day in DAYS]
        assert min(counts) >= 40
        assert max(counts) <= 70
        assert len(set(counts)) > 5

    def test_large_volume(self) -> None:
        standard = generate.day(MOSCOW, TODAY, traces=False).rows[ARCHIVE]
        large = generate.day(MOSCOW, TODAY, "large", traces=False).rows[ARCHIVE]
        assert len(large) > 1000
        assert large[: len(standard)] == standard
        assert len(generate.day(GOA, TODAY, "large", traces=False).rows[ARCHIVE]) <= 70

    def test_settled_after_the_longest_dialogue(self) -> None:
        for salon in SALONS:
            for day in DAYS:
                last = max(d.closed.at for d in generate.dialogues(salon, day, "standard", traces=False))
                assert last <= generate.settled_at(salon, day)

    def test_row_ids_do_not_meet(self, month: dict[str, generate.DayRows]) -> None:
        for table in ("recent_history_v2", "agent_trajectories_v2", ARCHIVE, "wishlist_v2"):
            ids = everything(month, table, "id")
            assert len(ids) == len(set(ids))
        for dialogue in generate.dialogues(MOSCOW, TODAY, "standard"):
            assert len(dialogue.steps) < ROWS_PER_DIALOGUE

    def test_one_client_has_one_dialogue_at_a_time(self, month: dict[str, generate.DayRows]) -> None:
        for made in month.values():
            rows = zip(
                *(
                    column(made.rows[ARCHIVE], ARCHIVE, name)
                    for name in ("user_id", "started_at", "created_at")
                ),
                strict=True,
            )
            until: dict[Any, datetime] = {}
            for client, started_at, archived_at in sorted(rows, key=lambda row: row[1]):
                assert until.get(client, started_at) <= started_at
                until[client] = archived_at


class TestTraps:
    def test_history_never_names_its_session(self, month: dict[str, generate.DayRows]) -> None:
        assert set(everything(month, "recent_history_v2", "session_id")) == {None}
        assert "unknown" in everything(month, "recent_history_v2", "channel")

    def test_every_known_status_and_unknown_ones(self, month: dict[str, generate.DayRows]) -> None:
        found = set(everything(month, ARCHIVE, "final_status"))
        assert found > KNOWN
        assert len(found - KNOWN) == 2

    def test_some_finished_sessions_are_still_active(self, month: dict[str, generate.DayRows]) -> None:
        active = set(everything(month, "active_sessions_v2", "session_id"))
        archived = set(everything(month, ARCHIVE, "session_id"))
        assert 0.02 < len(active & archived) / len(archived) < 0.1

    def test_an_unfinished_session_is_active_and_not_archived(self) -> None:
        now = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
        made = generate.day(MOSCOW, TODAY, until=now)
        active = set(column(made.rows["active_sessions_v2"], "active_sessions_v2", "session_id"))
        assert active - set(column(made.rows[ARCHIVE], ARCHIVE, "session_id"))

    def test_more_than_an_answer_holds(self, month: dict[str, generate.DayRows]) -> None:
        for made in month.values():
            assert len(made.rows[ARCHIVE]) > 1000

    def test_secrets_are_there_and_fake(self) -> None:
        for salon in SALONS:
            metadata = json.loads(tenant_row(salon)[4])
            secrets = [value for key, value in flat(metadata) if "token" in key]
            assert len(secrets) >= 2
            assert all(secret.startswith(FAKE_SECRET) for secret in secrets)

    def test_metadata_comes_in_three_shapes(self) -> None:
        assert "yclients_company_id" in MOSCOW.metadata
        assert "company_id" in BERLIN.metadata["yclients"]
        assert "yclients_salon_id" in GOA.metadata
        assert "admin_chat_id" in MOSCOW.metadata
        assert "admin_chat_id" in BERLIN.metadata["telegram"]
        assert MOSCOW.metadata["closing_time_override"]
        assert BERLIN.metadata["settings"]["closing_time"]

    def test_money_is_missing_or_foreign_at_times(self, month: dict[str, generate.DayRows]) -> None:
        for salon in SALONS:
            rows = month[salon.slug].rows[ARCHIVE]
            names = ("booking_status", "booking_amount", "booking_currency")
            booked = [row for row in zip(*(column(rows, ARCHIVE, n) for n in names), strict=True) if row[0]]
            assert any(amount is None for _, amount, _ in booked)
            assert {currency for *_, currency in booked} > {salon.currency, None}
            own = sum(currency == salon.currency for *_, currency in booked)
            assert own / len(booked) > 0.85

    def test_bookings(self, month: dict[str, generate.DayRows]) -> None:
        assert set(everything(month, ARCHIVE, "booking_status")) == {"confirmed", "cancelled", None}
        assert set(everything(month, ARCHIVE, "booking_source")) == {"bot", "manual", None}
        statuses = Counter(everything(month, ARCHIVE, "booking_status"))
        assert 0.3 < statuses["confirmed"] / statuses.total() < 0.55

    def test_archive_json_has_both_shapes_and_all_stages(self, month: dict[str, generate.DayRows]) -> None:
        metas = [json.loads(meta) for meta in everything(month, ARCHIVE, "meta")]
        assert all(isinstance(meta, dict) for meta in metas)
        assert {"services_mentioned", "services_selected"} <= {key for meta in metas for key in meta}
        stages = {meta.get("drop_off_stage") for meta in metas}
        assert stages == {"service_selection", "staff_selection", "time_selection", None}
        assert {} in metas

    def test_waiting_list_has_every_kind_and_fate(self, month: dict[str, generate.DayRows]) -> None:
        assert set(everything(month, "wishlist_v2", "item_type")) == {"slot_waiting", "slot", "service"}
        statuses = set(everything(month, "wishlist_v2", "status"))
        assert statuses == {"pending", "converted", "cancelled", "expired"}
        keys = {key for meta in everything(month, "wishlist_v2", "meta") for key in json.loads(meta)}
        assert {"date", "preferred_date", "client_name", "staff_id", "time_preference"} <= keys

    def test_memory_has_odd_shapes(self, month: dict[str, generate.DayRows]) -> None:
        data = [json.loads(value) for value in everything(month, "user_ltm_v2", "ltm_data")]
        assert {} in data
        assert any(list(d.get("booking_stats", {}))[:1][0].startswith("staff_") for d in data if d)

    def test_one_person_with_two_chats(self) -> None:
        for salon in SALONS:
            one, other = person(salon, "twin/a"), person(salon, "twin/b")
            assert (one.phone, one.full_name) == (other.phone, other.full_name)
            assert one.telegram_chat_id != other.telegram_chat_id
            assert one.client_id != other.client_id

    def test_one_hostile_client_a_salon(self, month: dict[str, generate.DayRows]) -> None:
        for salon in SALONS:
            hostile = hostile_client(salon)
            made = month[salon.slug]
            texts = "".join(
                text
                for client, text in zip(
                    column(made.rows["recent_history_v2"], "recent_history_v2", "user_id"),
                    column(made.rows["recent_history_v2"], "recent_history_v2", "message"),
                    strict=True,
                )
                if client == hostile.client_id
            )
            assert texts
            clean = [row for row in made.rows["clients_v2"] if row[0] != hostile.client_id]
            assert not any(mark in repr(clean) for mark in ("<", "=1+1", "\\u202e"))
        assert "<img" in (hostile_client(MOSCOW).full_name or "")
        assert (hostile_client(BERLIN).full_name or "").startswith("=")
        assert "\u202e" in (hostile_client(GOA).full_name or "")
        assert any(key.startswith(":") for key in json.loads(hostile_client(GOA).meta))

    def test_services_and_staff_are_clean(self) -> None:
        for salon in SALONS:
            words = [salon.name, *(s.kind.title for s in salon.services), *(s.name for s in salon.staff)]
            assert not any(set(word) & set("<>={}:@\\") for word in words)


class TestPeople:
    def test_names_agree_in_gender(self) -> None:
        feminine = {woman_surname(surname) for surname in SURNAMES}
        for number in range(300):
            client = person(MOSCOW, f"regular/{number}")
            words = (client.full_name or "").split()
            if client.language != "ru" or len(words) < 2 or words[1].endswith("."):
                continue
            first, surname = words[:2] if words[0] in WOMEN + MEN else (words[1], words[0])
            assert first in (WOMEN if client.gender == "f" else MEN)
            assert surname in (feminine if client.gender == "f" else SURNAMES)
            if len(words) == 3:
                assert words[2] in [father[client.gender == "f"] for father in FATHERS]

    @pytest.mark.parametrize(
        ("man", "woman"),
        [
            ("Иванов", "Иванова"),
            ("Вишневский", "Вишневская"),
            ("Шевченко", "Шевченко"),
            ("Черных", "Черных"),
            ("Ильин", "Ильина"),
        ],
    )
    def test_feminine_surnames(self, man: str, woman: str) -> None:
        assert woman_surname(man) == woman

    def test_phones_are_typed_in_several_ways(self) -> None:
        shapes = {
            "".join("9" if c.isdigit() else c for c in phone)
            for number in range(200)
            if (phone := person(MOSCOW, f"regular/{number}").phone)
        }
        assert len(shapes) >= 4

    def test_phrases_are_filled_in(self, month: dict[str, generate.DayRows]) -> None:
        hostile = {hostile_client(salon).client_id for salon in SALONS}
        users = everything(month, "recent_history_v2", "user_id")
        messages = everything(month, "recent_history_v2", "message")
        for user, text in zip(users, messages, strict=True):
            if user not in hostile:
                assert not set(text) & set("{}[]|"), text


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, key)
    else:
        yield name, value
