"""Reads the query string of a request into a Query, refusing what does not parse."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote, unquote_to_bytes

from local_supabase.rest.errors import RestError, bad_query, bad_range, bad_request_text
from local_supabase.rest.filter_grammar import FilterGrammar
from local_supabase.rest.grammar import FieldGrammar, OrderGrammar, SelectGrammar
from local_supabase.rest.query_types import (
    Field,
    Filter,
    LogicTree,
    OrderTerm,
    Query,
    RowRange,
    SelectItem,
)
from local_supabase.rest.scanner import Failure, Scanner

LOWER_ABOVE_UPPER = (
    "The lower boundary must be lower than or equal to the upper boundary in the Range header."
)
RESERVED = ("select", "columns", "on_conflict")
RESERVED_LAST = ("order", "limit", "offset", "and", "or")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,30}")
RANGE_HEADER = re.compile(r"([0-9]{1,18})-([0-9]{0,18})")

Parsed = TypeVar("Parsed")
GrammarType = TypeVar("GrammarType", bound=Scanner)
Pairs = list[tuple[str, str]]


def decoded_text(raw: bytes, *, plus_is_space: bool = False) -> str:
    """Percent-decoded text; raises RestError where it is not UTF-8 or holds a NUL, which no value may."""
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ") if plus_is_space else raw).decode()
    except UnicodeDecodeError as error:
        raise bad_request_text("The URL is not valid UTF-8 once decoded") from error
    if "\x00" in text:
        raise bad_request_text("The URL holds a NUL character, which PostgreSQL cannot take")
    return text


def pairs_of(raw: bytes) -> list[tuple[str, str | None]]:
    """The parameters in order; None where there is no `=` at all."""
    pairs: list[tuple[str, str | None]] = []
    for part in raw.replace(b";", b"&").split(b"&") if raw else ():
        name, equals, value = part.partition(b"=")
        if part:
            pairs.append(
                (
                    decoded_text(name, plus_is_space=True),
                    decoded_text(value, plus_is_space=True) if equals else None,
                )
            )
    return pairs


@lru_cache(maxsize=128)
def parse_query(raw: bytes, *, for_function_read: bool) -> Query:
    """Parse a query string; a function that is read by GET takes its arguments from what is no filter."""
    every = pairs_of(raw)
    given: Pairs = [(name, value) for name, value in every if value is not None]
    lookup = dict(reversed(given))
    embedded: list[str] = []
    order = [term for term in (_order(*pair) for pair in _ending(given, "order")) if term is not None]
    embedded += [relation for relations, _ in order for relation in relations]
    logic = [_logic(*pair) for pair in given if pair[0].rsplit(".", 1)[-1] in ("and", "or")]
    embedded += [relation for relations, _ in logic for relation in relations]
    filters: list[Filter] = []
    arguments: Pairs = []
    columns = _names("columns", lookup["columns"]) if "columns" in lookup else None
    select = _select(lookup.get("select", "*"))
    for name, value in given:
        if name in RESERVED or name.rsplit(".", 1)[-1] in RESERVED_LAST:
            continue
        relations, found = _tree_path(name)
        condition = _condition(found, value, or_argument=for_function_read)
        if condition is None:
            arguments.append((found.name, value))
        elif relations:
            embedded.append(relations[0])
        else:
            filters.append(condition)
    embedded += [name.partition(".")[0] for name, _ in given if name.endswith((".limit", ".offset"))]
    return Query(
        select=select,
        filters=tuple(filters),
        logic=tuple(tree for _, tree in logic),
        order=tuple(term for _, terms in order for term in terms),
        range=_range(lookup),
        columns=columns,
        on_conflict=_names("on_conflict", lookup["on_conflict"]) if "on_conflict" in lookup else None,
        arguments=tuple(arguments),
        embedded=tuple(embedded),
        canonical=_canonical(every),
    )


def with_range_header(asked: RowRange, header: str | None) -> RowRange:
    """The rows that both the query string and a Range header ask for; raises RestError for none."""
    if asked.limit is not None and asked.limit < 0:
        raise bad_range("Limit should be greater than or equal to zero.")
    match = RANGE_HEADER.fullmatch(header) if header else None
    if match is None:
        return asked
    first, last = int(match[1]), int(match[2]) if match[2] else None
    if last is not None and first > last:
        raise bad_range(
            "The lower boundary must be lower than or equal to the upper boundary in the Range header."
        )
    if asked.limit == 0:
        return asked
    ends = [
        end
        for end in (last, asked.offset + asked.limit - 1 if asked.limit is not None else None)
        if end is not None
    ]
    offset = max(first, asked.offset)
    if not ends:
        return RowRange(offset)
    if min(ends) < offset:
        raise bad_range("Limit should be greater than or equal to zero.")
    return RowRange(offset, min(ends) - offset + 1)


def _ending(pairs: Pairs, word: str) -> Pairs:
    return [pair for pair in pairs if pair[0].rsplit(".", 1)[-1] == word]


def _canonical(pairs: list[tuple[str, str | None]]) -> str:
    ordered = sorted(pairs, key=lambda pair: pair[0])
    return "&".join(f"{quote(name, safe='')}={quote(value or '', safe='')}" for name, value in ordered)


def _range(lookup: dict[str, str]) -> RowRange:
    limit, offset = lookup.get("limit", ""), lookup.get("offset", "")
    return RowRange(
        max(int(offset), 0) if WHOLE_NUMBER.fullmatch(offset) else 0,
        int(limit) if WHOLE_NUMBER.fullmatch(limit) else None,
    )


def _parsed(what: str, shown: str, grammar: GrammarType, parse: Callable[[GrammarType], Parsed]) -> Parsed:
    try:
        return parse(grammar)
    except Failure:
        raise _unparsable(what, shown, grammar) from None
    except RecursionError:
        raise bad_request_text("The filters are nested too deeply") from None


def _unparsable(what: str, shown: str, grammar: Scanner) -> RestError:
    return bad_query(what, shown, *grammar.explanation())


@lru_cache(maxsize=512)
def _select(text: str) -> tuple[SelectItem, ...]:
    return _parsed("select parameter", text, SelectGrammar(text), SelectGrammar.select)


@lru_cache(maxsize=512)
def _names(parameter: str, text: str) -> tuple[str, ...]:
    return _parsed(f"{parameter} parameter", text, FieldGrammar(text), FieldGrammar.column_names)


@lru_cache(maxsize=512)
def _tree_path(key: str) -> tuple[tuple[str, ...], Field]:
    return _parsed("tree path", key, FieldGrammar(key), FieldGrammar.tree_path)


@lru_cache(maxsize=512)
def _order(key: str, text: str) -> tuple[tuple[str, ...], tuple[OrderTerm, ...]]:
    relations, _ = _tree_path(key)
    return relations, _parsed("order", text, OrderGrammar(text), OrderGrammar.order)


def _condition(field: Field, text: str, *, or_argument: bool) -> Filter | None:
    grammar = FilterGrammar(text)
    try:
        condition = grammar.condition()
        grammar.finish()
    except Failure:
        if or_argument and grammar.position == 0:
            return None
        raise _unparsable("filter", text, grammar) from None
    return Filter(field, condition)


def _logic(key: str, text: str) -> tuple[tuple[str, ...], LogicTree]:
    path = _parsed("logic path", key, FieldGrammar(key), lambda g: g.separated(g.field_name, g.delimiter))
    operator = path[-1]
    relations = tuple(name for name in path[:-1] if name != "not")
    whole = f"not.{operator}{text}" if "not" in path else f"{operator}{text}"

    def tree(grammar: FilterGrammar) -> LogicTree:
        found = grammar.logic_tree()
        while grammar.consume(")"):  # PostgREST lets these pass, and its users have them in their URLs
            pass
        grammar.finish()
        return found

    return relations, _parsed("logic tree", text, FilterGrammar(whole), tree)
