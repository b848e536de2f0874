"""The list of dialogues, its search and its saved filters, asked as a page asks: through the API."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from components.period import Period
from data import Door, Supabase
from errors import Invalid, NotFound
from identity.tokens import TokenMinter
from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings
from models import Identity, Membership, Role, SessionTimes
from queries import dialogues, saved_filters
from queries.dialogue_filters import Filters
from queries.dialogues import HIT_ENDS, HIT_STARTS, Place
from tests.database import DashboardDatabase, copy_of
from tests.sql.syncing import synced
from tests.sql.world import SALON_A, World

SECRET = "the-jwt-secret-of-the-listed-project-0123456789"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DIALOGUES = 130
ALL = Filters(None)


@pytest.fixture(scope="module")
async def door(migrated_template: DashboardDatabase) -> AsyncIterator[Door]:
    """An owner's way into a salon with 130 dialogues, an hour apart."""
    database = copy_of(migrated_template)
    connection = await asyncpg.connect(database.superuser_uri)
    local = LocalSupabase(
        Settings(
            db_uri=database.authenticator_uri, schemas=("dashboard",), anon_role="anon", jwt_secret=SECRET,
            superuser_uri=database.superuser_uri, pool_size=2,
        )
    )  # fmt: skip
    try:
        world = World(connection, {})
        await world.add_salon(SALON_A, "Salon")
        owner = await world.add_person("owner_a", "owner", SALON_A)
        for number in range(DIALOGUES):
            await world.archive(
                SALON_A,
                NOW - timedelta(hours=number),
                final_status=("done", "a,b\\")[number % 2],
                booking_amount=number,
            )
        await connection.execute(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, message)"
            " select tenant_id, user_id, session_id, 'user', 'Хочу на маникюр & педикюр'"
            " from public.conversation_sessions_v2 limit 3"
        )
        await synced(connection)
        await local.start()
        supabase = Supabase(
            "http://local",
            "anon-key",
            transport=httpx.ASGITransport(local.rest_and_auth, raise_app_exceptions=False),
        )
        yield supabase.door(TokenMinter.from_secret(SECRET).token_source(_identity(owner), SALON_A))
        await supabase.aclose()
    finally:
        await local.stop()
        await connection.close()
        database.cluster.drop_database(database.name)


def _identity(owner: UUID) -> Identity:
    now = datetime.now(UTC)
    later = now + timedelta(hours=1)
    return Identity(
        user_id=owner, email="owner@example.com", full_name="Owner",
        session=SessionTimes(created_at=now, last_seen_at=now, idle_expires_at=later, expires_at=later),
        memberships=(Membership(tenant_id=SALON_A, role=Role.OWNER),),
    )  # fmt: skip


class TestPages:
    async def test_lead_to_the_end_and_back(self, door: Door) -> None:
        forwards = [await dialogues.page(door, ALL)]
        while forwards[-1].following:
            forwards.append(await dialogues.page(door, ALL, forwards[-1].following))
        assert [len(page.rows) for page in forwards] == [50, 50, 30]
        assert forwards[0].previous is None
        rows = [row for page in forwards for row in page.rows]
        assert all(
            one.started_at > other.started_at
            for one, other in pairwise(rows)
            if one.started_at and other.started_at
        )

        backwards = [await dialogues.page(door, ALL, Place(before=dialogues.LAST_PAGE))]
        assert backwards[0].following is None
        while backwards[-1].previous:
            backwards.append(await dialogues.page(door, ALL, backwards[-1].previous))
        assert [len(page.rows) for page in backwards] == [50, 50, 30]
        assert [row for page in reversed(backwards) for row in page.rows] == rows

    async def test_of_nothing_lead_nowhere(self, door: Door) -> None:
        page = await dialogues.page(door, Filters(None, status=("nope",)))
        assert (page.rows, page.previous, page.following) == ([], None, None)

    async def test_hold_what_was_asked_for(self, door: Door) -> None:
        hostile = Filters(Period(date(2026, 3, 1), date(2026, 3, 10)), status=("a,b\\",), q="маникюр & педи")
        assert {row.status for row in (await dialogues.page(door, hostile)).rows} <= {"a,b\\"}
        assert await dialogues.count(door, Filters(None, status=("a,b\\",))) == DIALOGUES // 2

    async def test_show_where_the_words_were_found(self, door: Door) -> None:
        filters = Filters(None, q="маникюры")
        page = await dialogues.page(door, filters)
        assert {row.hit for row in page.rows} == {f"Хочу на {HIT_STARTS}маникюр{HIT_ENDS} & педикюр"}
        assert await dialogues.count(door, filters) == len(page.rows) == 3

    @pytest.mark.parametrize(
        ("filters", "place", "code"),
        [
            (ALL, Place(after="x"), "cursor_invalid"),
            (Filters(None, q="и"), Place(), "search_without_words"),
        ],
        ids=["cursor", "search"],
    )
    async def test_of_nonsense_are_refused_in_words(
        self, door: Door, filters: Filters, place: Place, code: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            await dialogues.page(door, filters, place)
        assert refused.value.code == code
        assert refused.value.advice


async def test_every_dialogue_comes_once(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogues, "EXPORT_ROWS", 110)
    batches = [batch async for batch in dialogues.every(door, ALL, "amount")]
    assert [len(batch) for batch in batches] == [110, 20]
    assert [row.booking_amount for batch in batches for row in batch] == list(range(DIALOGUES))


async def test_facets_are_typed(door: Door) -> None:
    found = await dialogues.facets(door)
    assert set(found.status) == {"done", "a,b\\"}
    assert (found.intent, found.tags) == ((None,), ())


async def test_a_saved_filter_comes_back_as_it_was(door: Door) -> None:
    query = Filters(None, status=("a,b\\", None), q="маникюр & педикюр").as_query() | {"sort": "-amount"}
    kept = await saved_filters.save(door, uuid4(), "Мой", query)
    assert [one.as_query() for one in await saved_filters.mine(door)] == [query]
    assert Filters.from_query(kept.as_query(), None).as_query() | {"sort": "-amount"} == query
    await saved_filters.remove(door, uuid4(), kept.filter_id)
    assert await saved_filters.mine(door) == []
    with pytest.raises(NotFound):
        await saved_filters.remove(door, uuid4(), kept.filter_id)
