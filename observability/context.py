"""What a piece of work belongs to: which request, and which salon. Log records and spans ask for it here.

A context variable carries it into every task that the work starts. Tasks that outlive the page which happened
to start them, and serve others too, belong to nobody: start those with `context=contextvars.Context()`.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(slots=True)
class Origin:
    """One HTTP request, or one open page with all that is done on it.

    A page and its sockets share one: when the page goes to another salon, its clicks belong there too.
    """

    request_id: str
    tenant_id: str | None = None


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def begin(origin: Origin) -> None:
    """Let what this task does from now on, and the tasks that it starts, belong to `origin`."""
    _current.set(origin)


def current() -> Origin | None:
    """What this task works for; None for work of the process itself."""
    return _current.get()


def enter_tenant(tenant_id: UUID) -> None:
    """The present page or request turned out to be about this salon."""
    if (origin := _current.get()) is not None:
        origin.tenant_id = str(tenant_id)
