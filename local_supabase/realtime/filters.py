"""The `filter` string of a postgres_changes binding, `column=op.value[,column=op.value…]`, and its SQL.

Grammar and limits follow hosted Realtime: conditions are joined by AND, `not.` negates, values may be quoted.
The comparison itself is left to PostgreSQL, so that every type compares as it does there.
"""

import re
from dataclasses import dataclass

_COMPARISONS = {
    "eq": "=",
    "neq": "<>",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
}
OPERATORS = frozenset({*_COMPARISONS, "in", "is", "isdistinct"})
_PATTERNS = frozenset({"like", "ilike", "match", "imatch"})
MAX_IN_VALUES = 100
_IS_VALUES = frozenset({"null", "true", "false", "unknown"})


class FilterError(ValueError):
    """A filter that is not understood, in hosted Realtime's words."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; `value` is text (an array literal for `in`)."""

    column: str
    operator: str
    value: str
    negated: bool = False

    @property
    def is_pattern(self) -> bool:
        """Whether the value is a pattern for text, not a value of the column's type."""
        return self.operator in _PATTERNS

    def sql(self, operand: str, type_sql: str, parameter: str) -> str:
        """A boolean SQL expression over `operand` and `parameter`, texts both, as the column's type."""
        left = f"({operand})::{type_sql}"
        right = f"({parameter}::text)::{type_sql}"
        if self.operator == "is":
            # the keyword cannot be a parameter; parse_filters allows four words only
            return (
                f"({left} is {'not ' if self.negated else ''}{self.value} and {parameter}::text is not null)"
            )
        if self.operator == "isdistinct":
            return f"({left} is {'not ' if self.negated else ''}distinct from {right})"
        if self.operator == "in":
            condition = f"{left} = any(({parameter}::text)::{type_sql}[])"
        elif self.is_pattern:
            condition = f"{left}::text {_COMPARISONS[self.operator]} {parameter}::text"
        else:
            condition = f"{left} {_COMPARISONS[self.operator]} {right}"
        return f"(not ({condition}))" if self.negated else f"({condition})"


def parse_filters(text: str) -> tuple[Filter, ...]:
    """Read a filter string; raises FilterError. Blank means no filter."""
    if not text.strip():
        return ()
    return tuple(_parse_condition(piece.strip()) for piece in _split(text))


def _split(text: str) -> list[str]:
    """Cut at commas that are neither in parentheses nor in a quoted value."""
    pieces: list[str] = []
    depth = start = at = 0
    while at < len(text):
        char = text[at]
        if char == '"' and at and text[at - 1] in ".(,":
            at = _quoted_end(text, at)
            continue
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char == "," and depth == 0:
            pieces.append(text[start:at])
            start = at + 1
        at += 1
    pieces.append(text[start:])
    return pieces


def _quoted_end(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _parse_condition(text: str) -> Filter:
    if not text:
        raise FilterError("filter must not contain empty segments (check for extra commas)")
    column, equals, rest = text.partition("=")
    negated = rest.startswith("not.")
    operator, dot, value = rest.removeprefix("not.").partition(".")
    if not equals:
        raise FilterError(f'["{text}"]')
    if not dot or operator not in OPERATORS:
        raise FilterError(f'["{operator}", "{value}"]')
    if "\0" in text:
        raise FilterError("a filter cannot contain the character U+0000")
    if operator == "in":
        if not (value.startswith("(") and value.endswith(")")):
            raise FilterError("`in` filter value must be wrapped by parentheses")
        if len(_split(value[1:-1])) > MAX_IN_VALUES:
            raise FilterError(f"too many values for `in` filter. Maximum {MAX_IN_VALUES}")
        return Filter(column, operator, "{" + value[1:-1] + "}", negated)
    if operator == "is" and value not in _IS_VALUES:
        raise FilterError("invalid value for is filter: must be null, true, false, or unknown")
    return Filter(column, operator, _unquote(value), negated)


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == '"' and _quoted_end(value, 0) == len(value) and value[-1] == '"':
        return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    return value
