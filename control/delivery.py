"""The loop that pushes commands to agents: to a webhook or into a Redis stream, where one is set.

A command is leased from the database, pushed, and noted as sent or not. A panel that dies in between leaves
a lease that runs out: the command is pushed again then, under the same id. Without a channel nobody is pushed
to, and the loop only ends what has grown too old.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from background import beside
from config import Settings
from control.channel import Channel, UnsentError
from control.hints import EVERY, Hints
from control.redis_stream import RedisStream
from control.webhook import Webhook
from data import Door
from errors import AppError
from observability.metrics import CommandMetrics
from queries import commands
from queries.commands import Json

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks for what is due: by another panel's people, or once more."""
AWAY_SECONDS = 5.0
"""Between two tries while the database is away."""
GIVE_UP_SECONDS = 15.0
"""Between two looks for what is too old."""
AT_ONCE = 10
"""Pushed at a time. Each takes 5 s at most, and all are noted long before their lease of 30 s is over."""


def channel_of(settings: Settings) -> Channel | None:
    """As the settings say: the webhook if there is one, else Redis, else none."""
    if settings.commands_webhook_url is not None and settings.commands_webhook_secret is not None:
        secret = settings.commands_webhook_secret.get_secret_value()
        return Webhook(settings.commands_webhook_url.get_secret_value(), secret)
    if settings.commands_redis_url is not None:
        return RedisStream(settings.commands_redis_url.get_secret_value())
    return None


class Delivery:
    """One loop in each panel; each command is leased to one of them. `door` is the worker's."""

    def __init__(self, door: Door, channel: Channel | None, hints: Hints, metrics: CommandMetrics) -> None:
        self._door = door
        self._channel = channel
        self._hints = hints
        self._metrics = metrics
        self._gave_up_at = float("-inf")
        self._problem: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Push while the block runs."""
        try:
            async with beside(self.run(), "delivery of commands"):
                yield
        finally:
            if self._channel is not None:
                await self._channel.aclose()

    async def run(self) -> None:
        """Work until cancelled."""
        is_away = False
        while True:
            heard, pause = self._hints.heard(EVERY), LOOK_SECONDS
            try:
                if await self._look():
                    pause = 0.0
                is_away = False
            except AppError as error:
                if not is_away:
                    logger.warning("Commands are not delivered: %s", error.code)
                is_away, pause = True, AWAY_SECONDS
            except Exception:
                # Whatever it was, the loop may not end: nobody could stop an agent any more.
                logger.exception("Commands are not delivered")
                pause = AWAY_SECONDS
            if pause:
                await self._hints.wait(EVERY, heard, pause)

    async def _look(self) -> bool:
        """Whether there may be more at once."""
        is_due = time.monotonic() - self._gave_up_at >= GIVE_UP_SECONDS
        if is_due:
            await commands.give_up(self._door)
        has_more = self._channel is not None and await self._push_due(self._channel)
        if is_due:
            # last: what is only looked at holds up nothing
            self._metrics.stand(await commands.counts(self._door))
            self._gave_up_at = time.monotonic()
        return has_more

    async def _push_due(self, channel: Channel) -> bool:
        leased = await commands.to_send(self._door, AT_ONCE)
        results = await asyncio.gather(
            *(self._push(channel, each) for each in leased), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(leased) == AT_ONCE

    async def _push(self, channel: Channel, command: Json) -> None:
        command_id = str(command["command_id"])
        try:
            await channel.push(command)
        except UnsentError as error:
            self._metrics.pushes.labels("failed").inc()
            self._note(str(error))
            await commands.note_unsent(self._door, command_id, str(error))
        else:
            self._metrics.pushes.labels("ok").inc()
            self._metrics.wait.labels("push").observe(commands.waited(command))
            self._note(None)
            await commands.note_sent(self._door, command_id)

    def _note(self, problem: str | None) -> None:
        """Say in the log how it goes, once for each change."""
        if problem == self._problem:
            return
        if problem is not None:
            logger.warning("The channel for commands does not take them: %s", problem)
        else:
            logger.warning("The channel for commands takes them again")
        self._problem = problem
