"""The live feed's page: whose it is, what it says in each language, and when it leaves the feed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nicegui import ElementFilter
from nicegui.testing import User

from components.live_feed import LiveFeed
from components.viewer import Route
from live.feeds import OpenFeed
from models import Permission, Role
from pages import live
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import LAVENDER, ROUTES, FakeDoor
from tests.pages.talk import fire
from tests.waiting import until

PAGE = f"/s/{LAVENDER}/live"
WITH_LIVE = (*ROUTES, Route("live", live.build, Permission.DIALOGUES_READ, "Right now", "sensors"))


class FakeFeed:
    """A feed that remembers who took part."""

    def __init__(self) -> None:
        self.opened = 0
        self.left = 0
        self.joined: list[tuple[str, object]] = []

    def open(self) -> OpenFeed:
        """`Viewer.open_feed`."""
        self.opened += 1
        return OpenFeed("feed:a", self._join, self._leave, lambda: True)

    async def _join(self, sid: str, place: object) -> None:
        self.joined.append((sid, place))

    def _leave(self) -> None:
        self.left += 1


def shown(user: User) -> LiveFeed:
    with user:
        (found,) = ElementFilter(kind=LiveFeed)
    return found


async def opened(open_panel: OpenPanel, feed: FakeFeed, **options: Any) -> User:
    user = await open_panel(FakeDoor(), PAGE, routes=WITH_LIVE, open_feed=feed.open, **options)
    await until(lambda: feed.opened)
    return user


@pytest.mark.parametrize("role", list(Role))
async def test_is_for_every_role(open_panel: OpenPanel, role: Role) -> None:
    feed = FakeFeed()
    user = await opened(open_panel, feed, role=role)
    assert shown(user).props["room"] == "feed:a"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("en", ("Pause", "Client went silent", "Bookings")), ("ru", ("Пауза", "Клиент замолчал", "Записи"))],
)
async def test_says_in_the_readers_language_what_rows_may_say(
    open_panel: OpenPanel, locale: str, expected: tuple[str, str, str]
) -> None:
    user = await opened(open_panel, FakeFeed(), locale=locale)
    props = shown(user).props
    words = json.loads(props["words"])
    assert (words["pause"], words["statuses"]["ghost"][0], dict(words["kinds"])["booked"]) == expected
    assert (props["locale"], props["zone"]) == (locale, "Europe/Moscow")
    assert props["dialogue"] == f"/s/{LAVENDER}/dialogue?id="


async def test_keeps_one_text_of_the_words_for_all_pages(open_panel: OpenPanel) -> None:
    one = shown(await opened(open_panel, FakeFeed()))
    other = shown(await opened(open_panel, FakeFeed()))
    assert one.props["words"] is other.props["words"]


async def test_tells_the_feed_of_each_socket_and_its_place(open_panel: OpenPanel) -> None:
    feed = FakeFeed()
    user = await opened(open_panel, feed)
    for said in ({"sid": "socket", "place": None}, {"sid": "next", "place": "7:1"}, "nonsense", {}):
        fire(user, shown(user), "join", said)
    await until(lambda: len(feed.joined) == 2)
    assert feed.joined == [("socket", None), ("next", "7:1")]


async def test_leaves_the_feed_with_its_reader(open_panel: OpenPanel) -> None:
    feed = FakeFeed()
    user = await opened(open_panel, feed)
    assert feed.left == 0
    shown(user).client.delete()
    await until(lambda: feed.left == 1)
