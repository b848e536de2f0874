"""What a database has for Auth and Realtime: REST can serve any PostgreSQL, the other two need schemas."""

from local_supabase.gotrue.users import Connection

_BOOTSTRAP = "start with --bootstrap to create it"

# Looked up in the catalogue, which every role may read, and not by name, which takes rights on the schema.
_TABLE = """
select has_table_privilege(c.oid, 'select, insert, update, delete') as is_usable,
       exists (select from pg_attribute where attrelid = c.oid and attname = $3) as is_ours
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2
"""


async def auth_obstacle(connection: Connection) -> str | None:
    """Why Auth cannot work over this connection, or None when it can."""
    table = await connection.fetchrow(_TABLE, "auth", "refresh_tokens", "revoked_at")
    if table is None:
        return f"Auth has no tables in this database: {_BOOTSTRAP}"
    if not table["is_ours"]:
        return "the schema auth of this database belongs to another Auth server"
    if not table["is_usable"]:
        return "the administrator's role may not write the tables of Auth: set LOCAL_SUPABASE_ADMIN_URI"
    return None


async def realtime_obstacle(connection: Connection) -> str | None:
    """Why Realtime cannot work over this connection, or None when it can."""
    if await connection.fetchrow(_TABLE, "realtime", "messages", "topic") is None:
        return f"Realtime has no tables in this database: {_BOOTSTRAP}"
    if not await connection.fetchval("select rolsuper from pg_roles where rolname = current_user"):
        return (
            "Realtime reads the log and asks under other roles: set LOCAL_SUPABASE_ADMIN_URI to a superuser's"
        )
    if await connection.fetchval("show wal_level") != "logical":
        return "Realtime needs the server's setting wal_level = logical"
    return None
