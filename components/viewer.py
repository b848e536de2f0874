"""Who is looking, at which salon, and what a page is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from components.period import Period
from components.preferences import Preferences
from components.pulse import Pulse
from data import Door
from i18n import Translator
from jobs.prefect_api import Prefect
from live.feeds import OpenFeed
from live.live import Live
from machines.watch import MachineWatch
from models import PERMISSIONS, Identity, Permission, Role, Tenant
from queries.changes import Stream


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person in one salon. Made anew at each navigation, so that a lost right is lost at once."""

    identity: Identity
    tenant: Tenant
    role: Role
    tr: Translator
    door: Door
    demo: bool
    origin: str
    """What the panel's addresses begin with, such as `https://panel.example.com`."""
    now: Callable[[], datetime]
    prefect: Prefect | None = None
    """The server of the scheduled jobs, if there is one."""
    open_feed: Callable[[], OpenFeed] | None = None
    """Takes part in the salon's live feed, for the page that is being built."""
    machines: MachineWatch | None = None
    """The hosts that models run on."""

    def may(self, permission: Permission) -> bool:
        """Whether the person's role has the permission. Decides what is shown; SQL decides what is done."""
        return permission in PERMISSIONS[self.role]

    @property
    def today(self) -> date:
        """The current day on the salon's calendar."""
        return self.now().astimezone(ZoneInfo(self.tenant.time_zone)).date()


class Move(Protocol):
    """Gives the open page another address, without opening it anew: the page shows what it says already."""

    def __call__(self, query: Mapping[str, str], *, replace: bool = False) -> None:
        """`replace` takes the place of the address before, so that the back button passes it over."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One opening of a page: what its address says, and what of the frame it may use."""

    page: str
    query: Mapping[str, str]
    period: Period
    pulse: Pulse
    preferences: Preferences
    move: Move


@dataclass(frozen=True, slots=True)
class Route:
    """One page of a salon, at `/s/<tenant id>/<path>`. `label` is a message id, `icon` a Material icon.

    A page that needs to know more than the salon (one dialogue, say) is not `in_menu`; the menu marks the one
    that it is `part_of`. A list of records may
    offer all time (`has_all_time`) besides the spans that can be compared.
    """

    path: str
    builder: Callable[[Viewer, Visit], Awaitable[None] | None]
    permission: Permission
    label: str
    icon: str
    has_period: bool = False
    in_menu: bool = True
    part_of: str = ""
    has_all_time: bool = False
    streams: Collection[Stream] = ()
    """What the page shows: it is read again when one of these has changed; by the clock if there is none."""

    def query_of(self, period: Period) -> dict[str, str]:
        """What the address of this page says of a period that was chosen on another page."""
        return {} if period.is_all_time and self.has_period and not self.has_all_time else period.query


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, before a salon is entered.

    `door` is for what needs no salon: the person's own preferences. `enter` checks the session and the
    membership anew and gives the viewer of a salon; it raises `NotFound` for a salon that does not exist and,
    in the same words (`frame.no_such_salon`), for one that is not the person's.
    """

    identity: Identity
    tenants: Sequence[Tenant]
    tr: Translator
    demo: bool
    door: Door
    enter: Callable[[UUID], Awaitable[Viewer]]
    live: Live | None = None
    """Who tells open pages what has changed."""


def salon_url(tenant_id: UUID, page: str, query: Mapping[str, str] | None = None) -> str:
    """The address of a page of a salon."""
    address = f"/s/{tenant_id}/{page}"
    return f"{address}?{urlencode(query)}" if query else address
