"""One dialogue in memory, and what is to be seen of its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from nicegui import ElementFilter, ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from components.stepper import Stepper
from components.transcript import Line, Transcript
from components.viewer import Route
from errors import NotFound, Unavailable
from models import Permission
from pages import dialogue as page
from queries.dialogue import BEGINNING
from tests.pages.conftest import OpenPanel
from tests.pages.dialogue_fakes import CLIENT, DIALOGUE_ROUTES, DialoguesDoor
from tests.pages.fakes import LAVENDER, NOW

SESSION = UUID(int=5)
PAGE = f"/s/{LAVENDER}/dialogue?id={SESSION}"
ROUTES = (
    *DIALOGUE_ROUTES,
    Route("dialogue", page.build, Permission.DIALOGUES_READ, "Dialogue", "forum", in_menu=False),
)
AWAY = Unavailable("The database does not answer.", advice="It is tried again by itself; nothing is lost.")
NOT_THERE = NotFound("There is no such dialogue in this salon.", code="dialogue_not_found")


def message(number: int, text: str | None = None, **values: Any) -> dict[str, Any]:
    """The message of the minute `number` after the beginning of the day before."""
    usual: dict[str, Any] = {
        "message_id": number,
        "sent_at": NOW - timedelta(days=1) + timedelta(minutes=number),
        "role": "user" if number % 2 else "assistant",
        "text": text or f"message {number}",
        "characters": 10,
        "reply_ms": None,
        "is_inferred": True,
        "cursor": f"{number:06}",
    }
    return usual | values


def note(text: str, **values: Any) -> dict[str, Any]:
    """A note, of somebody else unless it may be changed."""
    usual: dict[str, Any] = {
        "note_id": str(uuid4()),
        "author_name": "Vera",
        "body": text,
        "created_at": NOW,
        "edited_at": None,
        "editor_name": None,
        "may_change": False,
    }
    return usual | values


def document(**values: Any) -> dict[str, Any]:
    """A finished dialogue with a booking, as the database tells it."""
    usual: dict[str, Any] = {
        "session_id": str(SESSION),
        "client_id": str(CLIENT),
        "channel": "telegram",
        "started_at": NOW - timedelta(days=1),
        "ended_at": NOW - timedelta(days=1) + timedelta(minutes=12),
        "last_activity_at": NOW - timedelta(days=1) + timedelta(minutes=12),
        "is_active": False,
        "status": "done",
        "is_known_status": True,
        "intent": "booking",
        "booking_id": "880001",
        "booking_status": "confirmed",
        "booking_source": "bot",
        "booking_at": datetime(2026, 3, 20, 11, tzinfo=UTC),
        "booking_amount": 1500,
        "booking_currency": "RUB",
        "messages_count": 12,
        "replies_count": 6,
        "drop_off_stage": None,
        "sentiment": "positive",
        "services": ["Gel manicure"],
        "staff_id": "77",
        "stage": 5,
        "first_reply_ms": 4200,
        "step": None,
        "summaries": ["Gel manicure on Friday."],
        "client": {
            "client_id": str(CLIENT),
            "full_name": "Ольга",
            "phone": "+7 900 000",
            "has_phone": True,
            "has_telegram": True,
            "has_whatsapp": False,
            "created_at": NOW - timedelta(days=300),
            "dialogues": 3,
            "bookings": 2,
            "first_seen_at": NOW - timedelta(days=90),
            "last_seen_at": NOW,
        },
        "memory": {
            "preferred_staff_id": "77",
            "preferred_service_id": None,
            "preferred_time": "evening",
            "language": "ru",
            "allows_notifications": False,
            "last_visit_date": "2026-02-28",
            "visit_interval_days": 21.4,
            "booking_stats": [{"key": "staff_77", "count": 5}],
            "more": [{"key": "allergy", "value": "ammonia"}],
            "updated_at": NOW,
        },
        "staff_names": {"77": "Вика"},
        "service_names": {},
        "tags": [],
        "tags_in_use": [],
        "notes": [],
    }
    return usual | values


@dataclass
class TalkDoor(DialoguesDoor):
    """Answers what the page asks, and the list."""

    document: dict[str, Any] = field(default_factory=document)
    messages: list[dict[str, Any]] = field(
        default_factory=lambda: [message(number) for number in range(1, 5)]
    )
    silent: Exception | None = None

    async def read_value(self, function: str, **arguments: Any) -> Any:
        """`Door.read_value`."""
        if function != "dialogue":
            return await super().read_value(function, **arguments)
        self._ask(function, arguments)
        if arguments["session"] != SESSION:
            raise NOT_THERE
        return dict(self.document)

    async def read(self, function: str, model: type[Any], **arguments: Any) -> list[Any]:
        """`Door.read`."""
        if function != "dialogue_messages":
            return await super().read(function, model, **arguments)
        self._ask(function, arguments)
        if self.silent is not None:
            raise self.silent
        size, before, after = (arguments[name] for name in ("page_size", "before", "after"))
        if after is not None:
            found = [one for one in self.messages if after == BEGINNING or one["cursor"] > after][:size]
        else:
            found = [one for one in self.messages if before is None or one["cursor"] < before][-size:]
        return [model.model_validate(one) for one in found]


async def opened(open_panel: OpenPanel, door: TalkDoor, path: str = PAGE, **options: Any) -> User:
    return await open_panel(door, path, routes=ROUTES, **options)


def transcript(user: User) -> Transcript:
    with user:
        (found,) = ElementFilter(kind=Transcript)
    return found


def said(user: User) -> Sequence[Line]:
    with user:
        return [line for found in ElementFilter(kind=Transcript) for line in found.lines]


def texts(user: User) -> list[str]:
    return [line.text for line in said(user) if not line.day]


def fire(user: User, element: ui.element, event: str, args: object = None) -> None:
    UserInteraction(user, {element}, None).trigger(event, args)


def ways(user: User) -> list[str | None]:
    with user:
        shown = [stepper for stepper in ElementFilter(kind=Stepper) if stepper.visible]
    return [way["href"] for stepper in shown for way in stepper.props["ways"]]


def field_of(user: User, label: str) -> Any:
    with user:
        (found,) = [one for one in ElementFilter(kind=ui.input) if one.props.get("label") == label] or [
            one for one in ElementFilter(kind=ui.textarea) if one.props.get("label") == label
        ]
    return found


def press_button(user: User, words: str) -> None:
    with user:
        (found,) = [one for one in ElementFilter(kind=ui.button) if one.text == words]
    UserInteraction(user, {found}, None).click()
