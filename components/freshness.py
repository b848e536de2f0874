"""How fresh an open page is: live, by the clock, or not since when. Never more is said than is known."""

from __future__ import annotations

from datetime import datetime

from components.page_head import PageHead
from components.viewer import Viewer
from components.wording import clock_time
from live.condition import POLL_SECONDS, Condition, Mode


class Freshness:
    """Words for the page's last reading and for the condition of its salon's bell, in the page's head."""

    def __init__(self, viewer: Viewer, head: PageHead) -> None:
        self._viewer = viewer
        self._head = head
        self._condition: Condition | None = None
        self._read_at: datetime | None = None
        self._succeeded = True

    def show_read(self, read_at: datetime | None, succeeded: bool) -> None:
        """The page was read, or could not be."""
        self._read_at, self._succeeded = read_at, succeeded
        self._show()

    def show_condition(self, condition: Condition) -> None:
        """The bell of the salon lives, looks by the clock, or finds the database away."""
        self._condition = condition
        self._show()

    def _show(self) -> None:
        tr, condition = self._viewer.tr, self._condition
        if self._read_at is None and self._succeeded:
            return  # nothing is shown yet that could be fresh
        if not self._succeeded or (condition is not None and condition.mode is Mode.OFFLINE):
            last = self._read_at
            if last and self._succeeded and condition and condition.read_at:
                last = max(last, condition.read_at)
            words = tr.t("Not updated since {time}", time=self._at(last)) if last else tr.t("Not updated yet")
            self._head.show_freshness(
                "late", words, tr.t("The database does not answer. It is tried again by itself.")
            )
        elif condition is None:
            words = tr.t("Updated at {time}", time=self._at(self._read_at)) if self._read_at else ""
            self._head.show_freshness("read", words)
        elif condition.mode is Mode.LIVE:
            title = tr.t("Changes show at once, since {time}.", time=self._at(condition.since))
            self._head.show_freshness("live", tr.t("Live"), title)
        else:
            title = tr.t(
                "The live connection is away since {time}. Until it is back, the panel looks by the clock.",
                time=self._at(condition.since),
            )
            seconds = round(POLL_SECONDS)
            words = tr.n("Every {count} second", "Every {count} seconds", seconds)
            self._head.show_freshness("polling", words, title)

    def _at(self, moment: datetime) -> str:
        viewer = self._viewer
        return clock_time(viewer.tr, moment, viewer.now(), viewer.tenant.time_zone)
