"""One dialogue as its page reads it: the card, the memory and the messages in pages."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.sql.told import client_of, say, sync
from tests.sql.world import SALON_A, SALON_B, World, refused

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "=HYPERLINK(1)",
    "\u202egnp.exe",
    "{{ 1 }}",
    ":x",
)


@pytest.fixture
async def quiet(world: World) -> World:
    """Without any dialogue or message."""
    for table in ("conversation_sessions_v2", "active_sessions_v2", "recent_history_v2", "user_ltm_v2"):
        await world.connection.execute(f"delete from public.{table}")
    return world


async def told(world: World, *lines: tuple[int, str, str], **columns: Any) -> UUID:
    """A finished dialogue of (second, role, text) lines, without session ids."""
    last = max((line[0] for line in lines), default=0)
    session = await world.archive(SALON_A, NOW, ended_at=NOW + timedelta(seconds=last), **columns)
    client = await client_of(world, session)
    for second, role, text in lines:
        await say(world, SALON_A, client, NOW + timedelta(seconds=second), text, role=role)
    await sync(world)
    return session


async def messages(
    world: World, session: UUID, person: str = "owner_a", **arguments: Any
) -> list[asyncpg.Record]:
    names = "".join(f", {name} => ${place}" for place, name in enumerate(arguments, 2))
    async with world.acting(person) as connection:
        return await connection.fetch(
            f"select * from dashboard.dialogue_messages($1{names})", session, *arguments.values()
        )


async def remember(world: World, client: UUID, data: Any, **columns: Any) -> None:
    row = {"tenant_id": SALON_A, "user_id": client, "ltm_data": json.dumps(data)} | columns
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await world.connection.execute(
        f"insert into public.user_ltm_v2 ({', '.join(row)}) values ({places})", *row.values()
    )


class TestDialogue:
    async def test_has_the_row_of_the_list_and_what_the_bot_wrote_of_it(self, quiet: World) -> None:
        session = await quiet.archive(
            SALON_A, NOW, ended_at=NOW + timedelta(minutes=5), final_intent="booking", booking_id="7",
            booking_status="confirmed", booking_source="bot", booking_datetime=NOW + timedelta(days=1),
            booking_amount=Decimal("1500.50"), booking_currency="RUB", messages_count=12,
            agent_messages_count=5, summary="  Cut; Anna  ", final_summary="Came back",
            meta=json.dumps({"sentiment": "positive", "services_selected": ["Cut"], "staff_id": 5}),
        )  # fmt: skip
        await sync(quiet)
        seen = await quiet.call("owner_a", "dialogue", session)
        assert {key: seen[key] for key in (
            "session_id", "status", "is_active", "intent", "booking_id", "booking_amount", "booking_currency",
            "services", "staff_id", "stage", "sentiment", "messages_count", "replies_count", "step",
            "summaries", "tags", "tags_in_use", "notes",
        )} == {
            "session_id": str(session), "status": "done", "is_active": False, "intent": "booking",
            "booking_id": "7", "booking_amount": 1500.5, "booking_currency": "RUB", "services": ["Cut"],
            "staff_id": "5", "stage": 5, "sentiment": "positive", "messages_count": 12, "replies_count": 5,
            "step": None, "summaries": ["Cut; Anna", "Came back"], "tags": [], "tags_in_use": [], "notes": [],
        }  # fmt: skip
        assert not {"tenant_id", "archive_id", "source_xmin"} & set(seen)

    async def test_that_goes_on_says_where_it_stands(self, quiet: World) -> None:
        session = await quiet.begin(SALON_A, NOW, current_step="staff_selection")
        await sync(quiet)
        seen = await quiet.call("operator_a", "dialogue", session)
        assert (seen["is_active"], seen["step"], seen["summaries"]) == (True, "staff_selection", [])

    @pytest.mark.parametrize(
        ("summaries", "shown"),
        [
            ((None, None), []),
            (("", "  "), []),
            (("One", "One"), ["One"]),
            ((None, "One"), ["One"]),
            (("x" * 100_000, None), ["x" * 4000]),
        ],
        ids=["none", "blank", "twice the same", "the final one", "endless"],
    )
    async def test_summaries_are_shown_once_and_cut(
        self, quiet: World, summaries: tuple[str | None, str | None], shown: list[str]
    ) -> None:
        session = await told(quiet, summary=summaries[0], final_summary=summaries[1])
        assert (await quiet.call("owner_a", "dialogue", session))["summaries"] == shown

    async def test_names_no_secret_of_the_salon(self, quiet: World) -> None:
        session = await told(quiet, (0, "user", "hi"))
        assert "SECRET" not in json.dumps(await quiet.call("owner_a", "dialogue", session))


class TestClient:
    async def test_is_told_with_what_they_did_here(self, quiet: World) -> None:
        session = await told(quiet, booking_status="confirmed")
        client = await client_of(quiet, session)
        await quiet.archive(SALON_A, NOW - timedelta(days=9), user_id=client)
        await quiet.connection.execute(
            "update public.clients_v2 set phone = '+7 900', telegram_chat_id = 5, whatsapp_id = ''"
            " where id = $1",
            client,
        )
        await sync(quiet)
        card = (await quiet.call("owner_a", "dialogue", session))["client"]
        assert card.pop("created_at")
        assert card.pop("last_seen_at")
        assert datetime.fromisoformat(card.pop("first_seen_at")) == NOW - timedelta(days=9)
        assert card == {
            "client_id": str(client), "full_name": "marked-a", "phone": "+7 900", "has_phone": True,
            "has_telegram": True, "has_whatsapp": False, "dialogues": 2, "bookings": 1,
        }  # fmt: skip

    async def test_is_reached_only_by_who_may_read_clients(self, quiet: World) -> None:
        session = await told(quiet)
        client = await client_of(quiet, session)
        await quiet.connection.execute("update public.clients_v2 set phone = '+7 900' where id = $1", client)
        await remember(quiet, client, {"second_phone": "+7 901", "avg_visit_interval": 20})
        for person, phone, more in (("admin_a", "+7 900", 1), ("operator_a", None, 0)):
            seen = await quiet.call(person, "dialogue", session)
            assert (seen["client"]["phone"], seen["client"]["has_phone"]) == (phone, True), person
            assert len(seen["memory"]["more"]) == more, person
            assert seen["memory"]["visit_interval_days"] == 20

    async def test_of_another_salon_is_none(self, quiet: World) -> None:
        """The bot's own key does not keep a dialogue from naming one."""
        session = await told(quiet, user_id=await quiet.add_client(SALON_B))
        seen = await quiet.call("owner_a", "dialogue", session)
        assert (seen["client"], seen["memory"]) == (None, None)


