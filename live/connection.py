"""One Realtime client from its first join to the first doubt that it still hears.

The library's client gives up after some tries, goes on as if connected when its listener has died, and never
joins a closed channel again. So each client serves once: on any doubt it is closed, and a fresh one is made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from realtime import AsyncRealtimeChannel, AsyncRealtimeClient, RealtimeSubscribeStates
from realtime.message import SuccessSystemPayload
from realtime.types import BroadcastPayload, PostgresChangesPayload, RealtimePostgresChangesListenEvent
from websockets.exceptions import WebSocketException

from data import TokenSource
from errors import AppError

logger = logging.getLogger(__name__)

JOIN_SECONDS = 10.0
CANARY_SECONDS = 3.0
"""How long a sign of life may take: what comes later than by polling is no better than polling."""
BETWEEN_CANARIES = 4.0
CLOSE_SECONDS = 0.5
QUEUED = 1000
"""Messages waiting to be taken; more mean no more than 'look at everything'."""


class DoubtError(Exception):
    """The connection may have stopped hearing; the text says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a project's Realtime is, such as `wss://abc.supabase.co/realtime/v1`, and its public key."""

    url: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Something moved: `table` and the `row` as far as the listener may read it; none for a broadcast."""

    table: str = ""
    row: dict[str, Any] | None = None


class Connection:
    """Listens to a private topic, and to changes of tables (`schema.table`).

    `on_hint` is called for each message, None when some may have been missed; `canary` sends the beat of a
    sign of life by the way of the real messages. `canary_of` finds the beat in a table's change, where it
    comes that way.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        token: TokenSource,
        topic: str,
        *,
        tables: Sequence[str] = (),
        on_hint: Callable[[Hint | None], None],
        canary: Callable[[int], Awaitable[None]],
        canary_of: Callable[[Hint], int | None] = lambda _: None,
    ) -> None:
        self._endpoint = endpoint
        self._token = token
        self._topic = topic
        self._tables = tables
        self._on_hint = on_hint
        self._canary = canary
        self._canary_of = canary_of
        self._queue: asyncio.Queue[Hint | int | None] = asyncio.Queue(QUEUED)
        self._has_dropped = False
        self._doubt: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._heard = 0
        self._hearing = asyncio.Condition()
        self._subscribed = asyncio.Event()

    async def run(self, on_live: Callable[[], None]) -> None:
        """Join, call `on_live` once the first sign of life has come back, and stay. Raises `DoubtError`."""
        client = AsyncRealtimeClient(
            self._endpoint.url, self._endpoint.api_key, auto_reconnect=False, max_retries=1, timeout=5
        )
        pump = asyncio.create_task(self._pump(), name="Realtime hints")
        pump.add_done_callback(lambda _: self._doubt_because("its messages are not taken any more"))
        try:
            channel = await self._join(client)
            await self._stay(client, channel, on_live)
        except (TimeoutError, OSError, WebSocketException, AppError) as error:
            raise DoubtError(f"{type(error).__name__}: {error}") from error
        finally:
            pump.cancel()
            try:
                await asyncio.gather(pump, return_exceptions=True)
            finally:  # even when this is cancelled while it ends
                await _close(client)

    async def _join(self, client: AsyncRealtimeClient) -> AsyncRealtimeChannel:
        await client.set_auth(self._token())
        channel = client.channel(
            self._topic,
            {
                "config": {
                    "broadcast": {"ack": False, "self": False},
                    "presence": {"key": "", "enabled": False},
                    "private": True,
                }
            },
        )
        channel.on_broadcast("changed", lambda _: self._put(Hint()))
        channel.on_broadcast("canary", lambda message: self._put(_beat(message)))
        for name in self._tables:
            schema, _, table = name.partition(".")
            channel.on_postgres_changes(
                RealtimePostgresChangesListenEvent.All, self._put_change, table=table, schema=schema
            )
        channel.on_system(self._on_system)
        async with asyncio.timeout(JOIN_SECONDS):
            await channel.subscribe(self._on_state)
            if self._tables:  # what is written before that is told to nobody
                await self._unless_doubted(self._subscribed.wait())
        return channel

    def _on_system(self, message: SuccessSystemPayload) -> None:
        if message.extension == "postgres_changes":
            self._subscribed.set()
        self._put(None)  # Realtime has begun anew to follow the database, and saw nothing in between

    def _on_state(self, state: RealtimeSubscribeStates, error: Exception | None) -> None:
        if state is not RealtimeSubscribeStates.SUBSCRIBED:
            self._doubt_because(f"the channel is {state.value}: {error}")

    def _put_change(self, payload: PostgresChangesPayload) -> None:
        data = payload["data"]
        self._put(Hint(data["table"], data.get("record") or data.get("old_record") or {}))

    def _put(self, message: Hint | int | None) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._has_dropped = True

    async def _pump(self) -> None:
        while True:
            message = await self._queue.get()
            if self._has_dropped and self._queue.empty():
                self._has_dropped = False
                self._on_hint(None)
            if isinstance(message, Hint) and (beat := self._canary_of(message)) is not None:
                message = beat
            if isinstance(message, int):
                async with self._hearing:
                    self._heard = max(self._heard, message)
                    self._hearing.notify_all()
            else:
                self._on_hint(message)

    async def _stay(
        self, client: AsyncRealtimeClient, channel: AsyncRealtimeChannel, on_live: Callable[[], None]
    ) -> None:
        beat, token = 0, client.access_token
        listener = client._listen_task
        if listener is None:
            raise DoubtError("nothing listens")
        listener.add_done_callback(lambda _: self._doubt_because("its listener has ended"))
        while True:
            beat += 1
            await self._hear(beat)
            if beat == 1:
                on_live()
            async with asyncio.timeout(CANARY_SECONDS):
                if (newer := self._token()) != token:
                    token = newer
                    await client.set_auth(token)
            done, _ = await asyncio.wait([self._doubt], timeout=BETWEEN_CANARIES)
            if done:
                raise DoubtError(self._doubt.result())
            if not channel.is_joined:
                raise DoubtError("the channel is not joined any more")

    async def _hear(self, beat: int) -> None:
        async def hear() -> None:
            await self._canary(beat)
            async with self._hearing:
                await self._hearing.wait_for(lambda: self._heard >= beat)

        async with asyncio.timeout(CANARY_SECONDS):
            await self._unless_doubted(hear())

    async def _unless_doubted(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work, name="Realtime connection")
        try:
            waiting: list[asyncio.Future[Any]] = [task, self._doubt]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._doubt.done():
                raise DoubtError(self._doubt.result())
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _doubt_because(self, reason: str) -> None:
        if not self._doubt.done():
            self._doubt.set_result(reason)


def _beat(message: BroadcastPayload) -> int:
    """The number in a sign of life; 0 is none."""
    beat = message["payload"].get("beat")
    return beat if isinstance(beat, int) else 0


async def _close(client: AsyncRealtimeClient) -> None:
    """Close a client with its tasks and timers, which would go on by themselves; also when cancelled."""
    for channel in client.get_channels():
        channel.rejoin_timer.reset()
        channel.join_push.destroy()
    socket = client._ws_connection
    tasks = [task for task in (client._listen_task, client._heartbeat_task) if task is not None]
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await client.close()
    except (TimeoutError, OSError, WebSocketException) as error:
        logger.debug("Realtime did not say good-bye: %s", error)
    finally:
        if socket is not None:  # a half-open one cannot say good-bye; for one that did, this is nothing
            socket.transport.abort()
        for task in tasks:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
