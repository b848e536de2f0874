"""The grammars of a query string for what is taken: fields with JSON paths, select, order, column lists."""

import re
from typing import Literal, cast

from local_supabase.rest.query_types import (
    Field,
    JsonStep,
    OrderTerm,
    SelectField,
    SelectItem,
    SelectRelation,
)
from local_supabase.rest.scanner import Failure, Scanner

IDENTIFIER = re.compile(r"[\w $]+")
JSON_KEY = re.compile(r"[^(\-:.,>)]+")
DIGITS = re.compile(r"[0-9]+")
BLANKS = re.compile(r"[ \t]*")
QUOTED = re.compile(r'"((?:[^\\"]|\\.)*)"', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)

AGGREGATES = ("sum", "avg", "count", "max", "min")


class FieldGrammar(Scanner):
    """Names and fields. Each production consumes its part of the text or raises Failure."""

    def quoted(self) -> str:
        """A value in double quotes, with backslash escapes."""
        match = self.matched(QUOTED)
        if match is None:
            raise self.fail('"""')
        return ESCAPED.sub(r"\1", match.group(1))

    def identifier(self) -> str:
        """Letters, digits, underscores, dollars and inner blanks."""
        return self.take(IDENTIFIER, "letter", "digit").strip(" ")

    def blanks(self) -> None:
        """Blanks that mean nothing."""
        self.skip(BLANKS)

    def dashed(self, pattern: re.Pattern[str], *labels: str) -> str:
        """Parts joined by single dashes; a dash that begins an arrow is not one."""
        text = self.take(pattern, *labels).strip()
        while self.text.startswith("-", self.position) and not self.text.startswith("->", self.position):
            self.consume("-")
            text += "-" + self.take(pattern, *labels).strip()
        self.expected('"-"')
        return text

    def field_name(self) -> str:
        """A column's name, bare or quoted."""
        return self.labelled(
            "field name (* or [a..z0..9_$])",
            lambda: self.choice(self.quoted, lambda: self.dashed(IDENTIFIER, "letter", "digit")),
        )

    def json_path(self) -> tuple[JsonStep, ...]:
        """Zero or more arrows with their keys or indices."""
        steps: list[JsonStep] = []
        while True:
            if self.consume("->>"):
                arrow = "->>"
            elif self.consume("->"):
                arrow = "->"
            else:
                self.expected('"->>"')
                self.expected('"->"')
                return tuple(steps)
            steps.append(self._json_operand(cast('Literal["->", "->>"]', arrow)))

    def _json_operand(self, arrow: Literal["->", "->>"]) -> JsonStep:
        def index() -> JsonStep:
            sign = "-" if self.optional(lambda: self.string("-")) else "+"
            digits = self.take(DIGITS, "digit")
            if any(self.looking_at(end) for end in ("->", "::", ".", ",")) or self.at_end():
                return JsonStep(arrow, sign + digits, is_index=True)
            raise Failure

        def key() -> JsonStep:
            return JsonStep(
                arrow,
                self.labelled(
                    "any non reserved character different from: .,>()",
                    lambda: self.choice(self.quoted, lambda: self.dashed(JSON_KEY)),
                ),
                is_index=False,
            )

        return self.choice(lambda: self.attempt(index), lambda: self.attempt(key))

    def field(self) -> Field:
        """A field name with an optional JSON path, blanks around it allowed."""
        self.blanks()
        found = Field(self.field_name(), self.json_path())
        self.blanks()
        return found

    def tree_path(self) -> tuple[tuple[str, ...], Field]:
        """The key of a filter: embedded relations, then the field."""
        *relations, name = self.separated(self.field_name, self.delimiter)
        return tuple(relations), Field(name, self.json_path())

    def delimiter(self) -> str:
        """The dot between parts."""
        return self.labelled("delimiter (.)", lambda: self.string("."))

    def comma(self) -> None:
        """A comma, with blanks around it allowed."""
        self.blanks()
        self.string(",")
        self.blanks()

    def column_names(self) -> tuple[str, ...]:
        """A list of column names."""
        return tuple(self.separated(self.field_name, self.comma))

    def finish(self) -> None:
        """Nothing may be left."""
        if not self.at_end():
            raise Failure


