"""Bringing the indexes up to the bot's tables, as the loop of every panel does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg


async def synced(
    connection: asyncpg.Connection[asyncpg.Record], *, whole: bool = False, batch: int = 20_000
) -> int:
    """Work until nothing is left; how much there was. `whole` looks at what was written long ago, too."""
    done = 0
    while True:
        step = json.loads(await connection.fetchval("select dashboard.sync_index($1, $2)", batch, whole))
        done += int(step["dialogues"] + step["messages"])
        if not step["behind"]:
            return done
