"""Sign-in over a real database and the embedded Supabase, with browsers that are only HTTP clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import bcrypt
import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth import Auth, current_identity
from config import load_settings
from data import Supabase
from identity.gate import Gate
from identity.passwords import Passwords
from identity.tokens import TokenMinter
from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings as LocalSettings
from tests.database import DashboardDatabase
from tests.waiting import until

SECRET = "the-jwt-secret-of-the-test-project-0123456789"
ADDRESS = "http://localhost:8080"
PASSWORD = "correct horse battery"
PASSWORD_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


class Switch(httpx.AsyncBaseTransport):
    """The way to Supabase, which can be cut; counts what was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app)
        self.is_cut = False
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path.rpartition("/")[2])
        if self.is_cut:
            raise httpx.ConnectError("cut")
        return await self._inner.handle_async_request(request)


@dataclass
class SignInPanel:
    """One running sign-in, its database and its people."""

    auth: Auth
    app: ASGIApp
    switch: Switch
    database: asyncpg.Connection
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def running(cls, database: DashboardDatabase, **environ: str) -> AsyncIterator[SignInPanel]:
        local = LocalSupabase(
            LocalSettings(
                db_uri=database.authenticator_uri,
                schemas=("dashboard",),
                anon_role="anon",
                jwt_secret=SECRET,
                superuser_uri=database.superuser_uri,
                pool_size=4,
            )
        )
        await local.start()
        switch = Switch(local.rest_and_auth)
        supabase = Supabase("http://supabase.local", "anon", transport=switch)
        connection = await asyncpg.connect(database.superuser_uri)
        auth = Auth(
            load_settings(environ), supabase, TokenMinter.from_secret(SECRET), passwords=Passwords(cost=4)
        )
        await auth.start()
        app = Starlette(routes=[*auth.routes(), Route("/", _who)])
        panel = cls(auth, Gate(app, auth), switch, connection)
        try:
            yield panel
        finally:
            for browser in panel.browsers:
                await browser.aclose()
            await auth.stop()
            await supabase.aclose()
            await connection.close()
            await local.stop()

    def browser(
        self, address: str = ADDRESS, *, peer: str = "127.0.0.1", **headers: str
    ) -> httpx.AsyncClient:
        """A browser on a machine; it says where its forms come from, as browsers do."""
        browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(peer, 50_000)),
            base_url=address,
            headers={"origin": address, "accept": "text/html"} | headers,
        )
        self.browsers.append(browser)
        return browser

    async def add_person(
        self, email: str = "anna@salon.test", *, role: str = "platform_admin", **columns: Any
    ) -> UUID:
        """Somebody who can sign in with `PASSWORD`."""
        values = {"email": email, "full_name": "Anna", "password_hash": PASSWORD_HASH} | columns
        names = ", ".join(values)
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        user_id = await self.database.fetchval(
            f"insert into dashboard.users ({names}) values ({places}) returning user_id", *values.values()
        )
        await self.database.execute(
            "insert into dashboard.memberships (user_id, tenant_id, role) values ($1, null, $2)",
            user_id,
            role,
        )
        return UUID(str(user_id))

    async def audit(self) -> list[str]:
        """What the audit log has, oldest first."""
        rows = await self.database.fetch("select action from dashboard.audit_log order by audit_id")
        return [row["action"] for row in rows]

    async def open_sessions(self) -> int:
        """How many sessions have not ended."""
        return int(
            await self.database.fetchval(
                "select count(*) from dashboard.auth_sessions where ended_at is null"
            )
        )


async def sign_in(
    browser: httpx.AsyncClient,
    email: str = "anna@salon.test",
    password: str = PASSWORD,
    **params: str,
) -> httpx.Response:
    """Send the sign-in form."""
    return await browser.post("/sign-in", params=params, data={"email": email, "password": password})


async def _who(request: Request) -> PlainTextResponse:
    signed_in = await current_identity(request)
    return PlainTextResponse(signed_in.identity.email)


@asynccontextmanager
async def open_socket(panel: SignInPanel, browser: httpx.AsyncClient) -> AsyncIterator[list[Message]]:
    """A socket of a browser; gives what the server sent, as it comes."""
    import asyncio

    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"host": "localhost:8080", "origin": ADDRESS, "cookie": cookies}
    sent: list[Message] = []
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/_nicegui_ws/socket.io/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
    }
    gate = Gate(_listening, panel.auth)
    task = asyncio.create_task(gate(scope, incoming.get, send))
    await until(lambda: sent)
    try:
        yield sent
    finally:
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await task


async def _listening(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass
