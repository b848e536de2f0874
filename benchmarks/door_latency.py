"""Latency of reads through `data.py` on the embedded Supabase: HTTP client, policies and all, no network."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from benchmarks.report import distribution, timed
from config import load_settings
from data import Door, Supabase
from demo.accounts import DEMO_ACCOUNTS
from embedded import Embedded
from identity.store import SignInStore
from identity.tokens import TokenMinter
from models import Role, Tenant

POINT_READS = 2000
OVERVIEW_READS = 200


async def measure(data_dir: Path) -> None:
    """Point reads and the overview's two reads, one at a time, as an owner."""
    embedded = Embedded(load_settings({"DEMO": "1", "DATA_DIR": str(data_dir)}))
    embedded.start_postgres()
    try:
        await embedded.prepare()
        supabase = embedded.connect()
        async with embedded.running():
            await _measure_reads(*await _owner(supabase, TokenMinter.from_secret(embedded.jwt_secret)))
        await supabase.aclose()
    finally:
        embedded.stop_postgres()


async def _owner(supabase: Supabase, minter: TokenMinter) -> tuple[Door, UUID]:
    """The door of a demo owner, and a salon of his."""
    store = SignInStore(supabase.door(minter.machine_source("dashboard_auth")))
    for demo_account in DEMO_ACCOUNTS:
        account = await store.find_account(demo_account.email)
        if account is None:
            continue
        identity = await store.open_session(
            account.user_id,
            secrets.token_hex(32),
            idle_seconds=600,
            lifetime_seconds=600,
            address="127.0.0.1",
            user_agent="benchmark",
            replaces=None,
        )
        for membership in identity.memberships:
            if membership.role is Role.OWNER and membership.tenant_id is not None:
                source = minter.token_source(identity, membership.tenant_id)
                return supabase.door(source), membership.tenant_id
    raise LookupError("No demo account owns a salon")


async def _measure_reads(door: Door, tenant_id: UUID) -> None:
    where = {"tenant_id": f"eq.{tenant_id}"}
    point = await timed(POINT_READS, lambda: door.rows("my_tenants", Tenant, where=where, limit=1))
    distribution("point read (one salon)", point, median_at_most=1.5)
    today = datetime.now(UTC).date()
    month = {"from_day": today - timedelta(days=29), "to_day": today}
    read = await timed(OVERVIEW_READS, lambda: door.read_value("overview", **month))
    distribution("overview, 30 days", read)
