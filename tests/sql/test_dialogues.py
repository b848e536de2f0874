"""The view of dialogues over what a bot really writes."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from tests.sql.world import SALON_A, SALON_B, World

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
KNOWN = (
    "done", "dropped", "abandoned", "auto_closed", "escalated", "transferred", "booked", "ghost", "no_slots",
    "price_too_high",
)  # fmt: skip


async def seen(world: World, person: str = "owner_a") -> list[asyncpg.Record]:
    async with world.acting(person) as connection:
        return await connection.fetch("select * from dashboard.dialogues order by started_at, session_id")


async def only(world: World) -> asyncpg.Record:
    (row,) = await seen(world)
    assert isinstance(row, asyncpg.Record)
    return row


async def test_a_finished_one(quiet: World) -> None:
    session = await quiet.archive(
        SALON_A, NOW, ended_at=NOW + timedelta(minutes=5), final_intent="booking", booking_id="7",
        booking_status="confirmed",
        booking_source="bot", booking_datetime=NOW + timedelta(days=1),
        booking_amount=Decimal("1500.50"), booking_currency="RUB",
        messages_count=12, meta=json.dumps({"drop_off_stage": "time_selection", "sentiment": "positive"}),
    )  # fmt: skip
    row = dict(await only(quiet))
    assert row.pop("client_id") is not None
    assert row == {
        "session_id": session, "tenant_id": SALON_A, "channel": "telegram", "started_at": NOW,
        "ended_at": NOW + timedelta(minutes=5), "last_activity_at": NOW + timedelta(minutes=5),
        "is_active": False,
        "status": "done", "is_known_status": True, "intent": "booking", "booking_id": "7",
        "booking_status": "confirmed",
        "booking_source": "bot", "booking_at": NOW + timedelta(days=1), "booking_amount": Decimal("1500.50"),
        "booking_currency": "RUB", "messages_count": 12, "drop_off_stage": "time_selection",
        "sentiment": "positive",
    }  # fmt: skip


async def test_one_that_is_going_on(quiet: World) -> None:
    session = await quiet.begin(SALON_A, NOW, intent="price", last_activity_at=NOW + timedelta(minutes=1))
    row = await only(quiet)
    assert (row["session_id"], row["started_at"], row["last_activity_at"]) == (
        session,
        NOW,
        NOW + timedelta(minutes=1),
    )
    assert (row["is_active"], row["status"], row["is_known_status"], row["intent"]) == (
        True,
        "active",
        True,
        "price",
    )
    assert row["messages_count"] is None  # unknown is not zero


async def test_in_both_tables_the_archive_is_the_truth(quiet: World) -> None:
    session = await quiet.archive(SALON_A, NOW)
    await quiet.begin(SALON_A, NOW, session)
    assert (await only(quiet))["is_active"] is False


async def test_archived_twice_the_newest_row_is_the_truth(quiet: World) -> None:
    session = await quiet.archive(SALON_A, NOW, final_status="dropped")
    await quiet.archive(SALON_A, NOW - timedelta(days=3), session_id=session, final_status="booked")
    row = await only(quiet)
    assert (row["status"], row["started_at"]) == ("booked", NOW - timedelta(days=3))


async def test_the_same_session_id_in_another_salon_hides_nothing(quiet: World) -> None:
    session = await quiet.begin(SALON_A, NOW)
    await quiet.archive(SALON_B, NOW, session_id=session)
    assert (await only(quiet))["is_active"] is True
    (other,) = await seen(quiet, "owner_b")
    assert other["tenant_id"] == SALON_B


@pytest.mark.parametrize("status", KNOWN)
async def test_known_statuses(quiet: World, status: str) -> None:
    await quiet.archive(SALON_A, NOW, final_status=status)
    assert (await only(quiet))["is_known_status"] is True


@pytest.mark.parametrize("status", ["", "DONE", "on_mars", "active", "<b>done</b>", "x" * 100_000, None])
async def test_an_unknown_status_is_shown_and_never_dropped(quiet: World, status: str | None) -> None:
    await quiet.connection.execute(
        "alter table public.conversation_sessions_v2 alter column final_status drop not null"
    )
    await quiet.archive(SALON_A, NOW, final_status=status)
    row = await only(quiet)
    assert row["is_known_status"] is False
    assert row["status"] == (status[:200] if status is not None else None)


@pytest.mark.parametrize("value", [None, [], {}, ["positive"], {"a": 1}, True])
async def test_a_label_of_another_kind_is_none(quiet: World, value: Any) -> None:
    await quiet.archive(SALON_A, NOW, meta=json.dumps({"drop_off_stage": value, "sentiment": value}))
    row = await only(quiet)
    assert (row["drop_off_stage"], row["sentiment"]) == (None, None)


@pytest.mark.parametrize("meta", ["[]", '"positive"', "1", "null", '["drop_off_stage"]'])
async def test_meta_of_another_shape_is_survived(quiet: World, meta: str) -> None:
    await quiet.connection.execute(
        "alter table public.conversation_sessions_v2 drop constraint conversation_sessions_v2_meta_check"
    )
    await quiet.archive(SALON_A, NOW, meta=meta)
    row = await only(quiet)
    assert (row["drop_off_stage"], row["sentiment"]) == (None, None)


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e30"])
async def test_an_amount_that_is_none_is_unknown(quiet: World, amount: str) -> None:
    await quiet.archive(SALON_A, NOW, booking_amount=Decimal(amount))
    assert (await only(quiet))["booking_amount"] is None


async def test_hostile_text_comes_out_as_it_went_in(quiet: World) -> None:
    for text in (
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "=HYPERLINK(1)",
        "\u202egnp.exe",
        "🎄",
        "a\x00b".replace("\x00", ""),
    ):
        await quiet.archive(SALON_A, NOW, final_intent=text)
        assert text in {row["intent"] for row in await seen(quiet)}


async def test_a_dialogue_that_began_long_ago_or_is_to_come_is_there(quiet: World) -> None:
    for moment in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)):
        await quiet.archive(SALON_A, moment)
    assert len(await seen(quiet)) == 2


async def test_a_condition_of_the_askers_is_not_evaluated_on_others_rows(quiet: World) -> None:
    """It could tell what it sees, by an error for one."""
    await quiet.archive(SALON_B, NOW, final_intent="0")
    await quiet.archive(SALON_A, NOW, final_intent="1")
    async with quiet.acting("owner_a") as connection:
        rows = await connection.fetch(
            "select 1 / intent::int as told from dashboard.dialogues where 1 / intent::int > 0"
        )
    assert len(rows) == 1


async def test_reading_costs_the_salons_rows_and_not_the_tables(quiet: World) -> None:
    """The tenant reaches every scan of the archive, through the view, the barrier and the union."""
    await quiet.connection.execute(
        """
        with salons as (
          insert into public.tenants_v2 (name) select 'Salon ' || number from
          generate_series(1, 30) as number returning id
        ),
        clients as (insert into public.clients_v2 (tenant_id) select id from salons returning id, tenant_id)
        insert into public.conversation_sessions_v2 (session_id, tenant_id,
        user_id, channel, started_at, final_status)
        select gen_random_uuid(), tenant_id, id, 'telegram', now() - number * interval '1 minute', 'done'
        from clients, generate_series(1, 700) as number;
        analyze public.conversation_sessions_v2
        """
    )
    await quiet.archive(SALON_A, NOW)
    async with quiet.acting("owner_a") as connection:
        rows = await connection.fetch(
            "explain select * from dashboard.dialogues where started_at > now() - interval '1 day'"
        )
    plan = "\n".join(row[0] for row in rows)
    assert "conversation_sessions_v2_tenant_id_idx" in plan
    assert "Seq Scan on conversation_sessions_v2" not in plan, plan
