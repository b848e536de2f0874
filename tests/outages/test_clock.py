"""Clocks that differ, and clocks that jump: of the project, and of the panel's machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from data import Supabase
from demo.accounts import PASSWORD
from demo.load import load
from errors import SignInRequired
from identity.store import SignInStore
from identity.tokens import TokenMinter
from project_clock import ProjectClock
from tests.database import DashboardDatabase
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess
from tests.outages.moved_clock import command
from tests.panel_process import PanelProcess

DATE_SECONDS = 1.2
"""How often a web server looks at its clock to say what time it is, and a little more."""
EMAIL = "owner@demo.local"


class MovableClock:
    """What a process started with it takes for the time."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.write_text("0")

    def move_to(self, seconds: float) -> None:
        """So many seconds ahead of the machine's clock, from this moment on."""
        self.file.write_text(str(seconds))
        time.sleep(DATE_SECONDS)


@pytest.fixture
def clock(tmp_path: Path) -> MovableClock:
    return MovableClock(tmp_path / "seconds")


@pytest.fixture
def project(
    dashboard_database: DashboardDatabase, clock: MovableClock, tmp_path: Path
) -> Iterator[SupabaseProcess]:
    """A project whose API lives by that clock; its database does not."""
    log = tmp_path / "supabase.log"
    with SupabaseProcess(dashboard_database, log, command=command(clock.file, "local_supabase")) as started:
        yield started


def browser(panel: PanelProcess) -> httpx.Client:
    return httpx.Client(base_url=panel.url, headers={"origin": panel.url, "accept": "text/html"}, timeout=20)


def sign_in(visitor: httpx.Client) -> None:
    answer = visitor.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/"), answer.text


@pytest.mark.parametrize("ahead", [120, -120])
async def test_a_projects_clock_that_differs_is_learned_from_its_first_refusal(
    project: SupabaseProcess, clock: MovableClock, ahead: int, caplog: pytest.LogCaptureFixture
) -> None:
    supabase = Supabase(project.url, PUBLISHABLE_KEY)
    asked: list[int] = []

    async def note(response: httpx.Response) -> None:
        asked.append(response.status_code)

    supabase.http.event_hooks["response"].append(note)
    door = supabase.door(TokenMinter.from_secret(SECRET, supabase.clock).machine_source("dashboard_auth"))
    store = SignInStore(door)
    with caplog.at_level(logging.WARNING):
        assert not await store.has_users()
        clock.move_to(ahead)
        assert asked == [200]
        assert not await store.has_users()
        clock.move_to(ahead * 30)
        await store.note_failure("nobody@salon.test", "127.0.0.1", "unknown_account")
    learned = [record.getMessage() for record in caplog.records if record.name == "project_clock"]
    assert len(learned) in {1, 2}, "a token that was made before may still be good two minutes later"
    assert asked.count(401) == len(learned), "each was asked once more, and no other"
    await supabase.aclose()


async def test_a_token_that_is_refused_for_no_clocks_sake_is_refused(project: SupabaseProcess) -> None:
    supabase = Supabase(project.url, PUBLISHABLE_KEY)
    expired = TokenMinter.from_secret(SECRET, lambda: 1_000_000.0).machine_source("dashboard_auth")
    with pytest.raises(SignInRequired):
        await SignInStore(supabase.door(expired)).has_users()
    assert supabase.clock.corrections == 0
    await supabase.aclose()


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_jump_of_the_machines_clock_is_no_jump_of_the_tokens(jump: float) -> None:
    moved = 0.0
    clock = ProjectClock(lambda: 1_000_000.0 + moved, lambda: 50.0)
    moved = jump
    assert clock() == 1_000_000.0


@pytest.mark.long
async def test_a_hosted_panel_goes_on_through_every_difference(
    project: SupabaseProcess, dashboard_database: DashboardDatabase, clock: MovableClock, tmp_path: Path
) -> None:
    await load(dashboard_database.superuser_uri, now=datetime.now(UTC), days=1)
    clock.move_to(120)
    panel = PanelProcess(
        tmp_path / "panel",
        SUPABASE_URL=project.url,
        SUPABASE_KEY=PUBLISHABLE_KEY,
        SUPABASE_JWT_SECRET=SECRET,
    )
    with panel, browser(panel) as visitor:
        sign_in(visitor)
        for ahead in (-120, 3600):
            clock.move_to(ahead)
            assert visitor.get("/").status_code == 200, ahead
            assert visitor.get("/readyz").status_code == 200, ahead
            assert visitor.get("/session").status_code == 204, ahead
        assert visitor.post("/sign-out").status_code == 303
