"""A dialogue as a row of the list."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from components.dialogue_words import (
    Label,
    booking_status_label,
    channel_label,
    drop_off_label,
    intent_label,
    sentiment_label,
    status_label,
)
from components.durations import duration
from components.highlighted import highlighted
from components.records import Cell, Column, Direction, Line, Part, Record, foreign_words, words
from components.viewer import Viewer
from i18n import Translator
from pages.dialogue_ways import dialogue_url
from pages.dialogues_asked import Asked
from queries.dialogues import SORTS, DialogueRow, Sort

MOST_SERVICES = 2
MOST_TAGS = 4
NOTHING: Cell = [Line([words("—", "muted is-nothing")])]
"""What is not known or not there; a phone's card has no line for it."""


def columns(viewer: Viewer, asked: Asked) -> list[Column]:
    """The headings; those that sort turn the order round when pressed again."""
    tr = viewer.tr

    def sortable(key: str, label: str, css: str) -> Column:
        current = asked.place.sort.lstrip("-")
        direction: Direction = "descending" if asked.place.sort.startswith("-") else "ascending"
        address = asked.sorted_by(sort_after_press(key, asked)).url(viewer)
        return Column(key, label, css, address, direction if key == current else "")

    return [
        Column("client", tr.t("Client"), "cell-client"),
        sortable("started", tr.t("Started"), "cell-began"),
        Column("status", tr.t("Status"), "cell-status"),
        Column("intent", tr.t("Request"), "cell-intent"),
        sortable("amount", tr.t("Booking"), "cell-booking number"),
        sortable("messages", tr.t("Messages"), "cell-messages number"),
        sortable("reply", tr.t("First reply"), "cell-reply number"),
        Column("sentiment", tr.t("Mood"), "cell-mood"),
    ]


def sort_after_press(key: str, asked: Asked) -> Sort:
    """What a press on a heading sorts by: first from the top down, then turned round."""
    wanted = key if asked.place.sort == f"-{key}" else f"-{key}"
    return next(sort for sort in SORTS if sort == wanted)


def record(row: DialogueRow, viewer: Viewer, asked: Asked) -> Record:
    """The row of a dialogue, which opens it and can lead back to this page of the list."""
    tr = viewer.tr
    address = dialogue_url(viewer, row.session_id, asked.query, row.cursor)
    cells = [
        _client(row, address, tr),
        _began(row, viewer),
        _status(row, tr),
        _request(row, tr),
        _booking(row, viewer),
        NOTHING if row.messages_count is None else [Line([words(tr.number(row.messages_count))])],
        NOTHING if row.first_reply_ms is None else [Line([words(duration(row.first_reply_ms, tr))])],
        NOTHING if row.sentiment is None else [Line([_part(sentiment_label(row.sentiment, tr), "mood")])],
    ]
    return Record(str(row.session_id), cells, highlighted(row.hit) if row.hit else ())


def _client(row: DialogueRow, address: str, tr: Translator) -> Cell:
    name = (
        foreign_words(row.client_name)
        if row.client_name
        else words(tr.t("Client without a name"), "is-nameless")
    )
    below = [_part(channel_label(row.channel, tr), "muted")] if row.channel else []
    tags = [foreign_words(tag, "tag") for tag in row.tags[:MOST_TAGS]]
    if len(row.tags) > MOST_TAGS:
        tags.append(words(f"+{len(row.tags) - MOST_TAGS}", "tag", title=", ".join(row.tags[MOST_TAGS:])))
    lines = [Line([name], "row-link strong", address)]
    return [*lines, Line([*below, *tags], "line-second")] if below or tags else lines


def _began(row: DialogueRow, viewer: Viewer) -> Cell:
    tr, zone = viewer.tr, viewer.tenant.time_zone
    if row.started_at is None:
        return [Line([words(tr.t("not known"), "muted")])]
    day = _day(row.started_at, viewer)
    ended = row.ended_at or row.last_activity_at
    hours = tr.time(row.started_at, zone, "short")
    if ended is not None and (until := _moment_after(row.started_at, ended, viewer)) != hours:
        hours = f"{hours} – {until}"
    full = tr.moment(row.started_at, zone)
    return [
        Line([words(day, "nowrap", title=full)]),
        Line([words(hours, "muted nowrap tabular")], "line-second"),
    ]


def _moment_after(start: datetime, end: datetime, viewer: Viewer) -> str:
    """The time of day, with its day where that is another one."""
    tr, zone = viewer.tr, viewer.tenant.time_zone
    same_day = start.astimezone(ZoneInfo(zone)).date() == end.astimezone(ZoneInfo(zone)).date()
    return tr.time(end, zone, "short") if same_day else _day_and_time(end, viewer)


def _day_and_time(moment: datetime, viewer: Viewer) -> str:
    return f"{_day(moment, viewer)}, {viewer.tr.time(moment, viewer.tenant.time_zone, 'short')}"


def _day(moment: datetime, viewer: Viewer) -> str:
    """The day; its year only where it is not this one."""
    day = moment.astimezone(ZoneInfo(viewer.tenant.time_zone)).date()
    return viewer.tr.day(day, "MMMd" if day.year == viewer.today.year else "yMMMd")


def _status(row: DialogueRow, tr: Translator) -> Cell:
    label = status_label(row.status, tr)
    lines = [Line([_part(label, f"pill-badge tone-{label.tone}")])]
    below = [words(tr.t("unrecognised"))] if label.tone == "unknown" else []
    if row.drop_off_stage:
        left = drop_off_label(row.drop_off_stage, tr)
        separator = [words(" · ")] if below else []
        below += [*separator, _part(left, "", title=f"{tr.t('Left at')}: {left.text}")]
    return [*lines, Line(below, "line-second muted")] if below else lines


def _request(row: DialogueRow, tr: Translator) -> Cell:
    lines = [*NOTHING] if row.intent is None else [Line([_part(intent_label(row.intent, tr), "")])]
    if row.services:
        shown = ", ".join(row.services[:MOST_SERVICES])
        more = len(row.services) - MOST_SERVICES
        parts = [foreign_words(shown, title=", ".join(row.services) if more > 0 else "")]
        lines.append(Line([*parts, *([words(f" +{more}")] if more > 0 else [])], "line-second muted"))
    return lines


def _booking(row: DialogueRow, viewer: Viewer) -> Cell:
    tr = viewer.tr
    if row.booking_status is None:
        return NOTHING
    amount = _amount(row, tr)
    status = booking_status_label(row.booking_status, tr)
    if row.booking_status == "confirmed":
        visit = _day_and_time(row.booking_at, viewer) if row.booking_at else ""
        second = words(visit, "nowrap tabular", title=tr.t("Time of the visit")) if visit else None
        first = words(amount, "nowrap") if amount else _part(status, "")
        return [Line([first]), *([Line([second], "line-second muted")] if second else [])]
    cancelled = _part(status, f"tone-{status.tone}")
    return [
        Line([words(amount, "nowrap is-struck")] if amount else [cancelled]),
        *([Line([cancelled], "line-second")] if amount else []),
    ]


def _amount(row: DialogueRow, tr: Translator) -> str:
    if row.booking_amount is None:
        return ""
    if row.booking_currency is None:
        return tr.number(row.booking_amount)
    return tr.money(row.booking_amount, row.booking_currency)


def _part(label: Label, css: str, *, title: str = "") -> Part:
    make = foreign_words if label.is_foreign else words
    return make(label.text, css, title=title)
