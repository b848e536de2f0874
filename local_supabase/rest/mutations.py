"""Renders inserts, upserts, updates and deletes over a JSON body."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from local_supabase.rest.body_rows import body_rows
from local_supabase.rest.identifiers import quote_identifier
from local_supabase.rest.payload import Payload
from local_supabase.rest.query_types import LogicTree
from local_supabase.rest.schema_cache import Column, Table
from local_supabase.rest.sql import Renderer

COUNTER = "coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0)"
COUNT_UP = f"set_config('pgrst.inserted', ({COUNTER} + 1)::text, true) <> '0'"
COUNT_DOWN = f"set_config('pgrst.inserted', ({COUNTER} - 1)::text, true) <> '-1'"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change to a table. `returning` names what the answer needs of each row."""

    kind: Literal["insert", "update", "put", "delete"]
    table: Table
    payload: Payload
    columns: tuple[Column, ...] = ()
    trees: tuple[LogicTree, ...] = ()
    returning: tuple[str, ...] = ()
    resolution: str | None = None
    conflict_columns: tuple[str, ...] = ()
    apply_defaults: bool = False


def render_mutation(mutation: Mutation, render: Renderer) -> str:
    """The changing statement with its RETURNING."""
    if mutation.kind == "update":
        return _update(mutation, render)
    if mutation.kind == "delete":
        return f"DELETE FROM {render.relation}{render.where(mutation.trees)}{_returning(mutation, render)}"
    return _insert(mutation, render)


def _insert(mutation: Mutation, render: Renderer) -> str:
    table = render.relation
    columns = mutation.columns
    names = ", ".join(quote_identifier(one.name) for one in columns)
    values = ", ".join(f"pgrst_body.{quote_identifier(one.name)}" for one in columns)
    merges = mutation.resolution == "merge-duplicates" and bool(mutation.conflict_columns)
    source = body_rows(mutation.payload, columns, render, defaults=mutation.apply_defaults)
    text = f"INSERT INTO {table}{f'({names})' if names else ''} SELECT {values} FROM {source}"
    conditions = [COUNT_UP] if merges else []
    if mutation.kind == "put":
        render.relation = "pgrst_body"
        conditions += [render.tree(tree) for tree in mutation.trees]
        render.relation = table
    if conditions:
        text += f" WHERE {' AND '.join(conditions)}"
    if mutation.resolution and mutation.conflict_columns:
        target = ", ".join(quote_identifier(name) for name in mutation.conflict_columns)
        text += f" ON CONFLICT ({target}) {_on_conflict(columns, merges=merges)}"
    return text + _returning(mutation, render)


def _on_conflict(columns: Sequence[Column], *, merges: bool) -> str:
    if not merges or not columns:
        return "DO NOTHING"
    assignments = ", ".join(
        f"{quote_identifier(c.name)} = EXCLUDED.{quote_identifier(c.name)}" for c in columns
    )
    return f"DO UPDATE SET {assignments} WHERE {COUNT_DOWN}"


def _update(mutation: Mutation, render: Renderer) -> str:
    if not mutation.columns:
        # There is nothing to set, so nothing changes; the columns are there for whoever selects from it.
        columns = ", ".join(render.column(name) for name in mutation.returning) or "null"
        return f"SELECT {columns} FROM {render.relation} WHERE false"
    assignments = ", ".join(
        f"{quote_identifier(one.name)} = pgrst_body.{quote_identifier(one.name)}" for one in mutation.columns
    )
    source = body_rows(mutation.payload, mutation.columns, render, defaults=mutation.apply_defaults)
    return (
        f"UPDATE {render.relation} SET {assignments} FROM {source}"
        f"{render.where(mutation.trees)}{_returning(mutation, render)}"
    )


def _returning(mutation: Mutation, render: Renderer) -> str:
    return f" RETURNING {', '.join(render.column(name) for name in mutation.returning) or '1'}"
