"""The points of agents' figures, on the salon's calendar and clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from components.period import Period
from components.viewer import Viewer
from components.wording import utc_offset
from i18n import Translator
from queries.agent_metrics import AgentMetrics, Point

T = TypeVar("T")


def moments(period: Period, time_zone: str) -> tuple[datetime, datetime]:
    """When a period begins, and when the day after it does, by the salon's clock."""
    zone = ZoneInfo(time_zone)
    after = period.last + timedelta(days=1)
    return datetime.combine(period.first, time(), zone), datetime.combine(after, time(), zone)


def so_far(value: Callable[[Point], T | None], metrics: AgentMetrics, viewer: Viewer) -> list[T | None]:
    """A value of each point; None for those that are yet to come: nothing has happened there, not zero."""
    now = viewer.now()
    return [None if point.begins_at > now else value(point) for point in metrics.points]


def label(point: Point, metrics: AgentMetrics, tr: Translator) -> str:
    """A few characters for the axis."""
    if metrics.unit == "hour":
        return tr.time(point.begins_at, metrics.time_zone, "short")
    return tr.day(_local(point, metrics).date(), "MMMd")


def titles(metrics: AgentMetrics, tr: Translator) -> Sequence[str]:
    """Longer names, each used once: the hour that is put back comes twice, with different offsets."""
    if metrics.unit == "day":
        return [tr.day(_local(point, metrics).date(), "MMMEd") for point in metrics.points]
    named = [_hour(point, metrics, tr) for point in metrics.points]
    uses = Counter(named)
    return [
        f"{name} ({utc_offset(metrics.time_zone, point.begins_at)})" if uses[name] > 1 else name
        for name, point in zip(named, metrics.points, strict=True)
    ]


def _hour(point: Point, metrics: AgentMetrics, tr: Translator) -> str:
    day = tr.day(_local(point, metrics).date(), "MMMEd")
    return f"{day}, {tr.time(point.begins_at, metrics.time_zone, 'short')}"


def _local(point: Point, metrics: AgentMetrics) -> datetime:
    return point.begins_at.astimezone(ZoneInfo(metrics.time_zone))
