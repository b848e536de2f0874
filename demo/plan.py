"""What a demo dialogue is about and how it will end: the funnel with its drop-offs, prices and bookings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from demo.chance import Chance, Odds
from demo.people import Client
from demo.salons import SALONS, Salon, Staff
from demo.services import Service

INTENTS = Odds(
    ("booking", 0.74), ("price", 0.07), ("reschedule", 0.06), ("cancel", 0.05), ("info", 0.06),
    ("complaint", 0.02),
)  # fmt: skip
ENDINGS: dict[str, Odds[str]] = {
    "booking": Odds(
        ("booked", 0.47),
        ("ghost", 0.05),
        ("service_selection", 0.11),
        ("price_too_high", 0.05),
        ("staff_selection", 0.07),
        ("time_selection", 0.10),
        ("no_slots", 0.07),
        ("escalated", 0.04),
        ("transferred", 0.04),
    ),
    "price": Odds(("answered", 0.5), ("price_too_high", 0.25), ("service_selection", 0.25)),
    "reschedule": Odds(("booked", 0.85), ("time_selection", 0.15)),
    "complaint": Odds(("escalated", 1)),
    "cancel": Odds(("answered", 1)),
    "info": Odds(("answered", 1)),
    "hostile": Odds(("no_slots", 0.5), ("service_selection", 0.5)),
}
STAGES = {
    "service_selection": "service_selection",
    "price_too_high": "service_selection",
    "escalated": "service_selection",
    "staff_selection": "staff_selection",
    "time_selection": "time_selection",
    "no_slots": "time_selection",
}
# `final_status` has no single vocabulary in the bot: releases wrote different words, some that nobody listed.
STATUSES: dict[str, Odds[str]] = {
    "booked": Odds(("done", 0.6), ("booked", 0.4)),
    "answered": Odds(("done", 0.9), ("auto_closed", 0.1)),
    "ghost": Odds(("ghost", 1)),
    "price_too_high": Odds(("price_too_high", 0.8), ("dropped", 0.2)),
    "no_slots": Odds(("no_slots", 0.85), ("dropped", 0.15)),
    "escalated": Odds(("escalated", 1)),
    "transferred": Odds(("transferred", 1)),
}
LOST = Odds(
    ("dropped", 0.42), ("abandoned", 0.33), ("auto_closed", 0.21), ("client_thinking", 0.025),
    ("handoff_v3", 0.015),
)  # fmt: skip
CANCELLED_IN = Odds(("bot", 0.75), ("manual", 0.25))
CONTENT = Odds(("positive", 0.62), ("neutral", 0.36), ("negative", 0.02))
DISAPPOINTED = Odds(("positive", 0.08), ("neutral", 0.66), ("negative", 0.26))
MEN_CHOOSE = {"barber", "body"}
WOMEN_CHOOSE = {"hair", "nails", "brows", "body", "face"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A dialogue, known before its first word. Times are in the salon's zone, money in `currency`."""

    intent: str
    ending: str
    services: tuple[Service, ...]
    staff: Staff
    visit_at: datetime
    other_times: tuple[datetime, ...]
    daypart: str  # morning, day, afternoon, evening
    final_status: str
    drop_off_stage: str | None
    booking_id: str | None
    booking_source: str | None
    booking_status: str | None
    amount: Decimal | None
    currency: str | None
    sentiment: str
    waits: bool  # joins the waiting list


def make_plan(chance: Chance, salon: Salon, client: Client, started_at: datetime) -> Plan:
    """Decide the dialogue that `client` begins at `started_at` (UTC)."""
    intent = "booking" if client.hostile else chance.weighted(INTENTS)
    ending = chance.weighted(ENDINGS["hostile" if client.hostile else intent])
    services = _services(chance, salon, client)
    staff = _staff(chance, salon, client, services[0])
    first, *others = _free_times(chance, salon, started_at)
    source, status = _booking(chance, intent, ending)
    amount, currency = _amount(chance, salon, services, intent) if status else (None, None)
    return Plan(
        intent=intent,
        ending=ending,
        services=services,
        staff=staff,
        visit_at=first,
        other_times=tuple(others),
        daypart=_daypart(chance, first.hour),
        final_status=chance.weighted(STATUSES.get(ending, LOST)),
        drop_off_stage=STAGES.get(ending),
        booking_id=str(880_000_000 + chance.between(0, 9_999_999)) if status else None,
        booking_source=source,
        booking_status=status,
        amount=amount,
        currency=currency,
        sentiment=_sentiment(chance, ending, intent),
        waits=ending == "no_slots" and chance.happens(0.7),
    )


