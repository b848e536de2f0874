"""Loads the demo: the salons, their people and the days that are still missing, up to the present moment."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from demo import ledger
from demo.accounts import add_accounts, hashed_passwords, missing_accounts
from demo.generate import DayRows, day_part
from demo.ledger import Missing
from demo.rhythm import Volume, numbers
from demo.rows import BOT_SLOT, COLUMNS, MERGED, Row, on_conflict, row_ids, tenant_row
from demo.salons import SALONS

logger = logging.getLogger(__name__)

TRACED_DAYS = 14  # the bot keeps trajectories no longer
BATCH = 600  # dialogues, or the day that passes them, written in one transaction
LOCK = 0x64656D6F  # two panels that start at once on one database must not both fill it
NUMBERED = (
    "conversation_sessions_v2",
    "recent_history_v2",
    "wishlist_v2",
    "agent_trajectories_v2",
    "guardian_subscriptions_v2",
)


@dataclass(slots=True)
class LoadReport:
    """What a load did: stretches of days filled, sign-ins and rows added, and the seconds that it took."""

    stretches: int = 0
    accounts: int = 0
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))
    seconds: float = 0.0


async def load(admin_url: str, *, now: datetime, days: int = 90, large: bool = False) -> LoadReport:
    """Fill the demo database up to `now` (aware): `days` whole local days back, and today so far.

    Adds only what is not there, so it may run at each start. `large` gives one salon more than 1,000
    dialogues a day. `admin_url` names a superuser of a database that has the bot's tables and our migrations.
    Raises `asyncpg.PostgresError` when it does not.
    """
    began = time.perf_counter()
    report = LoadReport()
    async with _connected(admin_url) as connection:
        await connection.execute(ledger.TABLES)
        await _add_tenants(connection)
        people = await missing_accounts(connection)
        hashing = asyncio.create_task(
            hashed_passwords(people)
        )  # on the other core, while the rows are written
        try:
            await _fill(connection, now, days, "large" if large else "standard", report)
            await add_accounts(connection, people, await hashing, now)
        finally:
            hashing.cancel()
            await asyncio.gather(hashing, return_exceptions=True)
        report.accounts = len(people)
    report.seconds = time.perf_counter() - began
    logger.info("Loaded %d stretches of demo days in %.1f s", report.stretches, report.seconds)
    return report


async def _fill(
    connection: asyncpg.Connection, now: datetime, days: int, volume: Volume, report: LoadReport
) -> None:
    known = await ledger.loaded(connection)
    wanted = ledger.missing(known, now, days, volume, TRACED_DAYS)
    report.stretches = len(wanted)
    seen: set[UUID] = set()
    async for stretches, made in _generated(wanted):
        await _write(connection, stretches, made, seen, report)
    await ledger.apply_due_changes(connection, now)
    await _forget_old_traces(connection, now)
    await _number_after(connection, now)
    if not known:
        # The planner knows nothing of new tables until it is told; autovacuum would tell it a minute late.
        await connection.execute(f"analyze {', '.join(f'public.{table}' for table in COLUMNS)}")


@asynccontextmanager
async def _connected(admin_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(admin_url, timeout=15, command_timeout=120)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        yield connection
    finally:
        await connection.close(timeout=10)


async def _add_tenants(connection: asyncpg.Connection) -> None:
    await connection.executemany(
        f"""insert into public.tenants_v2 ({", ".join(COLUMNS["tenants_v2"])})
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing""",
        [tenant_row(salon) for salon in SALONS],
    )
    await connection.executemany(
        """insert into dashboard.tenant_settings (tenant_id, time_zone, currency)
        values ($1, $2, $3) on conflict do nothing""",
        [(salon.tenant_id, salon.time_zone, salon.currency) for salon in SALONS],
    )


async def _generated(wanted: Sequence[Missing]) -> AsyncIterator[tuple[list[Missing], DayRows]]:
    """Give the rows batch by batch; the next batch is made in a thread while the database takes the last."""
    batches = list(_batches(wanted))
    coming = [asyncio.create_task(asyncio.to_thread(_make, batch)) for batch in batches[:1]]
    try:
        for place, batch in enumerate(batches):
            made = await coming.pop()
            coming += [
                asyncio.create_task(asyncio.to_thread(_make, b)) for b in batches[place + 1 : place + 2]
            ]
            yield batch, made
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)


def _batches(wanted: Sequence[Missing]) -> Iterator[list[Missing]]:
    batch: list[Missing] = []
    size = 0
    for stretch in wanted:
        batch.append(stretch)
        size += len(numbers(stretch.salon, stretch.day, stretch.part))
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _make(stretches: Sequence[Missing]) -> DayRows:
    made = DayRows()
    for m in stretches:
        made.extend(day_part(m.salon, m.day, m.part, since=m.since, until=m.until, traces=m.traces))
    return made


async def _write(
    connection: asyncpg.Connection,
    stretches: list[Missing],
    made: DayRows,
    seen: set[UUID],
    report: LoadReport,
) -> None:
    """Write one batch, whole or not at all."""
    rows = made.rows
    rows["clients_v2"] = _unseen(rows["clients_v2"], seen)
    rows["user_ltm_v2"] = list(
        {row[0]: row for row in sorted(rows["user_ltm_v2"], key=lambda row: row[-1])}.values()
    )
    continued = any(stretch.since for stretch in stretches)
    async with connection.transaction():
        # The rows refer to each other by construction (a test checks each key); to have the database look up
        # a few hundred thousand of them takes longer than all the rest.
        await connection.execute(
            "set local session_replication_role = replica; set local synchronous_commit = off"
        )
        if continued:
            await connection.execute(
                "delete from public.active_sessions_v2 where session_id = any($1)", made.finished
            )
        for table in COLUMNS:
            if rows[table]:
                report.rows[table] += await _copy(connection, table, rows[table], merging=continued)
        await ledger.plan_changes(connection, made.planned)
        await ledger.note_loaded(connection, stretches)


def _unseen(clients: list[Row], seen: set[UUID]) -> list[Row]:
    fresh = {row[0]: row for row in clients if row[0] not in seen}
    seen.update(fresh)
    return list(fresh.values())


async def _copy(connection: asyncpg.Connection, table: str, rows: list[Row], *, merging: bool) -> int:
    """Add rows by COPY and give their number; by way of a temporary table where some may be there already."""
    columns = COLUMNS[table]
    if not merging and table not in MERGED:
        await connection.copy_records_to_table(table, schema_name="public", columns=columns, records=rows)
        return len(rows)
    await connection.execute(f"create temporary table incoming (like public.{table}) on commit drop")
    await connection.copy_records_to_table("incoming", columns=columns, records=rows)
    names = ", ".join(columns)
    done = await connection.execute(
        f"insert into public.{table} ({names}) select {names} from incoming {on_conflict(table)}"
    )
    await connection.execute("drop table incoming")
    return int(done.split()[-1])


async def _forget_old_traces(connection: asyncpg.Connection, now: datetime) -> None:
    for salon in SALONS:
        first_kept = now.astimezone(salon.zone).date() - timedelta(days=TRACED_DAYS - 1)
        await connection.execute(
            "delete from public.agent_trajectories_v2 where tenant_id = $1 and id < $2",
            salon.tenant_id,
            row_ids(first_kept, 0),
        )


async def _number_after(connection: asyncpg.Connection, now: datetime) -> None:
    """Let the numbers that the database gives out follow all loaded rows and meet none yet to be loaded."""
    latest = max(now.astimezone(salon.zone).date() for salon in SALONS)
    for table in NUMBERED:
        sequence = await connection.fetchval("select pg_get_serial_sequence($1, 'id')", f"public.{table}")
        await connection.execute(
            f"select setval($1::text::regclass, greatest($2, (select last_value from {sequence})))",
            sequence,
            row_ids(latest, BOT_SLOT),
        )
