"""The loop that pushes commands, over a real database: each is taken once, whatever fails in between."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from config import load_settings
from control import delivery
from control.channel import UnsentError
from control.delivery import Delivery, channel_of
from control.redis_stream import RedisStream
from control.webhook import Webhook
from queries import commands
from queries.commands import Json
from tests.api.machines.steering import Steering, steering
from tests.control.webhook_world import Hook, hook
from tests.database import DashboardDatabase, copy_of
from tests.sql.agents import told
from tests.sql.steering import tell
from tests.sql.world import SALON_A
from tests.waiting import until


class Channel:
    """Takes everything, or nothing."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.taken: list[str] = []
        self.tries = 0
        self.is_closed = False

    async def push(self, command: Json) -> None:
        self.tries += 1
        if self.problem is not None:
            raise UnsentError(self.problem)
        self.taken.append(command["command_id"])

    async def aclose(self) -> None:
        self.is_closed = True


@pytest.fixture(scope="module")
async def started(migrated_template: DashboardDatabase) -> AsyncIterator[Steering]:
    database = copy_of(migrated_template)
    async with steering(database) as panel:
        yield panel
    database.cluster.drop_database(database.name)


@pytest.fixture
async def panel(started: Steering, monkeypatch: pytest.MonkeyPatch) -> Steering:
    """With nothing told of yet, and a loop in a hurry."""
    monkeypatch.setattr(delivery, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(delivery, "AWAY_SECONDS", 0.02)
    monkeypatch.setattr(delivery, "GIVE_UP_SECONDS", 0.0)
    await started.world.connection.execute("truncate dashboard.bot_commands")
    return started


@pytest.fixture
async def here() -> AsyncIterator[Hook]:
    async with hook() as made:
        yield made


async def ask(panel: Steering, *texts: str) -> list[str]:
    """Tasks for a run of salon A; gives the commands' ids."""
    run = await tell(panel.world, told("root", "t1", phase="begun", status="running"))
    made = [await panel.world.write("operator_a", "add_plan_task", run, text) for text in texts or ("x",)]
    panel.hints.ring(SALON_A)
    return [one["command_id"] for one in made]


async def state(panel: Steering) -> list[tuple[Any, ...]]:
    rows = await panel.world.connection.fetch(
        "select status, attempts, problem from dashboard.bot_commands order by created_at"
    )
    return [tuple(row) for row in rows]


async def hurry(panel: Steering) -> None:
    """No pause and no lease lasts any longer."""
    await panel.world.connection.execute(
        "update dashboard.bot_commands set next_attempt_at = now() where next_attempt_at is not null"
    )


async def state_is(panel: Steering, statuses: set[str]) -> bool:
    return {status for status, *_ in await state(panel)} == statuses


async def state_is_exactly(panel: Steering, expected: list[tuple[Any, ...]]) -> bool:
    return await state(panel) == expected


async def hurry_until_sent(panel: Steering) -> None:
    async def are_sent() -> bool:
        await hurry(panel)
        return await state_is(panel, {"sent"})

    await until(are_sent)


async def test_what_people_say_is_at_the_webhook_once(panel: Steering, here: Hook) -> None:
    channel = Webhook(here.url, "secret")
    async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
        ids = await ask(panel, *(str(number) for number in range(25)))
        await until(lambda: len(here.sent) == 25)
        await until(lambda: state_is(panel, {"sent"}))
    assert sorted(sent.headers["X-AgentP-Command"] for sent in here.sent) == sorted(ids)
    told_of = json.loads(here.sent[0].body)
    assert (told_of["tenant_id"], told_of["kind"]) == (str(SALON_A), "add_task")


async def test_a_webhook_that_fails_and_works_again_has_it_in_the_end(panel: Steering, here: Hook) -> None:
    here.answer = lambda: web.Response(status=500)
    channel = Webhook(here.url, "secret")
    async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
        (command,) = await ask(panel)
        await until(lambda: len(here.sent) == 1)
        await until(lambda: state_is_exactly(panel, [("queued", 1, "status 500")]))
        here.answer = web.Response
        await hurry(panel)
        await until(lambda: state_is_exactly(panel, [("sent", 2, None)]))
    assert [sent.headers["X-AgentP-Command"] for sent in here.sent] == [command] * 2


async def test_what_is_never_taken_is_given_up(panel: Steering) -> None:
    class Never(Channel):
        async def push(self, command: Json) -> None:
            self.problem = f"refused {command['attempt']}"
            await super().push(command)

    channel = Never()
    async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
        await ask(panel)
        for tries in range(1, 8):
            await until(partial(state_is_exactly, panel, [("queued", tries, f"refused {tries}")]))
            await hurry(panel)
        await until(lambda: state_is_exactly(panel, [("dead", 8, "refused 8")]))
    assert channel.tries == 8
    assert channel.is_closed


async def test_one_that_fails_holds_nobody_up(panel: Steering) -> None:
    class Picky(Channel):
        async def push(self, command: Json) -> None:
            self.problem = "no" if command["text"] == "bad" else None
            await super().push(command)

    channel = Picky()
    async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
        ids = await ask(panel, "bad", "good")
        await until(lambda: channel.taken == ids[1:])
        await until(lambda: state_is_exactly(panel, [("queued", 1, "no"), ("sent", 1, None)]))


async def test_two_panels_send_each_once(panel: Steering) -> None:
    channel = Channel()
    both = [Delivery(panel.worker, channel, panel.hints, panel.metrics.commands) for _ in range(2)]
    async with both[0].running(), both[1].running():
        ids = await ask(panel, *(str(number) for number in range(30)))
        await until(lambda: len(channel.taken) >= 30)
        await until(lambda: state_is(panel, {"sent"}))
    assert sorted(channel.taken) == sorted(ids)


async def test_what_a_dead_panel_was_sending_is_sent_by_another(panel: Steering) -> None:
    (command,) = await ask(panel)
    assert len(await commands.to_send(panel.worker, 5)) == 1  # and it dies
    channel = Channel()
    async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
        await asyncio.sleep(0.1)
        assert channel.taken == []
        await hurry(panel)
        await until(lambda: channel.taken == [command])


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the loop itself wrote into the log."""
    return [record.getMessage() for record in caplog.records if record.name == "control.delivery"]


async def test_goes_on_when_the_database_is_back(panel: Steering, caplog: pytest.LogCaptureFixture) -> None:
    channel = Channel()
    (command,) = await ask(panel)
    panel.switch.is_cut = True
    try:
        with caplog.at_level(logging.WARNING, "control.delivery"):
            async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
                await asyncio.sleep(0.2)
                panel.switch.is_cut = False
                await until(lambda: channel.taken == [command])
    finally:
        panel.switch.is_cut = False
    assert said(caplog) == ["Commands are not delivered: unavailable"]


async def test_the_log_says_once_that_a_channel_fails(
    panel: Steering, caplog: pytest.LogCaptureFixture
) -> None:
    channel = Channel()
    channel.problem = "status 500"
    with caplog.at_level(logging.WARNING, "control.delivery"):
        async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
            await ask(panel, "a", "b", "c")
            await until(lambda: channel.tries == 3)
            channel.problem = None
            await hurry_until_sent(panel)
    assert said(caplog) == [
        "The channel for commands does not take them: status 500",
        "The channel for commands takes them again",
    ]


async def test_a_surprise_does_not_end_the_loop(panel: Steering) -> None:
    class Broken(Channel):
        async def push(self, command: Json) -> None:
            if not self.tries:
                self.tries += 1
                raise ZeroDivisionError
            await super().push(command)

    channel = Broken()
    async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
        await ask(panel)
        await until(lambda: channel.tries)
        await hurry_until_sent(panel)
    assert len(channel.taken) == 1


async def test_without_a_channel_what_is_too_old_is_ended_and_nothing_sent(
    panel: Steering,
) -> None:
    old, _ = await ask(panel, "old", "new")
    await panel.world.connection.execute(
        "update dashboard.bot_commands set expires_at = now() where command_id = $1", UUID(old)
    )
    async with Delivery(panel.worker, None, panel.hints, panel.metrics.commands).running():
        await until(lambda: state_is(panel, {"expired", "queued"}))
    assert len((await panel.told("GET", "/commands", "agent"))["commands"]) == 1


async def test_the_channel_is_what_the_settings_say() -> None:
    webhook = {"COMMANDS_WEBHOOK_URL": "https://bot.test/x", "COMMANDS_WEBHOOK_SECRET": "s" * 16}
    redis = {"COMMANDS_REDIS_URL": "redis://localhost/0"}
    for environ, expected in (
        ({}, type(None)), (webhook, Webhook), (redis, RedisStream), (redis | webhook, Webhook),
    ):  # fmt: skip
        channel = channel_of(load_settings(environ))
        assert type(channel) is expected
        if channel is not None:
            await channel.aclose()
