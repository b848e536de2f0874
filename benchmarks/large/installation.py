"""The large installation, running in this process: its doors, and its loading when the folder is empty."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.large.load import add_people, load_rows
from benchmarks.large.salons import LARGE, OWNER
from benchmarks.report import figure
from config import load_settings
from data import Door, Supabase
from embedded import Embedded
from identity.store import SignInStore
from identity.tokens import TokenMinter
from jobs.indexing import sync
from local_supabase.postgres import Cluster
from models import Identity

DATABASE = "panel"


@dataclass(frozen=True, slots=True)
class Installation:
    """The doors of the large salon's owner and of the worker, and the superuser's way in."""

    owner: Door
    worker: Door
    admin_uri: str


@asynccontextmanager
async def installation(data_dir: Path) -> AsyncIterator[Installation]:
    """Start it, with all rows in it and the indexes up to date; nothing else runs in it."""
    embedded = Embedded(load_settings({"DATA_DIR": str(data_dir), "JOBS": "0"}))
    embedded.start_postgres()
    try:
        await embedded.prepare()
        admin_uri = Cluster(data_dir).superuser_uri(DATABASE)
        is_new = await _is_empty(admin_uri)
        if is_new:
            await _load(admin_uri)
        supabase = embedded.connect()
        minter = TokenMinter.from_secret(embedded.jwt_secret)
        worker = supabase.door(minter.machine_source("dashboard_worker"))
        async with embedded.running():
            if is_new:
                await _index(worker)
            owner = await _owner(supabase, minter)
            yield Installation(supabase.door(minter.token_source(owner, LARGE.tenant_id)), worker, admin_uri)
        await supabase.aclose()
    finally:
        embedded.stop_postgres()


async def catch_up(worker: Door) -> None:
    """Have all that is new indexed, as the panel's own loop does."""
    while (await sync(worker, whole=False)).behind:
        pass


async def _is_empty(admin_uri: str) -> bool:
    connection = await asyncpg.connect(admin_uri)
    try:
        return not await connection.fetchval("select exists (select from public.tenants_v2)")
    finally:
        await connection.close()


async def _load(admin_uri: str) -> None:
    began = time.perf_counter()
    counts = await load_rows(admin_uri)
    await add_people(admin_uri)
    dialogues, messages = counts["conversation_sessions_v2"], counts["recent_history_v2"]
    figure(f"{dialogues:,} dialogues, {messages:,} messages loaded", time.perf_counter() - began, "s")


async def _index(worker: Door) -> None:
    began = time.perf_counter()
    await catch_up(worker)
    figure("all of them indexed", time.perf_counter() - began, "s")


async def _owner(supabase: Supabase, minter: TokenMinter) -> Identity:
    store = SignInStore(supabase.door(minter.machine_source("dashboard_auth")))
    account = await store.find_account(OWNER)
    if account is None:
        raise LookupError("The installation has no owner")
    return await store.open_session(
        account.user_id,
        secrets.token_hex(32),
        idle_seconds=3600,
        lifetime_seconds=3600,
        address="127.0.0.1",
        user_agent="benchmark",
        replaces=None,
    )
