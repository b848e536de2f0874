"""Brings the rows into an empty database as fast as it takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import bcrypt

from benchmarks.large.rows import COLUMNS, Batch, batches
from benchmarks.large.salons import LARGE, OPERATOR, OWNER, PASSWORD
from identity.passwords import COST

TRUTH = "create schema bench; create table bench.truth (message_id bigint not null, session_id uuid not null)"
"""Which dialogue a message was said in, which its row does not tell."""


async def load_rows(admin_uri: str) -> dict[str, int]:
    """Fill the bot's tables by COPY, and give the number of rows of each. `admin_uri` names a superuser."""
    counts = dict.fromkeys(COLUMNS, 0)
    connection = await asyncpg.connect(admin_uri, command_timeout=600)
    try:
        # The rows refer to each other by construction; a crash means that all is loaded again.
        await connection.execute("set session_replication_role = replica; set synchronous_commit = off")
        await connection.execute(TRUTH)
        async for batch in _one_ahead(batches(datetime.now(UTC))):
            for table, rows in batch.rows.items():
                await connection.copy_records_to_table(
                    table, schema_name="public", columns=COLUMNS[table], records=rows
                )
                counts[table] += len(rows)
            known = counts["recent_history_v2"] - len(batch.truth)
            await connection.copy_records_to_table(
                "truth", schema_name="bench", records=enumerate(batch.truth, known + 1)
            )
        # The planner knows nothing of new tables until it is told; autovacuum would tell it a minute late.
        await connection.execute(f"vacuum analyze {', '.join(f'public.{table}' for table in COLUMNS)}")
    finally:
        await connection.close()
    return counts


async def add_people(admin_uri: str) -> None:
    """An owner and an operator of the large salon, who can sign in."""
    password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST)).decode()
    connection = await asyncpg.connect(admin_uri)
    try:
        for email, role in ((OWNER, "owner"), (OPERATOR, "operator")):
            user_id = uuid4()
            await connection.execute(
                "insert into dashboard.users (user_id, email, full_name, password_hash, locale)"
                " values ($1, $2, $2, $3, 'en')",
                user_id, email, password_hash,
            )  # fmt: skip
            await connection.execute(
                "insert into dashboard.memberships (user_id, tenant_id, role) values ($1, $2, $3)",
                user_id, LARGE.tenant_id, role,
            )  # fmt: skip
    finally:
        await connection.close()


async def _one_ahead(source: Iterator[Batch]) -> AsyncIterator[Batch]:
    """Give batch by batch; the next one is made in a thread while the database takes the last."""
    coming = asyncio.create_task(asyncio.to_thread(next, source, None))
    try:
        while (batch := await coming) is not None:
            coming = asyncio.create_task(asyncio.to_thread(next, source, None))
            yield batch
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
