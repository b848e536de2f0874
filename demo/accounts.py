"""Who may sign in to the demo: one person for each role, with passwords that everybody may know."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

import asyncpg
import bcrypt

from demo.salons import BERLIN, GOA, MOSCOW, NAMESPACE, Salon
from identity.passwords import COST

PASSWORD = "beautiful-demo-2026"  # noqa: S105 - meant to be printed: it opens the demo database only


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A sign-in. `memberships` are `(salon, role)`; no salon for a platform admin."""

    email: str
    password: str
    full_name: str
    memberships: tuple[tuple[Salon | None, str], ...]


DEMO_ACCOUNTS = (
    DemoAccount("platform@demo.local", PASSWORD, "Вера Платонова", ((None, "platform_admin"),)),
    DemoAccount("owner@demo.local", PASSWORD, "Марина Шёлкова", ((MOSCOW, "owner"), (BERLIN, "owner"))),
    DemoAccount("goa@demo.local", PASSWORD, "Юлия Лотова", ((GOA, "owner"),)),
    DemoAccount("admin@demo.local", PASSWORD, "Ольга Смирнова", ((MOSCOW, "admin"),)),
    DemoAccount("operator@demo.local", PASSWORD, "Илья Дежурнов", ((MOSCOW, "operator"),)),
)


async def missing_accounts(connection: asyncpg.Connection) -> list[DemoAccount]:
    """List the demo's people who are not there yet; what the others changed since stays."""
    emails = [account.email for account in DEMO_ACCOUNTS]
    rows = await connection.fetch("select email from dashboard.users where email = any($1)", emails)
    known = {row["email"] for row in rows}
    return [account for account in DEMO_ACCOUNTS if account.email not in known]


async def hashed_passwords(accounts: list[DemoAccount]) -> dict[str, str]:
    """Give the bcrypt hash of each password, hashed once: that is slow by design."""
    passwords = {account.password for account in accounts}
    return {password: await asyncio.to_thread(_hashed, password) for password in passwords}


async def add_accounts(
    connection: asyncpg.Connection, accounts: list[DemoAccount], hashes: dict[str, str], now: datetime
) -> None:
    """Add the people with their memberships."""
    async with connection.transaction():
        for account in accounts:
            await _add(connection, account, hashes[account.password], now)


async def _add(
    connection: asyncpg.Connection, account: DemoAccount, password_hash: str, now: datetime
) -> None:
    user_id = uuid5(NAMESPACE, f"user:{account.email}")
    await connection.execute(
        """insert into dashboard.users
        (user_id, email, full_name, password_hash, password_changed_at, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $5, $5)""",
        user_id,
        account.email,
        account.full_name,
        password_hash,
        now,
    )
    for salon, role in account.memberships:
        await connection.execute(
            """insert into dashboard.memberships (membership_id, user_id, tenant_id, role, created_at)
            values ($1, $2, $3, $4, $5)""",
            uuid5(NAMESPACE, f"membership:{account.email}:{salon.slug if salon else ''}"),
            user_id,
            salon.tenant_id if salon else None,
            role,
            now,
        )


def _hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(COST)).decode()
