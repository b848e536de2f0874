"""The figures of the overview, counted by the database over the salon's own days."""

from __future__ import annotations

from datetime import date

from data import Door
from models import DayPoint, Kpi


async def kpis(door: Door, first: date, last: date) -> list[Kpi]:
    """Dialogues, bookings, conversion and revenue from `first` to `last`, each beside the span before."""
    return await door.read("overview_kpis", Kpi, from_day=first, to_day=last)


async def by_day(door: Door, first: date, last: date) -> list[DayPoint]:
    """One point for each day from `first` to `last`, days without dialogues included."""
    return await door.read("dialogues_by_day", DayPoint, from_day=first, to_day=last)


async def has_dialogues(door: Door) -> bool:
    """Whether the salon has ever had a dialogue: what tells a new salon from a quiet month."""
    return await door.count("dialogues") > 0
