"""Messages that name no dialogue: how many are attached to the one that they were said in."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from benchmarks.large.installation import installation
from benchmarks.report import figure

AT_LEAST_PERCENT = 98

SHARE = """
select 100.0 * count(*) filter (where found.session_id = truth.session_id) / count(*)
from bench.truth
left join dashboard.message_index as found on found.message_id = truth.message_id
"""


async def measure(data_dir: Path) -> None:
    """Over all messages of the large installation, whose loader keeps the truth."""
    async with installation(data_dir) as large:
        connection = await asyncpg.connect(large.admin_uri, command_timeout=120)
        try:
            share = float(await connection.fetchval(SHARE))
        finally:
            await connection.close()
    figure("messages in the dialogue that they were said in", share, "%", at_least=AT_LEAST_PERCENT)
