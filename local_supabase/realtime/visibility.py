"""Which of a batch of changed rows a subscriber may see: its filters, and RLS under its role and claims.

One query answers for a whole batch. As on hosted projects a row is looked up by its primary key as it is now,
so a row that is gone by then is not shown.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from local_supabase.realtime.authorization import Authorizer
from local_supabase.realtime.catalog import Table
from local_supabase.realtime.filters import Filter
from local_supabase.realtime.pgoutput import UNCHANGED, Value
from local_supabase.tokens import Claims

Row = Mapping[str, Value]


async def visible_rows(
    authorizer: Authorizer,
    table: Table,
    claims: Claims,
    filters: Sequence[Filter],
    rows: Mapping[int, Row],
    *,
    check_policies: bool,
) -> set[int]:
    """The numbers of the rows that pass; raises asyncpg's errors, as when a policy fails on these claims."""
    candidates = {n: row for n, row in rows.items() if _can_be_tested(row, filters)}
    check_policies = check_policies and table.has_row_security
    if not candidates or not (filters or check_policies):
        return set(candidates)
    query, arguments = _query(table, filters, candidates, check_policies=check_policies)
    async with authorizer.acting_as(claims) as session:
        return {row["n"] for row in await session.fetch(query, *arguments)}


def _can_be_tested(row: Row, filters: Sequence[Filter]) -> bool:
    """A filter over a column that the log does not hold fails closed."""
    return all(row.get(condition.column, UNCHANGED) is not UNCHANGED for condition in filters)


def _query(
    table: Table, filters: Sequence[Filter], rows: Mapping[int, Row], *, check_policies: bool
) -> tuple[str, list[object]]:
    arguments: list[object] = [list(rows)]
    arrays, names, conditions = ["$1::int[]"], ["n"], []

    def operand(column: str) -> str:
        arguments.append([cast(str | None, row[column]) for row in rows.values()])
        arrays.append(f"${len(arguments)}::text[]")
        names.append(f"c{len(arguments)}")
        return f"v.{names[-1]}"

    for condition in filters:
        left = operand(condition.column)
        arguments.append(condition.value)
        conditions.append(condition.sql(left, table.columns[condition.column].type_sql, f"${len(arguments)}"))
    if check_policies:
        matches = " and ".join(
            f"t.{_quoted(key.name)} = ({operand(key.name)})::{key.type_sql}" for key in table.primary_key
        )
        conditions.append(f"exists (select from {table.sql_name} t where {matches})")
    source = f"unnest({', '.join(arrays)}) as v({', '.join(names)})"
    return f"select v.n from {source} where {' and '.join(conditions)}", arguments


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
