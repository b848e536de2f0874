"""One read and where it is shown: always in one of the states, never blank."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from components import states
from components.tag import tag
from components.viewer import Viewer, Visit
from components.wording import as_app_error, clock_time
from errors import AppError
from queries.changes import Stream

T = TypeVar("T")
Update = Callable[[T], None]


class Widget(Generic[T]):
    """Reads when the page opens and whenever its `streams` have changed (see `Pulse.add`); draws what it got.

    `draw` builds the data's elements and may return a function that puts a newer value into them; without
    one they are built anew when the value has changed. `height` is the size of the place while it loads, or
    of each of its `cards`; `loading` draws a place of another shape. When a read fails, the last good value
    stays, with its time.
    """

    def __init__(
        self,
        viewer: Viewer,
        visit: Visit,
        read: Callable[[], Awaitable[T]],
        draw: Callable[[T], Update[T] | None],
        *,
        height: str,
        cards: int = 1,
        loading: Callable[[], None] | None = None,
        streams: Collection[Stream] = (),
        session_id: UUID | None = None,
    ) -> None:
        self._viewer = viewer
        self._read = read
        self._pulse = visit.pulse
        self._retry = visit.pulse.ring
        self._draw = draw
        self._update: Update[T] | None = None
        self._value: T | None = None
        self._read_at: datetime | None = None
        self._questions = 0
        self._reading = asyncio.Lock()
        with tag("div", classes="full"):
            self._notice = tag("div")
            self._body = tag("div")
        with self._body:
            if loading is None:
                states.loading(viewer.tr, height, cards=cards)
            else:
                loading()
        visit.pulse.add(self.refresh, streams, session_id)

    def ask_anew(self) -> None:
        """From now on `read` answers another question.

        What is shown of the old one is dimmed until the next refresh, and does not stay if that fails.
        """
        self._questions += 1
        self._read_at = None
        self._notice.clear()
        self._body.classes("is-outdated")

    async def refresh(self) -> bool:
        """Read and show again; says whether that succeeded. Raises nothing."""
        async with self._reading:
            question = self._questions
            try:
                value = await self._read()
            except Exception as error:  # noqa: BLE001 - shown to the reader and logged
                problem = as_app_error(error, "reading for a page")
                if question == self._questions:
                    self._show_failure(problem)
                return False
            if question == self._questions:
                self._show(value)
            return True

    def _show(self, value: T) -> None:
        viewer = self._viewer
        first_time = self._read_at is None
        self._read_at = viewer.now()
        self._notice.clear()
        self._body.classes(remove="is-outdated")
        if not first_time and value == self._value:
            return
        self._value = value
        if self._update is not None:
            self._update(value)
            return
        with self._body.clear():
            self._update = self._draw(value)

    def _show_failure(self, error: AppError) -> None:
        if self._read_at is None:
            self._update = None
            with self._body.classes(remove="is-outdated").clear():
                states.failed(self._viewer.tr, error, self._retry)
            return
        with self._notice.clear():
            viewer = self._viewer
            good_at = max(self._read_at, self._pulse.good_at or self._read_at)
            at = clock_time(viewer.tr, good_at, viewer.now(), viewer.tenant.time_zone)
            states.stale(viewer.tr, error, at, self._retry)
