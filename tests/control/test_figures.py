"""How commands come to agents, as Prometheus is told: each way, each answer, and how all of them stand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from control import delivery
from control.channel import UnsentError
from control.delivery import Delivery
from observability.metrics import CommandMetrics
from queries import commands
from queries.commands import Json
from tests.api.machines.steering import Steering, steering
from tests.database import DashboardDatabase, copy_of
from tests.sql.agents import told
from tests.sql.steering import tell
from tests.waiting import until


class Channel:
    """Takes nothing until it is told to."""

    is_open = False

    async def push(self, command: Json) -> None:
        if not self.is_open:
            raise UnsentError("closed")

    async def aclose(self) -> None:
        pass


@pytest.fixture
async def panel(
    migrated_template: DashboardDatabase, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Steering]:
    monkeypatch.setattr(delivery, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(delivery, "GIVE_UP_SECONDS", 0.0)
    database = copy_of(migrated_template)
    async with steering(database) as made:
        yield made
    database.cluster.drop_database(database.name)


def value(panel: Steering, sample: str, **labels: str) -> float:
    return panel.metrics.registry.get_sample_value(sample, labels) or 0.0


def standing(panel: Steering) -> dict[str, float]:
    """How many commands there are of each status, without what there are none of."""
    found = {status: value(panel, "panel_commands", status=status) for status in CommandMetrics.STATUSES}
    return {status: count for status, count in found.items() if count}


async def ask(panel: Steering, text: str = "x") -> Any:
    """A task for a run; it was queued a minute ago."""
    run = await tell(panel.world, told("root", "t1", phase="begun", status="running"))
    made = await panel.world.write("operator_a", "add_plan_task", run, text)
    await panel.world.connection.execute(
        "update dashboard.bot_commands set created_at = created_at - interval '9 hours',"
        " expires_at = expires_at - interval '1 minute' where command_id = $1",
        UUID(made["command_id"]),
    )
    return made


async def test_pushes_are_counted_and_timed(panel: Steering) -> None:
    channel = Channel()
    async with Delivery(panel.worker, channel, panel.hints, panel.metrics.commands).running():
        await ask(panel)
        await until(lambda: value(panel, "panel_command_pushes_total", outcome="failed") == 1)
        assert value(panel, "panel_command_wait_seconds_count", way="push") == 0
        channel.is_open = True
        await panel.world.connection.execute("update dashboard.bot_commands set next_attempt_at = now()")
        await until(lambda: standing(panel) == {"sent": 1})
    assert value(panel, "panel_command_pushes_total", outcome="ok") == 1
    assert value(panel, "panel_command_wait_seconds_count", way="push") == 1
    assert 60 <= value(panel, "panel_command_wait_seconds_sum", way="push") < 300, "since it was queued"


async def test_what_agents_ask_for_is_timed_when_they_are_first_told(panel: Steering) -> None:
    command = await ask(panel)
    for _ in range(2):
        listed = (await panel.told("GET", "/commands", "agent"))["commands"]
        assert [one["command_id"] for one in listed] == [command["command_id"]]
        await panel.world.connection.execute("update dashboard.bot_commands set next_attempt_at = now()")
    assert value(panel, "panel_command_wait_seconds_count", way="pull") == 1
    assert 60 <= value(panel, "panel_command_wait_seconds_sum", way="pull") < 300


async def test_answers_are_counted_by_what_they_say(panel: Steering) -> None:
    command = await ask(panel)
    for status, code in (("received", 200), ("failed", 200), ("done", 409)):
        await panel.told("POST", f"/commands/{command['command_id']}", "agent", {"status": status}, code)
    for status, count in (("received", 1), ("failed", 1), ("done", 0)):
        assert value(panel, "panel_command_answers_total", status=status) == count, status


async def test_all_commands_are_told_of_by_how_they_stand(panel: Steering) -> None:
    statuses = (*CommandMetrics.STATUSES, "dead", "dead")
    for status in statuses:
        made = await ask(panel, status)
        await panel.world.connection.execute(
            "update dashboard.bot_commands set status = $2, next_attempt_at = null, finished_at = case"
            " when $2 not in ('queued', 'sent', 'received') then now() end where command_id = $1",
            UUID(made["command_id"]), status,
        )  # fmt: skip
    async with Delivery(panel.worker, None, panel.hints, panel.metrics.commands).running():
        await until(lambda: standing(panel) == dict.fromkeys(statuses, 1) | {"dead": 3})
        await panel.world.connection.execute(
            "update dashboard.bot_commands set finished_at = now() - interval '25 h' where status = 'dead'"
        )
        await until(lambda: "dead" not in standing(panel))


async def test_a_command_lives_as_long_as_is_said(panel: Steering) -> None:
    """`waited` goes by that."""
    run = await tell(panel.world, told("root", "t1", phase="begun", status="running"))
    made = await panel.world.write("operator_a", "stop_run", run)
    lifetime = "select expires_at - now() from dashboard.bot_commands"
    slack = timedelta(minutes=1)
    assert abs(await panel.world.connection.fetchval(lifetime) - commands.LIFETIME) < slack
    await panel.world.connection.execute(
        "update dashboard.bot_commands set status = 'dead', expires_at = now()"
    )
    await panel.world.write("operator_a", "resend_command", UUID(made["command_id"]))
    assert abs(await panel.world.connection.fetchval(lifetime) - commands.LIFETIME) < slack
