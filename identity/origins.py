"""Which origins may post forms and open sockets: the panel's own, and no other."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from errors import NotAllowed

_SCHEMES = {"ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


class OriginPolicy:
    """With a public address only that origin is the panel's; without one, whatever host was asked."""

    def __init__(self, public_url: str | None) -> None:
        self._public = _normal(public_url) if public_url else None

    def check_form(self, request: HTTPConnection) -> None:
        """Raise `NotAllowed` for a form that did not come from a page of this panel.

        Browsers name the origin of every form they post (Fetch, section 3.2); what names none is refused.
        """
        if self.is_own(request):
            return
        origin = request.headers.get("origin")
        if origin is None:
            raise NotAllowed(
                "The request does not say which page it came from.",
                code="origin_missing",
                advice="Open the panel in a browser, and send the form from there.",
            )
        raise NotAllowed(
            "The form was sent from {origin}, but this panel is at {panel}.",
            code="origin_foreign",
            advice="Open the panel at its own address; behind a proxy, set PUBLIC_URL to that address.",
            origin=origin[:200],
            panel=self._own(request) or "?",
        )

    def is_own(self, connection: HTTPConnection, *, allow_referer: bool = False) -> bool:
        """Whether a form, socket or poll was started by a page of this panel.

        `allow_referer` is for polling GETs, with which browsers send no `Origin`.
        """
        own = self._own(connection)
        if own is None:
            return False
        origin = connection.headers.get("origin")
        if origin is not None:
            return _normal(origin) == own
        if connection.headers.get("sec-fetch-site") == "same-origin":
            return _asked(connection) == own
        return allow_referer and _normal(connection.headers.get("referer", "")) == own

    def _own(self, connection: HTTPConnection) -> str | None:
        return self._public or _asked(connection)


def _asked(connection: HTTPConnection) -> str | None:
    scheme = str(connection.scope.get("scheme", "http"))
    return _normal(f"{_SCHEMES.get(scheme, scheme)}://{connection.headers.get('host', '')}")


def _normal(url: str) -> str | None:
    """`scheme://host:port` in lower case; None for what is no web origin (such as `null`)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port or _DEFAULT_PORTS[parts.scheme]}"
