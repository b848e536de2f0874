"""How a connection to Realtime ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from realtime import AsyncRealtimeClient

from live import connection as module
from tests.waiting import until


@dataclass
class HalfOpen:
    """A client whose good-bye nobody answers."""

    aborted: int = 0
    is_closing: bool = False
    _listen_task: asyncio.Task[Any] = field(default_factory=lambda: asyncio.create_task(asyncio.sleep(600)))
    _heartbeat_task: asyncio.Task[Any] = field(
        default_factory=lambda: asyncio.create_task(asyncio.sleep(600))
    )

    @property
    def _ws_connection(self) -> SimpleNamespace:
        return SimpleNamespace(transport=SimpleNamespace(abort=self._abort))

    def _abort(self) -> None:
        self.aborted += 1

    def get_channels(self) -> list[Any]:
        return []

    async def close(self) -> None:
        self.is_closing = True
        await asyncio.Event().wait()


async def test_nothing_is_left_of_a_client_whose_good_bye_is_not_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.01)
    client = HalfOpen()
    await module._close(cast(AsyncRealtimeClient, client))
    assert client.aborted == 1
    assert client._listen_task.cancelled()
    assert client._heartbeat_task.cancelled()


async def test_nor_when_the_panel_ends_just_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 60)
    client = HalfOpen()
    closing = asyncio.create_task(module._close(cast(AsyncRealtimeClient, client)))
    await until(lambda: client.is_closing)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    assert client.aborted == 1
    await until(lambda: client._listen_task.cancelled() and client._heartbeat_task.cancelled())
