"""The points of the overview: days, or the hours of its only day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TypeVar
from zoneinfo import ZoneInfo

from babel.dates import format_time

from components.viewer import Viewer
from i18n import Translator
from queries.overview import Overview, Point

T = TypeVar("T")


def so_far(values: Sequence[T | None], overview: Overview, viewer: Viewer) -> list[T | None]:
    """The values, with None for hours that are yet to come: nothing has happened there, not zero."""
    now = viewer.now().astimezone(ZoneInfo(viewer.tenant.time_zone)).replace(tzinfo=None).isoformat()
    return [
        None if point.hour is not None and point.at > now else value
        for value, point in zip(values, overview.points, strict=False)
    ]


def is_by_hour(overview: Overview) -> bool:
    """Whether the points are hours."""
    return any(point.hour is not None for point in overview.points)


def label(point: Point, tr: Translator) -> str:
    """A few characters for the axis."""
    return tr.day(point.day, "MMMd") if point.hour is None else hour(point.hour, tr)


def title(point: Point, tr: Translator) -> str:
    """A longer name, which no other point has."""
    return tr.day(point.day, "MMMEd") if point.hour is None else hour_span(point.hour, tr)


def hour(value: int, tr: Translator) -> str:
    """`9:00` or `9 AM`: how the reader's language names a full hour."""
    return format_time(time(value), "h\u00a0a" if tr.locale == "en" else "H:mm", locale=tr.locale)


def hour_span(value: int, tr: Translator) -> str:
    """From an hour to the next: `9:00 – 10:00`."""
    return f"{hour(value, tr)} – {hour((value + 1) % 24, tr)}"
