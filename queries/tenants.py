"""Salons and their settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from data import Door
from models import Tenant


async def mine(door: Door) -> list[Tenant]:
    """Every salon that the signed-in person may enter, by name, however many there are."""
    found = [tenant async for tenant in door.every("my_tenants", Tenant, key="tenant_id")]
    return sorted(found, key=lambda tenant: tenant.name.casefold())


async def one(door: Door, tenant_id: UUID) -> Tenant | None:
    """A salon that the signed-in person may enter, or None for any other."""
    rows = await door.rows("my_tenants", Tenant, where={"tenant_id": f"eq.{tenant_id}"}, limit=1)
    return rows[0] if rows else None


@dataclass(frozen=True, slots=True)
class Settings:
    """What figures go by: time zone (an IANA name), currency (ISO 4217), local working hours (HH:MM)."""

    time_zone: str
    currency: str
    opens_at: str
    closes_at: str


async def save_settings(door: Door, request_id: UUID, settings: Settings) -> None:
    """Set what the salon's figures go by.

    Raises `Invalid` for an unknown zone or currency or a time that is none, and `NotAllowed` without
    `tenant.configure`. Sent twice with the same `request_id`, it acts once.
    """
    await door.call("save_tenant_settings", request_id=request_id, **asdict(settings))