class TestMemory:
    async def test_is_told_key_by_key(self, quiet: World) -> None:
        session = await told(quiet)
        client = await client_of(quiet, session)
        stats = {f"staff_{number}": number for number in range(1, 8)}
        data = {
            "booking_stats": stats | {"odd": "x"}, "last_visit_date": "2026-03-01",
            "avg_visit_interval": 21.5, "allergy": "ammonia", "nested": {"a": [1]}, "empty": None,
        }  # fmt: skip
        await remember(quiet, client, data, preferred_staff_id="5", language="ru", allow_notifications=False)
        memory = (await quiet.call("owner_a", "dialogue", session))["memory"]
        assert memory.pop("updated_at")
        assert memory == {
            "preferred_staff_id": "5", "preferred_service_id": None, "preferred_time": None, "language": "ru",
            "allows_notifications": False, "last_visit_date": "2026-03-01", "visit_interval_days": 21.5,
            "booking_stats": [{"key": f"staff_{number}", "count": number} for number in (7, 6, 5, 4, 3)],
            "more": [{"key": "allergy", "value": "ammonia"}, {"key": "nested", "value": '{"a": [1]}'}],
        }  # fmt: skip

    async def test_says_what_staff_and_services_are_called(self, quiet: World) -> None:
        session = await told(quiet, meta=json.dumps({"staff_id": 5}))
        client = await client_of(quiet, session)
        await remember(
            quiet, client, {"booking_stats": {"staff_6": 2, "staff_7": 1}}, preferred_service_id="9"
        )
        wishes = [
            (SALON_A, 3, {"staff_id": 5, "staff_name": "Old", "service_id": "9", "service_title": "Haircut"}),
            (SALON_A, 2, {"staff_id": "5", "staff_name": "New", "service_id": 8, "service_title": "Other"}),
            (SALON_A, 1, {"staff_id": "6", "staff_name": "Six", "service_title": 5}),
            (SALON_B, 1, {"staff_id": "7", "staff_name": "Theirs", "service_id": "9", "service_title": "No"}),
        ]
        for salon, days, meta in wishes:
            await quiet.connection.execute(
                "insert into public.wishlist_v2 (tenant_id, user_id, item_type, item_id, meta, created_at)"
                " values ($1, $2, 'slot', 'x', $3, $4)",
                salon, client, json.dumps(meta), NOW - timedelta(days=days),
            )  # fmt: skip
        seen = await quiet.call("owner_a", "dialogue", session)
        assert (seen["staff_names"], seen["service_names"]) == ({"5": "New", "6": "Six"}, {"9": "Haircut"})

    @pytest.mark.parametrize("data", [
        {}, {"booking_stats": []},
        {"booking_stats": "x", "avg_visit_interval": "soon", "last_visit_date": {}},
        {"avg_visit_interval": -1}, {"booking_stats": {"a": 1e300, "b": -1, "c": None}},
    ], ids=["empty", "a list", "other kinds", "negative", "numbers that count nothing"])  # fmt: skip
    async def test_of_another_shape_is_survived(self, quiet: World, data: dict[str, Any]) -> None:
        session = await told(quiet)
        await remember(quiet, await client_of(quiet, session), data)
        memory = (await quiet.call("owner_a", "dialogue", session))["memory"]
        assert (memory["booking_stats"], memory["visit_interval_days"], memory["last_visit_date"]) == (
            [],
            None,
            None,
        )

    async def test_is_cut_to_a_readable_size(self, quiet: World) -> None:
        session = await told(quiet)
        data = {f"key {number:03} {'k' * 200}": "v" * 10_000 for number in range(200)}
        await remember(quiet, await client_of(quiet, session), data)
        more = (await quiet.call("owner_a", "dialogue", session))["memory"]["more"]
        assert (len(more), len(more[0]["key"]), len(more[0]["value"])) == (30, 80, 300)


