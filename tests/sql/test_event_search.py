"""The search in events: whoever may read them finds what they may see, once, as it is now."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests.sql.agents import add_key, append, runs, told
from tests.sql.searching import WORKER, found, index, search
from tests.sql.world import MARKS, SALON_A, SALON_B, Caller, World, refused

TRACES = 7


@pytest.fixture
async def bot(world: World) -> Caller:
    """A machine of salon A that may tell and read."""
    return await add_key(world, SALON_A, "ingest", "read")


class TestFinds:
    @pytest.fixture(params=["fresh", "indexed"])
    async def talk(self, request: pytest.FixtureRequest, world: World, bot: Caller) -> Caller:
        await append(
            world,
            bot,
            told("root", name="invoke_agent receptionist", is_root=True, source="receptionist"),
            told("chat", after=1, name="chat", model="llama3.1:8b", summary="Anna asks for keratin",
                 payload={"prompt": [{"role": "user", "content": "Здравствуйте!\nЁлка, 15:00?"}],
                          "answer": [{"role": "assistant", "content": "See /srv/salon/prices.csv"}]}),
            told("tool", after=2, name="find_slots", node="act", status="error", problem_type="TimeoutError",
                 problem="No answer from slots.example.com",
                 payload={"arguments": {"day": "2026-11-27", "seats": 4096}, "result": "call 1e5x"}),
        )  # fmt: skip
        if request.param == "indexed":
            assert await index(world) == 3
        return bot

    @pytest.mark.parametrize(
        ("typed", "names"),
        [
            ("KERATIN", ["chat"]),
            ("ker", ["chat"]),
            ("eratin", []),
            ("ёлка здрав", ["chat"]),
            ("prices", ["chat"]),
            ("find_slots", ["find_slots"]),
            ("slots", ["find_slots"]),
            ("receptionist", ["invoke_agent receptionist"]),
            ("llama3.1:8b", ["chat"]),
            ("timeouterror", ["find_slots"]),
            ("example.com", ["find_slots"]),
            ("2026-11-27", ["find_slots"]),
            ("4096", ["find_slots"]),
            ("1e5x", ["find_slots"]),
            ("act", ["find_slots"]),
            ("3", []),
            ("8b", ["chat"]),
            ("c", []),
            ("keratin slots", []),
            ("content", []),
        ],
    )
    async def test_what_holds_all_words(
        self, world: World, talk: Caller, typed: str, names: list[str]
    ) -> None:
        """Each word as the beginning of one, a single letter whole; not what our own fields are called."""
        assert await found(world, talk, typed) == names

    async def test_the_newest_first_with_an_excerpt(self, world: World, talk: Caller) -> None:
        answer = await search(world, talk, "no ans")
        (hit,) = answer["events"]
        (run,) = await runs(world, talk)
        assert hit | {"at": None} == {
            "run_id": run["run_id"], "run_name": "invoke_agent receptionist", "run_status": "done",
            "agent": "receptionist", "seq": 3, "at": None, "kind": "tool_call", "phase": "ended",
            "status": "error", "name": "find_slots", "excerpt": hit["excerpt"], "hits": hit["hits"],
        }  # fmt: skip
        assert datetime.fromisoformat(hit["at"]).second == 2
        assert hit["excerpt"].startswith("TimeoutError · No answer from slots.example.com ")
        assert [hit["excerpt"][begins:ends] for begins, ends in hit["hits"]] == ["No", "ans"]
        assert (answer["is_partial"], answer["next_cursor"]) == (False, None)
        assert await found(world, talk, "e") == []

    async def test_runs_by_their_status(self, world: World, talk: Caller) -> None:
        assert await found(world, talk, "keratin", 50, None, "done") == ["chat"]
        assert await found(world, talk, "keratin", 50, None, "running") == []


class TestExcerpt:
    async def of(self, world: World, bot: Caller, result: object, typed: str) -> dict[str, Any]:
        await append(world, bot, told("e", payload={"result": result}))
        (hit,) = (await search(world, bot, typed))["events"]
        assert isinstance(hit, dict)
        return hit

    async def test_is_around_the_hit_and_on_one_line(self, world: World, bot: Caller) -> None:
        hit = await self.of(world, bot, "before " * 5_000 + "\n\tneedle\x1b[0m " + "after " * 100, "needle")
        assert hit["excerpt"].startswith("… ")
        assert hit["excerpt"].endswith(" …")
        assert len(hit["excerpt"]) <= 165
        assert "\n" not in hit["excerpt"]
        ((begins, ends),) = hit["hits"]
        assert hit["excerpt"][begins:ends] == "needle"

    async def test_counts_characters(self, world: World, bot: Caller) -> None:
        hit = await self.of(world, bot, "🎀🎀 <b>needle</b>", "needle")
        assert hit["excerpt"].startswith("🎀🎀 <b>needle</b>"), "what looks like markup is text"
        assert hit["hits"] == [[6, 12]]

    async def test_marks_no_more_than_it_has_to(self, world: World, bot: Caller) -> None:
        hit = await self.of(world, bot, "no " * 500, "no")
        assert 1 < len(hit["hits"]) <= 20

    @pytest.mark.parametrize("size", [100_000, 5_000_000])
    async def test_of_a_long_payload_the_first_part_is_searched(
        self, world: World, bot: Caller, size: int
    ) -> None:
        result = "early " + "x" * (size // 2) + " " + "слово " * (size // 20) + "late"
        hit = await self.of(world, bot, [result], "early")
        assert len(hit["excerpt"]) <= 165
        assert await index(world) == 1
        assert await found(world, bot, "early") == ["step e"]
        assert await found(world, bot, "late") == []


class TestReaders:
    @pytest.fixture(params=["fresh", "indexed"])
    async def salons(self, request: pytest.FixtureRequest, world: World, bot: Caller) -> Caller:
        other = await add_key(world, SALON_B, "ingest", "read")
        await append(world, other, told("b", name="keratin of b", summary=MARKS[SALON_B]))
        await append(
            world, bot,
            told("a", name="keratin +79161234567",
                 payload={"result": "anna@example.com", "phone": 79161234567}),
        )  # fmt: skip
        if request.param == "indexed":
            assert await index(world) == 2
        return bot

    @pytest.mark.parametrize("person", ["platform", "owner_a", "admin_a", "operator_a"])
    async def test_find_what_is_their_salon_s(self, world: World, salons: Caller, person: str) -> None:
        answer = await world.call(person, "search_events", "keratin", tenant=SALON_A)
        assert len(answer["events"]) == 1
        assert MARKS[SALON_B] not in json.dumps(answer)
        assert "of b" not in json.dumps(answer)

    async def test_of_another_salon_find_their_own(self, world: World, salons: Caller) -> None:
        for person in ("owner_b", "operator_b"):
            assert await found(world, person, "keratin") == ["keratin of b"]
            assert await found(world, person, "anna") == []

    @pytest.mark.parametrize("person", ["outsider", "owner_b", "operator_b"])
    async def test_that_are_not_the_salon_s_are_refused(
        self, world: World, salons: Caller, person: str
    ) -> None:
        async with refused(world, "PT403", "not_allowed"):
            await world.call(person, "search_events", "keratin", tenant=SALON_A)

    async def test_by_a_key_need_the_scope(self, world: World, salons: Caller) -> None:
        assert len(await found(world, salons, "keratin")) == 1
        deaf = await add_key(world, SALON_A, "ingest", "control")
        async with refused(world, "PT403", "key_scope"):
            await search(world, deaf, "keratin")

    @pytest.mark.parametrize("typed", ["79161234567", "7916", "anna", "anna@example.com"])
    async def test_who_may_not_see_contacts_find_none(self, world: World, salons: Caller, typed: str) -> None:
        assert len(await found(world, "owner_a", typed)) == 1
        for reader in ("operator_a", salons):
            assert await found(world, reader, typed) == []
            shown = json.dumps(await search(world, reader, "keratin"), ensure_ascii=False)
            assert "•••67" in shown
            assert "7916" not in shown
            assert "anna@" not in shown


class TestHostileQueries:
    @pytest.mark.parametrize(
        "typed", ["", " ", "!!!", "'", "&|!()", ":*", "\\", "<->", "—", "%_", "🎀", None]
    )
    async def test_without_a_word_are_refused(self, world: World, bot: Caller, typed: str | None) -> None:
        async with refused(world, "PT422", "search_without_words"):
            await world.call(bot, "search_events", typed)

    @pytest.mark.parametrize("typed", ["x" * 10_000, "x " * 201, " ".join(map(str, range(100, 121)))])
    async def test_that_are_too_long_are_refused(self, world: World, bot: Caller, typed: str) -> None:
        async with refused(world, "PT422", "search_too_long"):
            await search(world, bot, typed)

    @pytest.mark.parametrize(
        "typed",
        ["it's", "a:*", "needle:*", "!needle", "needle & (", "needle | hay", "nee\\dle", "%needle_",
         "(needle", "needle)", "[needle]", "needle*", "^needle$", '"needle', "needle'; drop table runs; --",
         "x" * 400, " ".join(map(str, range(100, 120)))],
    )  # fmt: skip
    async def test_mean_nothing_but_their_words(self, world: World, bot: Caller, typed: str) -> None:
        said = typed.replace("|", " ")
        await append(world, bot, told("e1", name="other"), told("e2", summary=said[:400], name="the one"))
        assert await found(world, bot, typed) == ["the one"]
        assert await index(world) == 2
        assert await found(world, bot, typed) == ["the one"]

    async def test_find_no_salon_by_what_stands_for_it(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("e1"))
        await index(world)
        assert await found(world, bot, str(SALON_A)[:8]) == []

    @pytest.mark.parametrize(
        "cursor", ["x", "1", "1:2:3", "1:aaaaaaaa-0000-4000-8000-000000000001:-1", "::", ""]
    )
    async def test_from_no_place_are_refused(self, world: World, bot: Caller, cursor: str) -> None:
        async with refused(world, "PT422", "cursor_invalid"):
            await search(world, bot, "x", 50, cursor)


async def pages(world: World, caller: Caller, typed: str, at_most: int, **between: Any) -> list[list[str]]:
    """The steps found, page by page; `between` two of them, something may happen."""
    found_pages, cursor = [], None
    while True:
        page = await search(world, caller, typed, at_most, cursor)
        found_pages.append([event["name"] for event in page["events"]])
        if (cursor := page["next_cursor"]) is None:
            return found_pages
        if happens := between.get("happens"):
            await happens()


class TestPages:
    @pytest.fixture
    async def many(self, world: World, bot: Caller) -> list[str]:
        """Two long runs and some short ones, told of by turns; all there is to be found, in its order."""
        events = [
            told(f"{number}", f"t{number % TRACES}", after=number % TRACES * 60 + number / 1000,
                 name=f"t{number % TRACES} {number:03}", summary="needle" if number % 3 else "hay")
            for number in range(200)
        ]  # fmt: skip
        for first in range(0, 200, 40):
            await append(world, bot, *events[first : first + 40])
        names = [event["name"] for event in events if event["summary"] == "needle"]
        return sorted(names, key=lambda name: (name[:2], name), reverse=True)

    @pytest.mark.parametrize("at_most", [1, 7, 100])
    async def test_follow_one_another(self, world: World, bot: Caller, many: list[str], at_most: int) -> None:
        for _ in ("fresh", "indexed"):
            found_pages = await pages(world, bot, "needle", at_most)
            assert [name for page in found_pages for name in page][: len(many)] == many
            assert sum(map(len, found_pages)) == len(many)
            assert {len(page) for page in found_pages[:-1]} <= {at_most}
            await index(world)

    async def test_repeat_nothing_while_words_are_made(
        self, world: World, bot: Caller, many: list[str]
    ) -> None:
        async def one_more() -> None:
            await world.call(WORKER, "index_events", 13)

        found_pages = await pages(world, bot, "needle", 9, happens=one_more)
        assert [name for page in found_pages for name in page] == many

    async def test_may_be_empty_and_have_a_next_one(self, world: World, bot: Caller) -> None:
        """Both words are in every stretch, and in the oldest event only are they together."""
        await append(world, bot, told("both", summary="needle hay", name="both"))
        for start in range(0, 4_000, 500):
            await append(world, bot, *(
                told(f"{number}", after=number, summary="needle" if number % 2 else "hay", payload={})
                for number in range(start, start + 500)
            ))  # fmt: skip
        await index(world)
        assert await pages(world, bot, "needle hay", 10) == [[], ["both"]]


class TestFreshEvents:
    async def test_are_found_beside_indexed_ones_once(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("e1", summary="needle"), told("e2", summary="hay"))
        assert await index(world) == 2
        await append(world, bot, told("e3", summary="needle"), told("e1", summary="needle"))
        assert await found(world, bot, "needle") == ["step e3", "step e1"]
        assert await index(world) == 1
        assert await found(world, bot, "needle") == ["step e3", "step e1"]
        assert await index(world) == 0

    async def test_beyond_what_can_be_looked_through_are_told_of(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("old", summary="needle"))
        for start in range(0, 1_500, 500):
            await append(
                world, bot, *(told(f"{start + number}", f"t{start}", payload={}) for number in range(500))
            )
        answer = await search(world, bot, "needle")
        assert (answer["events"], answer["is_partial"]) == ([], True)
        await index(world)
        answer = await search(world, bot, "needle")
        assert (len(answer["events"]), answer["is_partial"]) == (1, False)

    async def test_of_a_batch_that_is_larger_the_newest_are_looked_through(
        self, world: World, bot: Caller
    ) -> None:
        await append(
            world, bot, *(told(f"{number}", after=number, name=f"n{number:04}") for number in range(1_600))
        )
        assert await found(world, bot, "n0600") == ["n0600"]
        answer = await search(world, bot, "n0599")
        assert (answer["events"], answer["is_partial"]) == ([], True)

    async def test_whose_order_is_not_kept_any_more_are_told_of(self, world: World, bot: Caller) -> None:
        await append(world, bot, told("old", summary="needle"))
        await world.connection.execute("delete from dashboard.event_batches")
        assert (await search(world, bot, "needle"))["is_partial"]
        await index(world)
        assert await found(world, bot, "needle") == ["step old"]
        assert not (await search(world, bot, "needle"))["is_partial"]

    async def test_of_a_salon_that_was_told_nothing_are_none(self, world: World, bot: Caller) -> None:
        assert await search(world, bot, "needle") == {"events": [], "next_cursor": None, "is_partial": False}
