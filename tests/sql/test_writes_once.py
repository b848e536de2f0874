"""A write happens once however often it is sent, also when two connections send it at the same moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.database import DashboardDatabase
from tests.sql.world import BCRYPT, PEOPLE, SALON_A, SALON_B, Connection, World, person_token, refused

ADD = ("new@x.example", "New", "operator")


class TestOneAfterAnother:
    async def test_the_second_gets_the_first_answer_and_does_nothing(self, world: World) -> None:
        request = uuid4()
        first = await world.call("owner_a", "add_member", request, *ADD)
        second = await world.call("owner_a", "add_member", request, *ADD)
        assert first == second
        count = "select count(*) from dashboard.audit_log where request_id = $1"
        assert await world.connection.fetchval(count, request) == 1

    async def test_a_link_is_issued_once_and_answered_alike(self, world: World) -> None:
        arguments = (uuid4(), world.people["admin_a"], "ab" * 32, 60)
        first = await world.call("owner_a", "issue_password_reset", *arguments)
        assert await world.call("owner_a", "issue_password_reset", *arguments) == first
        assert await world.connection.fetchval("select count(*) from dashboard.password_resets") == 1

    async def test_the_answer_stays_what_it_was(self, world: World) -> None:
        """Even when the same thing has changed since."""
        request = uuid4()
        first = await world.call("owner_a", "save_tenant_settings", request, "Europe/Moscow", "RUB")
        await world.write("owner_a", "save_tenant_settings", "Asia/Kolkata", "INR")
        assert await world.call("owner_a", "save_tenant_settings", request, "Europe/Moscow", "RUB") == first

    async def test_an_id_is_for_one_request_only(self, world: World) -> None:
        request = uuid4()
        await world.call("owner_a", "add_member", request, *ADD)
        for person, function, arguments, tenant in (
            ("owner_a", "add_member", ("other@x.example", "New", "operator"), None),
            ("owner_a", "remove_member", (world.people["admin_a"],), None),
            ("admin_a", "add_member", ADD, None),
            ("platform", "add_member", ADD, SALON_B),
        ):
            async with refused(world, "PT409", "request_id_reused"):
                await world.call(person, function, request, *arguments, tenant=tenant)

    async def test_one_persons_answer_is_not_for_another(self, world: World) -> None:
        request = uuid4()
        await world.call("owner_a", "set_preferences", request, "ru", None, None)
        async with refused(world, "PT409", "request_id_reused"):
            await world.call("owner_b", "set_preferences", request, "ru", None, None)

    async def test_the_salon_is_part_of_the_request(self, world: World) -> None:
        request = uuid4()
        await world.call("platform", "save_tenant_settings", request, "UTC", "EUR", tenant=SALON_A)
        async with refused(world, "PT409", "request_id_reused"):
            await world.call("platform", "save_tenant_settings", request, "UTC", "EUR", tenant=SALON_B)

    async def test_a_refused_request_may_be_sent_again(self, world: World) -> None:
        request = uuid4()
        async with refused(world, "PT422", "email_invalid"):
            await world.call("owner_a", "add_member", request, "nonsense", "New", "operator")
        await world.call("owner_a", "add_member", request, *ADD)

    async def test_who_lost_the_right_gets_no_old_answer(self, world: World) -> None:
        request = uuid4()
        await world.call("admin_a", "add_member", request, *ADD)
        await world.write("owner_a", "change_role", world.people["admin_a"], "operator")
        async with refused(world, "PT403", "not_allowed"):
            await world.call("admin_a", "add_member", request, *ADD)

    async def test_without_an_id_nothing_is_done(self, world: World) -> None:
        for function, arguments in (("add_member", ADD), ("set_preferences", ("ru", None, None))):
            async with refused(world, "PT422", "request_id_missing"):
                await world.call("owner_a", function, None, *arguments)

    async def test_arguments_are_not_kept(self, world: World) -> None:
        await world.write("owner_a", "issue_password_reset", world.people["admin_a"], "ab" * 32, 60)
        rows = await world.connection.fetch(
            "select to_jsonb(request)::text from dashboard.write_requests as request"
        )
        assert "ab" * 32 not in " ".join(row[0] for row in rows)


PLACES = {name: tenant for name, (_, tenant) in PEOPLE.items()} | {"owner_a2": SALON_A}


class Requests:
    """Calls that are really committed, each on a connection of its own, as the API makes them."""

    def __init__(self, connections: list[Connection], people: dict[str, UUID]) -> None:
        self._connections = connections
        self.people = people

    @asynccontextmanager
    async def open(self, number: int, role: str) -> AsyncIterator[Connection]:
        """A transaction under a role of the API's, committed at the end of the block."""
        connection = self._connections[number]
        async with connection.transaction():
            await connection.execute(f"set local role {role}")
            yield connection

    async def call(self, number: int, person: str, function: str, *arguments: Any) -> Any:
        """One write of a person in their salon."""
        claims = person_token(self.people[person], PLACES[person])
        places = ", ".join(f"${place}" for place in range(1, len(arguments) + 1))
        async with self.open(number, "authenticated") as connection:
            await connection.execute("select set_config('request.jwt.claims', $1, true)", json.dumps(claims))
            return await connection.fetchval(f"select dashboard.{function}({places})", *arguments)

    async def at_once(self, *calls: tuple[Any, ...]) -> list[Any]:
        """All calls at the same moment; a refusal is returned, not raised."""
        return await asyncio.gather(
            *(self.call(number, *call) for number, call in enumerate(calls)), return_exceptions=True
        )

    async def at_the_door(self, *calls: tuple[Any, ...]) -> list[Any]:
        """As `at_once`, for queries of the sign-in pages."""

        async def ask(number: int, query: str, *arguments: Any) -> Any:
            async with self.open(number, "dashboard_auth") as connection:
                return await connection.fetchval(query, *arguments)

        return await asyncio.gather(
            *(ask(number, *call) for number, call in enumerate(calls)), return_exceptions=True
        )

    async def value(self, query: str, *arguments: Any) -> Any:
        return await self._connections[-1].fetchval(query, *arguments)


