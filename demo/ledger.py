"""What of the demo has been loaded already: kept in schema `demo` of the demo database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

import asyncpg

from demo.generate import PlannedChange, settled_at
from demo.rhythm import Part, Volume, parts
from demo.salons import SALONS, Salon

TABLES = """
create schema if not exists demo;
create table if not exists demo.days (
    tenant_id uuid not null,
    day date not null,
    part text not null check (part in ('standard', 'extra')),
    loaded_until timestamptz not null,
    primary key (tenant_id, day, part)
);
create table if not exists demo.planned_changes (
    wishlist_id bigint primary key,
    status text not null,
    due_at timestamptz not null
);
grant usage on schema demo to service_role;
grant select on demo.days to service_role;
grant select, insert, delete on demo.planned_changes to service_role;
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """A stretch of a salon's day that is not loaded: after `since` (None: its beginning) up to `until`."""

    salon: Salon
    day: date
    part: Part
    since: datetime | None
    until: datetime
    traces: bool


async def loaded(connection: asyncpg.Connection) -> dict[tuple[UUID, date, str], datetime]:
    """Give the instant up to which each day's part is loaded."""
    rows = await connection.fetch("select tenant_id, day, part, loaded_until from demo.days")
    return {(row["tenant_id"], row["day"], row["part"]): row["loaded_until"] for row in rows}


def missing(
    known: dict[tuple[UUID, date, str], datetime], now: datetime, days: int, volume: Volume, traced_days: int
) -> list[Missing]:
    """List what lacks of each salon's last `days` local days and of today up to `now`.

    A day that was loaded large is continued large, whatever is asked now.
    """
    found = []
    for salon in SALONS:
        today = now.astimezone(salon.zone).date()
        for ago in range(days, -1, -1):
            day = today - timedelta(days=ago)
            begun = [part for tenant_id, date_, part in known if (tenant_id, date_) == (salon.tenant_id, day)]
            for part in sorted({*parts(salon, volume), *(cast(Part, part) for part in begun)}):
                since = known.get((salon.tenant_id, day, part))
                until = min(now, settled_at(salon, day))
                if since is None or since < until:
                    found.append(Missing(salon, day, part, since, until, traces=ago < traced_days))
    return found


async def note_loaded(connection: asyncpg.Connection, stretches: Iterable[Missing]) -> None:
    """Write down what is loaded now; belongs in the transaction that writes the rows."""
    await connection.executemany(
        """insert into demo.days (tenant_id, day, part, loaded_until) values ($1, $2, $3, $4)
        on conflict (tenant_id, day, part) do update set loaded_until = excluded.loaded_until""",
        [(m.salon.tenant_id, m.day, m.part, m.until) for m in stretches],
    )


async def plan_changes(connection: asyncpg.Connection, changes: Iterable[PlannedChange]) -> None:
    """Keep what is to become of waiting-list items."""
    await connection.executemany(
        "insert into demo.planned_changes values ($1, $2, $3) on conflict do nothing",
        [(change.wishlist_id, change.status, change.due_at) for change in changes],
    )


async def apply_due_changes(connection: asyncpg.Connection, now: datetime) -> int:
    """Deal with the waiting-list items whose time has come, unless somebody else did; give their number."""
    done = await connection.execute(
        """with due as (delete from demo.planned_changes where due_at <= $1 returning *)
        update public.wishlist_v2 as item
        set status = due.status, updated_at = due.due_at, processed_at = due.due_at
        from due where item.id = due.wishlist_id and item.status = 'pending'""",
        now,
    )
    return int(done.split()[-1])
