"""The span of days that a page shows, as its address says it: `?period=30d` or `?from=…&to=…`.

A list may also be of all time: `?period=all`.

Days are the salon's own: the same address means other moments in another time zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from errors import Invalid
from i18n import Translator

PRESETS: Mapping[str, int] = {"today": 1, "7d": 7, "30d": 30, "90d": 90}
"""Spans that end today, in days."""
DEFAULT = "30d"
ALL_TIME = "all"
QUERY_KEYS = frozenset({"period", "from", "to"})
"""What of an address says the period."""
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to `last`, both included."""

    first: date
    last: date
    preset: str | None = None

    @property
    def is_all_time(self) -> bool:
        """Whether it has no beginning: then `first` is no day of any salon, and there is no span before."""
        return self.preset == ALL_TIME

    @property
    def days(self) -> int:
        """How many days, at least one."""
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> Period:
        """The span of the same length that ends the day before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def query(self) -> dict[str, str]:
        """What an address says to mean this period; nothing for the default one."""
        if self.preset == DEFAULT:
            return {}
        if self.preset is not None:
            return {"period": self.preset}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def preset(name: str, today: date) -> Period:
    """A span of `PRESETS` that ends today. Raises KeyError for another name."""
    return Period(today - timedelta(days=PRESETS[name] - 1), today, name)


def all_time(today: date) -> Period:
    """Everything until today."""
    return Period(date.min, today, ALL_TIME)


def parse(query: Mapping[str, str], today: date, *, has_all_time: bool = False) -> Period:
    """The period that an address asks for; without one, the last 30 days.

    All time is a period only where `has_all_time`: a figure of it would be no figure of anything.

    Days to come are cut off: a shared link may have been made where it is tomorrow already.
    Raises `Invalid` for what is no period.
    """
    if "from" in query or "to" in query:
        return chosen(query.get("from", ""), query.get("to", ""), today)
    name = query.get("period", DEFAULT)
    if name == ALL_TIME and has_all_time:
        return all_time(today)
    if name not in PRESETS:
        raise _nonsense()
    return preset(name, today)


def chosen(first: str, last: str, today: date) -> Period:
    """A period between two ISO days. Raises `Invalid` when it is none, or too long."""
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise _nonsense() from None
    if begin > end:
        raise Invalid(
            "The period ends before it begins.", code="period_reversed", advice="Swap the two days."
        )
    period = Period(min(begin, today), min(end, today))
    if period.days > LONGEST_DAYS:
        raise Invalid(
            "The period is longer than a year.",
            code="period_too_long",
            advice="Choose at most {days} days.",
            days=LONGEST_DAYS,
        )
    return period


def label(period: Period, tr: Translator) -> str:
    """A few words for a button: `Last 30 days`, or the days themselves."""
    if period.preset == "today":
        return tr.t("Today")
    if period.is_all_time:
        return tr.t("All time")
    if period.preset is not None:
        return tr.n("Last {count} day", "Last {count} days", period.days)
    return dates(period, tr)


def short_label(period: Period, tr: Translator) -> str:
    """The same in less: for a button where there is little room."""
    if period.preset in PRESETS and period.days > 1:
        return tr.n("{count} day", "{count} days", period.days)
    if period.preset is not None:
        return label(period, tr)
    return f"{tr.day(period.first, 'Md')} – {tr.day(period.last, 'Md')}"


def dates(period: Period, tr: Translator) -> str:
    """The first and last day, in words; the year only where it is needed to tell them apart."""
    if period.first == period.last:
        return tr.day(period.first, "yMMMd")
    begin = "MMMd" if period.first.year == period.last.year else "yMMMd"
    return f"{tr.day(period.first, begin)} – {tr.day(period.last, 'yMMMd')}"


def _nonsense() -> Invalid:
    return Invalid(
        "The address asks for a period that does not exist.",
        code="period_unknown",
        advice="Choose a period above.",
    )
