"""The agents that are steered, run as a person runs them: what somebody says is done, and done once."""

from __future__ import annotations

import asyncio
from typing import Any

from telemetry.events import Event, Kind, Phase, Status
from tests.examples.fake_panel import Command, Panel, panel, run

ON_A_FRAMEWORK = ("langgraph_agent.py", "pydantic_ai_agent.py", "litellm_bot.py")


def command(about: Event, kind: str, **more: Any) -> Command:
    told = {"command_id": kind, "kind": kind, "trace_id": about.trace_id, "step_id": about.step_id}
    return told | {"created_by": "Anna"} | more


def answered_with(kind: str, *others: str, times: int = 1) -> Any:
    """What people want once an approval is asked for, each told so many times."""

    def wanted(event: Event) -> list[Command]:
        if event.kind is not Kind.APPROVAL_REQUEST:
            return []
        added = [command(event, "add_task", text=text) for text in others]
        return [*added, command(event, kind)] * times

    return wanted


def ended(there: Panel, kind: Kind) -> list[Event]:
    return [event for event in there.events if event.kind is kind and event.phase is Phase.ENDED]


def tools(there: Panel) -> list[str]:
    return [event.name for event in ended(there, Kind.TOOL_CALL)]


def tasks(there: Panel) -> list[Any]:
    """Of the last plan."""
    plans = [event.payload.result for event in there.events if event.kind is Kind.PLAN_UPDATE]
    return [(task["title"], task["status"]) for task in plans[-1]["tasks"]]


def outcome(there: Panel) -> list[Status]:
    return [event.status for event in ended(there, Kind.AGENT) if event.is_root]


def test_what_is_told_twice_is_done_once() -> None:
    with panel() as there:
        there.wanted = answered_with("approve", "Offer a coffee", times=2)
        run("steered_agent.py", PANEL_URL=there.url, PANEL_KEY="agp_key", STEP_SECONDS="0")
    assert tools(there).count("book, part 1") == 1
    assert [title for title, _ in tasks(there)] == ["Find a free time", "Book it", "Offer a coffee"]
    assert sorted(there.answered) == ["add_task", "add_task", "approve", "approve"]
    assert outcome(there) == [Status.SUCCEEDED]


def refused(example: str) -> Panel:
    with panel() as there:
        there.wanted = answered_with("reject")
        run(example, PANEL_URL=there.url, PANEL_KEY="agp_key", STEP_SECONDS="0")
    return there


async def test_what_is_refused_is_not_done_in_any_framework() -> None:
    runs = await asyncio.gather(*(asyncio.to_thread(refused, example) for example in ON_A_FRAMEWORK))
    for there in runs:
        (asked,) = [event for event in there.events if event.kind is Kind.APPROVAL_REQUEST]
        assert (asked.name, asked.status) == ("book_visit", Status.WAITING)
        assert asked.payload.arguments == {"client": "Anna", "slot": "15:00", "price": 2500, "risk": "low"}
        (decided,) = [event for event in there.events if event.kind is Kind.APPROVAL_DECISION]
        assert (decided.source, decided.parent_id) == ("Anna", asked.step_id)
        assert decided.payload.result == {"decision": "reject", "comment": None}
        assert tools(there) == ["find_slots"]
        assert tasks(there)[:2] == [("Find a free time", "completed"), ("Book the visit", "pending")]
        calls = ended(there, Kind.MODEL_CALL)
        assert [message.content for message in calls[-1].payload.answer] == ["That is all."]
        assert all(call.tokens for call in calls)
        assert len(calls) == 3
        assert outcome(there) == [Status.SUCCEEDED]
        assert {event.trace_id for event in there.events} == {asked.trace_id}
