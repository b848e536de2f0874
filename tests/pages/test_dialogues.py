"""The list of dialogues: what a row says, and how filters, order and pages become its address."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from nicegui import ElementFilter, ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from components.records import Records
from components.search_field import SearchField
from components.tag import Tag
from errors import Invalid, Unavailable
from tests.pages.conftest import OpenPanel
from tests.pages.dialogue_fakes import CLIENT, DIALOGUE_ROUTES, DialoguesDoor, booked, busy_list, dialogue
from tests.pages.fakes import HOSTILE, LAVENDER, THREAD, FakeDoor
from tests.pages.presses import page_links, press
from tests.waiting import until

PAGE = f"/s/{LAVENDER}/dialogues"
AWAY = Unavailable("The database does not answer.", advice="It is tried again by itself; nothing is lost.")


async def opened(open_panel: OpenPanel, door: FakeDoor, path: str = PAGE, **options: Any) -> User:
    return await open_panel(door, path, routes=DIALOGUE_ROUTES, **options)


def table(user: User) -> Records:
    with user:
        (found,) = ElementFilter(kind=Records)
    return found


def shown(user: User) -> list[dict[str, Any]]:
    with user:
        return [row for found in ElementFilter(kind=Records) for row in found.rows]


def parts(row: dict[str, Any]) -> list[dict[str, str]]:
    """All pieces of text of a row."""
    in_cells = [part for cell in row["cells"] for line in cell for part in line["parts"]]
    return [*in_cells, *row["below"]]


def texts(row: dict[str, Any]) -> list[str]:
    return [part["text"] for part in parts(row)]


def names(user: User) -> list[str]:
    return [texts(row)[0] for row in shown(user)]


def address(user: User) -> str:
    """Where the open page says that it is."""
    assert user.client is not None
    return user.client.sub_pages_router.current_path


def asked_for(user: User) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address(user)).query)


def linked(user: User, css: str) -> list[str]:
    with user:
        found = [tag for tag in ElementFilter(kind=Tag) if css in tag.classes and "href" in tag.props]
        return [str(tag.props["href"]) for tag in found if tag.visible]


def fire(user: User, element: ui.element, event: str, args: object = None) -> None:
    UserInteraction(user, {element}, None).trigger(event, args)


def open_menu(user: User, name: str) -> None:
    with user:
        (menu,) = [one for one in ElementFilter(kind=ui.menu) if one.props.get("aria-label") == name]
        menu.open()
    fire(user, menu, "beforeShow")


def tick(user: User, words: str) -> None:
    with user:
        (label,) = [one for one in ElementFilter(kind=Tag, content=words) if "check-text" in one.classes]
    assert label.parent_slot is not None
    fire(user, next(iter(label.parent_slot.parent)), "change", True)


def apply(user: User) -> None:
    with user:
        (actions,) = [one for one in ElementFilter(kind=Tag) if "checklist-actions" in one.classes]
    fire(user, next(iter(actions)), "click")


def search(user: User, text: str) -> None:
    with user:
        field = next(iter(ElementFilter(kind=SearchField)))
    fire(user, field, "search", text)


def turn(user: User, name: str) -> None:
    with user:
        (way,) = [one for one in ElementFilter(kind=Tag) if one.props.get("aria-label") == name]
    fire(user, way, "click")


class TestRow:
    async def test_says_what_became_of_a_dialogue(self, open_panel: OpenPanel) -> None:
        door = DialoguesDoor(rows_of=[booked(2, tags=("vip",), first_reply_ms=134_000)])
        user = await opened(open_panel, door)
        await until(lambda: shown(user))
        assert texts(shown(user)[0]) == [
            "Client 2", "Telegram", "vip", "Mar 15", "9:30\u202fPM – 9:42\u202fPM", "Booked", "Booking",
            "Gel manicure", "RUB\xa01,500", "Mar 20, 2:00\u202fPM", "12", "2 min", "Neutral",
        ]  # fmt: skip

    async def test_shows_an_unknown_status_as_it_is_and_says_so(self, open_panel: OpenPanel) -> None:
        door = DialoguesDoor(rows_of=[dialogue(1, status="handoff_v3", is_known_status=False)])
        user = await opened(open_panel, door, locale="ru")
        await until(lambda: shown(user))
        assert {"handoff_v3", "нераспознанный"} <= set(texts(shown(user)[0]))

    async def test_says_unknown_where_nothing_is_known(self, open_panel: OpenPanel) -> None:
        empty = dialogue(
            1, client_name=None, channel=None, started_at=None, ended_at=None, last_activity_at=None,
            intent=None, messages_count=None, first_reply_ms=None, sentiment=None,
        )  # fmt: skip
        user = await opened(open_panel, DialoguesDoor(rows_of=[empty]))
        await until(lambda: shown(user))
        assert texts(shown(user)[0]) == [
            "Client without a name",
            "not known",
            "Finished",
            "—",
            "—",
            "—",
            "—",
            "—",
        ]
        nothing = [part["css"] for part in parts(shown(user)[0]) if part["text"] == "—"]
        assert nothing == ["muted is-nothing"] * 5, "fainter, and not on a phone's card"

    async def test_keeps_amounts_of_cancelled_bookings_apart(self, open_panel: OpenPanel) -> None:
        gone = booked(1, booking_status="cancelled", booking_amount=Decimal("99.50"), booking_currency=None)
        user = await opened(open_panel, DialoguesDoor(rows_of=[gone]))
        await until(lambda: shown(user))
        (amount, reason) = shown(user)[0]["cells"][4]
        assert amount["parts"] == [{"text": "100", "css": "nowrap is-struck", "tag": "span"}]
        assert reason["parts"][0]["text"] == "Cancelled"

    async def test_takes_foreign_text_as_text(self, open_panel: OpenPanel) -> None:
        row = dialogue(
            1, client_name=HOSTILE, status=HOSTILE, intent=HOSTILE, sentiment=HOSTILE, drop_off_stage=HOSTILE,
            services=(HOSTILE, HOSTILE, HOSTILE), tags=(HOSTILE,) * 6, channel=HOSTILE, hit=HOSTILE,
        )  # fmt: skip
        user = await opened(open_panel, DialoguesDoor(rows_of=[row]))
        await until(lambda: shown(user))
        hostile = [part for part in parts(shown(user)[0]) if HOSTILE in part["text"]]
        assert len(hostile) == 12
        assert {part["tag"] for part in hostile} == {"bdi"}

    async def test_marks_what_was_found(self, open_panel: OpenPanel) -> None:
        row = dialogue(1, hit="I'd like a \ue000manicure\ue001 today")
        user = await opened(open_panel, DialoguesDoor(rows_of=[row]), f"{PAGE}?q=manicure")
        await until(lambda: shown(user))
        below = [(part["tag"], part["text"]) for part in shown(user)[0]["below"]]
        assert below == [("bdi", "I'd like a "), ("mark", "manicure"), ("bdi", " today")]

    async def test_opens_the_dialogue_and_can_come_back_to_the_page(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?status=done&after=at-50")
        await until(lambda: shown(user))
        link = shown(user)[0]["cells"][0][0]
        assert link["css"] == "row-link strong"
        assert link["href"].startswith(f"/s/{LAVENDER}/dialogue?id=00000000-")
        assert link["href"].endswith("&status=done&after=at-50")


class TestAddress:
    @pytest.mark.parametrize(
        ("query", "filters"),
        [
            ("status=done,no_slots&booked=yes", {"status": ["done", "no_slots"], "booked": True}),
            ("weekday=2&hour=14&outside=yes", {"weekday": 2, "hour": 14, "outside": True}),
            ("active=now&stage=5&clients=new", {"active_now": True, "stage": 5, "clients": "new"}),
        ],
        ids=["lists", "time", "choices"],
    )
    async def test_says_what_is_asked_for(
        self, open_panel: OpenPanel, query: str, filters: dict[str, object]
    ) -> None:
        door = busy_list()
        await opened(open_panel, door, f"{PAGE}?period=all&{query}")
        await until(lambda: door.asked)
        asked = [
            json.loads(arguments["filters"]) for name, arguments in door.asked if name == "list_dialogues"
        ]
        assert asked[0] == filters

    @pytest.mark.parametrize("query", ["booked=perhaps", "sort=size", "weekday=9", "client=nobody"])
    async def test_of_nonsense_offers_everything(self, open_panel: OpenPanel, query: str) -> None:
        door = busy_list()
        user = await opened(open_panel, door, f"{PAGE}?{query}")
        await user.should_see("All dialogues of the period")
        assert door.asked == []

    async def test_every_filter_of_a_link_can_be_taken_off(self, open_panel: OpenPanel) -> None:
        drill = {
            "currency": "own", "stage": "4", "clients": "returning", "weekday": "2", "hour": "9",
            "outside": "yes", "stayed": "no", "service": "Balayage", "staff": "77", "client": str(CLIENT),
            "active": "now",
        }  # fmt: skip
        query = "&".join(f"{name}={value}" for name, value in drill.items())
        user = await opened(open_panel, busy_list(), f"{PAGE}?period=7d&{query}")
        for words in (
            "Booked for an amount in RUB", "Came as far as: Specialist or time chosen", "Returning clients",
            "Weekday: Tuesday", "Started at 09:00–10:00", "Booked outside working hours",
            "Bookings that did not stay", "Balayage", "77", "Active in the last 30 minutes",
        ):  # fmt: skip
            await user.should_see(words)
        links = [parse_qs(urlsplit(link).query) for link in linked(user, "chip") if "id=" not in link]
        without = [next(iter(drill.keys() - link.keys())) for link in links if len(link) == len(drill)]
        assert sorted(without[: len(drill)]) == sorted(drill)


class TestFilters:
    async def test_are_read_when_a_menu_is_opened(self, open_panel: OpenPanel) -> None:
        door = busy_list()
        user = await opened(open_panel, door)
        await until(lambda: shown(user))
        assert "dialogue_facets" not in [name for name, _ in door.asked]
        open_menu(user, "Status")
        await until(lambda: door.asked[-1][0] == "dialogue_facets")
        tick(user, "Booked")
        apply(user)
        await user.should_see("40 dialogues")
        assert asked_for(user) == {"status": ["booked"]}

    async def test_say_why_their_choices_are_not_there(self, open_panel: OpenPanel) -> None:
        door = busy_list()
        user = await opened(open_panel, door)
        await until(lambda: shown(user))
        door.problem = AWAY
        open_menu(user, "Mood")
        await user.should_see("The database does not answer.")

    async def test_change_the_list_and_its_address_in_place(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?period=90d&sort=started")
        await user.should_see("120 dialogues")
        open_menu(user, "Booking")
        await user.should_see("With a booking")
        press(user, "With a booking")
        await user.should_see("40 dialogues")
        assert asked_for(user) == {"period": ["90d"], "booked": ["yes"], "sort": ["started"]}

    async def test_are_taken_off_all_at_once(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?period=90d&status=done&booked=no")
        await user.should_see("80 dialogues")
        press(user, "Clear all")
        await user.should_see("120 dialogues")
        assert asked_for(user) == {"period": ["90d"]}

    async def test_stay_when_the_period_is_changed(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?status=done&after=at-50")
        await until(lambda: shown(user))
        open_menu(user, "Choose a period")
        await until(lambda: f"{PAGE}?period=7d&status=done" in linked(user, "menu-link"))
        assert f"{PAGE}?period=all&status=done" in linked(user, "menu-link")


class TestSearch:
    async def test_asks_for_what_is_typed_and_keeps_it(self, open_panel: OpenPanel) -> None:
        door = DialoguesDoor(rows_of=[dialogue(1, hit="a \ue000beard\ue001 trim"), dialogue(2)])
        user = await opened(open_panel, door)
        await user.should_see("2 dialogues")
        search(user, "beard")
        await user.should_see("1 dialogue")
        assert asked_for(user) == {"q": ["beard"]}
        with user:
            field = next(iter(ElementFilter(kind=SearchField)))
        assert field.value == "beard"
        search(user, "")
        await user.should_see("2 dialogues")
        assert asked_for(user) == {}

    async def test_says_why_nothing_can_be_found(self, open_panel: OpenPanel) -> None:
        door = busy_list()
        user = await opened(open_panel, door)
        await user.should_see("120 dialogues")
        door.problem = Invalid("These words are in every message.", advice="Add another word.")
        search(user, "и")
        await user.should_see("These words are in every message.")
        await user.should_see("Clear the search")
        await user.should_not_see("120 dialogues")


class TestOrder:
    async def test_is_turned_round_by_a_second_press(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list())
        await until(lambda: names(user)[:1] == ["Client 1"])
        fire(user, table(user), "sort", "messages")
        await until(lambda: names(user)[:1] == ["Client 120"])
        assert asked_for(user) == {"sort": ["-messages"]}
        sorts = {column.key: column.sort for column in table(user).props["columns"]}
        assert (sorts["messages"], sorts["started"]) == ("descending", "")


class TestPages:
    async def test_are_walked_to_the_end_and_back(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list())
        await user.should_see("1–50 of 120")
        turn(user, "Next page")
        await user.should_see("51–100 of 120")
        assert names(user)[0] == "Client 51"
        turn(user, "Last page")
        await user.should_see("71–120 of 120")
        assert asked_for(user) == {"before": ["end"]}
        turn(user, "Previous page")
        await user.should_see("21–70 of 120")
        turn(user, "First page")
        await user.should_see("1–50 of 120")
        assert asked_for(user) == {}

    async def test_do_not_guess_their_number(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?after=at-20")
        await user.should_see("120 dialogues")
        await until(lambda: names(user)[:1] == ["Client 21"])
        await user.should_not_see("21–70 of 120")

    async def test_that_are_gone_lead_to_the_first(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?after=at-120")
        await user.should_see("Nothing is left on this page")
        press(user, "To the first page")
        await user.should_see("1–50 of 120")


class TestStates:
    async def test_of_a_new_salon(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, DialoguesDoor(), f"{PAGE}?status=done")
        await user.should_see("No dialogues yet")
        await user.should_not_see("No dialogue matches")

    async def test_of_no_match_says_what_to_relax(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?weekday=1&status=ghost&q=xyz")
        await user.should_see("No dialogue matches")
        for words in ("xyz", "Client went silent", "Weekday: Monday", "All time"):
            await user.should_see(words)

    async def test_of_a_failure_can_be_tried_again(self, open_panel: OpenPanel) -> None:
        door = busy_list()
        door.problem = AWAY
        user = await opened(open_panel, door)
        await user.should_see("The database does not answer.")
        door.problem = None
        user.find("Try again").click()
        await user.should_see("120 dialogues")

    async def test_of_a_failure_after_another_question_is_no_old_answer(self, open_panel: OpenPanel) -> None:
        door = busy_list()
        user = await opened(open_panel, door)
        await user.should_see("120 dialogues")
        door.problem = AWAY
        search(user, "beard")
        await user.should_see("The database does not answer.")
        await user.should_not_see(marker="state-stale")
        with user:
            assert not list(ElementFilter(kind=Records))


class TestPeriod:
    async def test_of_all_time_is_not_taken_to_pages_that_have_none(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?period=all&status=done")
        await user.should_see("80 dialogues")
        pages = {urlsplit(link).path.rsplit("/", 1)[1]: urlsplit(link).query for link in page_links(user)}
        assert pages["overview"] == ""
        assert pages["dialogues"] == pages["users"] == "period=all"
        await user.open(f"/s/{LAVENDER}/overview?period=all")
        await user.should_see("The address asks for a period that does not exist.")

    async def test_goes_along_to_other_salons_without_what_is_this_ones(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, busy_list(), f"{PAGE}?period=7d&status=done&client={CLIENT}")
        open_menu(user, "Choose a salon")
        await until(lambda: f"/s/{THREAD}/dialogues?period=7d" in linked(user, "menu-link"))
