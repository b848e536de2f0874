"""What is known of NiceGUI's open pages.

Clicks arrive on a page's socket. The task that serves the socket starts a task for each event, and a
handler's own tasks come from that one; so whatever the socket's task belongs to, all of them do.
"""

from __future__ import annotations

from nicegui import Client
from starlette.requests import HTTPConnection
from starlette.types import Scope

from observability.context import Origin


def open_pages() -> int:
    """How many pages are held in memory."""
    return len(Client.instances)


def origin_of_page(scope: Scope) -> Origin | None:
    """The request that opened the page which a socket speaks for; None if there is no such page."""
    page = Client.instances.get(HTTPConnection(scope).query_params.get("client_id", ""))
    if page is None:
        return None
    origin = page.request.scope.get("state", {}).get("origin")
    return origin if isinstance(origin, Origin) else None
