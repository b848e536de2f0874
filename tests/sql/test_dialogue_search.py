"""Searching the messages: words in their forms, what is shown of a hit, and whose messages they are."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.sql.syncing import synced
from tests.sql.world import SALON_A, SALON_B, World, refused

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MESSAGES = {
    "manicure": ("Здравствуйте! Хочу записаться на маникюр завтра утром", "Записала вас на маникюр в 10:00"),
    "haircut": ("Сколько стоит мужская стрижка?", "Стрижка стоит 1500 рублей"),
    "english": ("I would like to book two haircuts", "Booked! See you on Friday"),
    "both": ("Нужны стрижка и маникюр", "Когда вам удобно?"),
    "order": ("На маникюр мне нужно, и запись на стрижку", "Ёлка у входа, звоните 8 916 123-45-67"),
}


class Search:
    """The salon's dialogues by name, and the names of those that are found."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names: dict[UUID, str] = {}

    async def add(self, name: str, *messages: str, salon: UUID = SALON_A) -> UUID:
        """A dialogue with these messages, in turns, a minute apart."""
        session = await self.world.archive(salon, NOW, ended_at=NOW + timedelta(hours=1))
        client = await self.world.connection.fetchval(
            "select user_id from public.conversation_sessions_v2 where session_id = $1", session
        )
        await self.world.connection.executemany(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, message, created_at)"
            " values ($1, $2, $3, $4, $5, $6)",
            [
                (
                    salon,
                    client,
                    session,
                    ("user", "assistant")[place % 2],
                    text,
                    NOW + timedelta(minutes=place),
                )
                for place, text in enumerate(messages)
            ],
        )
        self.names[session] = name
        await synced(self.world.connection)
        return session

    async def found(self, q: str, person: str = "owner_a", **filters: Any) -> set[str]:
        """The names of the dialogues found; their number has to agree."""
        rows = await self.rows(q, person, **filters)
        counted = await self.world.call(person, "count_dialogues", json.dumps({"q": q} | filters))
        assert counted == len(rows)
        return {self.names[row["session_id"]] for row in rows}

    async def rows(self, q: str, person: str = "owner_a", **filters: Any) -> list[Any]:
        """The rows of the list."""
        async with self.world.acting(person) as connection:
            return await connection.fetch(
                "select * from dashboard.list_dialogues($1)", json.dumps({"q": q} | filters)
            )

    async def hit(self, q: str) -> str:
        """What is shown of the only dialogue found, with [ and ] for the marks."""
        (row,) = await self.rows(q)
        return str(row["hit"]).replace("\ue000", "[").replace("\ue001", "]")


@pytest.fixture
async def empty(world: World) -> Search:
    await world.connection.execute(
        "delete from public.conversation_sessions_v2; delete from public.active_sessions_v2;"
        "delete from public.recent_history_v2"
    )
    return Search(world)


@pytest.fixture
async def search(empty: Search) -> Search:
    for name, messages in MESSAGES.items():
        await empty.add(name, *messages)
    await empty.add("foreign", *(text for messages in MESSAGES.values() for text in messages), salon=SALON_B)
    return empty


