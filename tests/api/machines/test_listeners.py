"""Who may follow a salon's events: a key that may read, or a person on a page of the panel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from starlette.websockets import WebSocket

from api.machines.listeners import Listeners
from data import Door
from errors import Invalid, NotAllowed, SignInRequired, Unavailable
from identity.cookies import SessionCookie
from identity.origins import OriginPolicy
from identity.sessions import SessionRegistry, SignedIn
from identity.visitor import Visitor
from ingest.keys import KeyClaims, Scope
from models import PERMISSIONS, Permission, Role
from tests.api.machines.answering import Database
from tests.identity.fakes import OTHER_SALON, SALON, Clock, FakeStore, person

SESSION_ID = "s" * 43
OWN = {"host": "panel.test", "origin": "http://panel.test", "cookie": f"session={SESSION_ID}"}


class World:
    """A key, a session, and doors that tell whose they are."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = FakeStore()
        self.sessions = SessionRegistry(
            self.store.as_store(), 600, now=self.clock.now, monotonic=self.clock.monotonic
        )
        self.cookie = SessionCookie("session", is_secure=False, max_age=60)
        self.origins = OriginPolicy(None)
        self.scopes: tuple[Scope, ...] | None = ("read",)
        self.opened: list[tuple[UUID, UUID]] = []
        self.listeners = Listeners(self, self.origins, self._door_of)

    def problem_response(self, *_: Any) -> Any:
        raise AssertionError("no page is asked for here")

    async def claims(self, key: str) -> KeyClaims:
        if self.scopes is None or key != "living":
            raise SignInRequired("This key is unknown.", code="key_invalid")
        return KeyClaims(uuid4(), SALON, self.scopes, b"{}", Database().door())

    def _door_of(self, signed_in: SignedIn, tenant_id: UUID) -> Door:
        self.opened.append((signed_in.identity.user_id, tenant_id))
        return Database().door()

    def sign_in(self, role: Role = Role.OWNER) -> UUID:
        """Somebody's browser has the session; gives who that is."""
        identity = person(role)
        self.store.alive = {Visitor(self.socket(), self).session_hash or "": identity}
        return identity.user_id

    def socket(self, query: str = f"tenant={SALON}", **headers: str) -> WebSocket:
        scope = {
            "type": "websocket", "path": "/", "scheme": "ws", "query_string": query.encode(), "state": {},
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        if not headers:
            scope["headers"] = [(name.encode(), value.encode()) for name, value in OWN.items()]
        socket = WebSocket(scope, cast(Any, None), cast(Any, None))
        socket.state.visitor = Visitor(socket, self)
        return socket


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("headers", [{"x_api_key": "living"}, {"authorization": "bearer living"}])
async def test_a_key_in_a_header_listens_to_its_salon_without_contacts(
    world: World, headers: dict[str, str]
) -> None:
    listener = await world.listeners.of_request(world.socket("tenant=", **headers))
    assert listener is not None
    assert (listener.tenant_id, listener.sees_contacts) == (SALON, False)
    world.scopes = ("ingest",)
    with pytest.raises(NotAllowed):
        await listener.check()
    with pytest.raises(NotAllowed):
        await world.listeners.of_key("living")
    world.scopes = None
    with pytest.raises(SignInRequired):
        await listener.check()


async def test_a_dead_key_is_no_reason_to_look_at_the_session(world: World) -> None:
    world.sign_in()
    with pytest.raises(SignInRequired):
        await world.listeners.of_request(world.socket(**(OWN | {"x_api_key": "dead"})))


@pytest.mark.parametrize("role", Role)
async def test_a_page_listens_by_the_rights_of_its_person(world: World, role: Role) -> None:
    user_id = world.sign_in(role)
    listener = await world.listeners.of_request(world.socket())
    assert listener is not None
    assert listener.sees_contacts is (Permission.CLIENTS_READ in PERMISSIONS[role])
    assert world.opened == [(user_id, SALON)]
    await listener.check()


@pytest.mark.parametrize(
    "changed", [{"origin": "http://evil.test"}, {"origin": "null"}, {"cookie": "other=1"}]
)
async def test_a_page_elsewhere_brings_nothing(world: World, changed: dict[str, str]) -> None:
    world.sign_in()
    assert await world.listeners.of_request(world.socket(**(OWN | changed))) is None
    assert world.opened == []


@pytest.mark.parametrize("query", ["", "tenant=", "tenant=x"])
async def test_a_page_names_its_salon(world: World, query: str) -> None:
    world.sign_in()
    with pytest.raises(Invalid):
        await world.listeners.of_request(world.socket(query))


async def test_a_person_of_another_salon_does_not_listen(world: World) -> None:
    world.sign_in()
    with pytest.raises(NotAllowed):
        await world.listeners.of_request(world.socket(f"tenant={OTHER_SALON}"))


async def test_an_ended_session_and_another_role_end_it(world: World) -> None:
    world.sign_in(Role.OWNER)
    listener = await world.listeners.of_request(world.socket())
    assert listener is not None
    world.clock.seconds += 10
    world.store.is_away = True
    with pytest.raises(Unavailable):
        await listener.check()
    world.store.is_away = False
    world.sign_in(Role.OPERATOR)
    with pytest.raises(NotAllowed, match="rights have changed"):
        await listener.check()
    world.clock.seconds += timedelta(minutes=1).seconds
    world.store.alive.clear()
    with pytest.raises(SignInRequired):
        await listener.check()
