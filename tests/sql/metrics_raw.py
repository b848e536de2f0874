"""The bot's raw rows as dialogues, by the definitions and by nothing of the SQL that is tested."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd

from tests.sql.world import Connection

KNOWN_STATUSES = {
    "done", "dropped", "abandoned", "auto_closed", "escalated", "transferred", "booked", "ghost", "no_slots",
    "price_too_high", "active",
}  # fmt: skip
WANTS_TO_COME = ("book", "appointment", "reschedul", "запис", "перезапис")


@dataclass(frozen=True)
class Raw:
    """What the bot's tables hold at one moment, of all salons."""

    now: datetime
    dialogues: dict[UUID, pd.DataFrame]
    last_visits: dict[UUID, object]
    staff_names: dict[tuple[UUID, str], str]


async def read(connection: Connection, tenant: UUID | None = None) -> Raw:
    """Everything of one salon or of all, as it is in the transaction that the connection is in."""
    of_whom = "" if tenant is None else f" where tenant_id = '{tenant}'"
    archived = await connection.fetch(
        "select id, session_id, tenant_id, user_id, channel, final_status, final_intent, booking_status,"
        " booking_amount::text, booking_currency, agent_messages_count, meta,"
        " case when isfinite(started_at) then started_at end as started_at,"
        " case when isfinite(booking_datetime) then booking_datetime end as booking_at"
        " from public.conversation_sessions_v2" + of_whom + " order by id"
    )
    active = await connection.fetch("select * from public.active_sessions_v2" + of_whom)
    replies = _first_replies(
        await connection.fetch("select session_id, role, created_at from public.recent_history_v2" + of_whom)
    )
    newest = {(row["tenant_id"], row["session_id"]): _archived(dict(row)) for row in archived}
    rows = newest | {
        key: _active(dict(row))
        for row in active
        if (key := (row["tenant_id"], row["session_id"])) not in newest
    }
    frame = pd.DataFrame(list(rows.values()))
    frame["first_reply_ms"] = [replies.get(session) for session in frame["session"]]
    names = {
        (row["tenant_id"], label): name
        for row in await connection.fetch("select * from public.wishlist_v2 order by created_at, id")
        if (label := _label(json.loads(row["meta"]).get("staff_id")))
        and (name := _label(json.loads(row["meta"]).get("staff_name")))
    }
    memories = await connection.fetch("select user_id, ltm_data from public.user_ltm_v2")
    return Raw(
        now=await connection.fetchval("select now()"),
        dialogues={
            UUID(str(tenant)): mine for tenant, mine in frame[frame["start"].notna()].groupby("tenant")
        },
        last_visits={row["user_id"]: json.loads(row["ltm_data"]).get("last_visit_date") for row in memories},
        staff_names=names,
    )


def _archived(row: dict[str, Any]) -> dict[str, Any]:
    meta = json.loads(row["meta"])
    drop_off = meta.get("drop_off_stage") if isinstance(meta.get("drop_off_stage"), str) else None
    selected, staff = _labels(meta.get("services_selected")), _label(meta.get("staff_id"))
    amount = Decimal(row["booking_amount"] or "NaN")
    currency = (row["booking_currency"] or "").strip(" ").upper()
    if row["booking_status"] == "confirmed":
        stage = 5
    elif (
        row["booking_status"]
        or staff
        or _label(meta.get("selected_datetime"))
        or drop_off == "time_selection"
    ):
        stage = 4
    elif selected or drop_off == "staff_selection":
        stage = 3
    else:
        stage = 2 if _wants_to_come(row["final_intent"]) or drop_off == "service_selection" else 1
    return {
        "tenant": row["tenant_id"], "session": row["session_id"], "client": row["user_id"],
        "channel": row["channel"] or None, "start": row["started_at"], "status": row["final_status"],
        "is_known": row["final_status"] in KNOWN_STATUSES - {"active"}, "stage": stage,
        "booking": row["booking_status"], "visit": row["booking_at"],
        "amount": amount if amount.is_finite() and abs(amount) <= 10**12 else None,
        "currency": currency if re.fullmatch("[A-Z]{3}", currency) else None,
        "replies": max(row["agent_messages_count"] or 0, 0), "drop_off": drop_off or None,
        "services": selected or _labels(meta.get("services_mentioned")), "staff": staff,
        "is_active": False, "last_activity": None,
    }  # fmt: skip


def _active(row: dict[str, Any]) -> dict[str, Any]:
    step = row["current_step"]
    if step in {"time_selection", "confirmation"}:
        stage = 4
    elif step == "staff_selection":
        stage = 3
    else:
        stage = 2 if step == "service_selection" or _wants_to_come(row["intent"]) else 1
    return {
        "tenant": row["tenant_id"], "session": row["session_id"], "client": row["user_id"], "channel": None,
        "start": row["created_at"], "status": "active", "is_known": True, "stage": stage, "booking": None,
        "visit": None, "amount": None, "currency": None, "replies": 0, "drop_off": None, "services": [],
        "staff": None, "is_active": True, "last_activity": row["last_activity_at"],
    }  # fmt: skip


def _first_replies(messages: Sequence[Any]) -> dict[UUID, int]:
    frame = pd.DataFrame([tuple(row) for row in messages], columns=["session", "role", "at"])
    asked = frame[frame["role"] == "user"].groupby("session")["at"].min().rename("asked")
    answers = frame[frame["role"] == "assistant"].merge(asked, on="session")
    waited = answers[answers["at"] >= answers["asked"]].assign(wait=lambda rows: rows["at"] - rows["asked"])
    return {UUID(str(session)): round(wait / timedelta(milliseconds=1))
            for session, wait in waited.groupby("session")["wait"].min().items()}  # fmt: skip


def _wants_to_come(intent: str | None) -> bool:
    return (intent or "").strip(" ").lower().startswith(WANTS_TO_COME)


def _label(value: object) -> str | None:
    return str(value) or None if isinstance(value, str | int) and not isinstance(value, bool) else None


def _labels(value: object) -> list[str]:
    listed = value[:20] if isinstance(value, list) else []
    found = (_label(one) or _label(one.get("title") if isinstance(one, dict) else None) for one in listed)
    return [label for label in found if label]
