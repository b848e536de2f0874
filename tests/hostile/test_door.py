"""Hostile text in every field that the bot writes, read through the panel's own door as every role."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from pydantic import BaseModel, ConfigDict, create_model

from data import Door, Supabase
from errors import NotAllowed, NotFound
from identity.tokens import TokenMinter
from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings as LocalSettings
from models import PERMISSIONS, Identity, Membership, Permission, Role, SessionTimes, Tenant
from queries import audit, overview, people, tenants
from queries.overview import Metric
from tests.database import DashboardDatabase, copy_of
from tests.hostile.bot import Connection, HostileBot, by_table, columns
from tests.hostile.values import MEGABYTE

SECRET = "the-jwt-secret-of-the-hostile-project-0123456789"
HOSTILE, FOREIGN = UUID("aaaaaaaa-0000-4000-8000-0000000000ff"), UUID("bbbbbbbb-0000-4000-8000-0000000000ff")
MARK = "marked-foreign"
SLOW = 5.0
"""Seconds for one read on a machine that does other things too; an idle one takes hundredths."""
LARGEST_ANSWER = 3 * MEGABYTE
"""Bytes of one answer: a thousand rows of a dozen labels, cut, in letters of four bytes."""
LONGEST_LABEL = 200
TODAY = datetime.now(UTC).date()
ROLES: dict[str, Role | None] = {**{role.value: role for role in Role}, "outsider": None}
SESSION = uuid4()
COLUMN_TYPES: dict[str, Any] = {
    "uuid": UUID, "text": str, "boolean": bool, "timestamp with time zone": datetime, "date": date,
    "numeric": Decimal, "integer": int, "bigint": int, "jsonb": dict[str, Any],
    "time without time zone": clock_time, "smallint": int, "text[]": list[str],
}  # fmt: skip
ARGUMENTS: dict[str, object] = {
    "from_day": TODAY - timedelta(days=1),
    "to_day": TODAY,
    "permission": "overview.read",
    "user_id": uuid4(),
    "topic": f"tenant:{HOSTILE}:events",
    "filters": "{}",
    "sort": "-started",
    "after": None,
    "before": None,
    "page_size": 50,
    "at_most": 100,
    "session": SESSION,
    "status": None,
    "conversation": None,
    "agent": None,
    "since": None,
    "until": None,
    "search": None,
    "typed": "needle",
    "run_id": uuid4(),
    "trace_id": "trace",
    "step_id": "step",
    "seq": 1,
    "run_key": "1",
    "from_at": (TODAY - timedelta(days=1)).isoformat(),
    "until_at": TODAY.isoformat(),
    "by": "tool",
}


@dataclass
class HostileProject:
    """A project with a hostile bot and a salon that is none of its business, and what its API answered."""

    supabase: Supabase
    minter: TokenMinter
    views: dict[str, type[BaseModel]]
    functions: dict[str, tuple[list[str], type[BaseModel] | None]]
    salons: list[UUID]
    users: dict[str, UUID] = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)

    def door(self, name: str) -> Door:
        """A person's way into the hostile salon; an outsider has the foreign one."""
        role = ROLES[name]
        tenant = HOSTILE if role else FOREIGN
        now = datetime.now(UTC)
        later = now + timedelta(hours=1)
        identity = Identity(
            user_id=self.users[name],
            email=f"{name}@hostile.test",
            full_name=name,
            session=SessionTimes(created_at=now, last_seen_at=now, idle_expires_at=later, expires_at=later),
            memberships=(
                Membership(
                    tenant_id=None if role is Role.PLATFORM_ADMIN else tenant, role=role or Role.OPERATOR
                ),
            ),
        )
        return self.supabase.door(self.minter.token_source(identity, tenant))


