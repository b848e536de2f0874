"""What agents' figures have to be, worked out in Python from the events that were told."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.sql.agents import told

Event = dict[str, Any]
MODELS = ("gpt-5", "llama3:8b", None)
TOOLS = ("find_slots", "book", "<img src=x onerror=alert(1)>")


@dataclass
class Run:
    """The events of one trace, told by one agent."""

    trace: str
    agent: str | None
    currency: str
    events: list[Event] = field(default_factory=list)

    @property
    def began_at(self) -> datetime:
        return min(_moment(event["at"]) for event in self.events)

    def calls(self) -> list[Event]:
        """Model calls that count: those that no other is told of inside."""
        ended = [
            event for event in self.events if event["kind"] == "model_call" and event["phase"] == "ended"
        ]
        callers = {event.get("parent_id") for event in ended}
        return [event for event in ended if event["step_id"] not in callers]

    def tools(self) -> list[Event]:
        return [event for event in self.events if event["kind"] == "tool_call" and event["phase"] != "begun"]

    def failures(self) -> int:
        return sum(
            event["status"] == "error" and (event["phase"] == "ended" or event["kind"] != "model_call")
            for event in self.events
        )

    def took_ms(self, event: Event) -> float | None:
        begun = [
            _moment(other["at"])
            for other in self.events
            if other["phase"] == "begun" and other["step_id"] == event["step_id"]
        ]
        end = _moment(event.get("ended_at") or event["at"])
        return (end - min([*begun, _moment(event["at"])])) / timedelta(milliseconds=1) or None


def random_runs(seed: int, count: int, first: datetime, days: float) -> list[Run]:
    """Runs with nested calls, calls told twice, unknown prices, tokens and times, and other currencies."""
    dice = random.Random(seed)
    return [_random_run(dice, f"{seed}-{number}", first, days) for number in range(count)]


def _random_run(dice: random.Random, trace: str, first: datetime, days: float) -> Run:
    run = Run(trace, dice.choice(["booker", "router", None]), dice.choice(["USD", "USD", "EUR"]))
    at = first + timedelta(days=dice.random() * days)
    root = told(
        f"{trace}/root", trace, kind="agent", name="root", at=at.isoformat(), is_root=True,
        source=run.agent, currency=run.currency, status=dice.choice(["done", "done", "error", "stopped"]),
        ended_at=(at + timedelta(minutes=9)).isoformat(),
    )  # fmt: skip
    run.events.append(root)
    for number in range(dice.randrange(1, 8)):
        at += timedelta(milliseconds=dice.randrange(1, 4000))
        _random_step(dice, run, f"{trace}/{number}", at)
    return run


def _random_step(dice: random.Random, run: Run, step: str, at: datetime) -> None:
    took = timedelta(milliseconds=math.exp(dice.uniform(1, 10)))
    ended: Event = {"at": at.isoformat(), "ended_at": (at + took).isoformat()}
    way = dice.random()
    if way < 0.2:  # told twice
        run.events.append(
            told(
                f"{step}+", run.trace, step_id=step, kind="model_call", phase="begun", status="running",
                at=at.isoformat(),
            )
        )  # fmt: skip
        ended = {"at": (at + took).isoformat()}
    elif way < 0.3:  # only its end is told
        ended = {"at": at.isoformat()}
    status = dice.choice(["done", "done", "done", "error"])
    if dice.random() < 0.4:
        name = dice.choice(TOOLS)
        run.events.append(told(step, run.trace, step_id=f"{step}t", name=name, status=status, **ended))
        return
    call = told(step, run.trace, kind="model_call", status=status, model=dice.choice(MODELS), **ended)
    if dice.random() < 0.8:
        call |= {"tokens_input": dice.randrange(2000), "tokens_output": dice.randrange(500)}
    if dice.random() < 0.7:
        call |= {"cost": dice.randrange(1, 9000) / 1e5, "currency": dice.choice([run.currency, "RUB"])}
    run.events.append(call)
    if dice.random() < 0.3:  # the client that the wrapper calls
        run.events.append(
            call | {"event_id": f"{step}/in", "step_id": f"{step}/in", "parent_id": call["step_id"]}
        )


def totals(runs: Sequence[Run]) -> dict[str, Any]:
    """Of the events themselves; how runs stand is not in it."""
    calls = [(run, call) for run in runs for call in run.calls()]
    times = [run.took_ms(call) for run, call in calls]
    return {
        "runs": len(runs),
        "model_calls": len(calls),
        "tool_calls": sum(len(run.tools()) for run in runs),
        "failures": sum(run.failures() for run in runs),
        "tokens_input": sum(call.get("tokens_input") or 0 for _, call in calls),
        "tokens_output": sum(call.get("tokens_output") or 0 for _, call in calls),
        "unmetered_calls": sum("tokens_input" not in call for _, call in calls),
        "unpriced_calls": sum(not is_priced(run, call) for run, call in calls),
        "costs": costs(calls),
        "p50_ms": quantile(times, 0.5),
        "p95_ms": quantile(times, 0.95),
        "timed_calls": sum(time is not None for time in times),
    }


def rows(runs: Sequence[Run], by: str) -> dict[str | None, dict[str, Any]]:
    """The table's rows by their names."""
    groups: dict[str | None, list[tuple[Run, Event]]] = defaultdict(list)
    for run in runs:
        if by == "agent":
            groups[run.agent] += [(run, call) for call in run.calls()]
        for event in run.tools() if by == "tool" else run.calls() if by == "model" else ():
            groups[event["name"] if by == "tool" else event["model"]].append((run, event))
    return {
        name: _row(found, by, [run for run in runs if run.agent == name]) for name, found in groups.items()
    }


