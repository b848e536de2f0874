"""The jobs page: what of the jobs is shown, to whom, and running one now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from nicegui import ElementFilter, ui
from nicegui.testing import User

from components.tag import Tag
from components.viewer import Route
from data import Door
from errors import NotAllowed
from i18n import translator
from jobs import progress
from jobs.catalogue import HOUSEKEEPING, METRICS_COLLECTOR
from jobs.progress import Outcome
from models import Permission, Role, Tenant
from pages import job_words, jobs
from queries import jobs as queries
from queries.jobs import Readers, Schedule
from tests.pages.conftest import OpenPanel
from tests.pages.fake_prefect import FakePrefect
from tests.pages.fakes import HOSTILE, LAVENDER, NOW, STRANGE, THREAD, FakeDoor, tenants
from tests.waiting import until

ROUTES = (Route("jobs", jobs.build, Permission.JOBS_READ, "Jobs", "schedule"),)
PAGE = f"/s/{LAVENDER}/jobs"
COLLECTOR = f"{PAGE}?job=metrics-collector"
ENGLISH = translator("en")


class DoorOfPlatform(FakeDoor):
    """Knows the names of all salons."""

    async def every(self, view: str, _: type, **__: Any) -> AsyncIterator[Tenant]:
        """`Door.every`."""
        assert view == "my_tenants"
        for tenant in tenants(Role.PLATFORM_ADMIN):
            yield tenant


@pytest.fixture
def prefect() -> FakePrefect:
    """A server with a next run and nothing else."""
    fake = FakePrefect(NOW)
    fake.run("SCHEDULED", minutes_ago=-5)
    return fake


@pytest.fixture
def open_jobs(open_panel: OpenPanel, prefect: FakePrefect) -> Any:
    async def opened(path: str = PAGE, door: FakeDoor | None = None, **options: Any) -> User:
        given = {"prefect": prefect.prefect, "routes": ROUTES, **options}
        return await open_panel(door or FakeDoor(), path, **given)

    return opened


def run_button(user: User) -> ui.button:
    with user:
        return next(iter(ElementFilter(kind=ui.button, marker="submit")))


def count_of(user: User, words: str) -> int:
    with user:
        return sum(one.text == words for one in ElementFilter(kind=Tag))


class TestWords:
    @pytest.mark.parametrize(
        ("cron", "zone", "words"),
        [
            ("*/10 * * * *", "Europe/Moscow", "Every 10 minutes"),
            ("17 * * * *", "Europe/Moscow", "Every hour at :17"),
            ("17 * * * *", "Asia/Kolkata", "Every hour at :47"),
            ("30 3 * * *", "Europe/Moscow", "Every day at 6:30\u202fAM"),
            ("0 3 * * 1", "Europe/Moscow", "0 3 * * 1 (UTC)"),
        ],
    )
    def test_tell_a_timetable_on_the_salons_clock(self, cron: str, zone: str, words: str) -> None:
        assert job_words.schedule(Schedule(cron=cron), zone, NOW, ENGLISH) == words

    def test_say_the_minute_in_russian(self) -> None:
        words = job_words.schedule(Schedule(cron="17 * * * *"), "Europe/Moscow", NOW, translator("ru"))
        assert words == "Каждый час на 17-й минуте"

    @pytest.mark.parametrize(
        ("seconds", "words"), [(0.42, "0.4 s"), (59, "59 s"), (75, "1 min 15 s"), (7_260, "2 h 1 min")]
    )
    def test_tell_how_long_something_took(self, seconds: float, words: str) -> None:
        assert job_words.duration(timedelta(seconds=seconds), ENGLISH) == words


class TestList:
    async def test_shows_every_job_with_its_timetable_and_last_run(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        prefect.run("FAILED", minutes_ago=20, seconds=75)
        prefect.run("COMPLETED", minutes_ago=10, seconds=3)
        user = await open_jobs()
        for words in (
            "Metrics collector",
            "Every 10 minutes",
            "Completed",
            "3.0 s",
            "11:20\u202fPM",
            "11:35\u202fPM",
        ):
            await user.should_see(words)
        for words in ("Housekeeping", "Every hour at :17", "No runs yet"):
            await user.should_see(words)
        with user:
            ticks = [one.props["aria-label"] for one in ElementFilter(kind=Tag) if "job-tick" in one.classes]
        assert ticks == ["Failed, 11:10\u202fPM, 1 min 15 s", "Completed, 11:20\u202fPM, 3.0 s"]

    async def test_says_when_the_server_is_away_and_keeps_what_it_knew(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        prefect.run()
        user = await open_jobs()
        await user.should_see("Completed")
        prefect.status = 502
        with user:
            (timer,) = [one for one in ElementFilter(kind=ui.timer) if one.interval == 15]
            await timer.callback()  # type: ignore[misc]
        await user.should_see("The job server does not answer.")
        await user.should_see("Completed")

    async def test_says_when_the_server_does_not_know_the_panel(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        prefect.status = 401
        user = await open_jobs()
        await user.should_see("The job server does not accept the panel's password.")

    async def test_tells_of_jobs_that_are_not_registered_yet(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        prefect.jobs = (HOUSEKEEPING,)
        user = await open_jobs()
        await user.should_see("Not registered yet")
        assert not run_button(user).enabled

    @pytest.mark.parametrize(
        ("role", "advice"),
        [(Role.PLATFORM_ADMIN, "Set PREFECT_API_URL"), (Role.OWNER, "Figures are right without them")],
    )
    async def test_says_that_there_are_none(self, open_jobs: Any, role: Role, advice: str) -> None:
        user = await open_jobs(role=role, prefect=None)
        await user.should_see("Jobs are switched off in this panel")
        await user.should_see(advice)

    async def test_refuses_a_job_that_does_not_exist(self, open_jobs: Any) -> None:
        user = await open_jobs(f"{PAGE}?job=mining")
        await user.should_see("There is no such job.")


class TestRuns:
    async def test_lists_them_with_state_duration_and_tries(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        prefect.run("CRASHED", run_count=3, seconds=12)
        prefect.run("SCHEDULED", name="AwaitingRetry", run_count=1, auto_scheduled=False)
        user = await open_jobs(COLLECTOR)
        for words in ("Broken off", "12 s", "3", "by timetable", "Tries again", "by hand"):
            await user.should_see(words)

    async def test_the_platform_sees_the_whole_log_with_the_salons_names(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        lines = [
            progress.begun(3),
            Outcome(LAVENDER, days=4, dialogues=17).line(),
            Outcome(STRANGE, failure="unavailable").line(),
            HOSTILE,
        ]
        run = prefect.run("FAILED", message="1 of 3 salons could not be collected", log=lines)
        user = await open_jobs(f"{COLLECTOR}&run={run}", DoorOfPlatform(), role=Role.PLATFORM_ADMIN)
        for words in ("1 of 3 salons done", "1 failed", "1 of 3 salons could not be collected", HOSTILE):
            await user.should_see(words)
        await user.should_see("Lavender: 4 days, 17 dialogues")
        await user.should_see(f"Salon {STRANGE}: failed: unavailable")

    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.OPERATOR])
    async def test_people_of_a_salon_see_what_became_of_theirs_and_nothing_of_others(
        self, open_jobs: Any, prefect: FakePrefect, role: Role
    ) -> None:
        lines = [
            progress.begun(3),
            Outcome(STRANGE, failure="not_ready").line(),
            Outcome(LAVENDER, days=4, dialogues=17).line(),
            "a secret line",
        ]
        run = prefect.run("FAILED", message="1 of 3 salons could not be collected", log=lines)
        user = await open_jobs(f"{COLLECTOR}&run={run}", role=role)
        await user.should_see("This salon: 4 days counted.")
        for words in (str(STRANGE), "not_ready", "a secret line", "1 of 3", "of 3 salons"):
            await user.should_not_see(words)

    @pytest.mark.parametrize(
        ("lines", "state", "words"),
        [
            ([progress.begun(2)], "RUNNING", "This salon is still to come."),
            ([progress.begun(2)], "CRASHED", "This salon was not reached."),
            (
                [progress.begun(2), Outcome(LAVENDER, failure="unavailable").line()],
                "FAILED",
                "This salon could not be counted.",
            ),
        ],
        ids=["still to come", "not reached", "failed"],
    )
    async def test_says_what_became_of_the_salon(
        self, open_jobs: Any, prefect: FakePrefect, lines: list[str], state: str, words: str
    ) -> None:
        run = prefect.run(state, log=lines)
        user = await open_jobs(f"{COLLECTOR}&run={run}")
        await user.should_see(words)

    async def test_a_run_for_another_salon_does_not_exist(self, open_jobs: Any, prefect: FakePrefect) -> None:
        run = prefect.run("CANCELLED", parameters={"tenant": str(THREAD)}, auto_scheduled=False)
        user = await open_jobs(f"{COLLECTOR}&run={run}")
        await user.should_see("There is no such run.")
        assert count_of(user, "Cancelled") == 0
        await user.open(f"{COLLECTOR}&run=nonsense")
        await user.should_see("There is no such run.")

    async def test_a_run_that_goes_on_is_followed(
        self, open_jobs: Any, prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pages.job_run.QUICK_SECONDS", 0.05)
        run = prefect.run("RUNNING", log=[progress.begun(2)])
        user = await open_jobs(f"{COLLECTOR}&run={run}", DoorOfPlatform(), role=Role.PLATFORM_ADMIN)
        await user.should_see("0 of 2 salons done")
        prefect.logs[run] += [Outcome(LAVENDER, days=1).line()]
        await user.should_see("1 of 2 salons done", retries=20)
        await user.should_see("Lavender: 1 days, 0 dialogues")


class TestRunNow:
    async def test_a_salons_administrator_runs_it_for_the_salon_once(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        door = FakeDoor(answers={"ask_job_run": {"tenant_id": str(LAVENDER)}}, write_seconds=0.05)
        user = await open_jobs(PAGE, door, role=Role.ADMIN)
        await user.should_see("Run now for this salon")
        assert count_of(user, "Run now") == 0, "housekeeping concerns every salon"

        user.find("Run now for this salon").click()
        user.find("Run now for this salon").click()
        await until(lambda: prefect.created)

        (asked,) = door.calls("ask_job_run")
        assert (asked["job"], asked["whole"]) == (METRICS_COLLECTOR.flow, False)
        assert prefect.created == [
            {"idempotency_key": str(asked["request_id"]), "parameters": {"tenant": str(LAVENDER)}}
        ]
        await user.should_see("by hand, for one salon")

    async def test_the_platform_runs_it_for_all(self, open_jobs: Any, prefect: FakePrefect) -> None:
        door = FakeDoor(answers={"ask_job_run": {"tenant_id": None}})
        user = await open_jobs(f"{PAGE}?job=housekeeping", door, role=Role.PLATFORM_ADMIN)
        await user.should_see("Run now")
        user.find("Run now").click()
        await until(lambda: prefect.created)
        assert door.calls("ask_job_run")[0]["whole"] is True
        assert prefect.created[0]["parameters"] == {}

    async def test_who_may_only_look_has_no_button(self, open_jobs: Any) -> None:
        user = await open_jobs(role=Role.OPERATOR)
        await user.should_see("Metrics collector")
        await user.should_not_see("Run now")

    async def test_a_refusal_by_the_database_starts_nothing(
        self, open_jobs: Any, prefect: FakePrefect
    ) -> None:
        door = FakeDoor(refusal=NotAllowed("Your role does not allow this here."))
        user = await open_jobs(PAGE, door)
        await user.should_see("Run now for this salon")
        user.find("Run now for this salon").click()
        await user.should_see("Your role does not allow this here.")
        assert prefect.created == []

    async def test_waits_while_one_is_under_way(self, open_jobs: Any, prefect: FakePrefect) -> None:
        prefect.run("RUNNING", minutes_ago=0.1)
        user = await open_jobs()
        await user.should_see("Running")
        assert not run_button(user).enabled


class TestQueries:
    async def test_a_report_for_a_salon_holds_nothing_of_others(self, prefect: FakePrefect) -> None:
        own = Outcome(LAVENDER, days=4)
        lines = [progress.begun(2), Outcome(STRANGE, days=9).line(), own.line()]
        run = prefect.run("FAILED", message="1 of 2", log=lines)
        told = await queries.report(prefect.prefect, Readers(LAVENDER, sees_all=False), UUID(run))
        assert (told.progress, told.lines, told.run.message) == (progress.Progress(1, (own,)), (), None)

    async def test_a_job_that_concerns_every_salon_is_asked_for_as_such(self, prefect: FakePrefect) -> None:
        door = FakeDoor(answers={"ask_job_run": {"tenant_id": None}})
        found = await queries.statuses(prefect.prefect, Readers(LAVENDER, sees_all=False))
        housekeeping = next(one for one in found if one.job == HOUSEKEEPING)
        await queries.start(cast(Door, door), prefect.prefect, uuid4(), housekeeping, whole=False)
        assert door.calls("ask_job_run")[0]["whole"] is True

    async def test_a_long_log_is_read_to_its_end(self, prefect: FakePrefect) -> None:
        run = prefect.run(log=[f"line {number}" for number in range(450)])
        told = await queries.report(prefect.prefect, Readers(LAVENDER, sees_all=True), UUID(run))
        assert [line.text for line in told.lines[-2:]] == ["line 448", "line 449"]


def test_an_outcome_is_read_as_it_was_written() -> None:
    told = [Outcome(LAVENDER, days=1_200, dialogues=34_000), Outcome(STRANGE, failure="not_ready")]
    assert [Outcome.from_line(one.line()) for one in told] == told
    assert Outcome.from_line(f"Salon {LAVENDER}: 1 days, 2 dialogues and more") is None
    assert progress.Progress.from_log(["Beginning flow run", "nothing of salons"]) is None


def test_of_several_tries_the_last_word_counts() -> None:
    lines = [
        progress.begun(2),
        Outcome(LAVENDER, failure="unavailable").line(),
        Outcome(UUID(int=1), days=3).line(),
        progress.begun(2),
        Outcome(LAVENDER, days=2).line(),
    ]
    told = progress.Progress.from_log(lines)
    assert told is not None
    assert (told.failed, told.share, told.of(LAVENDER)) == (0, 1.0, Outcome(LAVENDER, days=2))
