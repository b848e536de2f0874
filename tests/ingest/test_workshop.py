"""The worker process: it reads what was sent, and whatever becomes of it, the next is read again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from errors import Invalid, TooLarge, Unavailable
from ingest import workshop as shop
from ingest.frames import Job, Prepared
from ingest.workshop import Workshop
from tests.waiting import until


def job(body: bytes, rules: bytes = b"{}") -> Job:
    return Job("events", body, "application/json", "", rules)


EVENT = json.dumps({"run_id": "r", "kind": "tool_call", "name": "find"}).encode()


@pytest.fixture
async def workshop() -> AsyncIterator[Workshop]:
    made = Workshop()
    yield made
    await made.aclose()


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "ingest.worker" in child.cmdline()]


async def test_events_come_back_as_json_in_their_order(workshop: Workshop) -> None:
    names = [f"n{n}" for n in range(20)]
    body = json.dumps([{"run_id": "r", "kind": "tool_call", "name": name} for name in names]).encode()
    made = await workshop.prepare(job(body), "a")
    assert made.count == 20
    assert [row["name"] for row in json.loads(b"[" + made.events + b"]")] == names


async def test_a_refusal_comes_back_with_its_words(workshop: Workshop) -> None:
    with pytest.raises(Invalid) as caught:
        await workshop.prepare(job(b'{"run_id": "r", "kind": "tool_call", "secret_field": "hunter2"}'), "a")
    assert "secret_field" in str(caught.value.params) + caught.value.advice
    assert "hunter2" not in str(caught.value.params) + caught.value.advice + caught.value.message
    assert (await workshop.prepare(job(EVENT), "a")).count == 1


async def test_the_salon_s_rules_hold(workshop: Workshop) -> None:
    rules = {
        "keeps_prompts": False, "currency": "RUB", "rates": {"RUB": 100},
        "patterns": [{"name": "staff", "pattern": "EMP-[0-9]+"}],
        "prices": [{"model": "mine*", "input": 1, "output": "2.5", "currency": "USD"}],
    }  # fmt: skip
    event = {
        "run_id": "r", "kind": "model_call", "name": "for EMP-77", "model": "mine-1", "status": "done",
        "tokens": {"input": 1_000_000, "output": 1_000_000}, "prompt": [{"role": "user", "content": "hello"}],
    }  # fmt: skip
    made = await workshop.prepare(job(json.dumps(event).encode(), json.dumps(rules).encode()), "a")
    row = json.loads(made.events)
    assert "EMP-77" not in made.events.decode()
    assert row["removed"] == 1
    assert (float(row["cost"]), row["currency"]) == (350, "RUB")
    assert "payload" not in row
    assert "summary" not in row


async def test_one_that_dies_is_replaced(workshop: Workshop) -> None:
    await workshop.prepare(job(EVENT), "a")
    (worker,) = workers()
    worker.kill()
    await until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    with pytest.raises(Unavailable):
        await workshop.prepare(job(EVENT), "a")
    assert (await workshop.prepare(job(EVENT), "a")).count == 1
    assert len(workers()) == 1


async def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(job_seconds=0.5)

    async def sleeper() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "sleep", "600", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )

    monkeypatch.setattr(shop, "_started", sleeper)
    with pytest.raises(TooLarge):
        await workshop.prepare(job(EVENT), "a")
    assert [child for child in psutil.Process().children() if child.name() == "sleep"] == []


async def test_who_gives_up_leaves_no_answer_to_the_next(workshop: Workshop) -> None:
    await workshop.prepare(job(EVENT), "a")
    body = json.dumps([{"run_id": "r", "kind": "tool_call", "name": "x" * 50}] * 1000).encode()
    given_up = asyncio.create_task(workshop.prepare(job(body), "a"))
    await asyncio.sleep(0)
    given_up.cancel()
    made = await workshop.prepare(job(EVENT), "a")
    assert made.count == 1


async def test_none_is_left_in_the_end(workshop: Workshop) -> None:
    two = Workshop(2)
    made: list[Prepared] = await asyncio.gather(*(two.prepare(job(EVENT), "a") for _ in range(4)))
    assert [one.count for one in made] == [1, 1, 1, 1]
    assert len(workers()) == 2
    await two.aclose()
    assert workers() == []


async def test_it_ends_with_its_starter(workshop: Workshop, tmp_path: Path) -> None:
    """Its input ends when the panel does, however that ends."""
    await workshop.prepare(job(EVENT), "a")
    (process,) = workshop._idle
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0


async def test_it_knows_none_of_the_panel_s_secrets(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_JWT_SECRET", "not for the worker")
    await workshop.prepare(job(EVENT), "a")
    (worker,) = workers()
    assert "SUPABASE_JWT_SECRET" not in worker.environ()
