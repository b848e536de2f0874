"""The embedded Supabase as the panel runs it: one PostgreSQL child, one database, no port open to others.

The demo salons live in a database of their own beside the real one: neither ever sees the other's rows.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx

from background import beside
from config import Settings
from data import Supabase
from demo.bot import PretendBot
from demo.load import load as load_demo
from identity.tokens import TokenMinter
from jobs import door
from jobs.embedded import EmbeddedPrefect
from jobs.prefect_api import Prefect
from local_supabase.app import LocalSupabase
from local_supabase.key_gate import KeyGate
from local_supabase.postgres import Cluster
from local_supabase.settings import Settings as LocalSettings
from local_supabase.supervision import keep_running
from migrate import migrate

logger = logging.getLogger(__name__)

BOT_SCHEMA = Path(__file__).parent / "supabase" / "bot_schema.sql"
URL = "http://embedded.invalid"
"""Never looked up: requests go to the application in this process."""
PUBLIC_KEY = "sb_publishable_embedded"
"""Names the project and nobody: who may do what is in the tokens."""
INDEXING_SECONDS = 10
"""How long a first start waits for the demo to be indexed."""
ANSWER_CAP = 1000
"""Rows, as on hosted projects, so that nothing is built that breaks there."""


class Embedded:
    """In this order: `start_postgres`, `prepare`, `connect`, `running`; in the end `stop_postgres`."""

    def __init__(self, settings: Settings) -> None:
        self._demo = settings.demo
        self._database = settings.embedded_database
        self._cluster = Cluster(settings.data_dir)
        self._service: LocalSupabase | None = None
        self._way_in: dict[str, str] = {}
        self._prefect: EmbeddedPrefect | None = None
        if settings.brings_prefect:
            # One history for each database: the demo's runs are none of the real one's.
            folder = settings.data_dir / f"prefect-{self._database}"
            self._prefect = EmbeddedPrefect(folder, self._environ_of_runs)

    @property
    def prefect(self) -> Prefect | None:
        """The way to the Prefect server that comes along, once it runs; None when it is switched off."""
        return self._prefect.prefect if self._prefect else None

    @property
    def jwt_secret(self) -> str:
        """What tokens of this database are signed with (HS256)."""
        return self._cluster.secrets().jwt_secret

    def start_postgres(self) -> None:
        """Start the server; belongs on the main thread (see `Cluster.start`)."""
        self._cluster.start()

    def stop_postgres(self) -> None:
        """Stop the server; what was committed stays."""
        self._cluster.stop()

    async def prepare(self) -> None:
        """Bring the database to the present schema, and the demo to the present moment."""
        await self._ensure_database()
        await asyncio.to_thread(self._cluster.bootstrap, self._database)
        # As the role that runs migrations on hosted projects: what works here works there.
        runner = self._cluster.uri("postgres", self._cluster.secrets().postgres_password, self._database)
        connection = await asyncpg.connect(runner)
        try:
            await connection.execute(BOT_SCHEMA.read_text(encoding="utf-8"))
        finally:
            await connection.close()
        if applied := await migrate(runner):
            logger.info("Applied %d migrations, up to %s", len(applied), applied[-1])
        if self._demo != "off":
            await load_demo(self._admin_uri, now=datetime.now(UTC), large=self._demo == "large")
            await self._index_demo()

    async def _index_demo(self) -> None:
        """Have lists and searches find the demo from the first page on; a large one is left to the loop."""
        until = time.monotonic() + INDEXING_SECONDS
        connection = await asyncpg.connect(self._admin_uri)
        try:
            is_behind = True
            while is_behind and time.monotonic() < until:
                synced = json.loads(await connection.fetchval("select dashboard.sync_index(5000)"))
                is_behind = synced["behind"]
        finally:
            await connection.close()

    async def _ensure_database(self) -> None:
        connection = await asyncpg.connect(self._cluster.superuser_uri())
        try:
            known = await connection.fetchval("select 1 from pg_database where datname = $1", self._database)
        finally:
            await connection.close()
        if not known:
            await asyncio.to_thread(self._cluster.create_database, self._database)

    def connect(self) -> Supabase:
        """The panel's way in: calls within this process, which answer once `open` has run."""
        secrets = self._cluster.secrets()
        self._service = LocalSupabase(
            LocalSettings(
                db_uri=self._cluster.uri("authenticator", secrets.authenticator_password, self._database),
                schemas=("dashboard",),
                anon_role="anon",
                jwt_secret=secrets.jwt_secret,
                max_rows=ANSWER_CAP,
                port=0,
                superuser_uri=self._admin_uri,
            )
        )
        transport = httpx.ASGITransport(self._service.rest_and_auth, raise_app_exceptions=False)
        self._supabase = Supabase(URL, PUBLIC_KEY, transport=transport)
        return self._supabase

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer, with Realtime on a loopback port, and let the demo's bot write; ends all of it in the end.

        Meanwhile a database server that dies is started again; it goes on until `stop_postgres`.
        """
        if self._service is None:
            raise RuntimeError("connect() comes first")
        async with AsyncExitStack() as stack:
            await self._service.start()
            stack.push_async_callback(self._service.stop)
            listener = await self._service.serve(only=self._service.realtime)
            self._supabase.realtime_url = f"{listener.url.replace('http', 'ws', 1)}/realtime/v1"
            await stack.enter_async_context(beside(keep_running(self._cluster), "watch over PostgreSQL"))
            if self._demo != "off":
                await stack.enter_async_context(beside(PretendBot(self._admin_uri).run(), "pretend bot"))
            if self._prefect is not None:
                await self._let_runs_in(self._service)
                await stack.enter_async_context(self._prefect)
            yield

    async def _let_runs_in(self, service: LocalSupabase) -> None:
        """Jobs run in processes of their own: for them REST answers on a port too, to a key of this start."""
        key = secrets.token_urlsafe(32)
        listener = await service.serve(only=KeyGate(service.rest_and_auth, key))
        self._minter = TokenMinter.from_secret(self.jwt_secret)
        self._way_in = {door.URL: listener.url, door.KEY: key}

    def _environ_of_runs(self) -> Mapping[str, str]:
        return {**self._way_in, door.TOKEN: self._minter.machine_token("dashboard_worker")}

    @property
    def _admin_uri(self) -> str:
        return self._cluster.superuser_uri(self._database)