class SelectGrammar(FieldGrammar):
    """`select=`."""

    def select(self) -> tuple[SelectItem, ...]:
        """The whole of `select=`; an empty one selects nothing."""
        if not self.text:
            return ()
        items = self.separated(lambda: self.choice(self._relation, self._select_field), self.comma)
        self.finish()
        return tuple(items)

    def _relation(self) -> SelectItem:
        def relation() -> SelectRelation:
            self.blanks()
            if self.optional(lambda: self.string("...")) is None:
                self._alias()
            name = self.field_name()
            while self.consume("!"):
                self.field_name()
            if name == "count" or not self.text.startswith("(", self.position):
                raise Failure
            return SelectRelation(name)

        found = self.attempt(relation)
        self._skip_parentheses()
        self.blanks()
        return found

    def _skip_parentheses(self) -> None:
        depth = 0
        for at in range(self.position, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            if depth == 0:
                self._consume(at + 1)
                return
        raise self.fail('")"')

    def _alias(self) -> str | None:
        def alias() -> str:
            name = self.field_name()
            if self.text.startswith("::", self.position) or not self.consume(":"):
                raise Failure
            return name

        return self.optional(lambda: self.attempt(alias))

    def _select_field(self) -> SelectField:
        self.blanks()
        if self.consume("*"):
            self._end_of_item()
            return SelectField(Field("*"))
        alias = self._alias()
        if self.consume("count()"):
            aggregate_cast = self._cast()
            self._end_of_item()
            return SelectField(Field("*"), alias, aggregate="count", aggregate_cast=aggregate_cast)
        found = self.field()
        cast_to = self._cast()
        aggregate = self.optional(lambda: self.attempt(self._aggregate))
        aggregate_cast = self._cast() if aggregate else None
        self._end_of_item()
        return SelectField(found, alias, cast_to, aggregate, aggregate_cast)

    def _cast(self) -> str | None:
        if not self.consume("::"):
            self.expected('"::"')
            return None
        return self.identifier()

    def _aggregate(self) -> str:
        self.string(".")
        name = self.choice(
            *(lambda name=name: self.attempt(lambda: self.string(name)) for name in AGGREGATES)
        )
        self.string("()")
        return name

    def _end_of_item(self) -> None:
        self.blanks()
        if not (self.looking_at(")") or self.looking_at(",") or self.at_end()):
            raise Failure


class OrderGrammar(FieldGrammar):
    """`order=`."""

    def order(self) -> tuple[OrderTerm, ...]:
        """The whole of `order=`."""
        terms = self.separated(self._order_term, lambda: self.string(","))
        self.finish()
        return tuple(terms)

    def _order_term(self) -> OrderTerm:
        relation = self.optional(lambda: self.attempt(self._order_relation))
        found = relation[1] if relation else self.field()
        direction = self._dotted("asc", "desc")
        nulls = self._dotted("nullsfirst", "nullslast")
        self.blanks()
        if not (self.looking_at(",") or self.at_end()):
            raise Failure
        return OrderTerm(
            found,
            cast('Literal["asc", "desc"] | None', direction),
            cast('Literal["nullsfirst", "nullslast"] | None', nulls),
            relation[0] if relation else None,
        )

    def _order_relation(self) -> tuple[str, Field]:
        self.blanks()
        name = self.field_name()
        if not self.consume("("):
            raise Failure
        found = self.field()
        if not self.consume(")"):
            raise Failure
        return name, found

    def _dotted(self, *words: str) -> str | None:
        for text in words:
            if self.consume(f".{text}"):
                return text
        for text in words:
            self._missing_word(text)
        return None

    def _missing_word(self, text: str) -> None:
        """Note that `.text` was expected; the caller has seen that it is not there."""
        start = self.position
        try:
            self.attempt(lambda: (self.delimiter(), self.string(text)))
        except Failure:
            self.position = start
