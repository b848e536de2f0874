"""Sign-in over a real database and the embedded Supabase, with browsers that are only HTTP clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
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
from tests.database import DashboardDatabase
from tests.embedded import Switch, embedded
from tests.waiting import until

SECRET = "the-jwt-secret-of-the-test-project-0123456789"
ADDRESS = "http://localhost:8080"
PASSWORD = "correct horse battery"
PASSWORD_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


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
        async with embedded(database, SECRET) as local, AsyncExitStack() as stack:
            connection = await asyncpg.connect(database.superuser_uri)
            stack.push_async_callback(connection.close)
            switch = Switch(local.rest_and_auth)
            supabase = Supabase("http://supabase.local", "anon", transport=switch)
            stack.push_async_callback(supabase.aclose)
            auth = Auth(
                load_settings(environ), supabase, TokenMinter.from_secret(SECRET), passwords=Passwords(cost=4)
            )
            await auth.start()
            stack.push_async_callback(auth.stop)
            app = Starlette(routes=[*auth.routes(), Route("/", _who)])
            panel = cls(auth, Gate(app, auth), switch, connection)
            yield panel
            for browser in panel.browsers:
                await browser.aclose()

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
