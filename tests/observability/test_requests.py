"""Requests and sockets in front of an application that takes notes of what they belong to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from observability import context
from observability.context import Origin
from observability.metrics import Metrics
from observability.requests import RequestWatch, route_of

SALON = "10000000-0000-4000-8000-00000000000a"


async def answer(request: Request) -> Response:
    if "fail" in request.query_params:
        raise RuntimeError("on purpose")
    return PlainTextResponse("yes", int(request.query_params.get("status", "200")))


ROUTES: list[BaseRoute] = [
    Route("/healthz", answer),
    Route("/s/{tenant_id}", answer),
    Route("/s/{tenant_id}/{page}", answer, methods=["GET"]),
    Mount("/static", routes=[Route("/{path:path}", answer)]),
]


class App:
    """Answers by the routes, and notes what each request or socket belongs to."""

    def __init__(self) -> None:
        self.origins: list[Origin | None] = []
        self.in_tasks: list[Origin | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.origins.append(context.current())
        self.in_tasks.append(await asyncio.create_task(self._current()))
        if scope["type"] == "http":
            await (await answer(Request(scope)))(scope, receive, send)

    async def _current(self) -> Origin | None:
        return context.current()


class Panel:
    """The watch over an application, and a browser."""

    def __init__(self) -> None:
        self.app = App()
        self.metrics = Metrics()
        self.page: Origin | None = None
        self.watch: ASGIApp = RequestWatch(
            self.app,
            routes=ROUTES,
            http=self.metrics.http,
            pages=self.metrics.pages,
            page_of=lambda _: self.page,
            tracing=None,
        )
        self.browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.watch, raise_app_exceptions=False),
            base_url="http://panel.test",
        )

    def count(self, **labels: str) -> float:
        return self.metrics.registry.get_sample_value("panel_http_requests_total", labels) or 0.0


@pytest.fixture
async def panel() -> AsyncIterator[Panel]:
    made = Panel()
    async with made.browser:
        yield made


@pytest.mark.parametrize("brought", ["12345678", "A" * 64, "abc_DEF-123"])
async def test_an_id_that_a_proxy_brings_is_kept(panel: Panel, brought: str) -> None:
    got = await panel.browser.get("/healthz", headers={"X-Request-ID": brought})
    assert got.headers["X-Request-ID"] == brought
    assert panel.app.origins == [Origin(brought)]


@pytest.mark.parametrize(
    "brought", ["", "1234567", "A" * 65, "12345678\t", "a b c d e f", "x" * 8 + '"}', "№" * 9]
)
async def test_any_other_gets_one_of_ours(panel: Panel, brought: str) -> None:
    got = await panel.browser.get("/healthz", headers={b"X-Request-ID": brought.encode()})
    assert len(got.headers["X-Request-ID"]) == 32
    assert int(got.headers["X-Request-ID"], 16)


async def test_two_requests_have_two_ids(panel: Panel) -> None:
    ids = {(await panel.browser.get("/healthz")).headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5


@pytest.mark.parametrize(
    ("path", "tenant"),
    [
        (f"/s/{SALON}/overview", SALON),
        (f"/s/{SALON.upper()}", SALON),
        (f"/s/{'-' * 36}/overview", None),
        ("/s/anna@salon.example/overview", None),
        (f"/x/{SALON}/overview", None),
    ],
    ids=["page", "upper", "dashes", "e-mail", "elsewhere"],
)
async def test_the_salon_is_that_of_the_address_if_it_can_be_one(
    panel: Panel, path: str, tenant: str | None
) -> None:
    await panel.browser.get(path)
    (origin,) = panel.app.origins
    assert origin is not None
    assert origin.tenant_id == tenant
    assert panel.app.in_tasks == [origin], "tasks of the request belong to it too"


async def test_requests_are_counted_by_template_and_never_by_address(panel: Panel) -> None:
    for path in (f"/s/{SALON}/overview", "/s/anna/x", "/nowhere/1", "/nowhere/2?status=404", "/static/x.css"):
        await panel.browser.get(path)
    await panel.browser.post(f"/s/{SALON}/overview")
    await panel.browser.request("BREW", "/healthz?status=503")
    await panel.browser.get("/healthz?fail=1")
    told = panel.metrics.registry.collect()
    labels = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for family in told
        for sample in family.samples
        if sample.name == "panel_http_requests_total"
    }
    assert labels == {
        ("GET", "/s/{tenant_id}/{page}", "2xx"): 2,
        ("POST", "/s/{tenant_id}/{page}", "2xx"): 1,
        ("GET", "none", "2xx"): 1,
        ("GET", "none", "4xx"): 1,
        ("GET", "/static", "2xx"): 1,
        ("other", "/healthz", "5xx"): 1,
        ("GET", "/healthz", "5xx"): 1,
    }


async def test_the_access_line_has_the_template_and_no_query(
    panel: Panel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "access")
    await panel.browser.get(
        f"/s/{SALON}/dialogues?search=Anna&status=403", headers={"Cookie": "session=hunter2"}
    )
    await panel.browser.get("/healthz")
    await panel.browser.get("/static/app.css")
    page, health, static = caplog.records
    assert page.getMessage().startswith("GET /s/{tenant_id}/{page} 403 in ")
    assert (page.levelname, health.levelname, static.levelname) == ("INFO", "DEBUG", "DEBUG")
    fields: dict[str, Any] = vars(page)
    assert (fields["method"], fields["route"], fields["status"]) == ("GET", "/s/{tenant_id}/{page}", 403)
    assert fields["ms"] > 0
    assert "Anna" not in str(fields)
    assert "hunter2" not in str(fields)


async def test_what_is_never_answered_is_counted_as_such(panel: Panel) -> None:
    async def hang(_: Scope, __: Receive, ___: Send) -> None:
        raise asyncio.CancelledError

    metrics = panel.metrics
    watch = RequestWatch(
        hang, routes=ROUTES, http=metrics.http, pages=metrics.pages, page_of=lambda _: None, tracing=None
    )
    with pytest.raises(asyncio.CancelledError):
        await drive(watch, {"type": "http", "method": "GET", "path": "/healthz", "headers": []})
    assert panel.count(method="GET", route="/healthz", status="none") == 1


async def test_a_socket_belongs_to_its_page_wherever_that_goes(panel: Panel) -> None:
    panel.page = Origin("the-page", SALON)
    await drive(panel.watch, {"type": "websocket", "path": "/_nicegui_ws/socket.io/", "headers": []})
    assert panel.app.origins[0] is panel.page
    context.enter_tenant(UUID(int=7))
    assert panel.page.tenant_id == str(UUID(int=7)), "the page has gone to another salon"


async def test_open_sockets_are_counted_while_they_are_open(panel: Panel) -> None:
    gauge = "panel_open_sockets"
    seen: list[float | None] = []

    async def serve(_: Scope, __: Receive, ___: Send) -> None:
        seen.append(panel.metrics.registry.get_sample_value(gauge))
        raise OSError("gone")

    metrics = panel.metrics
    watch = RequestWatch(
        serve, routes=ROUTES, http=metrics.http, pages=metrics.pages, page_of=lambda _: None, tracing=None
    )
    with pytest.raises(OSError, match="gone"):
        await drive(watch, {"type": "websocket", "path": "/x", "headers": []})
    assert seen == [1]
    assert panel.metrics.registry.get_sample_value(gauge) == 0


def test_the_first_route_that_fits_the_method_counts() -> None:
    scope: Scope = {"type": "http", "method": "DELETE", "path": "/s/1/overview", "headers": []}
    assert route_of(ROUTES, scope) == "/s/{tenant_id}/{page}"
    assert route_of([], scope) == "none"


async def drive(app: ASGIApp, scope: Scope) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None: ...

    await app(scope, receive, send)
