"""A pretend Ollama host, whose answers a test sets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

ADDRESS = "http://gpu-1:11434"
GIGABYTE = 2**30


def model(
    name: str = "llama3:8b", size: int = 8 * GIGABYTE, vram: int = 8 * GIGABYTE, **more: Any
) -> dict[str, Any]:
    """A loaded model, as `/api/ps` tells it: with fields that we do not know."""
    return {
        "name": name,
        "model": name,
        "size": size,
        "size_vram": vram,
        "digest": "ab" * 32,
        "details": {"family": "llama"},
        "expires_at": "2026-11-20T12:05:00.123456789+03:00",
        "context_length": 4096,
    } | more


class Host(httpx.AsyncBaseTransport):
    """Answers from `answers`, by path: a status and a body (JSON if it is no bytes), or an error to raise."""

    def __init__(self, *loaded: dict[str, Any]) -> None:
        self.answers: dict[str, Any] = {
            "/api/version": (200, {"version": "0.6.2"}),
            "/api/ps": (200, {"models": list(loaded)}),
            "/api/tags": (200, {"models": [{"name": "llama3:8b"}, {"name": "qwen3:4b"}]}),
        }
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.cookies: set[str] = set()
        self.seconds = 0.0
        self.sent = 0

    def break_down(self) -> None:
        """It is not reached any more."""
        self.answers = dict.fromkeys(self.answers, httpx.ConnectError("no route"))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as set."""
        self.asked.append(request.url.path)
        self.cookies.update(request.headers.get_list("cookie"))
        await asyncio.sleep(self.seconds)
        answer = self.answers[request.url.path]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, headers=self.headers, content=self._chunks(content))

    async def _chunks(self, content: bytes) -> AsyncIterator[bytes]:
        for at in range(0, len(content), 65_536):
            self.sent += min(65_536, len(content) - at)
            yield content[at : at + 65_536]
