"""The grammars of a query string for what is filtered: conditions and logic trees."""

import re
from typing import Literal, cast

from local_supabase.rest.grammar import ESCAPED, QUOTED, FieldGrammar
from local_supabase.rest.query_types import Condition, Filter, LogicGroup, LogicTree
from local_supabase.rest.scanner import Failure

LIST_ELEMENT = re.compile(r"[^,)]*")
PG_ARRAY = re.compile(r"\{[^{}]*\}")

SIMPLE_OPERATORS = ("neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj")
QUANTIFIED_OPERATORS = ("eq", "gte", "gt", "lte", "lt", "like", "ilike", "match", "imatch")
SEARCH_OPERATORS = ("fts", "plfts", "phfts", "wfts")
PLAIN_COMPARISON = re.compile(rf"({'|'.join((*SIMPLE_OPERATORS, *QUANTIFIED_OPERATORS))})\.")
IS_VALUES = ("null", "not_null", "true", "false", "unknown")


class FilterGrammar(FieldGrammar):
    """Conditions on one field, and trees of them."""

    def condition(self, *, in_tree: bool = False) -> Condition:
        """An operator with its operand, `not.` allowed before; in a logic tree values end at `,` or `)`."""
        value = self._tree_value if in_tree else self._rest
        plain = self.matched(PLAIN_COMPARISON)
        if plain is not None:
            return Condition(plain[1], value())
        negated = self.optional(self._negation) is not None

        def simple() -> Condition:
            operator = self._operator(SIMPLE_OPERATORS)
            self.delimiter()
            return Condition(operator, value(), negated=negated)

        def quantified() -> Condition:
            operator = self._operator(QUANTIFIED_OPERATORS)
            modifier = self.optional(lambda: self.attempt(self._quantifier))
            self.delimiter()
            return Condition(operator, value(), negated=negated, modifier=modifier)

        def search() -> Condition:
            operator = self._operator(SEARCH_OPERATORS)
            modifier = self.optional(lambda: self.attempt(self._search_config))
            self.delimiter()
            return Condition(operator, value(), negated=negated, modifier=modifier)

        def of(operator: str) -> None:
            self.attempt(lambda: (self.string(operator), self.delimiter()))

        def inside() -> Condition:
            of("in")
            return Condition("in", values=self._list(), negated=negated)

        def is_() -> Condition:
            of("is")
            return Condition(
                "is", self.labelled(f"isVal: ({', '.join(IS_VALUES)})", self._is_value), negated=negated
            )

        def distinct() -> Condition:
            of("isdistinct")
            return Condition("isdistinct", value(), negated=negated)

        return self.labelled(
            "operator (eq, gt, ...)",
            lambda: self.choice(
                inside,
                is_,
                distinct,
                lambda: self.attempt(search),
                lambda: self.attempt(simple),
                lambda: self.attempt(quantified),
            ),
        )

    def _operator(self, names: tuple[str, ...]) -> str:
        for name in names:
            if self.consume(name):
                return name
            self.expected(f'"{name}"')
        raise Failure

    def _quantifier(self) -> str:
        self.string("(")
        name = self.choice(lambda: self.attempt(lambda: self.string("any")), lambda: self.string("all"))
        self.string(")")
        return name

    def _search_config(self) -> str:
        self.string("(")
        name = self.identifier()
        self.string(")")
        return name

    def _is_value(self) -> str:
        lowered = self.text[self.position :].lower()
        for name in IS_VALUES:
            if lowered.startswith(name):
                self._consume(self.position + len(name))
                return name
        raise self.fail('"null"')

    def _rest(self) -> str:
        value = self.text[self.position :]
        self._consume(len(self.text))
        return value

    def _list(self) -> tuple[str, ...]:
        self.blanks()
        self.string("(")
        self.blanks()
        values = [self._list_element()]
        while self.consume(","):
            values.append(self._list_element())
        self.blanks()
        self.expected('","')
        self.string(")")
        self.blanks()
        return tuple(values)

    def _list_element(self) -> str:
        value = self._quoted_element()
        return self.skip(LIST_ELEMENT) if value is None else value

    def _quoted_element(self) -> str | None:
        """A quoted value, if it is the whole element: quotes inside one are ordinary characters."""
        match = QUOTED.match(self.text, self.position)
        if match is None or self.text[match.end() : match.end() + 1] not in ("", ",", ")"):
            return None
        self._consume(match.end())
        return ESCAPED.sub(r"\1", match.group(1))

    def _tree_value(self) -> str:
        if (value := self._quoted_element()) is not None:
            return value
        return self.skip(PG_ARRAY) or self.skip(LIST_ELEMENT)

    def logic_tree(self) -> LogicTree:
        """A filter, or `and(…)` or `or(…)` over trees, `not.` before it allowed."""

        def tree_filter() -> LogicTree:
            return self.attempt(self._tree_filter)

        return self.choice(tree_filter, self._group)

    def _group(self) -> LogicTree:
        negated = self.labelled("negation operator (not)", lambda: self.optional(self._negation))
        operator = self.labelled(
            "logic operator (and, or)",
            lambda: self.choice(lambda: self.attempt(lambda: self.string("and")), lambda: self.string("or")),
        )
        self.blanks()
        self.string("(")
        self.blanks()
        members = self.separated(self.logic_tree, self.comma)
        self.blanks()
        self.string(")")
        self.blanks()
        return LogicGroup(cast('Literal["and", "or"]', operator), negated is not None, tuple(members))

    def _negation(self) -> str:
        return self.attempt(lambda: (self.string("not"), self.delimiter())[0])

    def _tree_filter(self) -> Filter:
        found = self.field()
        self.delimiter()
        return Filter(found, self.condition(in_tree=True))