@pytest.fixture
async def requests(dashboard_database: DashboardDatabase) -> AsyncIterator[Requests]:
    """Two salons in a database of the test's own, four connections of the API and one to look on."""
    async with AsyncExitStack() as stack:
        connections = []
        for url in [dashboard_database.authenticator_uri] * 4 + [dashboard_database.superuser_uri]:
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            connections.append(connection)
        world = World(connections[-1], {})
        for salon in (SALON_A, SALON_B):
            await world.add_salon(salon, f"Salon {salon}")
        for name, (role, tenant) in PEOPLE.items():
            await world.add_person(name, role, tenant)
        await world.add_person("owner_a2", "owner", SALON_A)
        yield Requests(connections, world.people)


def code(outcome: Any) -> str | None:
    return outcome.as_dict()["message"] if isinstance(outcome, asyncpg.PostgresError) else None


class TestAtTheSameMoment:
    async def test_one_request_on_four_connections(self, requests: Requests) -> None:
        request = uuid4()
        answers = await requests.at_once(*[("owner_a", "add_member", request, *ADD)] * 4)
        assert len(set(answers)) == 1
        assert (
            await requests.value("select count(*) from dashboard.audit_log where request_id = $1", request)
            == 1
        )

    async def test_preferences_too_which_take_no_lock_of_their_own(self, requests: Requests) -> None:
        request = uuid4()
        answers = await requests.at_once(*[("owner_a", "set_preferences", request, "ru", None, None)] * 4)
        assert len(set(answers)) == 1
        assert (
            await requests.value("select count(*) from dashboard.audit_log where request_id = $1", request)
            == 1
        )

    async def test_one_id_for_two_requests(self, requests: Requests) -> None:
        request = uuid4()
        outcomes = await requests.at_once(
            ("owner_a", "set_preferences", request, "ru", None, None),
            ("owner_a", "set_preferences", request, "en", None, None),
        )
        assert sorted(str(code(outcome)) for outcome in outcomes) == ["None", "request_id_reused"]

    async def test_the_same_person_added_by_two_salons(self, requests: Requests) -> None:
        outcomes = await requests.at_once(
            ("owner_a", "add_member", uuid4(), *ADD), ("owner_b", "add_member", uuid4(), *ADD)
        )
        assert sorted(str(code(outcome)) for outcome in outcomes) == ["None", "account_elsewhere"]
        assert await requests.value("select count(*) from dashboard.users where email = $1", ADD[0]) == 1

    async def test_two_owners_who_remove_each_other_leave_one(self, requests: Requests) -> None:
        outcomes = await requests.at_once(
            ("owner_a", "remove_member", uuid4(), requests.people["owner_a2"]),
            ("owner_a2", "remove_member", uuid4(), requests.people["owner_a"]),
        )
        assert sorted(str(code(outcome)) for outcome in outcomes) == ["None", "not_allowed"]
        owners = "select count(*) from dashboard.memberships where role = 'owner' and tenant_id = $1"
        assert await requests.value(owners, SALON_A) == 1

    async def test_two_first_admins(self, requests: Requests) -> None:
        await requests.value("delete from dashboard.users returning 1")
        create = "select dashboard.auth_create_first_admin($1, 'Me', $2, '')"
        outcomes = await requests.at_the_door(
            *[(create, f"me{number}@x.example", BCRYPT) for number in range(4)]
        )
        assert sorted(str(code(outcome)) for outcome in outcomes) == ["None"] + ["already_set_up"] * 3

    async def test_a_reset_link_used_twice(self, requests: Requests) -> None:
        await requests.call(
            0, "owner_a", "issue_password_reset", uuid4(), requests.people["admin_a"], "ab" * 32, 60
        )
        redeem = "select dashboard.auth_redeem_reset($1, $2, '')"
        outcomes = await requests.at_the_door(*[(redeem, "ab" * 32, BCRYPT)] * 4)
        assert sorted(str(code(outcome)) for outcome in outcomes) == ["None"] + ["reset_link_invalid"] * 3

    async def test_a_sign_in_during_a_deactivation_leaves_no_session(self, requests: Requests) -> None:
        """The deactivation waits for the sign-in that has begun, and ends it."""
        person = requests.people["admin_a"]
        async with requests.open(0, "dashboard_auth") as signing_in:
            await signing_in.execute(
                "select dashboard.auth_open_session($1, $2, 60, 600, '', '')", person, "1" * 64
            )
            switching_off = asyncio.create_task(
                requests.call(1, "owner_a", "set_user_active", uuid4(), person, False)
            )
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(switching_off), 0.3)
        await switching_off
        alive = "select count(*) from dashboard.auth_sessions where user_id = $1 and ended_at is null"
        assert await requests.value(alive, person) == 0
        sign_in = "select dashboard.auth_open_session($1, $2, 60, 600, '', '')"
        (outcome,) = await requests.at_the_door((sign_in, person, "2" * 64))
        assert code(outcome) == "account_inactive"
