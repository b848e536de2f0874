"""What a hosted Supabase project holds before its first migration, as one repeatable script."""

from collections.abc import Mapping
from pathlib import Path

import asyncpg

_FOLDER = Path(__file__).parent / "sql"
_FILES = ("roles.sql", "bootstrap.sql", "auth.sql", "realtime.sql")


def bootstrap_script(passwords: Mapping[str, str]) -> str:
    """SQL for a superuser of PostgreSQL 15 or newer, all or nothing; `passwords` is role name to password."""
    parts = [(_FOLDER / name).read_text(encoding="utf-8") for name in _FILES]
    parts += [f"alter role {role} password {_literal(password)};" for role, password in passwords.items()]
    return "\n".join(["begin;", "set local client_min_messages = error;", *parts, "commit;"])


async def bootstrap(superuser_uri: str, passwords: Mapping[str, str]) -> None:
    """Run the script over a connection of its own. Raises asyncpg's errors."""
    connection = await asyncpg.connect(superuser_uri)
    try:
        await connection.execute(bootstrap_script(passwords))
    finally:
        await connection.close()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
