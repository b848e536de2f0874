"""One press of a button that changes something: sent once, however often it is clicked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from nicegui import ui

from components.tag import Tag, icon, tag
from components.wording import as_app_error, write_error_texts
from errors import AppError, Unavailable, Unexpected
from i18n import Translator

T = TypeVar("T")


class Submission(Generic[T]):
    """Runs a write with a `request_id`, shows progress on its button, and a refusal in its own place.

    The id stays the same while it is not known whether the write was done, so that pressing again cannot do
    it twice; after a plain answer the next press is a new request.
    """

    def __init__(
        self,
        tr: Translator,
        write: Callable[[UUID], Awaitable[T]],
        on_done: Callable[[T], Awaitable[None] | None],
    ) -> None:
        self._tr = tr
        self._write = write
        self._on_done = on_done
        self._request_id = uuid4()
        self._running = False
        self._button: ui.button | None = None
        self._problem: Tag | None = None

    def problem_place(self) -> None:
        """Where a refusal is to be shown, beside the fields that it is about."""
        self._problem = tag("div", classes="form-problem").props("role=alert").mark("form-problem")
        self._problem.set_visibility(False)

    def on(self, button: ui.button) -> ui.button:
        """Send when this button is clicked."""
        self._button = button.mark("submit")
        button.on_click(self.send)
        return button

    async def send(self) -> None:
        """Send now, unless it is being sent already."""
        if self._running:
            return
        self._running = True
        self._show_progress(busy=True)
        self.explain(None)
        try:
            answer = await self._write(self._request_id)
        except Exception as error:  # noqa: BLE001 - shown to the reader and logged
            self._fail(as_app_error(error, "sending a form"))
            return
        finally:
            self._running = False
            self._show_progress(busy=False)
        self._request_id = uuid4()
        done = self._on_done(answer)
        if done is not None:
            await done

    def explain(self, error: AppError | None) -> None:
        """Show why it was not done; None clears it."""
        if self._problem is None:
            return
        self._problem.set_visibility(error is not None)
        with self._problem.clear():
            if error is None:
                return
            message, advice = write_error_texts(error, self._tr)
            icon("error_outline")
            with tag("div"):
                tag("strong", message)
                if advice:
                    tag("p", advice)

    def _fail(self, error: AppError) -> None:
        if not isinstance(error, Unavailable | Unexpected):
            self._request_id = uuid4()
        self.explain(error)

    def _show_progress(self, *, busy: bool) -> None:
        if self._button is None or self._button.is_deleted:
            return
        if busy:
            self._button.props("loading")
        else:
            self._button.props(remove="loading")
