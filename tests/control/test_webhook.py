"""A webhook is sent what it can check, and what it does not take is known not to be taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from control import webhook
from control.channel import UnsentError
from control.webhook import Webhook
from tests.control.webhook_world import Hook, hook
from tests.panel_process import free_port

SECRET = "a secret of the webhook's"
COMMAND: dict[str, Any] = {"command_id": "c-1", "kind": "stop", "comment": "хватит <b>"}
AGENTS = Path(__file__).parents[2] / "docs" / "agents.md"


@pytest.fixture
async def here() -> AsyncIterator[Hook]:
    async with hook() as made:
        yield made


@pytest.fixture
async def channel(here: Hook) -> AsyncIterator[Webhook]:
    made = Webhook(here.url, SECRET, clock=lambda: 1_700_000_000.9)
    yield made
    await made.aclose()


async def test_is_sent_a_command_that_it_can_check(here: Hook, channel: Webhook) -> None:
    await channel.push(COMMAND)
    (sent,) = here.sent
    assert json.loads(sent.body) == COMMAND
    signed = hmac.new(SECRET.encode(), b"1700000000." + sent.body, hashlib.sha256).hexdigest()
    assert sent.headers["X-AgentP-Signature"] == f"t=1700000000,v1={signed}"
    assert sent.headers["X-AgentP-Command"] == "c-1"
    assert sent.headers["Content-Type"] == "application/json"


async def test_checks_as_the_documents_say(here: Hook) -> None:
    told = AGENTS.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import hashlib.*?)```", told, re.DOTALL)
    defined: dict[str, Any] = {}
    exec(code, defined)
    is_from_the_panel = defined["is_from_the_panel"]
    channel = Webhook(here.url, SECRET)
    await channel.push(COMMAND)
    await channel.aclose()
    (sent,) = here.sent
    header = sent.headers["X-AgentP-Signature"]
    assert is_from_the_panel(header, sent.body, SECRET)
    assert not is_from_the_panel(header, sent.body + b" ", SECRET)
    assert not is_from_the_panel(header, sent.body, SECRET + "x")
    old = webhook.signature(SECRET.encode(), int(time.time()) - 3600, sent.body)
    assert not is_from_the_panel(old, sent.body, SECRET)
    for broken in ("", "t=,v1=", "t=x", "v1=1", "t=²,v1=x", "nonsense"):
        assert not is_from_the_panel(broken, sent.body, SECRET)


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_takes_it_with_any_answer_of_2xx(here: Hook, channel: Webhook, status: int) -> None:
    here.answer = lambda: web.Response(status=status)
    await channel.push(COMMAND)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_takes_it_with_no_other(here: Hook, channel: Webhook, status: int) -> None:
    here.answer = lambda: web.Response(status=status, text="SECRET of theirs")
    with pytest.raises(UnsentError, match=f"^status {status}$"):
        await channel.push(COMMAND)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_is_not_followed_elsewhere(here: Hook, channel: Webhook, status: int) -> None:
    here.answer = lambda: web.Response(status=status, headers={"location": "/elsewhere"})
    with pytest.raises(UnsentError, match=f"^status {status}$"):
        await channel.push(COMMAND)
    assert [sent.path for sent in here.sent] == ["/hook"]


async def test_is_waited_for_no_longer_than_it_may_take(
    here: Hook, channel: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.2)
    here.seconds = 3
    began = time.monotonic()
    with pytest.raises(UnsentError, match=r"^no answer in time$"):
        await channel.push(COMMAND)
    assert time.monotonic() - began < 2


async def test_is_not_told_what_it_would_have_us_remember(here: Hook, channel: Webhook) -> None:
    here.answer = lambda: web.Response(headers={"Set-Cookie": "a=b; Path=/"})
    for _ in range(2):
        await channel.push(COMMAND)
    assert [sent.headers.get("Cookie") for sent in here.sent] == [None, None]


async def test_that_is_not_there_is_said_to_be() -> None:
    channel = Webhook(f"http://127.0.0.1:{free_port()}/", SECRET)
    with pytest.raises(UnsentError, match=r"^ConnectError$"):
        await channel.push(COMMAND)
    await channel.aclose()


async def test_is_not_read_from(here: Hook, channel: Webhook) -> None:
    """An endless answer would fill the memory."""
    here.answer = lambda: web.Response(body=b"x" * 50_000_000)
    began = time.monotonic()
    await channel.push(COMMAND)
    assert time.monotonic() - began < 4
