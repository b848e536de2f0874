"""REST, Auth and Realtime over one PostgreSQL database, as one ASGI application or behind a loopback port."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
from starlette.types import ASGIApp

from local_supabase.availability import auth_obstacle, realtime_obstacle
from local_supabase.gateway import Gateway, with_cors
from local_supabase.gotrue import AuthApp
from local_supabase.listener import Listener
from local_supabase.parts import Part
from local_supabase.pool import close_pool, open_admin_pool, wait_for_database
from local_supabase.realtime import RealtimeApp
from local_supabase.rest import RestApp, open_pool
from local_supabase.settings import Settings
from local_supabase.tokens import JwtVerifier

READY_SECONDS = 2.0
NOT_SERVED = {
    "/realtime/v1/api": "Broadcasts are not sent over HTTP here: use a channel, or realtime.send() in SQL",
    "/storage/v1": "The embedded Supabase has no Storage",
    "/functions/v1": "The embedded Supabase has no Edge Functions",
    "/graphql/v1": "The embedded Supabase has no GraphQL",
}


class LocalSupabase:
    """The three services with one life cycle: `start`, perhaps `serve`, `stop`.

    `app` has all three at a hosted project's paths and REST at `/` too; `rest_and_auth` is for callers in
    this process, `realtime` for the one service that needs a port. They answer 503 before `start` and after
    `stop`, 501 for a service that the database lacks.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rest, self._auth, self._realtime = Part("REST"), Part("Auth"), Part("Realtime")
        self._opened = AsyncExitStack()
        self._pool: asyncpg.Pool | None = None
        auth = with_cors(self._auth, settings.cors_allowed_origins)  # REST has its own, as PostgREST does it
        services: dict[str, ASGIApp] = {"/rest/v1": self._rest, "/auth/v1": auth}
        self.rest_and_auth = Gateway(services, self._rest)
        socket: dict[str, ASGIApp] = {"/realtime/v1/websocket": self._realtime}
        self.app = Gateway(
            services | socket | {path: _refused(501, reason) for path, reason in NOT_SERVED.items()},
            self._rest,
        )
        self.realtime = Gateway(socket, _refused(404, "Only Realtime is served on this port"))

    async def start(self) -> None:
        """Connect and begin to answer.

        Raises asyncpg's errors or `OSError` when the database cannot be reached within 30 s, `SettingsError`
        for settings that cannot be used.
        """
        async with AsyncExitStack() as opened:
            verifier = JwtVerifier(self._settings)
            await wait_for_database(self._settings.db_uri)
            pool = await open_pool(self._settings)
            opened.push_async_callback(close_pool, pool)
            rest = RestApp(pool, verifier, self._settings)
            await rest.start()
            opened.push_async_callback(rest.stop)
            self._rest.serve(rest)
            self._pool = pool
            opened.callback(self._rest.refuse, 503, "REST is stopped")
            await self._start_by_administrator(opened, verifier)
            self._opened = opened.pop_all()

    async def _start_by_administrator(self, opened: AsyncExitStack, verifier: JwtVerifier) -> None:
        admin_uri = self._settings.superuser_uri or self._settings.db_uri
        pool = await open_admin_pool(admin_uri)
        opened.push_async_callback(close_pool, pool)
        async with pool.acquire() as connection:
            without_auth = await auth_obstacle(connection)
            without_realtime = await realtime_obstacle(connection)
        if without_auth is None:
            try:
                self._auth.serve(AuthApp(pool, self._settings))
            except LookupError as error:
                without_auth = f"Auth cannot sign tokens: {error}"
        if without_auth is not None:
            self._auth.refuse(501, without_auth)
        opened.callback(self._auth.refuse, 503, "Auth is stopped")
        if without_realtime is None:
            realtime = RealtimeApp(admin_uri, self._settings, verifier)
            await realtime.start()
            opened.push_async_callback(realtime.stop)
            self._realtime.serve(realtime)
        else:
            self._realtime.refuse(501, without_realtime)
        opened.callback(self._realtime.refuse, 503, "Realtime is stopped")

    async def serve(self, host: str = "127.0.0.1", port: int = 0, *, only: ASGIApp | None = None) -> Listener:
        """Listen as well, for `app` or `only` one of the others; port 0 is a free one, told by the listener.

        Raises `OSError` when the port is taken.
        """
        listener = Listener(only or self.app, host, port)
        self._opened.push_async_callback(listener.close)
        await listener.open()
        return listener

    async def is_ready(self) -> bool:
        """Whether REST could serve a request now: the database answers within 2 s."""
        if self._pool is None:
            return False
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._pool.execute("select 1")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def stop(self) -> None:
        """End connections, tasks and pools, in the reverse order of their start."""
        await self._opened.aclose()


def _refused(status: int, reason: str) -> Part:
    nothing = Part("REST")
    nothing.refuse(status, reason)
    return nothing
