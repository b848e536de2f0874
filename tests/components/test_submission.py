"""A write is sent once, however often its button is clicked, and a refusal is explained in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation

from components.buttons import button
from components.submission import Submission
from errors import AppError, Conflict, Unavailable
from i18n import translator
from tests.waiting import until

AWAY = Unavailable("The database does not answer.", advice="It is tried again by itself; nothing is lost.")
TAKEN = Conflict("This is already there, or in use.", advice="Reload the page and look again.")


class Form:
    """A button over a write that can be made to wait or to fail."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []
        self.done: list[str] = []
        self.problem: AppError | None = None
        self.submission = Submission(translator("ru"), self.write, self.done.append)

    async def write(self, request_id: UUID) -> str:
        self.sent.append(request_id)
        await asyncio.sleep(0.02)
        if self.problem is not None:
            raise self.problem
        return "answer"

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[User]:
        def root() -> None:
            self.submission.problem_place()
            self.submission.on(button("Send"))

        async with user_simulation(root) as user:
            await user.open("/")
            yield user


class TestSubmission:
    async def test_sends_once_however_often_it_is_clicked(self) -> None:
        form = Form()
        async with form.shown() as user:
            for _ in range(5):
                user.find("Send").click()
            await until(lambda: form.done)
            await asyncio.sleep(0.1)
        assert (len(form.sent), form.done) == (1, ["answer"])

    async def test_is_a_new_request_after_it_was_done(self) -> None:
        form = Form()
        async with form.shown():
            await form.submission.send()
            await form.submission.send()
        assert len(set(form.sent)) == 2

    async def test_explains_a_refusal_and_may_be_sent_again_as_a_new_request(self) -> None:
        form = Form()
        form.problem = TAKEN
        async with form.shown() as user:
            await form.submission.send()
            await user.should_see("Это уже есть или используется.")
            await user.should_see("Обновите страницу и посмотрите ещё раз.")
            form.problem = None
            await form.submission.send()
            await user.should_not_see("Это уже есть или используется.")
        assert (len(set(form.sent)), form.done) == (2, ["answer"])

    async def test_keeps_its_request_id_while_nobody_knows_whether_it_was_done(self) -> None:
        form = Form()
        form.problem = AWAY
        async with form.shown():
            await form.submission.send()
            form.problem = None
            await form.submission.send()
        assert len(form.sent) == 2
        assert len(set(form.sent)) == 1
