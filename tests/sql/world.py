"""Two salons and everybody who may or may not look into them."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import pytest

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SALON_A = UUID("aaaaaaaa-0000-4000-8000-000000000001")
SALON_B = UUID("bbbbbbbb-0000-4000-8000-000000000001")
# What only rows of one salon hold; anywhere else it is a leak.
MARKS = {SALON_A: "marked-a", SALON_B: "marked-b"}
BCRYPT = "$2b$12$" + "x" * 53

PEOPLE = {
    "platform": ("platform_admin", None),
    "owner_a": ("owner", SALON_A),
    "admin_a": ("admin", SALON_A),
    "operator_a": ("operator", SALON_A),
    "owner_b": ("owner", SALON_B),
    "operator_b": ("operator", SALON_B),
    "outsider": (None, None),
}


@dataclass(frozen=True)
class Caller:
    """What a request runs as: a database role and the claims of its token."""

    role: str
    claims: Mapping[str, Any] = field(default_factory=dict)


def person_token(person: UUID, tenant: UUID | None, **changes: Any) -> dict[str, Any]:
    """The claims that the panel mints for a person; `changes` forge them."""
    claims: dict[str, Any] = {
        "sub": str(person),
        "role": "authenticated",
        "aud": "authenticated",
        "app_metadata": {"user_id": str(person), "tenant_id": str(tenant) if tenant else None},
    }
    return claims | changes


@dataclass
class World:
    """The database with the people in it, on one connection inside a transaction that is rolled back."""

    connection: Connection
    people: dict[str, UUID]

    def caller(self, name: str, tenant: UUID | None = None) -> Caller:
        """A person in their own salon, or in the one that is named."""
        return Caller("authenticated", person_token(self.people[name], tenant or PEOPLE[name][1]))

    @asynccontextmanager
    async def acting(self, caller: Caller | str, tenant: UUID | None = None) -> AsyncIterator[Connection]:
        """Run the block as PostgREST would run a request of this caller (a person by name)."""
        if isinstance(caller, str):
            caller = self.caller(caller, tenant)
        connection = self.connection
        async with connection.transaction():
            await connection.execute(
                "select set_config('request.jwt.claims', $1, true)",
                json.dumps({"role": caller.role} | dict(caller.claims)),
            )
            await connection.execute(f"set local role {caller.role}")
            yield connection
            # A savepoint that is released keeps its settings.
            await connection.execute("reset role; select set_config('request.jwt.claims', '', true)")

    async def call(
        self, caller: Caller | str, function: str, *arguments: Any, tenant: UUID | None = None
    ) -> Any:
        """The value of one function call; JSON decoded."""
        places = ", ".join(f"${number}" for number in range(1, len(arguments) + 1))
        async with self.acting(caller, tenant) as connection:
            value = await connection.fetchval(f"select dashboard.{function}({places})", *arguments)
        return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value

    async def write(
        self, caller: Caller | str, function: str, *arguments: Any, tenant: UUID | None = None
    ) -> Any:
        """`call` with a new request id in front."""
        return await self.call(caller, function, uuid4(), *arguments, tenant=tenant)

    async def add_person(self, name: str, role: str | None, tenant: UUID | None, mark: str = "") -> UUID:
        """An account with a password, and its membership if it has a role."""
        person: UUID = await self.connection.fetchval(
            "insert into dashboard.users (email, full_name, password_hash) values ($1, $2, $3)"
            " returning user_id",
            f"{name}@{mark or 'nowhere'}.example",
            f"{name} {mark}".strip(),
            BCRYPT,
        )
        if role is not None:
            await self.join(person, role, tenant)
        self.people[name] = person
        return person

    async def join(self, person: UUID, role: str, tenant: UUID | None) -> None:
        """A membership, as if it had always been there."""
        await self.connection.execute(
            "insert into dashboard.memberships (user_id, tenant_id, role) values ($1, $2, $3)",
            person,
            tenant,
            role,
        )

    async def add_salon(self, salon: UUID, name: str, **metadata: Any) -> None:
        """A tenant of the bot's."""
        await self.connection.execute(
            "insert into public.tenants_v2 (id, name, slug, metadata) values ($1, $2, $3, $4)",
            salon, name, name.lower().replace(" ", "-"), json.dumps(metadata),
        )  # fmt: skip

    async def add_client(self, salon: UUID) -> UUID:
        """A client of the salon."""
        client: UUID = await self.connection.fetchval(
            "insert into public.clients_v2 (tenant_id, full_name) values ($1, $2) returning id",
            salon, MARKS.get(salon, "client"),
        )  # fmt: skip
        return client

    async def archive(self, salon: UUID, started_at: datetime, **columns: Any) -> UUID:
        """A finished dialogue; `columns` are those of conversation_sessions_v2."""
        row = {
            "session_id": uuid4(), "tenant_id": salon, "user_id": await self.add_client(salon),
            "channel": "telegram",
            "started_at": started_at, "final_status": "done",
        } | columns  # fmt: skip
        names = ", ".join(row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.connection.execute(
            f"insert into public.conversation_sessions_v2 ({names}) values ({places})", *row.values()
        )
        session_id = row["session_id"]
        assert isinstance(session_id, UUID)
        return session_id

    async def begin(
        self, salon: UUID, started_at: datetime, session_id: UUID | None = None, **columns: Any
    ) -> UUID:
        """A dialogue that is going on; `columns` are those of active_sessions_v2."""
        row = {
            "session_id": session_id or uuid4(), "tenant_id": salon, "user_id": await self.add_client(salon),
            "created_at": started_at, "last_activity_at": started_at,
        } | columns  # fmt: skip
        names = ", ".join(row)
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.connection.execute(
            f"insert into public.active_sessions_v2 ({names}) values ({places})", *row.values()
        )
        begun = row["session_id"]
        assert isinstance(begun, UUID)
        return begun


@asynccontextmanager
async def refused(world: World, state: str, code: str | None = None) -> AsyncIterator[None]:
    """The block has to fail with this SQLSTATE and message; the test goes on as if it had not been tried."""
    with pytest.raises(asyncpg.PostgresError) as caught:
        async with world.connection.transaction():
            yield
    told = caught.value.as_dict()
    assert (told["sqlstate"], told["message"] if code else None) == (state, code), caught.value
    if state.startswith("PT"):
        assert told.get("detail"), "a refusal says what is wrong"
        assert told.get("hint"), "a refusal says what to do next"
