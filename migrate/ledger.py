"""`supabase_migrations.schema_migrations`: which files a database has had.

The table is the Supabase CLI's, in its shape: whichever of the two applied a file, the other knows of it.
"""

from typing import TypeAlias

import asyncpg

from migrate.files import Migration, fingerprint

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_CREATE = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""
_READ = "select version, name, statements from supabase_migrations.schema_migrations"
_ADD = "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)"


class MigrationError(Exception):
    """The migrations cannot be applied; the message says which, why, and what to do."""


async def create_ledger(connection: Connection) -> None:
    """Make the table if there is none."""
    await connection.execute(_CREATE)


async def record(connection: Connection, migration: Migration) -> None:
    """Note a file as applied; belongs in the transaction that applied it."""
    await connection.execute(_ADD, migration.version, migration.name, [migration.sql])


async def not_applied(connection: Connection, migrations: list[Migration]) -> list[Migration]:
    """Those that the ledger does not hold. Raises `MigrationError` for one that was changed since.

    Versions that are no file of ours are left alone: the bot's own migrations may share the ledger.
    """
    try:
        rows = await connection.fetch(_READ)
    except asyncpg.UndefinedTableError:
        return migrations
    applied = {row["version"]: row for row in rows}
    for migration in migrations:
        row = applied.get(migration.version)
        if row is not None:
            _check_unchanged(migration, row)
    return [migration for migration in migrations if migration.version not in applied]


def _check_unchanged(migration: Migration, row: asyncpg.Record) -> None:
    if row["name"] and row["name"] != migration.name:
        raise MigrationError(
            f"Version {migration.version} was applied to this database under another name, {row['name']!r}. "
            f"Rename {migration}.sql to a version of its own."
        )
    # A ledger row that was repaired by hand has no statements to compare with.
    if row["statements"] and fingerprint(row["statements"]) != migration.fingerprint:
        raise MigrationError(
            f"{migration}.sql was changed after it had been applied to this database. "
            "Restore the file, and put the change into a new migration."
        )
