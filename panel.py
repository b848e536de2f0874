"""One running panel: its parts, their start and end, and the page that every address of a salon opens."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import FastAPI, Request
from nicegui import Client, app, core, ui
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp

from api.exports.route import DialogueExport
from api.health import health_routes
from api.machines.served import Machines
from api.metrics import metrics_route
from auth import Auth, HasRequest, SignedIn, current_identity
from background import beside
from components import theme
from components.frame import Frame, no_such_page, no_such_salon
from components.head import leave_ended_session
from components.viewer import Person, Route, Viewer
from config import Settings
from control.delivery import Delivery, channel_of
from data import Supabase
from draining import CountOpen, Draining
from errors import AppError
from i18n import Translator, translator
from identity.gate import Gate
from identity.rendering import visitors_words
from identity.tokens import TokenMinter
from ingest.redis_source import RedisPlace, RedisSource
from jobs.event_words import keep_indexing
from jobs.indexing import Indexing, Step
from jobs.prefect_api import Prefect
from live.connection import Endpoint
from live.feed import FeedPage
from live.feeds import Feeds, OpenFeed
from live.live import Live
from machines.watch import MachineWatch
from models import Permission
from observability import lag
from observability.context import enter_tenant
from observability.database import DatabaseWatch
from observability.metrics import Metrics
from observability.pages import open_pages, origin_of_page
from observability.requests import RequestWatch
from queries import tenants

if TYPE_CHECKING:
    from observability.traces import Tracing

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
        metrics: Metrics,
        prefect: Prefect | None = None,
    ) -> None:
        self._settings = settings
        self._supabase = supabase
        self._routes = routes
        self._backend = backend
        self._metrics = metrics
        self._tracing = _tracing() if settings.otel_exporter_otlp_endpoint else None
        self._prefect = prefect
        self._auth = Auth(settings, supabase, minter)
        self._draining = Draining(settings.drain_seconds)
        self._hosts = MachineWatch(settings.ollama_addresses)
        self._worker = supabase.door(minter.machine_source("dashboard_worker"))
        self._indexing = Indexing(self._worker, self._note_indexing)
        self._live = Live(supabase, minter, self._indexing, self._realtime, metrics.live)
        self._feeds = Feeds(self._live.watch, lambda: core.sio)
        self._machines = Machines(settings, supabase, minter, self._auth, metrics.commands)
        supabase.observe = DatabaseWatch(metrics.database, self._tracing)
        metrics.pages.count_pages_by(open_pages)

    def mount(self) -> None:
        """Put everything on NiceGUI's application; once, before the server starts."""
        app.colors(**theme.QUASAR)
        app.add_static_files("/static", STATIC, max_cache_age=STATIC_SECONDS)
        health = health_routes(self._auth.store.has_users, self._draining)
        app.routes.extend([*self._auth.routes(), *health])
        app.routes.append(metrics_route(self._metrics, self._settings.metrics_token))
        app.routes.append(DialogueExport(self._reader, self._auth.problem_response).route())
        app.routes.extend(self._machines.routes())
        app.add_api_route("/favicon.ico", _favicon, include_in_schema=False)
        for path in ("/", "/s/{tenant_id}", "/s/{tenant_id}/{page}"):
            ui.page(path, title="Agent P", response_timeout=PAGE_SECONDS)(self._page)
        app.add_exception_handler(404, self._not_found)
        app.add_middleware(Gate, auth=self._auth)
        app.add_middleware(CountOpen, draining=self._draining)
        _put_in_front(app, self._watched)
        _wrap_lifespan(app, self._running)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if self._tracing is not None:
                stack.push_async_callback(self._tracing.close)
                self._supabase.http.event_hooks["request"].append(self._tracing.pass_on)
            stack.push_async_callback(self._supabase.aclose)
            if self._prefect is not None:
                stack.push_async_callback(self._prefect.aclose)
            await stack.enter_async_context(self._backend())
            stack.push_async_callback(self._auth.stop)
            await self._auth.start()
            await stack.enter_async_context(self._machines.running())
            channel, hints = channel_of(self._settings), self._machines.hints
            delivery = Delivery(self._worker, channel, hints, self._metrics.commands)
            await stack.enter_async_context(delivery.running())
            await stack.enter_async_context(self._hosts.running())
            if (redis := RedisPlace.of(self._settings)) is not None:
                source = RedisSource(redis, self._machines.keys, self._machines.intake)
                await stack.enter_async_context(beside(source.run(), "events from Redis"))
            await stack.enter_async_context(self._live.running())
            await stack.enter_async_context(self._feeds.running())
            await stack.enter_async_context(beside(self._indexing.run(), "indexing"))
            await stack.enter_async_context(beside(keep_indexing(self._worker), "words of events"))
            late = lag.measure(self._metrics.event_loop_lag)
            await stack.enter_async_context(beside(late, "measurement of the event loop's lag"))
            await stack.enter_async_context(self._draining.at_sigterm())
            yield

    def _realtime(self) -> Endpoint:
        return Endpoint(self._supabase.realtime_url, self._supabase.api_key)

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
            viewer = await self._viewer(tenant_id, words, client)
            return replace(viewer, open_feed=partial(self._open_feed, viewer, client))

        return Person(identity, own_tenants, words, self._settings.shows_demo, door, enter, self._live)

    def _open_feed(self, viewer: Viewer, client: Client) -> OpenFeed:
        tenant_id, role = viewer.tenant.tenant_id, viewer.role

        async def may_read() -> bool:
            identity = (await current_identity(client)).identity
            return identity.role_in(tenant_id) is role and viewer.may(Permission.DIALOGUES_READ)

        return self._feeds.open(tenant_id, role, FeedPage(client.id, viewer.door, may_read))

    async def _reader(self, request: Request, tenant_id: UUID) -> Viewer:
        """Who asks for a file of a salon."""
        return await self._viewer(tenant_id, visitors_words(request), _Asked(request))

    async def _viewer(self, tenant_id: UUID, words: Translator, client: HasRequest) -> Viewer:
        """The signed-in person of an open page in a salon, as it stands now: rights are asked for anew."""
        signed_in = await current_identity(client)
        enter_tenant(tenant_id)
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
            now=_now,
            prefect=self._prefect,
            machines=self._hosts,
        )

    def _note_indexing(self, step: Step) -> None:
        if step.is_up_to_date:
            self._metrics.indexing_age.renew()
        self._live.note_step(step)

    def _watched(self, application: ASGIApp) -> ASGIApp:
        return RequestWatch(
            application,
            routes=app.routes,
            http=self._metrics.http,
            pages=self._metrics.pages,
            page_of=origin_of_page,
            tracing=self._tracing,
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


def _put_in_front(application: FastAPI, watched: Callable[[ASGIApp], ASGIApp]) -> None:
    """Have something stand before everything, even before what answers for a middleware that failed."""
    inner = application.build_middleware_stack

    def build() -> ASGIApp:
        return watched(inner())

    application.build_middleware_stack = build  # type: ignore[method-assign]


def _tracing() -> Tracing:
    # Whoever has no collector pays neither for the import nor for the memory.
    from observability.traces import Tracing

    return Tracing()


def _now() -> datetime:
    return datetime.now(UTC)


async def _favicon() -> Response:
    return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml")
