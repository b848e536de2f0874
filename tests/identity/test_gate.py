"""The gate, driven as a server drives it: by ASGI messages, in front of an application that takes notes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from errors import AppError
from identity import sockets
from identity.cookies import SessionCookie, hashed
from identity.gate import BODY_LIMIT_BYTES, Gate
from identity.origins import OriginPolicy
from identity.sessions import SessionRegistry
from identity.sockets import is_human_event
from tests.identity.fakes import Clock, FakeStore, person

SESSION_ID = "s" * 43
OTHER_SESSION_ID = "o" * 43
OWN = {"host": "panel.test", "origin": "http://panel.test", "cookie": f"session={SESSION_ID}"}


class Services:
    """What the gate asks of sign-in, on a store without a database."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = FakeStore()
        self.store.alive = {hashed(SESSION_ID): person(), hashed(OTHER_SESSION_ID): person()}
        self.sessions = SessionRegistry(
            self.store.as_store(), 600, now=self.clock.now, monotonic=self.clock.monotonic
        )
        self.cookie = SessionCookie("session", is_secure=False, max_age=60)
        self.origins = OriginPolicy(None)

    def problem_response(self, request: Request, problem: AppError) -> Response:
        return PlainTextResponse(problem.code, problem.status)


class App:
    """Answers requests with the size of their body, and sockets with what they say."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.heard: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        if scope["type"] == "http":
            body = await Request(scope, receive).body()
            await PlainTextResponse(str(len(body)))(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            self.heard.append(message["text"])
            await send({"type": "websocket.send", "text": f"heard {message['text']}"})


class Browser:
    """Makes requests and opens sockets through a gate."""

    def __init__(self) -> None:
        self.services = Services()
        self.app = App()
        self.gate = Gate(self.app, self.services)

    async def request(
        self,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        method: str = "GET",
        chunks: Iterable[bytes] = (b"",),
        query: str = "",
    ) -> tuple[int, dict[str, str], bytes]:
        incoming = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        incoming.append({"type": "http.request", "body": b""})
        sent: list[Message] = []

        async def receive() -> Message:
            return incoming.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        scope = _scope("http", path, OWN if headers is None else headers, query)
        await self.gate({**scope, "method": method}, receive, send)
        start = sent[0]
        answered = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])

    def socket(
        self,
        headers: dict[str, str] | None = None,
        query: str = "",
        path: str = "/_nicegui_ws/socket.io/",
    ) -> Socket:
        return Socket(self.gate, _scope("websocket", path, headers or OWN, query))


class Socket:
    """The browser's end of a WebSocket."""

    def __init__(self, gate: Gate, scope: Scope) -> None:
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._from_server: asyncio.Queue[Message] = asyncio.Queue()
        self._to_server.put_nowait({"type": "websocket.connect"})
        self.running = asyncio.create_task(gate(scope, self._to_server.get, self._from_server.put))

    async def next(self) -> Message:
        async with asyncio.timeout(3):
            return await self._from_server.get()

    def say(self, text: str) -> None:
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})

    def hear_nothing(self) -> bool:
        return self._from_server.empty()

    async def leave(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.running


def _scope(kind: str, path: str, headers: dict[str, str], query: str) -> Scope:
    return {
        "type": kind,
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 5000),
    }


@pytest.fixture
def browser() -> Browser:
    return Browser()


class TestRequests:
    async def test_who_is_signed_in_comes_in(self, browser: Browser) -> None:
        status, headers, _ = await browser.request("/clients")
        assert (status, browser.app.paths) == (200, ["/clients"])
        assert headers["x-content-type-options"] == "nosniff"

    async def test_others_are_led_to_the_sign_in_form_and_back(self, browser: Browser) -> None:
        visit = {"host": "panel.test", "accept": "text/html,*/*"}
        status, headers, _ = await browser.request("/clients", visit, query="q=a&page=2")
        assert (status, headers["location"]) == (303, "/sign-in?next=/clients%3Fq%3Da%26page%3D2")
        assert browser.app.paths == []

    async def test_scripts_of_others_get_a_plain_refusal(self, browser: Browser) -> None:
        for method in ("GET", "POST", "DELETE"):
            assert (await browser.request("/clients", {}, method=method))[0] == 401
        assert (await browser.request("/_nicegui/client/1/upload/2", {}, method="POST"))[0] == 401

    @pytest.mark.parametrize("cookie", ["session=", "session=x", f"session={'x' * 43}", "session=\x00"])
    async def test_cookies_that_nobody_gave_out_are_nobody(self, browser: Browser, cookie: str) -> None:
        assert (await browser.request("/clients", {"cookie": cookie}))[0] == 401

    @pytest.mark.parametrize(
        "path", ["/sign-in", "/setup", "/reset/x", "/static/forms.css", "/healthz", "/_nicegui/3.18.0/x.js"]
    )
    async def test_some_paths_are_everybodys(self, browser: Browser, path: str) -> None:
        assert (await browser.request(path, {}))[0] == 200

    @pytest.mark.parametrize("path", ["/sign-in/x", "//sign-in", "/healthz/../clients", "/_nicegui/x/3.18"])
    async def test_and_not_the_ones_that_look_like_them(self, browser: Browser, path: str) -> None:
        assert (await browser.request(path, {}))[0] == 401

    async def test_database_away_says_so(self, browser: Browser) -> None:
        browser.services.store.is_away = True
        assert (await browser.request("/clients"))[0] == 503
        assert (await browser.request("/static/forms.css"))[0] == 200

    async def test_opening_a_page_is_activity(self, browser: Browser) -> None:
        await browser.request("/clients")
        await browser.services.sessions.sweep()
        assert browser.services.store.touched == [({hashed(SESSION_ID)}, set())]


