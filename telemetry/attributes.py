"""Attributes of OTLP -> plain values of Python. Names are only data: the dialects say what they mean."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from telemetry.json_text import decoded, is_deeper_than

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

MAX_KEYS = 5_000
"""Of one span. A message of a long conversation takes five."""
MAX_KEY_LENGTH = 256
MAX_NESTED_VALUES = 10_000
"""Of the lists and maps of one span, together."""
MAX_DEPTH = 32
"""Of lists and maps in each other, as they come or as JSON in a text."""
MAX_NAME_LENGTH = 200
"""Of what the feed shows in one line."""
MAX_JSON = 1_000_000
"""Characters of a text that is read as JSON: what comes of it may take thirty times the room."""
LARGEST_COUNT = 10**12
LARGEST_ROUND = 2**31 - 1
"""Of an iteration: a database's integer holds no more."""
MOST_DECIMALS = 60
"""Of an amount of money: `1E-100000` is four bytes here, and more than a database's number holds."""

FLATTENED = ("llm.input_messages.", "llm.output_messages.", "gen_ai.prompt.", "gen_ai.completion.")
"""Lists that come as one attribute a leaf, such as `llm.input_messages.0.message.role`."""
CUT = "…"
"""Stands for what was left out."""


@dataclass(slots=True)
class Attributes:
    """`plain` by name; `flattened` by the prefix that they share, and in there by the path after it."""

    plain: dict[str, Any] = field(default_factory=dict)
    flattened: dict[str, dict[str, Any]] = field(default_factory=dict)

    def pop(self, *names: str) -> Any:
        """The first of these that is told and not empty; all of them are taken out."""
        found = None
        for name in names:
            value = self.plain.pop(name, None)
            if found is None and value not in (None, ""):
                found = value
        return found

    def pop_text(self, *names: str) -> str | None:
        """The same for what is shown in a line, cut to `MAX_NAME_LENGTH`; None if it is no text."""
        value = self.pop(*names)
        return short(value) if isinstance(value, str) else None

    def pop_count(self, *names: str) -> int | None:
        """The same for a number of tokens or steps; None if it is not a whole number from 0."""
        return count(self.pop(*names))

    def messages(self, prefix: str) -> list[dict[str, Any]]:
        """The list under a flattened prefix, in the order of its numbers, its holes closed."""
        paths = self.flattened.get(prefix)
        return in_order(_tree(paths)) if paths else []


def read(pairs: Iterable[KeyValue]) -> Attributes:
    """The first `MAX_KEYS`, each once, in one pass. Of a name that comes twice, the last value counts."""
    made = Attributes()
    plain, flattened = made.plain, made.flattened
    budget = [MAX_NESTED_VALUES]
    for number, pair in enumerate(pairs):
        if number == MAX_KEYS:
            break
        key = pair.key
        if len(key) > MAX_KEY_LENGTH:
            key = key[:MAX_KEY_LENGTH]
        value = _plain(pair.value, budget, MAX_DEPTH)
        if key.startswith(FLATTENED):
            first, second, path = key.split(".", 2)
            flattened.setdefault(f"{first}.{second}.", {})[path] = value
        elif value != "":  # LiteLLM tells two dozen of these a span
            plain[key] = value
    return made


def plain(value: AnyValue) -> Any:
    """One value; lists and maps are cut at `MAX_NESTED_VALUES` and at `MAX_DEPTH`."""
    return _plain(value, [MAX_NESTED_VALUES], MAX_DEPTH)


def _plain(value: AnyValue, budget: list[int], depth: int) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":  # first: nearly all are
        return value.string_value
    if kind in {"array_value", "kvlist_value"}:
        return CUT if depth == 0 else _nested(value, budget, depth - 1)
    if kind == "double_value":
        number = value.double_value
        return number if math.isfinite(number) else str(number)  # JSON has no word for it
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return None if kind is None else getattr(value, kind)  # a number, or true or false


def _nested(value: AnyValue, budget: list[int], depth: int) -> list[Any] | dict[str, Any]:
    if value.HasField("array_value"):
        values = value.array_value.values[: max(budget[0], 0)]
        return [_plain(item, budget, depth) for item in values if _spend(budget)]
    return {
        pair.key[:MAX_KEY_LENGTH]: _plain(pair.value, budget, depth)
        for pair in value.kvlist_value.values[: max(budget[0], 0)]
        if _spend(budget)
    }


def _spend(budget: list[int]) -> bool:
    budget[0] -= 1
    return budget[0] >= 0


def short(text: str) -> str:
    """Cut to `MAX_NAME_LENGTH` characters."""
    return text if len(text) <= MAX_NAME_LENGTH else text[: MAX_NAME_LENGTH - 1] + CUT


def count(value: Any) -> int | None:
    """A whole number from 0 to `LARGEST_COUNT`, told as a number or as digits; None for all else."""
    if isinstance(value, str):
        value = int(value) if len(value) <= 13 and value.isascii() and value.isdigit() else None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT:
        return value
    return None


def money(value: Any) -> Decimal | None:
    """An amount from 0 to `LARGEST_COUNT`, as it was written; None for all else."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value)[:40])
    except InvalidOperation:
        return None
    exponent = amount.as_tuple().exponent
    is_short = isinstance(exponent, int) and exponent >= -MOST_DECIMALS  # text where it is no number
    return amount if is_short and 0 <= amount <= LARGEST_COUNT else None


def parsed(value: Any) -> Any:
    """The list or the map that a text is as JSON, within `MAX_JSON` and `MAX_DEPTH`; all else as it is."""
    if not isinstance(value, str) or value[:1] not in ("{", "[") or len(value) > MAX_JSON:
        return value
    try:
        made = decoded(value)
    except ValueError:
        return value
    could_be_deep = value.count("[") + value.count("{") > MAX_DEPTH
    return value if could_be_deep and is_too_deep(made) else made


def is_too_deep(value: Any) -> bool:
    """Whether it is lists and maps in each other, more than `MAX_DEPTH` of them."""
    return is_deeper_than(MAX_DEPTH, value)


def _tree(paths: dict[str, Any]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, value in paths.items():
        *outer, last = path.split(".", MAX_DEPTH)
        place = root
        for part in outer:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                break  # a leaf and a branch of one name: the first counts
            place = inner
        else:
            place.setdefault(last, value)
    return root


def in_order(numbered: Any) -> list[dict[str, Any]]:
    """The maps in {"0": {...}, "1": {...}}, in the order of the numbers. All else is left out."""
    if not isinstance(numbered, dict):
        return []
    maps = {count(key): value for key, value in numbered.items() if isinstance(value, dict)}
    return [maps[number] for number in sorted(number for number in maps if number is not None)]