@pytest.fixture(scope="module")
async def project(migrated_template: DashboardDatabase) -> AsyncIterator[HostileProject]:
    database = copy_of(migrated_template)
    connection = await asyncpg.connect(database.superuser_uri)
    local = LocalSupabase(
        LocalSettings(
            db_uri=database.authenticator_uri,
            schemas=("dashboard",),
            anon_role="anon",
            jwt_secret=SECRET,
            superuser_uri=database.superuser_uri,
            pool_size=2,
        )
    )
    try:
        await connection.execute(
            "insert into public.tenants_v2 (id, name) values ($1, 'Hostile'), ($2, $3)",
            HOSTILE,
            FOREIGN,
            MARK,
        )
        bot = HostileBot(connection, HOSTILE)
        assert await bot.write_everything() > 2_000
        await connection.execute(
            "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel,"
            " started_at, final_status, booking_status, booking_amount, booking_currency)"
            " select gen_random_uuid(), $1, (select id from public.clients_v2 where tenant_id = $1 limit 1),"
            " 'x', now(), 'status ' || n, 'confirmed', 1,"
            " case n % 2 when 0 then 'currency ' || n else chr(65 + n / 676 % 26) || chr(65 + n / 26 % 26)"
            " || chr(65 + n % 26) end from generate_series(1, 5000) as n",
            HOSTILE,
        )
        await connection.execute(
            "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel,"
            " started_at, final_status, summary, final_summary, meta)"
            " select $2, $1, id, $3, now(), 'x', $3, $3, jsonb_build_object($3::text, $3::text)"
            " from public.clients_v2 where tenant_id = $1 limit 1",
            HOSTILE,
            SESSION,
            "x" * MEGABYTE,
        )
        await connection.execute(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, message)"
            " select tenant_id, user_id, session_id, 'user', $2"
            " from public.conversation_sessions_v2 where session_id = $1",
            SESSION,
            "<b>word " * (MEGABYTE // 8),
        )
        await _foreign(connection)
        while '"behind": true' in await connection.fetchval("select dashboard.sync_index(20000, true)"):
            continue
        await connection.execute("analyze")  # as autovacuum would, some time later
        users = {name: await _person(connection, name, bot.salons) for name in ROLES}
        await local.start()
        supabase = Supabase(
            "http://hostile.invalid", "key", transport=httpx.ASGITransport(local.rest_and_auth)
        )
        made = HostileProject(
            supabase, TokenMinter.from_secret(SECRET), await _views(connection), await _functions(connection),
            bot.salons, users,
        )  # fmt: skip

        async def keep(response: httpx.Response) -> None:
            await response.aread()
            made.answers.append(response)

        supabase.http.event_hooks["response"].append(keep)
        yield made
        await supabase.aclose()
    finally:
        await local.stop()
        await connection.close()
        database.cluster.drop_database(database.name)


async def _foreign(connection: Connection) -> None:
    client = await connection.fetchval(
        "insert into public.clients_v2 (tenant_id, full_name) values ($1, $2) returning id", FOREIGN, MARK
    )
    await connection.execute(
        "insert into public.conversation_sessions_v2 (session_id, tenant_id, user_id, channel, started_at,"
        " final_status, booking_status, booking_amount, booking_currency)"
        " values (gen_random_uuid(), $1, $2, $3, now(), $3, 'confirmed', 1, $3)",
        FOREIGN, client, MARK,
    )  # fmt: skip
    await connection.execute(
        "insert into dashboard.audit_log (tenant_id, action, subject) values ($1, 'test', $2)", FOREIGN, MARK
    )


async def _person(connection: Connection, name: str, salons: list[UUID]) -> UUID:
    user_id: UUID = await connection.fetchval(
        "insert into dashboard.users (email, full_name) values ($1, $2) returning user_id",
        f"{name}@hostile.test", name,
    )  # fmt: skip
    role = ROLES[name]
    places: list[UUID | None] = [None] if role is Role.PLATFORM_ADMIN else [HOSTILE, *salons]
    if role is None:
        places, role = [FOREIGN], Role.OPERATOR
    await connection.executemany(
        "insert into dashboard.memberships (user_id, tenant_id, role) values ($1, $2, $3)",
        [(user_id, place, role.value) for place in places],
    )
    return user_id


async def _views(connection: Connection) -> dict[str, type[BaseModel]]:
    """Every relation whose rows a person may read whole, with a model of what its columns promise."""
    rows = await connection.fetch(
        "select relation.relname, attribute.attname,"
        " format_type(attribute.atttypid, attribute.atttypmod) as type"
        " from pg_class as relation inner join pg_attribute as attribute on attribute.attrelid = relation.oid"
        " where relation.relnamespace = 'dashboard'::regnamespace and relation.relkind = 'v'"
        " and attribute.attnum > 0 and has_table_privilege('authenticated', relation.oid, 'select')"
    )
    return {
        name: _model(name, {row["attname"]: row["type"] for row in rows if row["relname"] == name})
        for name in {row["relname"] for row in rows}
    }


async def _functions(connection: Connection) -> dict[str, tuple[list[str], type[BaseModel] | None]]:
    """Every function that reads: its arguments, and a model of its rows where it gives rows."""
    rows = await connection.fetch(
        "select proname, coalesce(proargnames, '{}') as names,"
        " coalesce(proargmodes::text[], array_fill('i'::text, array[pronargs])) as modes,"
        " array(select format_type(t, null) from unnest(coalesce(proallargtypes, proargtypes::oid[])) as t)"
        "   as types, proretset"
        " from pg_proc where pronamespace = 'dashboard'::regnamespace and provolatile <> 'v'"
        " and has_function_privilege('authenticated', oid, 'execute')"
    )
    found: dict[str, tuple[list[str], type[BaseModel] | None]] = {}
    for row in rows:
        arguments = list(zip(row["names"], row["modes"], row["types"], strict=False))
        given = [name for name, mode, _ in arguments if mode == "i"]
        promised = {name: kind for name, mode, kind in arguments if mode == "t"}
        found[row["proname"]] = (given, _model(row["proname"], promised) if row["proretset"] else None)
    return found


def _model(name: str, promised: dict[str, str]) -> type[BaseModel]:
    fields: dict[str, Any] = {column: (COLUMN_TYPES[kind] | None, ...) for column, kind in promised.items()}
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


