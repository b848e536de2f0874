"""The indexes of dialogues and messages: at the bot's heels, and exact at every moment where it counts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql.any_bot import (
    CURRENT,
    FIRST,
    NOW,
    Bot,
    add_client,
    archive,
    assert_exact,
    attached,
    insert,
    say,
    shown,
    within,
)
from tests.sql.syncing import synced
from tests.sql.world import SALON_A, SALON_B, Connection, World, refused


@pytest.fixture
async def bot(dashboard_database: DashboardDatabase) -> AsyncIterator[Connection]:
    """The bot's own connection, every statement committed at once: a row's version is its transaction."""
    connection = await asyncpg.connect(dashboard_database.superuser_uri)
    for salon in (SALON_A, SALON_B):
        await connection.execute("insert into public.tenants_v2 (id, name) values ($1, 'Salon')", salon)
    yield connection
    await connection.close()


@pytest.mark.parametrize("seed", range(4))
async def test_what_figures_read_is_exact_at_every_moment(bot: Connection, seed: int) -> None:
    acting = Bot(bot, seed)
    for step in range(90):
        await acting.act()
        if step % 7 == 3:
            await synced(bot, whole=acting.random.random() < 0.3, batch=acting.random.choice([1, 3, 2000]))
        if step % 3 == 0:
            await assert_exact(bot)
    await synced(bot, whole=True)
    await assert_exact(bot)
    for salon in (SALON_A, SALON_B):
        assert await shown(bot, "dashboard.dialogue_index", salon) == await shown(
            bot, "dashboard.all_dialogues", salon
        )
    assert await synced(bot, whole=True) == 0
    marked = await bot.fetch("select session_id from dashboard.dialogue_index where is_first order by 1")
    firsts = await bot.fetch(
        "select session_id from (select distinct on (tenant_id, client_id) session_id"
        " from dashboard.dialogue_index order by tenant_id, client_id, started_at, session_id) as one"
        " order by 1"
    )
    assert marked == firsts


async def test_an_end_that_is_told_elsewhere_ends_the_dialogue_here(bot: Connection) -> None:
    client, session = await add_client(bot), uuid4()
    await insert(
        bot, "active_sessions_v2", session_id=session, tenant_id=SALON_A, user_id=client, created_at=NOW
    )  # fmt: skip
    await synced(bot)
    await archive(bot, client, FIRST - timedelta(days=90), session_id=session)
    await assert_exact(bot)
    await synced(bot)
    await assert_exact(bot)


async def test_what_commits_late_is_found_later(
    bot: Connection, dashboard_database: DashboardDatabase
) -> None:
    client = await add_client(bot)
    late = await asyncpg.connect(dashboard_database.superuser_uri)
    slow = late.transaction()
    await slow.start()
    first = await archive(late, client, NOW - timedelta(days=1))
    said = await say(late, client, NOW - timedelta(days=1))
    await archive(bot, client, NOW - timedelta(days=2))
    await say(bot, client, NOW - timedelta(days=2))
    assert await synced(bot) == 2
    await slow.commit()
    await late.close()
    assert await synced(bot) == 2
    assert (
        await bot.fetchval("select count(*) from dashboard.dialogue_index where archive_id = $1", first) == 1
    )
    assert said in await attached(bot)


async def test_messages_find_their_dialogue_by_client_channel_and_time(bot: Connection) -> None:
    client, other = await add_client(bot), await add_client(bot)
    end = NOW + timedelta(minutes=10)
    morning, evening, chat = uuid4(), uuid4(), uuid4()
    await archive(bot, client, NOW, session_id=morning, ended_at=end)
    await archive(
        bot, client, NOW + timedelta(minutes=30), session_id=evening, ended_at=NOW + timedelta(minutes=40)
    )
    await archive(bot, client, NOW, session_id=chat, channel="whatsapp", ended_at=end)
    expected = {
        await say(bot, client, NOW - timedelta(seconds=90), channel="telegram"): morning,
        await say(bot, client, NOW + timedelta(minutes=5), channel="telegram"): morning,
        await say(bot, client, NOW + timedelta(minutes=5), channel="whatsapp"): chat,
        await say(bot, client, end + timedelta(minutes=2), channel="telegram"): morning,
        await say(bot, client, NOW + timedelta(minutes=35), channel="telegram"): evening,
        await say(bot, client, NOW + timedelta(hours=5), channel="telegram"): None,
        await say(bot, other, NOW + timedelta(minutes=5), channel="telegram"): None,
    }
    await synced(bot)
    assert await attached(bot) == {message: (session, True) for message, session in expected.items()}


async def test_a_message_that_names_its_dialogue_is_not_guessed_at(bot: Connection) -> None:
    client, session = await add_client(bot), uuid4()
    await archive(bot, client, NOW)
    message = await say(bot, client, NOW, session_id=session)
    await synced(bot)
    assert await attached(bot) == {message: (session, False)}


async def test_messages_move_to_a_dialogue_that_comes_later(bot: Connection) -> None:
    client = await add_client(bot)
    message = await say(bot, client, NOW)
    await synced(bot)
    assert await attached(bot) == {message: (None, True)}
    session = uuid4()
    await archive(bot, client, NOW, session_id=session)
    await synced(bot)
    assert await attached(bot) == {message: (session, True)}
    await bot.execute("delete from public.conversation_sessions_v2")
    await synced(bot, whole=True)
    assert await attached(bot) == {message: (None, True)}


async def test_the_first_reply_is_measured_and_stays_current(bot: Connection) -> None:
    client = await add_client(bot)
    await archive(bot, client, NOW, ended_at=NOW + timedelta(minutes=5))

    async def reply() -> object:
        return await bot.fetchval(f"select first_reply_ms from ({CURRENT}) as one", *within(SALON_A))

    await say(bot, client, NOW - timedelta(seconds=1), "assistant")
    await say(bot, client, NOW)
    assert await reply() is None
    await synced(bot)
    assert await reply() is None
    await say(bot, client, NOW + timedelta(seconds=2.5), "assistant")
    assert await reply() == 2500
    await synced(bot)
    assert await reply() == 2500
    assert await bot.fetchval("select first_reply_ms from dashboard.dialogue_index") == 2500


@pytest.mark.parametrize(
    ("row", "meta", "stage"),
    [
        ({}, {}, 1),
        ({"final_intent": "price"}, {"services_mentioned": ["Haircut"]}, 1),
        ({"final_intent": " Booking"}, {}, 2),
        ({"final_intent": "Запись"}, {}, 2),
        ({}, {"drop_off_stage": "service_selection"}, 2),
        ({}, {"drop_off_stage": "staff_selection"}, 3),
        ({"final_intent": "price"}, {"services_selected": ["Haircut"]}, 3),
        ({}, {"drop_off_stage": "time_selection"}, 4),
        ({}, {"staff_id": 7}, 4),
        ({"booking_status": "cancelled"}, {}, 4),
        ({"booking_status": "confirmed"}, {}, 5),
        ({"booking_status": "confirmed"}, {"drop_off_stage": "service_selection"}, 5),
        ({"final_intent": "book"}, {"drop_off_stage": 5, "services_selected": "x", "staff_id": {}}, 2),
    ],
    ids=str,
)
async def test_how_far_a_dialogue_came(
    world: World, row: dict[str, Any], meta: dict[str, Any], stage: int
) -> None:
    session = await world.archive(SALON_A, NOW, meta=json.dumps(meta), **row)
    await synced(world.connection)
    assert stage == await world.connection.fetchval(
        "select stage from dashboard.dialogue_index where session_id = $1", session
    )


@pytest.mark.parametrize(
    ("meta", "services"),
    [
        ({"services_selected": ["A"], "services_mentioned": ["B"]}, ["A"]),
        (
            {"services_selected": [], "services_mentioned": ["B", {"title": "C"}, 5, None, {}, [1]]},
            ["B", "C", "5"],
        ),
        ({"services_mentioned": {"not": "a list"}}, []),
        (
            {"services_mentioned": [str(number) for number in range(30)]},
            [str(number) for number in range(20)],
        ),
    ],
    ids=["selected", "odd", "no-list", "many"],
)
async def test_services_are_read_from_what_bots_wrote(
    world: World, meta: dict[str, Any], services: list[str]
) -> None:
    session = await world.archive(SALON_A, NOW, meta=json.dumps(meta))
    await synced(world.connection)
    assert services == await world.connection.fetchval(
        "select services from dashboard.dialogue_index where session_id = $1", session
    )


async def test_words_are_stems_of_both_languages_and_no_text_is_kept(bot: Connection) -> None:
    client = await add_client(bot)
    await say(bot, client, NOW, message="Хочу записаться на стрижку to the hairdressers tomorrow")
    await synced(bot)
    for query in ("стрижка", "стрижки", "hairdresser", "записать"):
        assert await bot.fetchval(
            "select count(*) from dashboard.message_index"
            " where words @@ (('''t:' || $1::text || '''')::tsquery && websearch_to_tsquery('russian', $2))",
            str(SALON_A)[:8], query,
        ), query  # fmt: skip
    kept = await bot.fetchval("select row_to_json(i)::text from dashboard.message_index as i")
    assert "Хочу" not in kept


async def test_a_message_that_the_bot_erased_is_forgotten(bot: Connection) -> None:
    client = await add_client(bot)
    await say(bot, client, NOW)
    await synced(bot)
    await bot.execute("delete from public.recent_history_v2")
    await synced(bot, whole=True)
    assert await attached(bot) == {}


async def test_only_the_worker_may_sync(world: World) -> None:
    for person in ("owner_a", "platform"):
        async with refused(world, "42501"):
            await world.call(person, "sync_index", 10, False)