class TestWords:
    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("маникюр", {"manicure", "both", "order"}),
            ("МАНИКЮРА", {"manicure", "both", "order"}),
            ("стрижки", {"haircut", "both", "order"}),
            ("стрижки маникюры", {"both", "order"}),
            ("маникюр утром", {"manicure"}),
            ("мужскую стрижку", {"haircut"}),
            ("елка", {"order"}),
            ("ёлки", {"order"}),
            ("haircut", {"english"}),
            ("booking", {"english"}),
            ("BOOK haircuts", {"english"}),
            ("friday or рублей", {"english", "haircut"}),
            ("маникюр -стрижка", {"manicure"}),
            ('"мужская стрижка"', {"haircut"}),
            ('"стрижка мужская"', set()),
            ('"на маникюр"', {"manicure", "both", "order"}),
            ("маникюр -завтра", {"manicure", "both", "order"}),  # in one message
            ("1500", {"haircut"}),
            ("на маникюр", {"manicure", "both", "order"}),
            ("педикюр", set()),
            ("маникюр and haircut", set()),
        ],
    )
    async def test_find_the_messages_that_hold_them(self, search: Search, q: str, found: set[str]) -> None:
        assert await search.found(q) == found

    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("ман", {"manicure", "both", "order"}),
            ("стрижка маникю", {"both", "order"}),
            ("мужская стр", {"haircut"}),
            ("hairc", {"english"}),
            ("ёлк", {"order"}),
            ('"мужская стриж', {"haircut"}),
            ("friday or руб", {"english", "haircut"}),
            ("маник завтра", set()),  # only the last one
            ('"ман"', set()),  # quoted words are whole
            ("маникюр -стриж", {"manicure", "both", "order"}),  # nor an excluded one
            ("ма", set()),
        ],
    )
    async def test_the_last_may_be_begun_only(self, search: Search, q: str, found: set[str]) -> None:
        assert await search.found(q) == found

    async def test_a_stop_word_alone_may_become_another(self, empty: Search) -> None:
        await empty.add("greeting", "Приветствую вас")
        assert await empty.found("при") == {"greeting"}

    @pytest.mark.parametrize(
        "q", ["и", "на и", "", "!!!", "-маникюр", "стрижка or -маникюр", "?", '""', ":*"]
    )
    async def test_that_are_none_are_refused_with_advice(self, search: Search, q: str) -> None:
        async with refused(search.world, "PT422", "search_without_words"):
            await search.rows(q)
        async with refused(search.world, "PT422", "search_without_words"):
            await search.world.call("owner_a", "count_dialogues", json.dumps({"q": q}))

    @pytest.mark.parametrize(
        "q",
        [
            "маникюр'", "'маникюр", "маникюр\\", "маникюр & | ! ( ) <-> :*", "маникюр:*", "маникюр:A",
            '"маникюр', "маникюр') or true --", "%маникюр_", "$$маникюр$$", "маникюр\ue000",
        ],
    )  # fmt: skip
    async def test_among_hostile_signs_are_still_words(self, search: Search, q: str) -> None:
        assert await search.found(q) <= {"manicure", "both", "order"}

    async def test_search_together_with_filters(self, search: Search) -> None:
        tagged = next(session for session, name in search.names.items() if name == "both")
        await search.world.connection.execute(
            "insert into dashboard.dialogue_tags (tenant_id, session_id, tag) values ($1, $2, 'vip')",
            SALON_A,
            tagged,
        )
        assert await search.found("маникюр", tag=["vip"]) == {"both"}
        assert await search.found("маникюр", from_day="2026-03-11") == set()


class TestWhose:
    async def test_each_salon_finds_its_own(self, search: Search) -> None:
        assert await search.found("маникюр", "owner_b") == {"foreign"}
        assert await search.found("маникюр", "operator_a") == {"manicure", "both", "order"}

    @pytest.mark.parametrize("q", [f"t:{SALON_B}", f'"t:{str(SALON_B)[:8]}"', f"маникюр or t:{SALON_B}"])
    async def test_another_salon_cannot_be_named(self, search: Search, q: str) -> None:
        assert "foreign" not in await search.found(q)

    async def test_a_word_that_names_a_salon_does_not_make_a_message_its_own(self, empty: Search) -> None:
        ours = await empty.add("ours", "привет")
        theirs = await empty.add("foreign", "педикюр", salon=SALON_B)
        await empty.world.connection.execute(
            "update dashboard.message_index"
            " set session_id = $1, words = words || array_to_tsvector(array[$2]) where session_id = $3",
            ours, f"t:{str(SALON_A)[:8]}", theirs,
        )  # fmt: skip
        assert await empty.found("педикюр") == set()

    async def test_a_message_that_names_anothers_session_is_not_shown_there(self, empty: Search) -> None:
        theirs = await empty.add("foreign", "привет", salon=SALON_B)
        client = await empty.world.add_client(SALON_A)
        await empty.world.connection.execute(
            "insert into public.recent_history_v2 (tenant_id, user_id, session_id, role, message)"
            " values ($1, $2, $3, 'user', 'педикюр')",
            SALON_A, client, theirs,
        )  # fmt: skip
        await synced(empty.world.connection)
        assert await empty.found("педикюр", "owner_b") == set()
        assert await empty.found("педикюр") == set()


