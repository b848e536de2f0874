"""One dialogue: what its page says, how it follows what is said, and how it follows the list."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from nicegui import ElementFilter, ui

from components.tag import Tag
from models import Role
from pages import dialogue_transcript
from queries.dialogue import PAGE_MESSAGES
from tests.pages.conftest import OpenPanel
from tests.pages.dialogue_fakes import CLIENT, busy_list
from tests.pages.fakes import HOSTILE, LAVENDER
from tests.pages.talk import (
    AWAY,
    PAGE,
    TalkDoor,
    document,
    fire,
    message,
    note,
    opened,
    said,
    texts,
    transcript,
    ways,
)
from tests.waiting import until


class TestFacts:
    async def test_tell_what_came_of_it(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, TalkDoor())
        for text in (
            "Ольга", "Finished", "took 12 min", "12 messages, 6 of them the bot's", "Gel manicure",
            "Confirmed", "by the bot", "RUB\u00a01,500", "880001", "Positive", "4 sec",
            "Gel manicure on Friday.",
        ):  # fmt: skip
            await user.should_see(text)

    async def test_tell_who_the_client_is_and_what_the_bot_remembers(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, TalkDoor(), locale="ru")
        for text in (
            "+7 900 000", "3 диалога", "вечером", "русский", "не нужны", "28 февр. 2026", "21 день",
            "Вика: 5 визитов", "allergy", "ammonia",
        ):  # fmt: skip
            await user.should_see(text)

    async def test_lead_to_the_clients_other_dialogues(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, TalkDoor())
        await user.should_see("3 dialogues")
        with user:
            (link,) = [tag for tag in ElementFilter(kind=Tag) if tag.text == "3 dialogues"]
        assert link.props["href"] == f"/s/{LAVENDER}/dialogues?period=all&client={CLIENT}"

    async def test_of_a_phone_that_a_role_does_not_see_say_so(self, open_panel: OpenPanel) -> None:
        hidden = document()["client"] | {"phone": None}
        user = await opened(open_panel, TalkDoor(document=document(client=hidden)), role=Role.OPERATOR)
        await user.should_see("known; your role does not see it")

    async def test_that_are_not_known_are_left_out(self, open_panel: OpenPanel) -> None:
        nothing = dict.fromkeys(
            ("channel", "started_at", "ended_at", "last_activity_at", "intent", "booking_id",
             "booking_status", "booking_source", "booking_at", "booking_amount", "booking_currency",
             "messages_count",
             "replies_count", "sentiment", "staff_id", "first_reply_ms", "client", "memory")
        )  # fmt: skip
        bare = document(
            **nothing, services=[], summaries=[], stage=1, status="<i>odd</i>", is_known_status=False
        )
        user = await opened(open_panel, TalkDoor(document=bare))
        await user.should_see("Client without a name")
        await user.should_see("<i>odd</i>")
        await user.should_see("Came as far as")
        for absent in ("Phone", "What the bot remembers", "Summary", "Amount"):
            await user.should_not_see(absent)

    async def test_are_text_whatever_was_written(self, open_panel: OpenPanel) -> None:
        hostile = document(
            status=HOSTILE, intent=HOSTILE, channel=HOSTILE, booking_status=HOSTILE, booking_source=HOSTILE,
            drop_off_stage=HOSTILE, sentiment=HOSTILE, services=[HOSTILE], staff_id=HOSTILE,
            summaries=[HOSTILE], tags=[HOSTILE], notes=[note(HOSTILE, author_name=HOSTILE, may_change=True)],
            client=document()["client"] | {"full_name": HOSTILE, "phone": HOSTILE},
            memory=document()["memory"] | {
                "preferred_time": HOSTILE, "language": HOSTILE, "last_visit_date": HOSTILE,
                "booking_stats": [{"key": HOSTILE, "count": 1}], "more": [{"key": HOSTILE, "value": HOSTILE}],
            },
        )  # fmt: skip
        door = TalkDoor(document=hostile, messages=[message(1, HOSTILE), message(2, HOSTILE, role=HOSTILE)])
        user = await opened(open_panel, door)
        await user.should_see(HOSTILE)
        with user:
            assert not list(ElementFilter(kind=ui.html))
        assert texts(user) == [HOSTILE, HOSTILE]


class TestConversation:
    async def test_shows_who_said_what_when_and_after_which_wait(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(
            messages=[
                message(1, "when?"), message(2, "at ten", reply_ms=4200), message(3, "noted", role="system"),
                message(31, "thanks", is_inferred=False),
            ]
        )  # fmt: skip
        user = await opened(open_panel, door)
        await until(lambda: said(user))
        day, asked, answered, noted, next_day, last = said(user)
        # half past eight in the evening in UTC is half an hour before midnight in Moscow
        assert (day.day, next_day.day) == ("Saturday, March 14, 2026", "Today")
        assert [line.side for line in (asked, answered, noted, last)] == ["client", "bot", "other", "client"]
        assert (asked.wait, answered.wait, noted.role) == ("", "4 sec", "system")
        assert answered.time == "11:32\u202fPM"
        assert (bool(asked.inferred), bool(last.inferred)) == (True, False)

    async def test_says_once_that_messages_are_attached_by_inference(self, open_panel: OpenPanel) -> None:
        told = "The bot did not note which dialogue these messages belong to."
        user = await opened(open_panel, TalkDoor())
        await user.should_see(told)
        user = await opened(open_panel, TalkDoor(messages=[message(1, is_inferred=False)]))
        await until(lambda: texts(user))
        await user.should_not_see(told)

    async def test_says_when_there_is_nothing(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, TalkDoor(messages=[]))
        await user.should_see("No messages")

    async def test_a_new_message_appears_while_it_goes_on(
        self, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("components.pulse.SECONDS", 0.05)
        door = TalkDoor(document=document(is_active=True, status="active", ended_at=None))
        user = await opened(open_panel, door)
        await until(lambda: len(texts(user)) == 4)
        # one of them with an earlier time than the last that is shown
        door.messages = sorted(
            [
                *door.messages,
                message(5, "new"),
                message(35, "late", cursor="000003b", sent_at=message(3)["sent_at"]),
            ],
            key=lambda one: one["cursor"],
        )
        await until(lambda: len(texts(user)) == 6)
        assert texts(user) == ["message 1", "message 2", "message 3", "late", "message 4", "new"]

    @pytest.mark.parametrize(("came", "first"), [(200, 1), (1000, 951)])
    async def test_what_came_while_nobody_looked_is_caught_up_with_at_once(
        self, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch, came: int, first: int
    ) -> None:
        monkeypatch.setattr("components.pulse.SECONDS", 0.05)
        door = TalkDoor(
            document=document(is_active=True), messages=[message(number) for number in range(1, 31)]
        )
        user = await opened(open_panel, door)
        await until(lambda: len(texts(user)) == 30)
        door.messages = [message(number) for number in range(1, came + 1)]
        await until(lambda: len(texts(user)) != 30)
        assert texts(user) == [f"message {number}" for number in range(first, came + 1)]
        assert bool(transcript(user).props["earlier"]) == (first > 1)

    async def test_a_long_one_is_shown_by_its_end_and_read_backwards(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(messages=[message(number) for number in range(1, 121)])
        user = await opened(open_panel, door)
        await until(lambda: len(texts(user)) == PAGE_MESSAGES)
        assert texts(user)[-1] == "message 120"
        fire(user, transcript(user), "turn", "earlier")
        await until(lambda: len(texts(user)) == 100)
        fire(user, transcript(user), "turn", "earlier")
        await until(lambda: len(texts(user)) == 120)
        assert texts(user) == [f"message {number}" for number in range(1, 121)]
        assert transcript(user).props["earlier"] == []

    async def test_an_endless_one_keeps_a_window_that_moves(
        self, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dialogue_transcript, "MOST_SHOWN", 80)
        door = TalkDoor(messages=[message(number) for number in range(1, 1001)])
        user = await opened(open_panel, door)
        await until(lambda: texts(user))
        fire(user, transcript(user), "turn", "earlier")
        await until(lambda: texts(user)[0] == "message 901")
        assert (len(texts(user)), texts(user)[-1]) == (80, "message 980")
        assert [way["key"] for way in transcript(user).props["later"]] == ["later", "latest"]
        fire(user, transcript(user), "turn", "later")
        await until(lambda: texts(user)[-1] == "message 1000")
        assert (len(texts(user)), transcript(user).props["later"]) == (80, [])
        fire(user, transcript(user), "turn", "beginning")
        await until(lambda: texts(user)[0] == "message 1")
        assert transcript(user).props["earlier"] == []
        fire(user, transcript(user), "turn", "latest")
        await until(lambda: texts(user)[-1] == "message 1000")

    async def test_a_long_message_is_folded_until_it_is_asked_for(self, open_panel: OpenPanel) -> None:
        long = message(1, "я" * 20_000, characters=300_000)
        user = await opened(
            open_panel, TalkDoor(messages=[long, message(2) | {"text": None, "characters": None}])
        )
        await until(lambda: texts(user))
        _, folded, gone = said(user)
        assert (len(folded.text), folded.remark) == (1001, "")
        assert (gone.text, gone.is_gone) == ("The bot has removed this message from its history.", True)
        fire(user, transcript(user), "open", folded.key)
        await until(lambda: len(texts(user)[0]) == 20_000)
        assert said(user)[1].remark == "Only the beginning is shown: 20,000 of 300,000 characters."
        assert said(user)[1].more == ""

    async def test_that_fails_leaves_the_rest_of_the_page_and_can_be_tried_again(
        self, open_panel: OpenPanel
    ) -> None:
        door = TalkDoor(silent=AWAY)
        user = await opened(open_panel, door)
        await user.should_see("The database does not answer.")
        await user.should_see("Gel manicure")
        door.silent = None
        user.find("Try again").click()
        await until(lambda: len(texts(user)) == 4)
        await user.should_not_see("The database does not answer.")

    async def test_that_fails_later_stays_on_the_screen(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(messages=[message(number) for number in range(1, 100)])
        user = await opened(open_panel, door)
        await until(lambda: texts(user))
        door.silent = AWAY
        fire(user, transcript(user), "turn", "earlier")
        await until(lambda: transcript(user).props["turns"] == 1)
        assert len(texts(user)) == PAGE_MESSAGES


class TestAddress:
    @pytest.mark.parametrize(
        "named", ["", "x", "1", "25548480-4a42-464f-b0cf-639eb0d5af2b", "'; drop table users"]
    )
    async def test_of_no_dialogue_says_the_same_as_that_of_anothers(
        self, open_panel: OpenPanel, named: str
    ) -> None:
        user = await opened(open_panel, TalkDoor(), f"/s/{LAVENDER}/dialogue?id={named}")
        await user.should_see("There is no such dialogue in this salon.")
        await user.should_not_see("Conversation")

    async def test_leads_back_to_the_same_place_in_the_list(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, TalkDoor(), f"{PAGE}&period=7d&status=done&after=at-9&at=at-12")
        await user.should_see("Back to the list")
        with user:
            (link,) = [tag for tag in ElementFilter(kind=Tag) if "link-back" in tag.classes]
        assert link.props["href"] == f"/s/{LAVENDER}/dialogues?period=7d&status=done&after=at-9"

    async def test_leads_on_to_the_neighbours_in_the_list(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(rows_of=busy_list().rows_of)
        user = await opened(open_panel, door, f"{PAGE}&period=all&status=done&at=at-5")
        await until(lambda: any(ways(user)))
        found = [parse_qs(urlsplit(str(way)).query) for way in ways(user)]
        # every third one of them is booked, and not done
        assert [(query["id"], query["at"]) for query in found] == [
            ([str(UUID(int=4))], ["at-4"]),
            ([str(UUID(int=7))], ["at-7"]),
        ]
        assert all((query["period"], query["status"]) == (["all"], ["done"]) for query in found)

    async def test_at_the_ends_of_the_list_leads_one_way(self, open_panel: OpenPanel) -> None:
        door = TalkDoor(rows_of=busy_list().rows_of)
        user = await opened(open_panel, door, f"{PAGE}&at=at-1")
        await until(lambda: any(ways(user)))
        before, after = ways(user)
        assert before is None
        assert after is not None

    @pytest.mark.parametrize("query", ["", "&at=at-5&status=done&sort=sideways", "&at=at-5&stage=99"])
    async def test_that_is_of_no_list_leads_nowhere_else(self, open_panel: OpenPanel, query: str) -> None:
        user = await opened(open_panel, TalkDoor(), PAGE + query)
        await until(lambda: texts(user) and ways(user) == [])
