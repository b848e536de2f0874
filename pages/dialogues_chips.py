"""The filters that figures and links set, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from babel.dates import get_day_names

from components.dialogue_words import stage_label
from components.viewer import Viewer
from queries.dialogue_filters import Filters


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: which field of `Filters`, our words, and what the bot calls it."""

    field: str
    text: str
    foreign: str = ""


def chips(filters: Filters, viewer: Viewer, client_name: str) -> Iterator[Chip]:
    """Those filters that have no button of their own. `client_name` is empty where it is not known."""
    tr = viewer.tr
    if filters.client is not None:
        yield Chip("client", tr.t("Client:"), client_name or str(filters.client)[:8])
    if filters.service is not None:
        yield Chip("service", tr.t("Service:"), filters.service)
    if filters.staff is not None:
        yield Chip("staff", tr.t("Specialist:"), filters.staff)
    if filters.currency is not None:
        yield Chip("currency", tr.t("Booked for an amount in {currency}", currency=viewer.tenant.currency))
    if filters.stage is not None:
        yield Chip("stage", tr.t("Came as far as: {stage}", stage=stage_label(filters.stage, tr)))
    if filters.clients is not None:
        yield Chip("clients", clients_words(filters.clients, viewer))
    if filters.active is not None:
        yield Chip("active", active_words(filters.active, viewer))
    if filters.outside is not None:
        yield Chip("outside", tr.t("Booked outside working hours"))
    if filters.stayed is not None:
        yield Chip("stayed", stayed_words(filters.stayed, viewer))
    if filters.weekday is not None:
        day = get_day_names("wide", "stand-alone", tr.locale)[filters.weekday - 1]
        yield Chip("weekday", tr.t("Weekday: {weekday}", weekday=day))
    if filters.hour is not None:
        hours = f"{time(filters.hour):%H:%M}–{time((filters.hour + 1) % 24):%H:%M}"
        yield Chip("hour", tr.t("Started at {hours}", hours=hours))


def clients_words(value: str, viewer: Viewer) -> str:
    """New or returning."""
    return viewer.tr.t("New clients") if value == "new" else viewer.tr.t("Returning clients")


def active_words(value: str, viewer: Viewer) -> str:
    """Going on, or active right now."""
    return viewer.tr.t("Active in the last 30 minutes") if value == "now" else viewer.tr.t("Not ended yet")


def stayed_words(value: bool, viewer: Viewer) -> str:
    """What became of bookings after a week."""
    return viewer.tr.t("Bookings that stayed") if value else viewer.tr.t("Bookings that did not stay")