class TestBodies:
    async def test_up_to_the_limit_pass(self, browser: Browser) -> None:
        body = b"x" * (BODY_LIMIT_BYTES // 2)
        status, _, answer = await browser.request("/clients", method="POST", chunks=[body, body])
        assert (status, answer) == (200, b"1000000")

    async def test_a_longer_one_is_refused_while_it_comes(self, browser: Browser) -> None:
        status, headers, _ = await browser.request("/clients", method="POST", chunks=[b"x" * 100_000] * 100)
        assert status == 413
        assert headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("length", ["10000000", "9" * 5000])
    async def test_a_declared_longer_one_is_not_read_at_all(self, browser: Browser, length: str) -> None:
        headers = OWN | {"content-length": length}
        assert (await browser.request("/sign-in", headers, method="POST"))[0] == 413
        assert browser.app.paths == []

    async def test_machines_set_their_own_limits(self, browser: Browser) -> None:
        status, _, answer = await browser.request("/api/events", {}, method="POST", chunks=[b"x" * 2_000_000])
        assert (status, answer) == (200, b"2000000")


class TestPolling:
    PATH = "/_nicegui_ws/socket.io/"

    async def test_needs_a_session_and_an_own_page(self, browser: Browser) -> None:
        assert (await browser.request(self.PATH))[0] == 200
        without_session = {name: value for name, value in OWN.items() if name != "cookie"}
        foreign = OWN | {"origin": "http://evil.test"}
        silent = {name: value for name, value in OWN.items() if name != "origin"}
        for headers in (without_session, foreign, silent):
            for method in ("GET", "POST", "OPTIONS"):
                assert (await browser.request(self.PATH, headers, method=method))[0] == 403
        referring = silent | {"referer": "http://panel.test/clients"}
        assert (await browser.request(self.PATH, referring))[0] == 200
        assert (await browser.request(self.PATH, referring, method="POST"))[0] == 403

    async def test_only_clicks_are_activity(self, browser: Browser) -> None:
        for payload, expected in (
            (b'3\x1e42["ack",{}]', set()),
            (b'3\x1e42["event",{}]', {hashed(SESSION_ID)}),
        ):
            await browser.request(self.PATH, method="POST", chunks=[payload])
            browser.services.sessions.note_activity("0" * 64)
            await browser.services.sessions.sweep()
            assert browser.services.store.touched[-1][0] == {"0" * 64} | expected


class TestSockets:
    async def test_own_page_of_a_signed_in_person_connects(self, browser: Browser) -> None:
        socket = browser.socket()
        assert (await socket.next())["type"] == "websocket.accept"
        socket.say("hello")
        assert (await socket.next())["text"] == "heard hello"
        await socket.leave()

    @pytest.mark.parametrize(
        "changed",
        [
            {"origin": "http://evil.test"},
            {"origin": "null"},
            {"origin": ""},
            {"origin": "https://panel.test"},
            {"origin": "http://panel.test.evil.test"},
            {"cookie": ""},
            {"cookie": f"session={'x' * 43}"},
        ],
    )
    async def test_others_are_refused_before_they_are_accepted(
        self, browser: Browser, changed: dict[str, str]
    ) -> None:
        socket = browser.socket(OWN | changed)
        assert await socket.next() == {"type": "websocket.close", "code": 1008}
        await socket.running
        assert browser.app.paths == []

    @pytest.mark.parametrize("headers", [OWN, OWN | {"origin": "http://evil.test"}, {"host": "panel.test"}])
    async def test_machines_sockets_are_asked_by_what_they_call(
        self, browser: Browser, headers: dict[str, str]
    ) -> None:
        socket = browser.socket(headers, path="/api/v1/stream")
        assert (await socket.next())["type"] == "websocket.accept"
        assert browser.app.paths == ["/api/v1/stream"]
        await socket.leave()

    async def test_a_socket_that_names_no_origin_is_refused(self, browser: Browser) -> None:
        headers = {name: value for name, value in OWN.items() if name != "origin"}
        assert (await browser.socket(headers | {"referer": "http://panel.test/"}).next())["code"] == 1008

    async def test_a_page_of_another_session_cannot_be_taken_over(self, browser: Browser) -> None:
        owner = await browser.services.sessions.resolve(hashed(SESSION_ID))
        assert owner is not None
        browser.services.sessions.watch(owner, lambda _: None, page_id="page-1")
        other = OWN | {"cookie": f"session={OTHER_SESSION_ID}"}
        assert (await browser.socket(other, "client_id=page-1").next())["code"] == 1008
        assert (await browser.request(TestPolling.PATH, other, query="client_id=page-1"))[0] == 403
        socket = browser.socket(query="client_id=page-1")
        assert (await socket.next())["type"] == "websocket.accept"
        await socket.leave()

    async def test_with_the_database_away_open_pages_reconnect_and_others_wait(
        self, browser: Browser
    ) -> None:
        known = await browser.services.sessions.resolve(hashed(SESSION_ID))
        assert known is not None
        browser.services.sessions.watch(known, lambda _: None, page_id="page-1")
        browser.services.store.is_away = True
        browser.services.clock.seconds = 10
        socket = browser.socket(query="client_id=page-1")
        assert (await socket.next())["type"] == "websocket.accept"
        await socket.leave()
        other = OWN | {"cookie": f"session={OTHER_SESSION_ID}"}
        assert (await browser.socket(other).next())["code"] == 1013

    async def test_clicks_are_activity_and_pings_are_not(self, browser: Browser) -> None:
        socket = browser.socket()
        await socket.next()
        for text in ("3", '42["ack",{}]', '42["log",{"message":"[\\"event\\""}]'):
            socket.say(text)
            await socket.next()
        await browser.services.sessions.sweep()
        socket.say('42["event",{"id":4}]')
        await socket.next()
        await browser.services.sessions.sweep()
        assert [seen for seen, _ in browser.services.store.touched] == [set(), {hashed(SESSION_ID)}]
        await socket.leave()

    async def test_end_of_the_session_deafens_at_once_and_closes_after_a_word(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sockets, "GRACE_SECONDS", 0.1)
        socket = browser.socket()
        await socket.next()
        browser.services.sessions.end(hashed(SESSION_ID), "signed_out")
        socket.say('42["event",{"id":4}]')
        closing = await socket.next()
        assert (closing["type"], closing["code"]) == ("websocket.close", 4401)
        assert browser.app.heard == []
        await socket.running
        assert (await browser.socket().next())["code"] == 1008

    async def test_a_browser_that_leaves_meanwhile_is_not_written_to(self, browser: Browser) -> None:
        socket = browser.socket()
        await socket.next()
        browser.services.sessions.end(hashed(SESSION_ID), "signed_out")
        await socket.leave()
        assert socket.hear_nothing()

    async def test_a_deactivated_person_is_cut_off_by_the_sweep(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sockets, "GRACE_SECONDS", 0.01)
        socket = browser.socket()
        await socket.next()
        del browser.services.store.alive[hashed(SESSION_ID)]
        await browser.services.sessions.sweep()
        assert (await socket.next())["code"] == 4401

    async def test_a_message_is_not_lost_when_the_application_stops_waiting(self) -> None:
        messages: asyncio.Queue[Message] = asyncio.Queue()
        heard: list[Message] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(receive(), 0.01)
            messages.put_nowait({"type": "websocket.receive", "text": "late"})
            heard.append(await receive())

        async def send(_message: Message) -> None:
            raise AssertionError("nothing is to be sent")

        await sockets.GuardedSocket(messages.get, send, lambda: None).run(app, {})
        assert [message["text"] for message in heard] == ["late"]


class TestHumanEvents:
    @pytest.mark.parametrize(
        "payload", [b'42["event",{}]', b'4217["event",{}]', b'451-["event",{}]', b'42/a,["event",{}]']
    )
    def test_counted(self, payload: bytes) -> None:
        assert is_human_event(payload)

    @pytest.mark.parametrize(
        "payload",
        [b"", b"2", b"3probe", b"40", b'42["handshake",{}]', b'43["event"]', b'x42["event"]', b'["event"'],
    )
    def test_not_counted(self, payload: bytes) -> None:
        assert not is_human_event(payload)
