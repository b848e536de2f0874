"""Jobs, their timetables, states and times in the reader's words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from i18n import Translator
from jobs.catalogue import HOUSEKEEPING, METRICS_COLLECTOR, TELEMETRY_RETENTION, Job
from queries.jobs import Run, Schedule, State

_EVERY_MINUTES = re.compile(r"^\*/(\d+) \* \* \* \*$")
_HOURLY = re.compile(r"^(\d+) \* \* \* \*$")
_DAILY = re.compile(r"^(\d+) (\d+) \* \* \*$")

TONES = {
    State.WAITING: "plain",
    State.RUNNING: "live",
    State.RETRYING: "warn",
    State.COMPLETED: "good",
    State.FAILED: "bad",
    State.CRASHED: "bad",
    State.CANCELLED: "plain",
}
"""The colour of a state's badge."""


def title(job: Job, tr: Translator) -> str:
    """What a job is called."""
    known = {
        METRICS_COLLECTOR: tr.t("Metrics collector"),
        HOUSEKEEPING: tr.t("Housekeeping"),
        TELEMETRY_RETENTION: tr.t("Retention of agents' events"),
    }
    return known[job]


def purpose(job: Job, tr: Translator) -> str:
    """What a job is for, in a line."""
    known = {
        METRICS_COLLECTOR: tr.t(
            "Adds up finished days, so that long periods open quickly. Figures are right without it too."
        ),
        HOUSEKEEPING: tr.t("Removes what has expired: ended sessions, used links, remembered requests."),
        TELEMETRY_RETENTION: tr.t(
            "Removes runs, events and prompts of agents that are over their time, by each salon's own rules."
        ),
    }
    return known[job]


def state(state: State, tr: Translator) -> str:
    """The name of a state."""
    return {
        State.WAITING: tr.t("Waiting"),
        State.RUNNING: tr.t("Running"),
        State.RETRYING: tr.t("Tries again"),
        State.COMPLETED: tr.t("Completed"),
        State.FAILED: tr.t("Failed"),
        State.CRASHED: tr.t("Broken off"),
        State.CANCELLED: tr.t("Cancelled"),
    }[state]


def schedule(schedule: Schedule, time_zone: str, now: datetime, tr: Translator) -> str:
    """A timetable on the wall clock of `time_zone`; one that has no simple words, as cron has it."""
    if (found := _EVERY_MINUTES.match(schedule.cron)) is not None:
        return tr.n("Every {count} minute", "Every {count} minutes", int(found[1]))
    here = now.astimezone(ZoneInfo(schedule.time_zone))
    if (found := _HOURLY.match(schedule.cron)) is not None:
        local = here.replace(minute=int(found[1])).astimezone(ZoneInfo(time_zone))
        return tr.t("Every hour at :{minute}", minute=f"{local.minute:02}")
    if (found := _DAILY.match(schedule.cron)) is not None:
        moment = here.replace(hour=int(found[2]), minute=int(found[1]))
        return tr.t("Every day at {time}", time=tr.time(moment.astimezone(UTC), time_zone, "short"))
    return f"{schedule.cron} ({schedule.time_zone})"


def duration(lasted: timedelta | None, tr: Translator) -> str:
    """How long something took."""
    if lasted is None:
        return "—"
    seconds = lasted.total_seconds()
    if seconds < 10:
        return tr.t("{seconds} s", seconds=tr.number(seconds, 1))
    if seconds < 60:
        return tr.t("{seconds} s", seconds=tr.number(seconds))
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return tr.t("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return tr.t("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def origin(run: Run, tr: Translator) -> str:
    """Why a run was."""
    if run.by_timetable:
        return tr.t("by timetable")
    return tr.t("by hand, for one salon") if run.tenant else tr.t("by hand")


def when(moment: datetime, time_zone: str, now: datetime, tr: Translator) -> str:
    """A moment, without its date when that is today's."""
    zone = ZoneInfo(time_zone)
    if moment.astimezone(zone).date() == now.astimezone(zone).date():
        return tr.time(moment, time_zone, "short")
    return tr.moment(moment, time_zone, "short")
