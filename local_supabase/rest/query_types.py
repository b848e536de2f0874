"""What a query string says, as types: fields, selected items, filters, order terms and ranges."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class JsonStep:
    """One step of a JSON path: `->` or `->>`, then a key or an array index."""

    arrow: Literal["->", "->>"]
    operand: str
    is_index: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A column, computed column or `*`, with an optional path into its JSON."""

    name: str
    path: tuple[JsonStep, ...] = ()


@dataclass(frozen=True, slots=True)
class SelectField:
    """One item of `select=`; a set `aggregate` makes it an aggregate over the field (`*` for count())."""

    field: Field
    alias: str | None = None
    cast: str | None = None
    aggregate: str | None = None
    aggregate_cast: str | None = None


@dataclass(frozen=True, slots=True)
class SelectRelation:
    """An embedded relation in `select=`: parsed so that it can be refused by name."""

    name: str


SelectItem = SelectField | SelectRelation


@dataclass(frozen=True, slots=True)
class Condition:
    """An operator, as in the URL, with its operand; `modifier` is any, all or a text search config."""

    operator: str
    value: str = ""
    values: tuple[str, ...] = ()
    negated: bool = False
    modifier: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a field."""

    field: Field
    condition: Condition


@dataclass(frozen=True, slots=True)
class LogicGroup:
    """Several filters or groups under `and` or `or`."""

    operator: Literal["and", "or"]
    negated: bool
    members: tuple["Filter | LogicGroup", ...]


LogicTree = Filter | LogicGroup


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One term of `order=`; a set `relation` means an order by an embedded relation, which is refused."""

    field: Field
    direction: Literal["asc", "desc"] | None = None
    nulls: Literal["nullsfirst", "nullslast"] | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class RowRange:
    """Rows asked for: how many to pass over, and how many to take at most (None: all)."""

    offset: int = 0
    limit: int | None = None

    @property
    def is_everything(self) -> bool:
        """Whether no row is left out."""
        return self.offset == 0 and self.limit is None


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query string. `arguments` are for functions; `embedded` names relations reached into."""

    select: tuple[SelectItem, ...]
    filters: tuple[Filter, ...] = ()
    logic: tuple[LogicTree, ...] = ()
    order: tuple[OrderTerm, ...] = ()
    range: RowRange = field(default_factory=RowRange)
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    embedded: tuple[str, ...] = ()
    canonical: str = ""

    @property
    def selects_everything(self) -> bool:
        """Whether the rows are asked for as they are."""
        return self.select == (SelectField(Field("*")),)
