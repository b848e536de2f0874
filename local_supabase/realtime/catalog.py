"""What the catalogue says of a table, as far as a change of one of its rows has to know it."""

from dataclasses import dataclass

from local_supabase.realtime.authorization import Session
from local_supabase.realtime.records import JsonType

PUBLICATION = "supabase_realtime"
MESSAGES_PUBLICATION = "supabase_realtime_messages_publication"

# Domains are followed to the type beneath, which decides the JSON form.
_COLUMNS = """
with recursive named as (
  select a.attnum, a.attname, a.atttypid as declared, a.atttypid as oid
  from pg_catalog.pg_attribute a where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
  union all
  select n.attnum, n.attname, n.declared, t.typbasetype
  from named n join pg_catalog.pg_type t on t.oid = n.oid where t.typtype = 'd'
)
select n.attname as name, declared.typname as type_name, n.declared::regtype::text as type_sql,
  base.oid as base_oid,
  case when base.typcategory = 'A' then base.typelem end as element_oid,
  exists (
    select from pg_catalog.pg_index i
    where i.indrelid = $1::oid and i.indisprimary and n.attnum = any (i.indkey)
  ) as is_primary_key,
  pg_catalog.has_column_privilege($2::name, $1::oid, n.attnum, 'SELECT') as is_selectable
from named n
join pg_catalog.pg_type base on base.oid = n.oid and base.typtype <> 'd'
join pg_catalog.pg_type declared on declared.oid = n.declared
order by n.attnum
"""

_TABLES = """
select pg_catalog.format('%I.%I', schemaname, tablename)::regclass::oid as relation_oid
from pg_catalog.pg_publication_tables
where pubname = $1 and ($2 = '*' or schemaname = $2) and ($3 = '*' or tablename = $3)
"""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as one role sees it; `type_sql` is ready to stand after `::`."""

    name: str
    type_name: str
    type_sql: str
    json_type: JsonType
    is_primary_key: bool
    is_selectable: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table as one role sees it."""

    relation_oid: int
    sql_name: str
    has_row_security: bool
    columns: dict[str, TableColumn]

    @property
    def primary_key(self) -> tuple[TableColumn, ...]:
        """The primary key's columns, in the table's order."""
        return tuple(column for column in self.columns.values() if column.is_primary_key)


async def published_tables(session: Session, schema: str, table: str) -> list[int]:
    """Oids of the published tables of that name; `*` stands for any."""
    return [row["relation_oid"] for row in await session.fetch(_TABLES, PUBLICATION, schema, table)]


async def read_table(session: Session, relation_oid: int, role: str) -> Table | None:
    """Read a table as the role sees it; None when it has gone since."""
    head = await session.fetchrow(
        "select oid::regclass::text as sql_name, relrowsecurity from pg_catalog.pg_class where oid = $1::oid",
        relation_oid,
    )
    if head is None:
        return None
    columns = {
        row["name"]: TableColumn(
            row["name"],
            row["type_name"],
            row["type_sql"],
            JsonType(row["base_oid"], row["element_oid"]),
            row["is_primary_key"],
            row["is_selectable"],
        )
        for row in await session.fetch(_COLUMNS, relation_oid, role)
    }
    return Table(relation_oid, head["sql_name"], head["relrowsecurity"], columns)
