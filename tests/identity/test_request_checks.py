"""Origins, addresses, local paths and form fields: small judgements that attackers try first."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection, Request
from starlette.types import Message

from errors import Invalid, NotAllowed, TooLarge
from identity.addresses import client_address, counted_address, is_local
from identity.forms import email_of, name_of, read_form
from identity.local_paths import local_path
from identity.origins import OriginPolicy


def connection(
    headers: dict[str, str] | None = None, *, peer: str | None = "127.0.0.1", scheme: str = "http"
) -> HTTPConnection:
    given = {"host": "localhost:8080"} | (headers or {})
    return HTTPConnection(
        {
            "type": "http",
            "scheme": scheme,
            "path": "/",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": (peer, 5000) if peer else None,
        }
    )


class TestOrigins:
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "http://localhost:8080"},
            {"origin": "HTTP://LOCALHOST:8080"},
            {"sec-fetch-site": "same-origin"},
            {"host": "panel.test", "origin": "http://panel.test"},
            {"host": "panel.test:80", "origin": "http://panel.test"},
        ],
    )
    def test_own_pages_may(self, headers: dict[str, str]) -> None:
        OriginPolicy(None).check_form(connection(headers))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"origin": ""},
            {"origin": "null"},
            {"origin": "http://evil.test"},
            {"origin": "http://localhost:8081"},
            {"origin": "http://localhost"},
            {"origin": "https://localhost:8080"},
            {"origin": "http://localhost:8080.evil.test"},
            {"origin": "http://localhost:8080@evil.test"},
            {"origin": "http://evil.test#localhost:8080"},
            {"origin": "http://localhost:99999999"},
            {"origin": "http://evil.test", "sec-fetch-site": "same-origin"},
            {"origin": "http://evil.test", "referer": "http://localhost:8080/"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "none"},
            {"referer": "http://localhost:8080/"},
            {"host": "", "origin": "http://"},
            {"host": "localhost:8080, evil.test", "origin": "http://evil.test"},
        ],
    )
    def test_others_may_not(self, headers: dict[str, str]) -> None:
        with pytest.raises(NotAllowed):
            OriginPolicy(None).check_form(connection(headers))

    def test_public_address_is_the_only_one_that_counts(self) -> None:
        policy = OriginPolicy("https://panel.test")
        policy.check_form(connection({"host": "inner:8080", "origin": "https://panel.test"}))
        for headers in (
            {"origin": "http://localhost:8080"},
            {"origin": "http://panel.test"},
            {"host": "evil.test", "origin": "http://evil.test"},
            {"host": "evil.test", "sec-fetch-site": "same-origin"},
        ):
            with pytest.raises(NotAllowed):
                policy.check_form(connection(headers))

    def test_polling_may_name_its_page_instead(self) -> None:
        policy = OriginPolicy(None)
        assert policy.is_own(connection({"referer": "http://localhost:8080/clients"}), allow_referer=True)
        assert not policy.is_own(connection({"referer": "http://evil.test/"}), allow_referer=True)
        assert not policy.is_own(connection(), allow_referer=True)

    def test_sockets_compare_as_their_pages(self) -> None:
        assert OriginPolicy(None).is_own(
            connection({"host": "panel.test", "origin": "https://panel.test"}, scheme="wss")
        )


class TestAddresses:
    @pytest.mark.parametrize(
        ("peer", "address", "counted"),
        [
            ("203.0.113.7", "203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::1", "fe80::/64"),
            ("testclient", "unknown", "unknown"),
            (None, "unknown", "unknown"),
        ],
    )
    def test_ipv6_counts_by_network(self, peer: str | None, address: str, counted: str) -> None:
        assert client_address(connection(peer=peer)) == address
        assert counted_address(connection(peer=peer)) == counted

    @pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "localhost"])
    def test_this_machine(self, host: str) -> None:
        assert is_local(connection({"host": host}))

    @pytest.mark.parametrize(
        ("headers", "peer"),
        [
            ({}, "192.168.1.7"),
            ({}, None),
            ({"x-forwarded-for": "127.0.0.1"}, "127.0.0.1"),
            ({"forwarded": "for=127.0.0.1"}, "127.0.0.1"),
            ({"x-real-ip": "127.0.0.1"}, "127.0.0.1"),
            ({"host": "evil.test:8080"}, "127.0.0.1"),
            ({"host": "localhost.evil.test"}, "127.0.0.1"),
            ({"host": ""}, "127.0.0.1"),
            ({"host": "[::1"}, "127.0.0.1"),
        ],
    )
    def test_not_surely_this_machine(self, headers: dict[str, str], peer: str | None) -> None:
        assert not is_local(connection(headers, peer=peer))


class TestLocalPath:
    @pytest.mark.parametrize("path", ["/", "/clients", "/clients?q=a&page=2", "/dialogues/42#end", "/к"])
    def test_paths_of_the_panel_stay(self, path: str) -> None:
        assert local_path(path) == path

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "clients",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "/a\\..\\evil.test",
            "\\\\evil.test",
            "/\t/evil.test",
            "/\n/evil.test",
            "/\x00",
            "/\x7f/evil.test",
            "http://evil.test",
            "javascript:alert(1)",
            " /clients",
            "/sign-in?next=/sign-in",
            "/sign-out",
            "/reset/abc",
            "/" + "a" * 2000,
        ],
    )
    def test_everything_else_is_the_first_page(self, path: str) -> None:
        assert local_path(path) == "/"


class TestFields:
    def test_email_is_compared_in_lower_case(self) -> None:
        assert email_of({"email": "  Anna@Salon.Test "}) == "anna@salon.test"

    @pytest.mark.parametrize(
        "email",
        [
            "",
            " ",
            "anna",
            "@salon.test",
            "anna@",
            "a b@salon.test",
            "a\x00@b.test",
            "a\u202e@b.test",
            "a@b@c",
            "x" * 250 + "@b.test",
        ],
    )
    def test_what_is_no_address_is_refused(self, email: str) -> None:
        with pytest.raises(Invalid):
            email_of({"email": email})

    @pytest.mark.parametrize("name", ["Анна Петрова", "محمد", "👩‍👩‍👧 Anna", "O'Brien <b>", "=1+1"])
    def test_names_are_in_any_script(self, name: str) -> None:
        assert name_of({"full_name": f"  {name}\n"}) == name

    @pytest.mark.parametrize("name", ["", "  ", "a\x00b", "evil\u202egnp.exe", "x" * 121, "\u2066x"])
    def test_names_that_hide_something_are_refused(self, name: str) -> None:
        with pytest.raises(Invalid):
            name_of({"full_name": name})


class TestReadForm:
    async def test_reads_fields(self) -> None:
        assert await read_form(posted(b"email=a%40b.test&password=%F0%9F%90%88+1")) == {
            "email": "a@b.test",
            "password": "🐈 1",
        }

    @pytest.mark.parametrize(
        ("body", "kind", "refusal"),
        [
            (b"a=1", "application/json", Invalid),
            (b"a=1", "multipart/form-data; boundary=x", Invalid),
            (b"a=\xff\xfe", "application/x-www-form-urlencoded", Invalid),
            (b"&".join(b"a%d=1" % i for i in range(21)), "application/x-www-form-urlencoded", Invalid),
            (b"a=" + b"x" * 20_000, "application/x-www-form-urlencoded", TooLarge),
        ],
    )
    async def test_refuses_what_no_form_sends(self, body: bytes, kind: str, refusal: type[Exception]) -> None:
        with pytest.raises(refusal):
            await read_form(posted(body, kind))


def posted(body: bytes, kind: str = "application/x-www-form-urlencoded; charset=utf-8") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    return Request(
        {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", kind.encode())]},
        receive,
    )