def _row(found: Sequence[tuple[Run, Event]], by: str, of_agent: Sequence[Run]) -> dict[str, Any]:
    times = [run.took_ms(event) for run, event in found]
    row: dict[str, Any] = {
        "calls": len(found),
        "failures": sum(event["status"] == "error" for _, event in found),
        "p50_ms": quantile(times, 0.5),
        "p95_ms": quantile(times, 0.95),
        "max_ms": max((time for time in times if time is not None), default=None),
    }
    if by == "agent":
        row |= {
            "runs": len(of_agent),
            "tool_calls": sum(len(run.tools()) for run in of_agent),
            "failures": sum(run.failures() for run in of_agent),
        }
    if by != "tool":
        row |= {
            "tokens_input": sum(event.get("tokens_input") or 0 for _, event in found),
            "tokens_output": sum(event.get("tokens_output") or 0 for _, event in found),
            "unmetered_calls": sum("tokens_input" not in event for _, event in found),
            "unpriced_calls": sum(not is_priced(run, event) for run, event in found),
            "costs": costs(found),
        }
    return row


def is_priced(run: Run, call: Event) -> bool:
    """Whether its cost is in the run's money."""
    return call.get("cost") is not None and call["currency"] == run.currency


def costs(calls: Iterable[tuple[Run, Event]]) -> dict[str, Decimal]:
    """By currency."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for run, call in calls:
        if is_priced(run, call):
            found[run.currency] += Decimal(str(call["cost"]))
    return dict(found)


def quantile(values: Sequence[float | None], share: float) -> float | None:
    """The smallest of them that so large a share is not above."""
    known = sorted(value for value in values if value is not None)
    return known[math.ceil(len(known) * share) - 1] if known else None


def points(runs: Sequence[Run], zone: str, unit: str) -> Counter[str]:
    """How many runs began on each local day, or in each hour (which is named in UTC)."""
    if unit == "day":
        return Counter(run.began_at.astimezone(ZoneInfo(zone)).date().isoformat() for run in runs)
    return Counter(run.began_at.isoformat()[:13] for run in runs)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