@pytest.fixture
def answered(project: HostileProject) -> Iterator[HostileProject]:
    """The project; whatever it answers in the test is looked through afterwards."""
    project.answers.clear()
    began = time.monotonic()
    yield project
    seconds = time.monotonic() - began
    assert project.answers
    assert seconds < SLOW * len(project.answers)
    for answer in project.answers:
        assert len(answer.content) < LARGEST_ANSWER, answer.request.url
        assert "SECRET" not in answer.text, answer.request.url


def assert_nothing_foreign(project: HostileProject) -> None:
    for answer in project.answers:
        assert MARK not in answer.text, answer.request.url
        assert str(FOREIGN) not in answer.text, answer.request.url


@pytest.mark.parametrize("name", ROLES)
async def test_every_view_gives_what_its_columns_promise(answered: HostileProject, name: str) -> None:
    door = answered.door(name)
    for view, model in answered.views.items():
        rows = await door.rows(view, model)
        for row in rows:
            for label, value in row:
                if isinstance(value, str):
                    assert len(value) <= LONGEST_LABEL, f"{view}.{label}"
                if isinstance(value, datetime):
                    assert value.astimezone(UTC).year < 10_000
        assert await door.count(view) >= 0
    if ROLES[name] not in {None, Role.PLATFORM_ADMIN}:
        assert_nothing_foreign(answered)
    if ROLES[name] is None:
        assert str(HOSTILE) not in "".join(answer.text for answer in answered.answers)


@pytest.mark.parametrize("name", ROLES)
async def test_every_reading_function_answers_or_refuses(answered: HostileProject, name: str) -> None:
    door = answered.door(name)
    for function, (names, model) in answered.functions.items():
        arguments = {argument: ARGUMENTS[argument] for argument in names}
        with suppress(NotAllowed, NotFound):  # a right answer too
            if model is not None:
                assert await door.read(function, model, **arguments)
            else:
                await door.read_value(function, **arguments)
    if ROLES[name] not in {None, Role.PLATFORM_ADMIN}:
        assert_nothing_foreign(answered)


@pytest.mark.parametrize("name", ROLES)
async def test_the_pages_reads_work(answered: HostileProject, name: str) -> None:
    door, role = answered.door(name), ROLES[name]
    rights = PERMISSIONS[role or Role.OPERATOR]
    found = await tenants.mine(door)
    expected = {HOSTILE, *answered.salons} if role else {FOREIGN}
    assert {tenant.tenant_id for tenant in found} == expected | (
        {FOREIGN} if role is Role.PLATFORM_ADMIN else set()
    )
    for tenant in found:
        assert tenant.name.strip(), "a salon without a visible name cannot be chosen"
    seen = await overview.read(door, TODAY - timedelta(days=1), TODAY)
    dialogues = seen.kpis[Metric.DIALOGUES].current or 0
    assert seen.has_dialogues
    assert sum(point.dialogues for point in seen.points) == dialogues
    assert dialogues > (5_000 if role else 0)
    assert len(seen.kpis[Metric.REVENUE].detail["other_currencies"]) <= 8
    salons = await overview.salons(door, TODAY - timedelta(days=1), TODAY)
    assert {salon.tenant_id for salon in salons} == {tenant.tenant_id for tenant in found}
    assert bool(await people.members(door)) == (Permission.USERS_READ in rights)
    await audit.page(door)


async def test_a_sum_over_every_currency_loses_no_booking(answered: HostileProject) -> None:
    seen = await overview.read(answered.door("owner"), TODAY - timedelta(days=1), TODAY)
    bookings, revenue = seen.kpis[Metric.BOOKINGS], seen.kpis[Metric.REVENUE]
    detail = revenue.detail
    named = sum(Decimal(str(amount)) for amount in detail["other_currencies"].values())
    # every booking of the flood is worth one
    counted = (revenue.current or 0) + named + detail["more_currencies"] + detail["without_currency"]
    assert counted + detail["without_amount"] == bookings.current


async def test_a_salon_is_read_alone(answered: HostileProject) -> None:
    door = answered.door("owner")
    for salon in [HOSTILE, *answered.salons[::4]]:
        tenant = await tenants.one(door, salon)
        assert isinstance(tenant, Tenant)
    assert await tenants.one(door, FOREIGN) is None


async def test_no_column_takes_the_zero_character(migrated_template: DashboardDatabase) -> None:
    """PostgreSQL holds U+0000 nowhere, so that no reader has to think of it."""
    refusals: dict[str, tuple[str, type[asyncpg.PostgresError]]] = {
        "text": ("a\u0000b", asyncpg.CharacterNotInRepertoireError),
        "jsonb": ('{"a": "\\u0000"}', asyncpg.UntranslatableCharacterError),
    }
    connection = await asyncpg.connect(copy_of(migrated_template).superuser_uri)
    try:
        await connection.execute("insert into public.tenants_v2 (id, name) values ($1, 'Hostile')", HOSTILE)
        bot = HostileBot(connection, HOSTILE)
        tried = 0
        for table, own in by_table(await columns(connection)):
            for column in own:
                if column.type in refusals:
                    value, refusal = refusals[column.type]
                    with pytest.raises(refusal):
                        await bot.write(table, own, column, (value,))
                    tried += 1
        assert tried > 40
    finally:
        await connection.close()
