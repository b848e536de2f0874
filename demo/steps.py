"""The steps that a demo dialogue is made of, each at its instant (UTC)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.wishes import Subscribed, Wished


@dataclass(slots=True)
class Said:
    """A message; `role` is user or assistant."""

    at: datetime
    role: str
    text: str


@dataclass(slots=True)
class Moved:
    """The active session came to `step`."""

    at: datetime
    step: str


@dataclass(slots=True)
class Traced:
    """The bot logged one action of its turn number `turn`."""

    at: datetime
    turn: int
    kind: str
    payload: dict[str, Any]
    error: tuple[str, str] | None = None  # code, message


@dataclass(slots=True)
class Remembered:
    """A confirmed booking changed what the bot remembers about the client."""

    at: datetime


@dataclass(slots=True)
class Closed:
    """The dialogue was archived; `leaves_active` says that its active row was left behind."""

    at: datetime
    ended_at: datetime | None
    leaves_active: bool
    user_messages: int
    agent_messages: int


Step = Said | Moved | Traced | Wished | Subscribed | Remembered | Closed