@lru_cache
def _suited(slot: int, gender: str) -> tuple[tuple[Service, ...], Odds[Service]]:
    """Services that women or men ask for at this salon, with how often."""
    wanted = MEN_CHOOSE if gender == "m" else WOMEN_CHOOSE
    suited = tuple(service for service in SALONS[slot].services if service.kind.category in wanted)
    return suited, Odds(*((service, service.kind.popularity) for service in suited))


def _services(chance: Chance, salon: Salon, client: Client) -> tuple[Service, ...]:
    suited, odds = _suited(salon.slot, client.gender)
    chosen = suited[int(client.favourite * len(suited))] if chance.happens(0.35) else chance.weighted(odds)
    if chance.happens(0.14):
        second = chance.weighted(odds)
        if second is not chosen:
            return chosen, second
    return (chosen,)


def _staff(chance: Chance, salon: Salon, client: Client, service: Service) -> Staff:
    able = [staff for staff in salon.staff if service.kind.category in staff.skills]
    return able[int(client.favourite * len(able))] if chance.happens(0.6) else chance.pick(able)


def _free_times(chance: Chance, salon: Salon, started_at: datetime) -> list[datetime]:
    """Give three distinct later times within working hours, on the quarter-hour of the salon's own clock."""
    local = started_at.astimezone(salon.zone)
    times: list[datetime] = []
    ahead = int(11 * chance.random() ** 2)
    while len(times) < 3:
        earliest = salon.opens
        if ahead == 0:
            earliest = max(earliest, local.hour + 2)
        if earliest < salon.closes - 1:
            hour = chance.between(earliest, salon.closes - 2)
            day = local.date() + timedelta(days=ahead)
            visit = datetime(day.year, day.month, day.day, hour, 15 * chance.between(0, 3), tzinfo=salon.zone)
            times.append(visit)
        ahead += 1
    return times


def _booking(chance: Chance, intent: str, ending: str) -> tuple[str | None, str | None]:
    """Give the booking's source and status; none for a dialogue without one."""
    if intent == "cancel":
        return chance.weighted(CANCELLED_IN), "cancelled"
    if ending == "transferred":
        return "manual", "confirmed"
    if ending == "booked":
        return "bot", "cancelled" if intent == "booking" and chance.happens(0.05) else "confirmed"
    return None, None


def _amount(
    chance: Chance, salon: Salon, services: tuple[Service, ...], intent: str
) -> tuple[Decimal | None, str | None]:
    """Price the booking: now and then in a foreign currency or without an amount."""
    if intent == "reschedule" or chance.happens(0.05):
        return None, salon.currency if chance.happens(0.5) else None
    total = sum((service.price for service in services), Decimal(0))
    if chance.happens(0.08):
        total = (total * Decimal("0.9")).quantize(Decimal("0.01"))
    if chance.happens(0.025):
        currency, rate = chance.pick(salon.foreign)
        return (total * Decimal(rate)).quantize(Decimal("0.01")), currency
    return total, salon.currency


def _daypart(chance: Chance, hour: int) -> str:
    if hour < 12:
        return "morning"
    return "evening" if hour >= 17 else chance.pick(("day", "afternoon"))


def _sentiment(chance: Chance, ending: str, intent: str) -> str:
    if intent == "complaint":
        return "negative"
    if ending in {"booked", "transferred", "answered"}:
        return chance.weighted(CONTENT)
    return chance.weighted(DISAPPOINTED)
