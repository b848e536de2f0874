"""One running panel: its parts, their start and end, and the page that every address of a salon opens."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI, Request
from nicegui import Client, app, ui
from starlette.responses import FileResponse, Response

from api.exports.route import DialogueExport
from api.health import health_routes
from auth import Auth, HasRequest, SignedIn, current_identity
from background import beside
from components.frame import Frame, no_such_page, no_such_salon
from components.head import leave_ended_session
from components.viewer import Person, Route, Viewer
from config import Settings
from data import Supabase
from errors import AppError
from i18n import Translator, translator
from identity.gate import Gate
from identity.rendering import visitors_words
from identity.tokens import TokenMinter
from jobs.indexing import Indexing
from jobs.prefect_api import Prefect
from queries import tenants

logger = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
PAGE_SECONDS = 20
"""How long the first answer may take: a slow database is waited for, and its error told by us."""
STATIC_SECONDS = 3600
"""Browsers keep our files for so long; those that pages link to carry their version in the address."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What opened no page: a request for a file."""

    request: Request


class Panel:
    """The parts of one process, wired to a Supabase that somebody else opens and closes (`backend`)."""

    def __init__(
        self,
        settings: Settings,
        supabase: Supabase,
        minter: TokenMinter,
        routes: tuple[Route, ...],
        backend: Callable[[], AbstractAsyncContextManager[object]],
        *,
        prefect: Prefect | None = None,
    ) -> None:
        self._settings = settings
        self._supabase = supabase
        self._routes = routes
        self._backend = backend
        self._prefect = prefect
        self._auth = Auth(settings, supabase, minter)
        self._indexing = Indexing(supabase.door(minter.machine_source("dashboard_worker")))

    def mount(self) -> None:
        """Put everything on NiceGUI's application; once, before the server starts."""
        app.add_static_files("/static", STATIC, max_cache_age=STATIC_SECONDS)
        app.routes.extend([*self._auth.routes(), *health_routes(self._auth.store.has_users)])
        app.routes.append(DialogueExport(self._reader, self._auth.problem_response).route())
        app.add_api_route("/favicon.ico", _favicon, include_in_schema=False)
        for path in ("/", "/s/{tenant_id}", "/s/{tenant_id}/{page}"):
            ui.page(path, title="Agent P", response_timeout=PAGE_SECONDS)(self._page)
        app.add_exception_handler(404, self._not_found)
        app.add_middleware(Gate, auth=self._auth)
        _wrap_lifespan(app, self._running)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._supabase.aclose)
            if self._prefect is not None:
                stack.push_async_callback(self._prefect.aclose)
            await stack.enter_async_context(self._backend())
            stack.push_async_callback(self._auth.stop)
            await self._auth.start()
            await stack.enter_async_context(beside(self._indexing.run(), "indexing"))
            yield

    async def _page(self, request: Request, client: Client) -> Response | None:
        try:
            signed_in = await self._auth.fresh_identity(request)
            person = await self._person(signed_in, request, client)
        except AppError as problem:
            return self._auth.problem_response(request, problem)
        self._end_with_session(signed_in, client)
        Frame(person, self._routes)
        return None

    async def _not_found(self, request: Request, _: Exception) -> Response:
        return self._auth.problem_response(request, no_such_page())

    async def _person(self, signed_in: SignedIn, request: Request, client: Client) -> Person:
        identity = signed_in.identity
        words = translator(identity.locale) if identity.locale else visitors_words(request)
        door = self._auth.door(signed_in, None)
        own_tenants = await tenants.mine(door)

        async def enter(tenant_id: UUID) -> Viewer:
            return await self._viewer(tenant_id, words, client)

        return Person(identity, own_tenants, words, self._settings.shows_demo, door, enter)

    async def _reader(self, request: Request, tenant_id: UUID) -> Viewer:
        """Who asks for a file of a salon."""
        return await self._viewer(tenant_id, visitors_words(request), _Asked(request))

    async def _viewer(self, tenant_id: UUID, words: Translator, client: HasRequest) -> Viewer:
        """The signed-in person of an open page in a salon, as it stands now: rights are asked for anew."""
        signed_in = await current_identity(client)
        role = signed_in.identity.role_in(tenant_id)
        if role is None:
            raise no_such_salon()
        door = self._auth.door(signed_in, tenant_id)
        tenant = await tenants.one(door, tenant_id)
        if tenant is None:
            raise no_such_salon()
        return Viewer(
            identity=signed_in.identity,
            tenant=tenant,
            role=role,
            tr=words,
            door=door,
            demo=self._settings.shows_demo,
            origin=self._settings.public_url or str(client.request.base_url).rstrip("/"),
            now=lambda: datetime.now(UTC),
            prefect=self._prefect,
        )

    def _end_with_session(self, signed_in: SignedIn, client: Client) -> None:
        """Lead the page to the sign-in form when its session ends, wherever that happens."""

        def leave(reason: str) -> None:
            logger.debug("A page leaves: %s", reason)
            leave_ended_session(client)

        client.on_delete(self._auth.watch(signed_in, client.id, leave))


def _wrap_lifespan(application: FastAPI, running: Callable[[], AbstractAsyncContextManager[None]]) -> None:
    """Have our parts open before NiceGUI starts and close after it has stopped.

    NiceGUI's own start-up handlers run beside the first requests, which would find nothing open.
    """
    inner = application.router.lifespan_context

    @asynccontextmanager
    async def lifespan(this: FastAPI) -> AsyncIterator[None]:
        async with running(), inner(this):
            yield

    application.router.lifespan_context = lifespan


async def _favicon() -> Response:
    return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml")