class TestMessages:
    async def test_come_in_order_with_the_time_that_each_answer_took(self, quiet: World) -> None:
        session = await told(
            quiet, (0, "user", "hi"), (5, "user", "a cut?"), (8, "assistant", "when?"),
            (9, "assistant", "today?"),
            (30, "user", "yes"), (31, "system", "noted"), (32, "assistant", "done"),
        )  # fmt: skip
        rows = await messages(quiet, session)
        assert [row["text"] for row in rows] == ["hi", "a cut?", "when?", "today?", "yes", "noted", "done"]
        # the second of two answers has nobody waiting; nor has the one after a note of the system
        assert [row["reply_ms"] for row in rows] == [None, None, 8000, None, None, None, None]
        assert all(row["is_inferred"] for row in rows)

    async def test_with_a_session_of_their_own_are_known_to_belong(self, quiet: World) -> None:
        session = await quiet.archive(SALON_A, NOW, ended_at=NOW)
        client = await client_of(quiet, session)
        # a week later: no window would find it
        await say(quiet, SALON_A, client, NOW + timedelta(days=7), session_id=session)
        await sync(quiet)
        (row,) = await messages(quiet, session)
        assert row["is_inferred"] is False

    async def test_not_indexed_yet_are_there_at_once(self, quiet: World) -> None:
        session = await told(quiet, (0, "assistant", "hi"), (60, "user", "today?"))
        client = await client_of(quiet, session)
        await say(quiet, SALON_A, client, NOW + timedelta(seconds=70), "yes", role="assistant")
        await say(quiet, SALON_A, client, NOW + timedelta(days=2), "another day")
        await say(
            quiet, SALON_A, await quiet.add_client(SALON_A), NOW + timedelta(seconds=71), "somebody else"
        )
        last = (await messages(quiet, session))[-1]
        assert (last["text"], last["reply_ms"]) == ("yes", 10_000)
        second = (await messages(quiet, session))[1]["cursor"]
        (alone,) = await messages(quiet, session, after=second)
        assert (alone["text"], alone["reply_ms"]) == ("yes", 10_000)

    async def test_come_in_pages_that_meet_without_gap_or_repeat(self, quiet: World) -> None:
        lines = [(number // 3, "user" if number % 2 else "assistant", str(number)) for number in range(25)]
        session = await told(quiet, *lines)
        everything = [row["text"] for row in await messages(quiet, session)]
        assert everything == [str(number) for number in range(25)]

        page = await messages(quiet, session, page_size=10)
        backwards = [row["text"] for row in page]
        while page := await messages(quiet, session, before=page[0]["cursor"], page_size=10):
            backwards = [row["text"] for row in page] + backwards
        assert backwards == everything

        first = (await messages(quiet, session))[0]
        forwards, cursor = ["0"], first["cursor"]
        while page := await messages(quiet, session, after=cursor, page_size=7):
            forwards += [row["text"] for row in page]
            cursor = page[-1]["cursor"]
        assert forwards == everything

    async def test_tell_the_same_wait_on_whatever_page(self, quiet: World) -> None:
        session = await told(quiet, *((second, "user", "?") for second in range(10)), (20, "assistant", "!"))
        (alone,) = await messages(quiet, session, page_size=1)
        assert alone["reply_ms"] == 20_000
        before = (await messages(quiet, session))[-2]["cursor"]
        (after,) = await messages(quiet, session, after=before)
        assert after["reply_ms"] == 20_000

    async def test_that_are_endless_are_cut_and_say_so(self, quiet: World) -> None:
        session = await told(quiet, (0, "user", "я" * 300_000))
        (row,) = await messages(quiet, session)
        assert (len(row["text"]), row["characters"]) == (20_000, 300_000)

    async def test_that_the_bot_removed_since_are_told_of(self, quiet: World) -> None:
        session = await told(quiet, (0, "user", "hi"), (1, "assistant", "hello"))
        await quiet.connection.execute("delete from public.recent_history_v2 where message = 'hi'")
        first, _ = await messages(quiet, session)
        assert (first["text"], first["characters"]) == (None, None)

    @pytest.mark.parametrize("moment", ["infinity", "-infinity", "4713-01-01 BC", "12000-01-01"])
    async def test_without_a_time_are_last(self, quiet: World, moment: str) -> None:
        session = await told(quiet, (0, "user", "hi"))
        client = await client_of(quiet, session)
        for _ in range(2):
            number = await say(quiet, SALON_A, client, NOW, "when?", session_id=session)
            await quiet.connection.execute(
                f"update public.recent_history_v2 set created_at = '{moment}' where id = $1", number
            )
        await sync(quiet)
        rows = await messages(quiet, session)
        assert [row["text"] for row in rows] == ["hi", "when?", "when?"]
        assert rows[1]["sent_at"] is None
        for at in (1, 2):
            before = await messages(quiet, session, before=rows[at]["cursor"])
            assert [row["message_id"] for row in before] == [row["message_id"] for row in rows[:at]]

    async def test_hostile_text_comes_out_as_it_went_in(self, quiet: World) -> None:
        session = await told(quiet, *((second, "user", text) for second, text in enumerate(HOSTILE)))
        assert [row["text"] for row in await messages(quiet, session)] == list(HOSTILE)

    @pytest.mark.parametrize(
        "cursor", ["", "x", "2026-13-01 00:00:00.000000_1", "1_1", "infinity_-1", "'; drop table users", "_1"]
    )
    async def test_a_place_that_cannot_be_is_refused(self, quiet: World, cursor: str) -> None:
        session = await told(quiet)
        async with refused(quiet, "PT422", "cursor_invalid"):
            await messages(quiet, session, before=cursor)

    async def test_a_page_has_its_bounds(self, quiet: World) -> None:
        session = await told(quiet, *((number, "user", "x") for number in range(210)))
        assert len(await messages(quiet, session, page_size=100_000)) == 200
        assert len(await messages(quiet, session, page_size=-5)) == 1

    async def test_that_the_index_knows_are_not_looked_for_again(self, quiet: World) -> None:
        session = await told(quiet, *((second, "user", "x") for second in range(60)))
        await quiet.connection.execute("set local track_functions = 'all'")
        await messages(quiet, session)
        calls = "select pg_stat_get_xact_function_calls('dashboard.inferred_session'::regproc)"
        assert not await quiet.connection.fetchval(calls)

    async def test_of_a_hundred_thousand_are_read_a_page_at_a_time(self, quiet: World) -> None:
        """By the index, from whichever end: the plan reads no more than it shows."""
        session = await told(quiet, (0, "user", "first"))
        client = await client_of(quiet, session)
        await quiet.connection.execute(
            "insert into dashboard.message_index (tenant_id, message_id, client_id, session_id, is_inferred,"
            " channel, role, sent_at, words)"
            " select $1, 1000000000 + number, $2, $3, true, 'telegram', 'user',"
            " $4::timestamptz + number * interval '1 s', '' from generate_series(1, 100000) as number",
            SALON_A, client, session, NOW,
        )  # fmt: skip
        await quiet.connection.execute("analyze dashboard.message_index")
        last = await messages(quiet, session)
        for place in ({}, {"before": last[0]["cursor"]}, {"after": last[-2]["cursor"]}):
            await quiet.connection.execute("select pg_stat_clear_snapshot()")
            before = await touched(quiet)
            assert await messages(quiet, session, **place)
            assert await touched(quiet) - before < 1000, place


async def touched(world: World) -> int:
    """How many entries of indexes and rows of message_index this transaction has read so far."""
    count: int = await world.connection.fetchval(
        "select sum(pg_stat_get_xact_tuples_returned(relid) + pg_stat_get_xact_tuples_fetched(relid))"
        " from (select 'dashboard.message_index'::regclass::oid as relid union all"
        " select indexrelid from pg_index where indrelid = 'dashboard.message_index'::regclass) as part"
    )
    return count


class TestAccess:
    @pytest.mark.parametrize("person", ["platform", "owner_a", "admin_a", "operator_a"])
    async def test_who_reads_dialogues_opens_one(self, quiet: World, person: str) -> None:
        session = await told(quiet, (0, "user", "hi"))
        async with quiet.acting(person, SALON_A) as connection:
            assert await connection.fetchval("select dashboard.dialogue($1)", session)
            assert len(await connection.fetch("select * from dashboard.dialogue_messages($1)", session)) == 1

    @pytest.mark.parametrize("function", ["dialogue", "dialogue_messages"])
    async def test_an_outsider_gets_nothing(self, quiet: World, function: str) -> None:
        session = await told(quiet, (0, "user", "hi"))
        async with refused(quiet, "PT403", "not_allowed"):
            await quiet.call("outsider", function, session)
        async with refused(quiet, "PT403", "not_allowed"):
            await quiet.call("owner_b", function, session, tenant=SALON_A)

    @pytest.mark.parametrize("function", ["dialogue", "dialogue_messages"])
    async def test_another_salons_and_none_are_refused_in_the_same_words(
        self, quiet: World, function: str
    ) -> None:
        session = await told(quiet, (0, "user", "hi"))
        for person, wanted in (("owner_b", session), ("owner_a", uuid4())):
            async with refused(quiet, "PT404", "dialogue_not_found"):
                await quiet.call(person, function, wanted)

    async def test_a_session_id_in_two_salons_is_two_dialogues(self, quiet: World) -> None:
        session = await told(quiet, (0, "user", "of a"))
        await quiet.archive(SALON_B, NOW, session_id=session, final_status="dropped")
        await sync(quiet)
        assert (await quiet.call("owner_a", "dialogue", session))["status"] == "done"
        assert (await quiet.call("owner_b", "dialogue", session))["status"] == "dropped"
        assert await messages(quiet, session, "owner_b") == []
