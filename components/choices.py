"""Time zones and currencies to choose from, with names in the reader's language."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location
from babel.numbers import get_territory_currencies

from components.wording import utc_offset
from models import LocaleName

ZONE_AREAS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
"""The areas of `dashboard.time_zones` where there are salons."""


def time_zones(locale: LocaleName, now: datetime, current: str) -> dict[str, str]:
    """IANA names with the place's name and today's distance from UTC; `current` is among them in any case."""
    names = _zone_names(locale)
    if current not in names:
        names = {current: current, **names}
    return {zone: f"{name} · {utc_offset(zone, now)}" for zone, name in names.items()}


@lru_cache
def currencies(locale: LocaleName) -> dict[str, str]:
    """Currencies in use somewhere today: ISO 4217 codes with their names."""
    names = Locale.parse(locale).currencies
    used = {
        code
        for territory in get_global("territory_currencies")
        for code in get_territory_currencies(territory)
    }
    return {code: f"{code} · {names[code]}" for code in sorted(used) if code in names}


@lru_cache
def _zone_names(locale: LocaleName) -> dict[str, str]:
    found = sorted(zone for zone in available_timezones() if zone.startswith(ZONE_AREAS))
    return {zone: _with_place(zone, locale) for zone in ["UTC", *found]}


def _with_place(zone: str, locale: LocaleName) -> str:
    """`Europe/Moscow` is enough where the place is called the same; else its name comes along."""
    place = get_timezone_location(zone, locale=locale, return_city=True)
    return zone if place in zone.replace("_", " ") else f"{zone} ({place})"
