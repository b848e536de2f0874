"""The top of a dialogue's page: who, when, and how it stands."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from components.badge import badge
from components.dialogue_words import channel_label, status_label
from components.durations import duration
from components.tag import foreign, tag
from components.viewer import Viewer
from queries.dialogue import Dialogue


class Head:
    """Drawn once in the current slot; `show` puts a newer reading into it."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._place = tag("header", classes="dialogue-head")

    def show(self, value: Dialogue) -> None:
        """Show the dialogue as it is now."""
        tr = self._viewer.tr
        with self._place.clear():
            with tag("div", classes="dialogue-title"):
                with tag("h2", classes="dialogue-name"):
                    if value.client is not None and value.client.full_name:
                        foreign(value.client.full_name)
                    else:
                        tag("span", tr.t("Client without a name"), "muted")
                status = status_label(value.status, tr)
                badge(status.text, status.tone, is_foreign=status.is_foreign)
            with tag("p", classes="dialogue-about muted"):
                if value.channel:
                    foreign(channel_label(value.channel, tr).text)
                for words in self._about(value):
                    tag("span", words)

    def _about(self, value: Dialogue) -> list[str]:
        viewer, tr = self._viewer, self._viewer.tr
        words = []
        if value.started_at is not None:
            words.append(tr.moment(value.started_at, viewer.tenant.time_zone, "short"))
        if value.is_active and value.last_activity_at is not None:
            words.append(tr.t("last words at {time}", time=_clock(value.last_activity_at, viewer)))
        elif (
            value.started_at is not None and value.ended_at is not None and value.ended_at > value.started_at
        ):
            took = value.ended_at - value.started_at
            words.append(tr.t("took {time}", time=duration(int(took.total_seconds() * 1000), tr)))
        if value.messages_count is not None:
            count = tr.n("{count} message", "{count} messages", value.messages_count)
            if value.replies_count is not None:
                count += ", " + tr.t("{count} of them the bot's", count=tr.number(value.replies_count))
            words.append(count)
        return words


def _clock(moment: datetime, viewer: Viewer) -> str:
    """The time of day; with the day when it is not today."""
    zone = viewer.tenant.time_zone
    is_today = moment.astimezone(ZoneInfo(zone)).date() == viewer.today
    return viewer.tr.time(moment, zone, "short") if is_today else viewer.tr.moment(moment, zone, "short")
