"""Overviews as the database tells them: of a salon at work, and what differs in others."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

DAYS = 30
FIRST = date(2026, 2, 14)
LEFT_OUT = {
    "other_currencies": {"EUR": 120.5, "USD": 7},
    "without_amount": 2,
    "without_currency": 4,
    "amount_without_currency": 900,
}


def document(**changes: Any) -> dict[str, Any]:
    """What `dashboard.overview` answers; `changes` replace parts of it."""
    return {
        "time_zone": "Europe/Moscow",
        "currency": "RUB",
        "has_dialogues": True,
        "kpis": {
            "dialogues": figure(1764, 1605, [50 + at for at in range(DAYS)], unrecognised_status=3),
            "bookings": figure(449, 466, list(range(DAYS)), cancelled=1),
            "conversion": figure(0.2545, 0.231, [None, *[0.25] * (DAYS - 1)]),
            "revenue": figure(1234800, 0, [1000 * at for at in range(DAYS)], **LEFT_OUT),
            "average_ticket": figure(2762.4161, 2500, [2500] * DAYS, bookings=447),
            "new_clients": figure(812, 700, [27] * DAYS),
            "returning_clients": figure(391, 402, [13] * DAYS),
            "first_reply_ms": figure(4200, 6000, [4200] * DAYS, dialogues=1764),
            "escalated": figure(61, 80, [2] * DAYS),
            "active_now": figure(7, None, []),
        },
        "points": points(),
        "funnel": funnel(),
        "services": breakdown(others=14, without=120),
        "staff": {"rows": [slice_("77", "Ольга", 400, 120)], "others": 0, "without": 900},
        "channels": {
            "rows": [slice_("telegram", None, 1200, 300), slice_("<b>pigeon</b>", None, 564, 149)],
            "others": 0,
            "without": 0,
        },
        "heat": [[(day + 1) * hour % 17 for hour in range(24)] for day in range(7)],
        "saved": {
            "replies": 9120,
            "seconds_per_reply": 60,
            "hours": 152,
            "outside_bookings": 87,
            "opens_at": "10:00",
            "closes_at": "20:00",
            "stayed": 301,
            "stayed_of": 350,
        },
        **changes,
    }


def figure(
    current: float | None, previous: float | None, spark: list[Any] | None = None, **detail: Any
) -> dict[str, Any]:
    """One figure."""
    return {"current": current, "previous": previous, "spark": spark or [], "detail": detail}


def points() -> list[dict[str, Any]]:
    """Thirty days."""
    return [
        {
            "at": (FIRST + timedelta(days=at)).isoformat(),
            "dialogues": 50 + at,
            "bookings": at,
            "revenue": 1000 * at + 0.5,
        }
        for at in range(DAYS)
    ]


def hours() -> list[dict[str, Any]]:
    """The 24 hours of 15 March 2026."""
    return [
        {"at": f"2026-03-15T{hour:02}:00", "dialogues": hour, "bookings": 1, "revenue": 100}
        for hour in range(24)
    ]


def funnel(visited: int = 210, known: int = 260, **more: Any) -> dict[str, Any]:
    """The stages, each smaller than the one before."""
    counts = {
        "dialogue": (1764, 1605),
        "intent": (1310, 1200),
        "service": (905, 866),
        "slot": (610, 640),
        "booked": (449, 466),
        "visited": (visited, 0),
    }
    return {
        "stages": [
            {"stage": stage, "count": now, "previous": before} for stage, (now, before) in counts.items()
        ],
        "visited_known": known,
        "unrecognised_status": 3,
        "unrecognised_drop_off": 2,
        **more,
    }


def slice_(key: str, name: str | None, dialogues: int, bookings: int) -> dict[str, Any]:
    """One service, staff member or channel."""
    return {
        "key": key,
        "name": name,
        "dialogues": dialogues,
        "bookings": bookings,
        "revenue": bookings * 2500,
    }


def breakdown(others: int = 0, without: int = 0) -> dict[str, Any]:
    """A few services; one is named as somebody hostile would."""
    return {
        "rows": [
            slice_("manicure, gel", "Маникюр с покрытием", 620, 210),
            slice_("<img src=x onerror=alert(1)>", None, 300, 20),
            slice_("haircut", "Стрижка", 0, 0),
        ],
        "others": others,
        "without": without,
    }


def empty() -> dict[str, Any]:
    """A salon to which nobody has written yet."""
    return quiet() | {"has_dialogues": False}


def quiet() -> dict[str, Any]:
    """A period in which nobody wrote."""
    nothing = {"rows": [], "others": 0, "without": 0}
    counts = {
        name: figure(0, 0)
        for name in ("dialogues", "bookings", "revenue", "new_clients", "returning_clients", "escalated")
    }
    unknown = {name: figure(None, None) for name in ("conversion", "average_ticket", "first_reply_ms")}
    return document(
        kpis={**counts, **unknown, "active_now": figure(0, None)},
        points=[],
        services=nothing,
        staff=nothing,
        channels=nothing,
    )


def salon(tenant_id: object, name: str, **changes: Any) -> dict[str, Any]:
    """One line of `dashboard.salons_overview`."""
    return {
        "tenant_id": tenant_id,
        "name": name,
        "time_zone": "Europe/Moscow",
        "currency": "RUB",
        "dialogues": 1764,
        "bookings": 449,
        "conversion": 0.2545,
        "revenue": 1234800,
        "previous_dialogues": 1605,
        "previous_bookings": 466,
        "previous_conversion": 0.231,
        "previous_revenue": 0,
        **changes,
    }
