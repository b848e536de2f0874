"""The conversation: a window of messages that moves through a long dialogue, and follows one that goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from components import states
from components.notices import not_done
from components.tag import icon, tag
from components.transcript import Transcript, Way
from components.viewer import Viewer, Visit
from components.widget import Widget
from components.wording import as_app_error
from pages.dialogue_lines import lines
from queries import dialogue
from queries.changes import Stream
from queries.dialogue import Message

MOST_SHOWN = 300
"""Messages in the window; what is scrolled far away is let go, and read again on the way back."""
OVERLAP = 20
"""So many of the last messages are read again with what is new: one may come with an earlier time."""
HEIGHT = "520px"


@dataclass(frozen=True, slots=True)
class Window:
    """The messages that are shown, in their order, and whether there are others before and after them."""

    messages: tuple[Message, ...] = ()
    has_earlier: bool = False
    has_later: bool = False
    opened: frozenset[int] = frozenset()
    """Long messages that the reader wants to see whole."""

    def with_earlier(self, found: Sequence[Message], *, has_more: bool) -> Window:
        """With messages before the first; those at the end give way."""
        together = (*found, *self.messages)
        is_full = len(together) > MOST_SHOWN
        return replace(
            self, messages=together[:MOST_SHOWN], has_earlier=has_more, has_later=self.has_later or is_full
        )

    def with_later(self, found: Sequence[Message], *, has_more: bool) -> Window:
        """With messages after the last, some of them known already; those at the beginning give way."""
        known = {message.message_id: message for message in self.messages}
        known |= {message.message_id: message for message in found}
        together = sorted(known.values(), key=_place)
        is_full = len(together) > MOST_SHOWN
        return replace(
            self,
            messages=tuple(together[-MOST_SHOWN:]),
            has_earlier=self.has_earlier or is_full,
            has_later=has_more,
        )


class Conversation:
    """Drawn in the current slot; what is said anew is added as it is said."""

    def __init__(self, viewer: Viewer, visit: Visit, session_id: UUID) -> None:
        self._viewer = viewer
        self._session_id = session_id
        self._window: Window | None = None
        self._moving = asyncio.Lock()
        self._box: Transcript | None = None
        title = viewer.tr.t("Conversation")
        with tag("section", classes="card card-flush dialogue-talk").attribute("aria-label", title):
            self._widget = Widget(
                viewer,
                visit,
                self._read,
                self._draw,
                height=HEIGHT,
                streams=(Stream.DIALOGUES, Stream.MESSAGES),
                session_id=session_id,
            )

    async def _read(self) -> Window:
        async with self._moving:
            window = self._window
            if window is None or not window.messages:
                found, has_more = await self._ask()
                window = Window(tuple(found), has_earlier=has_more)
            elif not window.has_later:
                window = await self._with_news(window)
            self._window = window
            return window

    async def _with_news(self, window: Window) -> Window:
        """With all that came since; when that is more than the window holds, the end alone."""
        has_overlap = len(window.messages) > OVERLAP
        after = window.messages[-OVERLAP - 1].cursor if has_overlap else dialogue.BEGINNING
        for _ in range(MOST_SHOWN // dialogue.PAGE_MESSAGES):
            found, has_more = await self._ask(after=after)
            window = window.with_later(found, has_more=False)
            if not has_more:
                return window
            after = found[-1].cursor
        found, has_more = await self._ask()
        return Window(tuple(found), has_earlier=has_more, opened=window.opened)

    async def _turn(self, way: str) -> None:
        try:
            async with self._moving:
                self._window = await self._moved(way, self._window or Window())
        except Exception as error:  # noqa: BLE001 - shown to the reader and logged
            not_done(self._viewer.tr, as_app_error(error, "reading further messages"))
        else:
            await self._widget.refresh()
        if self._box is not None:
            self._box.end_turn()

    async def _moved(self, way: str, window: Window) -> Window:
        if way == "earlier" and window.messages:
            found, has_more = await self._ask(before=window.messages[0].cursor)
            return window.with_earlier(found, has_more=has_more)
        if way == "later" and window.messages:
            found, has_more = await self._ask(after=window.messages[-1].cursor)
            return window.with_later(found, has_more=has_more)
        if way == "beginning":
            found, has_more = await self._ask(after=dialogue.BEGINNING)
            return Window(tuple(found), has_later=has_more)
        found, has_more = await self._ask()
        return Window(tuple(found), has_earlier=has_more)

    async def _ask(
        self, *, before: str | None = None, after: str | None = None
    ) -> tuple[list[Message], bool]:
        return await dialogue.messages(self._viewer.door, self._session_id, before=before, after=after)

    async def _open(self, key: str) -> None:
        if self._window is not None and key.isdigit():
            self._window = replace(self._window, opened=self._window.opened | {int(key)})
            await self._widget.refresh()

    def _draw(self, window: Window) -> Callable[[Window], None]:
        tr = self._viewer.tr
        with tag("p", classes="dialogue-inferred muted") as inferred:
            icon("link_off")
            tag(
                "span",
                tr.t(
                    "The bot did not note which dialogue these messages belong to. They are attached by"
                    " client, channel and time."
                ),
            )
        with tag("div") as nothing:
            states.empty(
                tr.t("No messages"),
                tr.t("The bot's history holds none of this dialogue; older messages may have been removed."),
                picture="forum",
            )
        self._box = box = Transcript(tr.t("Messages"), tr.t("New messages"), self._turn, self._open)

        def update(newer: Window) -> None:
            inferred.set_visibility(any(message.is_inferred for message in newer.messages))
            nothing.set_visibility(not newer.messages)
            box.set_visibility(bool(newer.messages))
            earlier = [Way("beginning", tr.t("To the beginning")), Way("earlier", tr.t("Show earlier"))]
            later = [Way("later", tr.t("Show later")), Way("latest", tr.t("To the latest"))]
            box.show(
                lines(newer.messages, newer.opened, self._viewer),
                earlier if newer.has_earlier else [],
                later if newer.has_later else [],
            )

        update(window)
        return update


def _place(message: Message) -> tuple[bool, float, int]:
    """The order of the database: by time, those without one last."""
    sent_at = message.sent_at
    return (sent_at is None, sent_at.timestamp() if sent_at else 0.0, message.message_id)
