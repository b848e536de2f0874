"""Messages as lines of a transcript: whose they are, when, after which wait, and how much is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from components.durations import duration
from components.transcript import Line
from components.viewer import Viewer
from i18n import Translator
from queries.dialogue import Message

LONGEST_SHOWN = 1000
"""Characters of a message that are shown until the reader asks for the whole."""
ALMOST = 200
"""A rest that is shorter than this is shown at once."""
SIDES: dict[str, Literal["client", "bot", "other"]] = {"user": "client", "assistant": "bot"}


def lines(messages: Iterable[Message], opened: Collection[int], viewer: Viewer) -> list[Line]:
    """The messages in their order, with a line before the first one of each of the salon's days."""
    zone = ZoneInfo(viewer.tenant.time_zone)
    found: list[Line] = []
    last_day: date | None = None
    for message in messages:
        if message.sent_at is not None:
            day = message.sent_at.astimezone(zone).date()
            if day != last_day:
                found.append(Line(key=f"day-{day}-{message.message_id}", day=_day_name(day, viewer)))
            last_day = day
        found.append(_line(message, viewer, is_open=message.message_id in opened))
    return found


def _line(message: Message, viewer: Viewer, *, is_open: bool) -> Line:
    tr, zone = viewer.tr, viewer.tenant.time_zone
    side = SIDES.get(message.role, "other")
    waited = message.reply_ms
    moment = tr.moment(message.sent_at, zone) if message.sent_at else ""
    return Line(
        key=str(message.message_id),
        side=side,
        author={"client": tr.t("Client"), "bot": tr.t("Bot")}.get(side, ""),
        role=message.role if side == "other" else "",
        text=_text(message, tr, is_open=is_open),
        time=tr.time(message.sent_at, zone, "short") if message.sent_at else tr.t("time not known"),
        moment=moment,
        wait="" if waited is None else duration(waited, tr),
        wait_title="" if waited is None else tr.t("How long the client waited for this answer"),
        more=tr.t("Show the whole message") if _is_folded(message, is_open=is_open) else "",
        remark=_remark(message, tr, is_open=is_open),
        inferred=tr.t("Attached by client, channel and time") if message.is_inferred else "",
        is_gone=message.text is None,
    )


def _is_folded(message: Message, *, is_open: bool) -> bool:
    return message.text is not None and not is_open and len(message.text) > LONGEST_SHOWN + ALMOST


def _text(message: Message, tr: Translator, *, is_open: bool) -> str:
    if message.text is None:
        return tr.t("The bot has removed this message from its history.")
    if _is_folded(message, is_open=is_open):
        return message.text[:LONGEST_SHOWN] + "…"
    return message.text


def _remark(message: Message, tr: Translator, *, is_open: bool) -> str:
    if message.text is None or message.characters is None or _is_folded(message, is_open=is_open):
        return ""
    if message.characters <= len(message.text):
        return ""
    return tr.t(
        "Only the beginning is shown: {shown} of {all} characters.",
        shown=tr.number(len(message.text)),
        all=tr.number(message.characters),
    )


def _day_name(day: date, viewer: Viewer) -> str:
    if day == viewer.today:
        return viewer.tr.t("Today")
    return viewer.tr.day(day, "full")
