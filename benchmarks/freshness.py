"""From the bot's writing of a message to its being found, by the panel's own loop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from random import Random

import asyncpg

from benchmarks.large.installation import Installation, installation
from benchmarks.large.salons import LARGE
from benchmarks.report import figure
from jobs.indexing import Indexing
from queries import dialogues
from queries.dialogue_filters import Filters

MESSAGES = 5
LOOK_SECONDS = 0.1
AT_MOST_SECONDS = 10


async def measure(data_dir: Path) -> None:
    """The latest of some messages, each with a word that nobody wrote before."""
    async with installation(data_dir) as large:
        loop = asyncio.create_task(Indexing(large.worker).run())
        connection = await asyncpg.connect(large.admin_uri)
        try:
            seconds = [await _until_found(large, connection, number) for number in range(MESSAGES)]
        finally:
            await connection.close()
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
        figure(f"message written to found, slowest of {MESSAGES}", max(seconds), "s", at_most=AT_MOST_SECONDS)


async def _until_found(large: Installation, connection: asyncpg.Connection, number: int) -> float:
    word = f"новинка{Random(time.time_ns()).getrandbits(32):x}"
    await asyncio.sleep(number * 0.7)  # at other moments of the loop's round
    session = await connection.fetchrow(
        "select user_id, channel, ended_at from public.conversation_sessions_v2"
        " where tenant_id = $1 order by id desc offset $2 limit 1",
        LARGE.tenant_id, number,
    )  # fmt: skip
    assert session is not None
    await connection.execute(
        "insert into public.recent_history_v2 (tenant_id, user_id, role, channel, message, created_at)"
        " values ($1, $2, 'user', $3, $4, $5)",
        LARGE.tenant_id, session["user_id"], session["channel"], f"А это {word}", session["ended_at"],
    )  # fmt: skip
    began = time.perf_counter()
    while not (await dialogues.page(large.owner, Filters(None, q=word))).rows:
        await asyncio.sleep(LOOK_SECONDS)
    return time.perf_counter() - began
