"""A page of the dialogue list as the page reads it: fifty rows and the true total, both at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.large.installation import Installation, installation
from benchmarks.report import distribution, percentile_95, timed
from components import period as periods
from queries import dialogues
from queries.dialogue_filters import Filters
from queries.dialogues import LAST_PAGE, SORTS, Place, Sort

READS = 12
P95_MS = 150
PAGES_IN = 40
"""How far the place in the middle is from the first page."""
ADDRESSES: tuple[Mapping[str, str], ...] = (
    {},
    {"period": "90d"},
    {"period": "today"},
    {"period": "all", "status": "ghost"},
    {"period": "all", "status": "booked,done", "channel": "whatsapp"},
    {"period": "all", "booked": "yes", "currency": "own"},
    {"period": "all", "drop_off": "-", "sentiment": "negative"},
    {"period": "all", "service": "Услуга 40"},
    {"period": "all", "staff": "103", "stage": "4"},
    {"period": "90d", "clients": "new"},
    {"period": "90d", "clients": "returning"},
    {"period": "all", "outside": "yes"},
    {"period": "all", "stayed": "no"},
    {"period": "all", "weekday": "3", "hour": "4"},
    {"period": "all", "tag": "vip"},
)


async def measure(data_dir: Path) -> None:
    """Every order at its first, a middle and its last page; then the filters."""
    async with installation(data_dir) as large:
        everything = Filters(None)
        all_times: list[float] = []
        for sort in SORTS:
            middle = await _middle(large, sort)
            places = (Place(sort), middle, Place(sort, before=LAST_PAGE))
            for name, place in zip(("first", "middle", "last"), places, strict=True):
                found = await timed(READS, partial(_read, large, everything, place))
                percentile_95(f"100,000 dialogues by {sort}, {name} page, p95", found)
                all_times += found
        today = datetime.now(UTC).date()
        for address in ADDRESSES:
            filters = Filters.from_query(address, periods.parse(address, today, has_all_time=True))
            for place in (Place(), Place("-amount", before=LAST_PAGE)):
                found = await timed(READS, partial(_read, large, filters, place))
                percentile_95(f"{_words(address)} by {place.sort}, p95", found)
                all_times += found
        distribution("page of dialogues, all of these", all_times, p95_at_most=P95_MS)
        facets = await timed(READS, lambda: dialogues.facets(large.owner))
        distribution("values to filter by", facets, p95_at_most=P95_MS)


async def _read(large: Installation, filters: Filters, place: Place) -> None:
    await asyncio.gather(dialogues.page(large.owner, filters, place), dialogues.count(large.owner, filters))


async def _middle(large: Installation, sort: Sort) -> Place:
    place: Place | None = Place(sort)
    for _ in range(PAGES_IN):
        if place is None:
            break
        place = (await dialogues.page(large.owner, Filters(None), place, rows=999)).following
    return place or Place(sort)


def _words(address: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in address.items()) or "the last 30 days"
