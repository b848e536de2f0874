"""What is known of every dialogue, in a list of them and on its own page."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from models import Model


class DialogueFacts(Model):
    """Labels are as the bot wrote them; None is unknown."""

    session_id: UUID
    channel: str | None
    started_at: datetime | None
    ended_at: datetime | None
    last_activity_at: datetime | None
    is_active: bool
    status: str
    is_known_status: bool
    intent: str | None
    booking_status: str | None
    booking_source: str | None
    booking_at: datetime | None
    booking_amount: Decimal | None
    booking_currency: str | None
    messages_count: int | None
    replies_count: int | None
    drop_off_stage: str | None
    sentiment: str | None
    services: tuple[str, ...]
    staff_id: str | None
    stage: int
    """1 begun, 2 wanted a booking, 3 chose a service, 4 staff or time, 5 booked."""
    first_reply_ms: int | None
    tags: tuple[str, ...]
