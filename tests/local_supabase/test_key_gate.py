"""The lock in front of the port that jobs reach the embedded REST by."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from local_supabase.key_gate import KeyGate

GATE = KeyGate(PlainTextResponse("inside"), "the key")


@pytest.mark.parametrize(
    "headers", [{}, {"apikey": "another"}, {"apikey": ""}, {"authorization": "Bearer the key"}]
)
async def test_a_request_without_the_key_stays_outside(headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(GATE), base_url="http://gate.test") as client:
        answer = await client.get("/", headers=headers)
    assert (answer.status_code, "inside" in answer.text) == (401, False)


async def test_a_request_with_the_key_is_let_in() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(GATE), base_url="http://gate.test") as client:
        assert (await client.get("/", headers={"apikey": "the key"})).text == "inside"


async def test_sockets_are_refused() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    await GATE({"type": "websocket", "headers": [(b"apikey", b"the key")]}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
