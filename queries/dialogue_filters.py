"""Which dialogues are asked for: as an address says it, as the database is asked, and back.

In an address the values of a list are joined by commas: `status=done,no_slots`. A backslash makes the
character after it an ordinary one; `-` alone stands for dialogues without a value, and `\\0` for a value
without a character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal, Protocol
from uuid import UUID

from errors import Invalid

ALL_TIME = "all"
"""What an address says in place of a period: `period=all`."""
MOST_VALUES = 50
LONGEST_VALUE = 200
"""Characters. The index cuts the bot's labels at as many, so a longer one is in no dialogue."""

Values = tuple[str | None, ...]
"""Any of these; None stands for dialogues without a value."""


class Days(Protocol):
    """Local days of the salon, from `first` to `last`, and what an address says to mean them."""

    @property
    def first(self) -> date: ...  # noqa: D102

    @property
    def last(self) -> date: ...  # noqa: D102

    @property
    def query(self) -> dict[str, str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Filters:
    """Dialogues that began in the period (None: at any time) and are all of what is set here.

    Values of a list are put in order, so that filters that ask for the same are equal.
    """

    period: Days | None
    status: Values = ()
    intent: Values = ()
    channel: Values = ()
    sentiment: Values = ()
    drop_off: Values = ()
    tag: Values = ()
    """The salon's own tags."""
    service: str | None = None
    staff: str | None = None
    client: UUID | None = None
    booked: bool | None = None
    """With a confirmed booking, or without."""
    currency: Literal["own"] | None = None
    """With a confirmed booking whose amount is known and in the salon's currency: what revenue is made of."""
    stage: int | None = None
    """Came at least this far: 2 wanted a booking, 3 service, 4 staff or time chosen, 5 booked, 6 visited."""
    clients: Literal["new", "returning"] | None = None
    """Of clients who are new in the period, or had been there before."""
    active: Literal["yes", "now"] | None = None
    """Not ended yet; or also written in within the last half an hour."""
    outside: Literal["yes"] | None = None
    """With a confirmed booking, and begun outside the salon's working hours."""
    stayed: bool | None = None
    """Of bookings old enough to tell: those that are still confirmed, or those that are not."""
    weekday: int | None = None
    """The local day of the week that it began on, from 1 (Monday)."""
    hour: int | None = None
    """The local hour that it began in, 0 to 23."""
    q: str | None = None
    """What to search the messages for."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                ordered = sorted(set(value), key=lambda one: (one is not None, one or ""))
                object.__setattr__(self, field.name, tuple(ordered))

    @classmethod
    def from_query(cls, query: Mapping[str, str], period: Days | None) -> Filters:
        """What an address asks for; `period` is the one that the frame read from it.

        Names that are no filter's are left alone. Raises `Invalid` for a filter that makes no sense.
        """
        found: dict[str, Any] = {}
        for name, reader in _READERS.items():
            if text := query.get(name):
                try:
                    found[name] = reader(text)
                except ValueError:
                    raise _nonsense(name) from None
        return cls(period=None if query.get("period") == ALL_TIME else period, **found)

    def as_query(self) -> dict[str, str]:
        """What an address says to ask for this; nothing for what is not set."""
        days = {"period": ALL_TIME} if self.period is None else dict(self.period.query)
        return days | {name: _written(value) for name, value in self._set()}

    def as_json(self) -> dict[str, Any]:
        """The argument `filters` of `dashboard.list_dialogues` and the functions beside it."""
        days: dict[str, Any] = {}
        if self.period is not None:
            days = {"from_day": self.period.first.isoformat(), "to_day": self.period.last.isoformat()}
        return days | dict(_for_database(name, value) for name, value in self._set())

    def _set(self) -> Iterator[tuple[str, Any]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "period" and value is not None and value != ():
                yield field.name, value


def join_values(values: Iterable[str | None]) -> str:
    """A list as an address says it."""
    return ",".join(_escaped(value) for value in values)


def split_values(text: str) -> Values:
    """The list that `join_values` wrote; a comma too many is overlooked.

    Raises ValueError for more than `MOST_VALUES`, or one that no label can be.
    """
    values = tuple(_unescaped(item) for item in re.findall(r"(?:\\.|[^,\\]|\\$)+", text, re.DOTALL))
    if len(values) > MOST_VALUES:
        raise ValueError("too many values")
    return tuple(None if value is None else _label(value) for value in values)


def _escaped(value: str | None) -> str:
    if value is None:
        return "-"
    return {"": "\\0", "-": "\\-"}.get(value) or re.sub(r"([,\\])", r"\\\1", value)


def _unescaped(item: str) -> str | None:
    if item == "-":
        return None
    return re.sub(r"\\(.?)", lambda part: "" if part[1] == "0" else part[1], item, flags=re.DOTALL)


def _label(text: str) -> str:
    """Raises ValueError for what the database cannot hold."""
    if len(text) > LONGEST_VALUE or re.search("[\0\ud800-\udfff]", text):
        raise ValueError("no label")
    return text


def _words(text: str) -> str | None:
    return _label(" ".join(text.split())) or None


def _choice(**choices: object) -> Callable[[str], object]:
    def read(text: str) -> object:
        if text not in choices:
            raise ValueError("no such choice")
        return choices[text]

    return read


def _number(first: int, last: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,2}", text) or not first <= int(text) <= last:
            raise ValueError("out of range")
        return int(text)

    return read


_READERS: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(("status", "intent", "channel", "sentiment", "drop_off", "tag"), split_values),
    "service": _label,
    "staff": _label,
    "client": UUID,
    "booked": _choice(yes=True, no=False),
    "currency": _choice(own="own"),
    "stage": _number(2, 6),
    "clients": _choice(new="new", returning="returning"),
    "active": _choice(yes="yes", now="now"),
    "outside": _choice(yes="yes"),
    "stayed": _choice(yes=True, no=False),
    "weekday": _number(1, 7),
    "hour": _number(0, 23),
    "q": _words,
}


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return join_values(value) if isinstance(value, tuple) else str(value)


def _for_database(name: str, value: Any) -> tuple[str, Any]:
    if name == "active":
        return ("active" if value == "yes" else "active_now", True)
    if name == "outside":
        return (name, True)
    if isinstance(value, tuple):
        return (name, list(value))
    return (name, str(value) if isinstance(value, UUID) else value)


def _nonsense(name: str) -> Invalid:
    return Invalid(
        "The address asks for a filter that makes no sense: “{name}”.",
        code="filter_invalid",
        advice="Choose the filters anew.",
        name=name,
    )