class TestHit:
    async def test_is_the_newest_message_that_holds_the_words(self, empty: Search) -> None:
        await empty.add("one", "маникюр раз", "Маникюр два", "стрижка три")
        assert await empty.hit("маникюр") == "[Маникюр] два"

    async def test_marks_every_form_of_every_word(self, search: Search) -> None:
        assert await search.hit("мужские стрижки") == "Сколько стоит [мужская] [стрижка]?"
        assert await search.hit("book haircut") == "I would like to [book] two [haircuts]"

    async def test_marks_a_word_that_is_only_begun(self, search: Search) -> None:
        assert await search.hit("мужская стриж") == "Сколько стоит [мужская] [стрижка]?"

    async def test_is_none_without_a_search(self, search: Search) -> None:
        async with search.world.acting("owner_a") as connection:
            rows = await connection.fetch("select hit from dashboard.list_dialogues('{}')")
        assert {row["hit"] for row in rows} == {None}

    async def test_is_a_piece_of_a_long_message(self, empty: Search) -> None:
        await empty.add("long", " ".join(["начало"] * 400 + ["маникюр"] + ["конец"] * 400))
        hit = await empty.hit("маникюр")
        assert hit.startswith("… ")
        assert hit.endswith(" …")
        assert "[маникюр]" in hit
        assert len(hit) <= 210

    async def test_is_found_however_far_apart_the_words_are(self, empty: Search) -> None:
        await empty.add("far", " ".join(["маникюр", *["начало"] * 3000, "стрижка"]))
        assert "[" in await empty.hit("маникюр стрижка")
        assert "[стрижка]" in await empty.hit("стрижки")

    @pytest.mark.parametrize("length", [100, 199, 300, 3000, 20_000])
    async def test_is_short_and_its_marks_are_paired_however_long_a_word_is(
        self, empty: Search, length: int
    ) -> None:
        await empty.add("long", f"{'я' * length} маникюр {'ы' * length}, маникюр")
        (row,) = await empty.rows("маникюр")
        marks = [sign for sign in row["hit"] if sign in "\ue000\ue001"]
        assert len(row["hit"]) <= 210
        assert marks == ["\ue000", "\ue001"] * (len(marks) // 2)

    async def test_has_no_marks_but_its_own_and_no_markup(self, empty: Search) -> None:
        await empty.add(
            "hostile", "\ue000<b>маникюр</b>\ue001 \ue000\ue001 <script>alert(1)</script>\n\n& <mark>"
        )
        assert await empty.hit("маникюр") == "<b>[маникюр]</b> <script>alert(1)</script> & <mark>"

    async def test_of_a_text_that_the_bot_has_changed_since_shows_that(self, empty: Search) -> None:
        await empty.add("changed", "маникюр")
        await empty.world.connection.execute("update public.recent_history_v2 set message = 'удалено'")
        assert await empty.hit("маникюр") == "удалено"

    async def test_of_a_message_that_the_bot_has_removed_is_none(self, empty: Search) -> None:
        await empty.add("removed", "маникюр")
        await empty.world.connection.execute("delete from public.recent_history_v2")
        (row,) = await empty.rows("маникюр")
        assert row["hit"] is None

    async def test_is_found_in_a_message_without_a_session(self, empty: Search) -> None:
        session = await empty.add("inferred")
        await empty.world.connection.execute(
            "insert into public.recent_history_v2 (tenant_id, user_id, role, channel, message, created_at)"
            " select tenant_id, user_id, 'user', channel, 'хочу педикюр', started_at + interval '1 minute'"
            " from public.conversation_sessions_v2 where session_id = $1",
            session,
        )
        await synced(empty.world.connection)
        assert await empty.hit("педикюр") == "хочу [педикюр]"
