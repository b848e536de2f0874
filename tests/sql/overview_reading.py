"""Reading the overview of salon A, and writing what it counts."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.sql.world import SALON_A, World


class Figure(NamedTuple):
    """One card; the two values are Decimal, int or None."""

    current: Any
    previous: Any
    detail: dict[str, Any]


async def settle(world: World, zone: str, currency: str = "RUB") -> None:
    await world.connection.execute(
        "update dashboard.tenant_settings set time_zone = $1, currency = $2 where tenant_id = $3",
        zone,
        currency,
        SALON_A,
    )


async def overview(world: World, first: date, last: date, person: str = "owner_a") -> Any:
    async with world.acting(person) as connection:
        answer = await connection.fetchval("select dashboard.overview($1, $2)", first, last)
    return json.loads(answer, parse_float=Decimal)


async def kpis(world: World, first: date, last: date) -> dict[str, Figure]:
    document = await overview(world, first, last)
    return {
        metric: Figure(figure["current"], figure["previous"], figure["detail"])
        for metric, figure in document["kpis"].items()
    }


async def days(world: World, first: date, last: date) -> list[tuple[Any, ...]]:
    points = (await overview(world, first, last))["points"]
    return [(point["at"], point["dialogues"], point["bookings"], point["revenue"]) for point in points]


def booked(
    amount: str | None = "100", currency: str | None = "RUB", status: str = "confirmed"
) -> dict[str, Any]:
    return {
        "booking_status": status,
        "booking_amount": Decimal(amount) if amount is not None else None,
        "booking_currency": currency,
    }


MARCH = date(2026, 3, 1), date(2026, 3, 31)


def at(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)
