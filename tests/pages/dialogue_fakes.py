"""A salon's dialogues in memory: filtered, sorted and paged as the database does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from components.viewer import Route
from models import Permission
from pages import dialogues
from queries.dialogues import DialogueRow
from queries.saved_filters import SavedFilter
from tests.pages.fakes import NOW, ROUTES, FakeDoor

CLIENT = UUID("30000000-0000-4000-8000-000000000001")
DIALOGUE_ROUTES = (
    *ROUTES,
    Route(
        "dialogues",
        dialogues.build,
        Permission.DIALOGUES_READ,
        "Dialogues",
        "forum",
        has_period=True,
        has_all_time=True,
    ),
)

_SORTED_BY: dict[str, Callable[[DialogueRow], Any]] = {
    "started": lambda row: row.started_at,
    "activity": lambda row: row.last_activity_at,
    "messages": lambda row: row.messages_count,
    "amount": lambda row: row.booking_amount,
    "reply": lambda row: row.first_reply_ms,
}


def dialogue(number: int, **values: Any) -> DialogueRow:
    """A dialogue that began `number` hours ago."""
    began = NOW - timedelta(hours=number)
    usual: dict[str, Any] = {
        "session_id": UUID(int=number),
        "client_id": CLIENT,
        "client_name": f"Client {number}",
        "channel": "telegram",
        "started_at": began,
        "ended_at": began + timedelta(minutes=12),
        "last_activity_at": began + timedelta(minutes=12),
        "is_active": False,
        "status": "done",
        "is_known_status": True,
        "intent": "info",
        "booking_status": None,
        "booking_source": None,
        "booking_at": None,
        "booking_amount": None,
        "booking_currency": None,
        "messages_count": 10 + number,
        "replies_count": 5,
        "drop_off_stage": None,
        "sentiment": "neutral",
        "services": (),
        "staff_id": None,
        "stage": 1,
        "first_reply_ms": 4_000,
        "tags": (),
        "hit": None,
        "cursor": f"at-{number}",
    }
    return DialogueRow.model_validate(usual | values)


def booked(number: int, **values: Any) -> DialogueRow:
    """One with a confirmed booking."""
    usual: dict[str, Any] = {
        "status": "booked",
        "intent": "booking",
        "booking_status": "confirmed",
        "booking_source": "bot",
        "booking_at": datetime(2026, 3, 20, 11, 0, tzinfo=NOW.tzinfo),
        "booking_amount": Decimal(1500),
        "booking_currency": "RUB",
        "services": ("Gel manicure",),
        "stage": 5,
    }
    return dialogue(number, **(usual | values))


@dataclass
class DialoguesDoor(FakeDoor):
    """Answers what the list asks."""

    rows_of: list[DialogueRow] = field(default_factory=list)
    saved: list[SavedFilter] = field(default_factory=list)

    async def read(self, function: str, model: type, **arguments: Any) -> list[Any]:
        """`Door.read`."""
        if function != "list_dialogues":
            return await super().read(function, model, **arguments)
        self._ask(function, arguments)
        rows = self._found(arguments["filters"])
        sort = arguments["sort"]
        rows.sort(key=_SORTED_BY[sort.removeprefix("-")], reverse=sort.startswith("-"))
        size, places = arguments["page_size"], [row.cursor for row in rows]
        if arguments["before"] == "end":
            rows = rows[-size:]
        elif arguments["before"] is not None:
            end = places.index(arguments["before"])
            rows = rows[max(end - size, 0) : end]
        elif arguments["after"] is not None:
            rows = rows[places.index(arguments["after"]) + 1 :]
        return rows[:size]

    async def read_value(self, function: str, **arguments: Any) -> Any:
        """`Door.read_value`."""
        self._ask(function, arguments)
        if function == "count_dialogues":
            return len(self._found(arguments["filters"]))
        return {
            "status": sorted({row.status for row in self.rows_of}),
            "intent": ["booking", "info", None],
            "channel": ["telegram"],
            "sentiment": ["neutral"],
            "drop_off": [],
            "tags": ["vip"],
        }

    async def rows(self, view: str, _: type, *, limit: int = 1000, **arguments: Any) -> list[Any]:
        """`Door.rows`."""
        if view != "my_saved_filters":
            return await super().rows(view, _, limit=limit, **arguments)
        self._ask(view, arguments)
        return list(self.saved)

    def _found(self, filters: str) -> list[DialogueRow]:
        """Of the filters, those that these tests set."""
        wanted = json.loads(filters)
        statuses, sought = wanted.get("status"), wanted.get("q", "")
        return [
            row
            for row in self.rows_of
            if (statuses is None or row.status in statuses)
            and sought in (row.hit or "")
            and wanted.get("booked", row.stage == 5) == (row.stage == 5)
            and wanted.get("weekday", 0) == 0
        ]


def busy_list() -> DialoguesDoor:
    """120 dialogues, every third of them with a booking."""
    return DialoguesDoor(
        rows_of=[booked(number) if number % 3 == 0 else dialogue(number) for number in range(1, 121)]
    )
