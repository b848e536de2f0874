"""What clients of the demo wait for: waiting-list items with their fate, and the bot's watches for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.chance import Chance, Odds
from demo.people import Client
from demo.plan import Plan

FATES = Odds(("pending", 0.3), ("converted", 0.33), ("cancelled", 0.12), ("expired", 0.25))
KINDS = {
    "no_slots": Odds(("slot_waiting", 0.7), ("slot", 0.3)),
    "time_selection": Odds(("slot", 0.6), ("service", 0.4)),
}
SERVICE_ONLY = Odds(("service", 1))
SOURCES: Odds[str | None] = Odds(("slot_hunter", 0.5), ("bot", 0.3), (None, 0.2))
COMMENTS: Odds[str | None] = Odds(
    (None, 0.7), ("Просит написать в день освобождения", 0.2), ("Удобно только после работы", 0.1)
)
EVENTS = Odds(("slot_available", 0.8), ("price_drop", 0.2))


@dataclass(slots=True)
class Wished:
    """A waiting-list item and what becomes of it: `fate` holds from `processed_at` on, pending until then."""

    at: datetime
    item_type: str
    item_id: str
    source: str | None
    comment: str | None
    meta: dict[str, Any]
    fate: str
    processed_at: datetime | None


@dataclass(slots=True)
class Subscribed:
    """The bot watches something for the client."""

    at: datetime
    target_type: str
    target_id: str | None
    event_type: str
    is_active: bool
    schedule: dict[str, Any]
    meta: dict[str, Any]


def make_wish(chance: Chance, client: Client, plan: Plan, at: datetime) -> Wished:
    """Put the client on the waiting list for what the dialogue could not give."""
    item_type = chance.weighted(KINDS.get(plan.ending, SERVICE_ONLY))
    local = plan.visit_at
    service = plan.services[0]
    item_id = {
        "service": f"service_{service.service_id}",
        "slot": f"slot_{plan.staff.staff_id}_{local:%Y%m%dT%H%M}",
        "slot_waiting": f"staff_{plan.staff.staff_id}",
    }[item_type]
    fate = chance.weighted(FATES)
    processed_at = None
    if fate == "expired":
        processed_at = max(plan.visit_at.astimezone(UTC), at) + timedelta(hours=chance.between(1, 12))
    elif fate != "pending":
        processed_at = at + timedelta(minutes=chance.between(90, 7200))
    return Wished(
        at=at,
        item_type=item_type,
        item_id=item_id,
        source=chance.weighted(SOURCES),
        comment=chance.weighted(COMMENTS),
        meta=_meta(chance, client, plan, local),
        fate=fate,
        processed_at=processed_at,
    )


def make_subscription(chance: Chance, client: Client, plan: Plan, at: datetime) -> Subscribed:
    """Watch for the client what may still come free or become cheaper."""
    by_staff = chance.happens(0.6)
    return Subscribed(
        at=at,
        target_type="staff" if by_staff else "service",
        target_id=None
        if chance.happens(0.1)
        else str(plan.staff.staff_id if by_staff else plan.services[0].service_id),
        event_type=chance.weighted(EVENTS),
        is_active=chance.happens(0.75),
        schedule=chance.pick(
            ({}, {"quiet_hours": ["22:00", "09:00"]}, {"every_minutes": 15, "days": [1, 2, 3, 4, 5]})
        ),
        meta={"language": client.language} if chance.happens(0.5) else {},
    )


def _meta(chance: Chance, client: Client, plan: Plan, local: datetime) -> dict[str, Any]:
    """Describe the wish in one of the shapes that releases of the bot wrote."""
    service = plan.services[0]
    style = chance.random()
    meta: dict[str, Any] = {
        "service_id": service.service_id if style < 0.8 else str(service.service_id),
        "service_title": service.kind.title,
        "time_preference": plan.daypart if chance.happens(0.75) else None,
    }
    if style < 0.55:
        meta["date"] = local.date().isoformat()
    elif style < 0.9:
        meta["preferred_date"] = local.date().isoformat() if style < 0.8 else f"{local:%d.%m.%Y}"
    if chance.happens(0.65):
        meta |= {"staff_id": plan.staff.staff_id, "staff_name": plan.staff.name}
    if chance.happens(0.8):
        meta |= {"client_name": client.full_name, "client_phone": client.phone}
    if chance.happens(0.05):
        meta |= {"history": [{"tries": chance.between(1, 4), "note": None}], "": True}
    return meta
