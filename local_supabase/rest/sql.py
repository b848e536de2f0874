"""Renders fields, filters, order and ranges as SQL: identifiers quoted, every value a bind parameter.

Parameters are left untyped: PostgreSQL infers their types from where they stand, as for PostgREST.
"""

from collections.abc import Iterable, Sequence

from local_supabase.rest.identifiers import quote_identifier
from local_supabase.rest.query_types import (
    Condition,
    Field,
    Filter,
    LogicTree,
    OrderTerm,
    RowRange,
    SelectField,
)
from local_supabase.rest.schema_cache import PLAIN, Representation, Table

OPERATORS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
    "sl": "<<",
    "sr": ">>",
    "nxr": "&<",
    "nxl": "&>",
    "adj": "-|-",
}
SEARCHES = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
IS_VALUES = {"null": "NULL", "not_null": "NOT NULL", "true": "TRUE", "false": "FALSE", "unknown": "UNKNOWN"}
NULLS = {"nullsfirst": "NULLS FIRST", "nullslast": "NULLS LAST"}


def array_literal(values: Iterable[str]) -> str:
    """Values as the text of a PostgreSQL array, to be bound as one parameter."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


class Renderer:
    """Renders the parts of one statement, collecting its parameters; `relation` qualifies every column."""

    def __init__(self, relation: str, table: Table | None):
        self.relation = relation
        self.table = table
        self.parameters: list[str | None] = []

    def bind(self, value: str | None) -> str:
        """Add a parameter; the place it stands in gives it its type."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def column(self, name: str) -> str:
        """A column or computed column."""
        return f"{self.relation}.*" if name == "*" else f"{self.relation}.{quote_identifier(name)}"

    def field(self, field: Field) -> str:
        """A column with its JSON path; what is not JSON is made so first."""
        column = self.column(field.name)
        if not field.path:
            return column
        known = self.table.columns.get(field.name) if self.table else None
        start = column if known and known.plain_type in ("json", "jsonb") else f"to_jsonb({column})"
        return start + "".join(
            step.arrow + self.bind(step.operand) + ("::int" if step.is_index else "") for step in field.path
        )

    def select(self, items: Sequence[SelectField]) -> str:
        """The list after SELECT; nothing selected means everything."""
        return ", ".join(self._item(item) for item in items or (SelectField(Field("*")),))

    def group_by(self, items: Sequence[SelectField]) -> str:
        """The GROUP BY over what is not aggregated, where something is."""
        if all(item.aggregate is None for item in items):
            return ""
        terms = [
            quote_identifier(alias)
            if (alias := item.alias or _path_alias(item.field))
            else self.field(item.field)
            for item in items
            if item.aggregate is None
        ]
        return f" GROUP BY {', '.join(terms)}" if terms else ""

    def where(self, trees: Sequence[LogicTree]) -> str:
        """The WHERE over all trees; empty without any."""
        return f" WHERE {' AND '.join(self.tree(tree) for tree in trees)}" if trees else ""

    def order_by(self, terms: Sequence[OrderTerm]) -> str:
        """The ORDER BY; empty without terms."""
        if not terms:
            return ""
        rendered = (
            f"{self.field(term.field)} {(term.direction or '').upper()} {NULLS.get(term.nulls or '', '')}"
            for term in terms
        )
        return f" ORDER BY {', '.join(rendered)}"

    def limit_offset(self, rows: RowRange) -> str:
        """LIMIT and OFFSET; empty for every row."""
        if rows.is_everything:
            return ""
        limit = "ALL" if rows.limit is None else self.bind(str(rows.limit))
        return f" LIMIT {limit} OFFSET {self.bind(str(rows.offset))}"

    def tree(self, tree: LogicTree) -> str:
        """A filter, or a group of them in parentheses."""
        if isinstance(tree, Filter):
            return self._filter(tree)
        joined = f" {tree.operator.upper()} ".join(self.tree(member) for member in tree.members)
        return f"{'NOT ' if tree.negated else ''}({joined})"

    def _item(self, item: SelectField) -> str:
        if item.field.name == "*" and item.aggregate is None:
            return self._every_column()
        text = self.field(item.field)
        represented = self._representation(item.field).to_json
        text = f"{represented}({text})" if represented else text
        if item.cast:
            text = f"CAST({text} AS {item.cast})"
        if item.aggregate:
            text = "count(*)" if item.field.name == "*" else f"{item.aggregate}({text})"
            text = f"CAST({text} AS {item.aggregate_cast})" if item.aggregate_cast else text
        own_name = item.field.name if represented else _path_alias(item.field)
        alias = item.alias or (own_name if item.aggregate is None else None)
        return f"{text} AS {quote_identifier(alias)}" if alias else text

    def _every_column(self) -> str:
        columns = self.table.columns if self.table else {}
        if all(one.representation.to_json is None for one in columns.values()):
            return f"{self.relation}.*"
        return ", ".join(self._item(SelectField(Field(name))) for name in columns)

    def _representation(self, field: Field) -> Representation:
        known = self.table.columns.get(field.name) if self.table and not field.path else None
        return known.representation if known else PLAIN

    def _filter(self, found: Filter) -> str:
        condition = found.condition
        if condition.operator in SEARCHES:
            text = self._search(found.field, condition)
        else:
            parse = self._representation(found.field).from_text
            text = f"{self.field(found.field)} {self._comparison(condition, parse)}"
        return f"NOT {text}" if condition.negated else text

    def _comparison(self, condition: Condition, parse: str | None) -> str:
        if condition.operator == "is":
            return f"IS {IS_VALUES[condition.value]}"
        if condition.operator == "isdistinct":
            return f"IS DISTINCT FROM {self._parsed(condition.value, parse)}"
        if condition.operator == "in":
            values = () if condition.values == ("",) else condition.values
            if parse and values:
                return f"= ANY(ARRAY[{', '.join(self._parsed(value, parse) for value in values)}])"
            return f"= ANY({self.bind(array_literal(values))})"
        if condition.operator in ("like", "ilike"):
            bound = self.bind(condition.value.replace("*", "%"))
        else:
            bound = self._parsed(condition.value, parse)
        return f"{OPERATORS[condition.operator]} " + (
            f"{condition.modifier}({bound})" if condition.modifier else bound
        )

    def _parsed(self, value: str, parse: str | None) -> str:
        return f"{parse}({self.bind(value)}::text)" if parse else self.bind(value)

    def _search(self, field: Field, condition: Condition) -> str:
        config = f"{self.bind(condition.modifier)}, " if condition.modifier else ""
        text = self.field(field)
        known = self.table.columns.get(field.name) if self.table else None
        if known and known.plain_type != "tsvector":
            text = f"to_tsvector({config}{text})"
        return f"{text} @@ {SEARCHES[condition.operator]}({config}{self.bind(condition.value)})"


def _path_alias(field: Field) -> str | None:
    """The name of a JSON path's value: its last key, or the column where there are only indices."""
    if not field.path:
        return None
    return next((step.operand for step in reversed(field.path) if not step.is_index), field.name)
