"""The period by service, by staff member, by channel, and by hour of the week."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from components.chart import ChartCard, Heat, Row, Rows
from components.dialogue_links import dialogues_url
from components.dialogue_words import channel_label
from components.viewer import Viewer, Visit
from models import Permission
from pages.overview_pictures import picture
from pages.overview_time import hour
from queries.overview import Breakdown, Overview, Slice

MONDAY = date(2024, 1, 1)
"""Any Monday."""

Name = Callable[[Slice], tuple[str, bool]]
"""What a slice is called, and whether those are the bot's words."""


def draw_services(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw the services that were talked about most."""
    tr = viewer.tr

    def rows(newer: Overview) -> Rows:
        found = newer.services
        notes = _notes(
            found,
            tr.n("{count} service more is not shown.", "{count} services more are not shown.", found.others),
            tr.n("{count} dialogue names no service.", "{count} dialogues name no service.", found.without),
        )
        return _rows(
            viewer, visit, found, column=tr.t("Service"), key="service", name=_bots_name, notes=notes
        )

    card = ChartCard(tr, tr.t("Top services"), rows(overview), picture(viewer, visit, "services"))
    return lambda newer: card.show(rows(newer))


def draw_staff(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw the specialists who were asked for most."""
    tr = viewer.tr

    def rows(newer: Overview) -> Rows:
        found = newer.staff
        notes = _notes(
            found,
            tr.n(
                "{count} specialist more is not shown.",
                "{count} specialists more are not shown.",
                found.others,
            ),
            tr.n(
                "{count} dialogue names no specialist.",
                "{count} dialogues name no specialist.",
                found.without,
            ),
        )
        return _rows(
            viewer, visit, found, column=tr.t("Specialist"), key="staff", name=_bots_name, notes=notes
        )

    card = ChartCard(tr, tr.t("Top specialists"), rows(overview), picture(viewer, visit, "staff"))
    return lambda newer: card.show(rows(newer))


def draw_channels(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw where clients write from."""
    tr = viewer.tr

    def name(one: Slice) -> tuple[str, bool]:
        label = channel_label(one.key, tr)
        return label.text, label.is_foreign

    def rows(newer: Overview) -> Rows:
        found = newer.channels
        notes = _notes(
            found,
            tr.n("{count} channel more is not shown.", "{count} channels more are not shown.", found.others),
            tr.n("{count} dialogue has no channel.", "{count} dialogues have no channel.", found.without),
        )
        return _rows(viewer, visit, found, column=tr.t("Channel"), key="channel", name=name, notes=notes)

    card = ChartCard(tr, tr.t("Channels"), rows(overview), picture(viewer, visit, "channels"))
    return lambda newer: card.show(rows(newer))


def draw_week(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw when in the week clients write."""
    tr = viewer.tr
    card = ChartCard(
        tr, tr.t("When clients write"), _heat(viewer, visit, overview), picture(viewer, visit, "week")
    ).classes("wide-card")
    return lambda newer: card.show(_heat(viewer, visit, newer))


def _rows(
    viewer: Viewer,
    visit: Visit,
    found: Breakdown,
    *,
    column: str,
    key: str,
    name: Name,
    notes: Sequence[str],
) -> Rows:
    tr = viewer.tr
    longest = max((one.dialogues for one in found.rows), default=0) or 1
    rows = []
    for one in found.rows:
        label, is_foreign = name(one)
        bookings = Decimal(one.bookings)
        rows.append(
            Row(
                label,
                (
                    tr.number(one.dialogues),
                    tr.number(one.bookings),
                    tr.percent(bookings / one.dialogues) if one.dialogues else "—",
                    tr.money(one.revenue, viewer.tenant.currency),
                ),
                bar=one.dialogues / longest,
                part=one.bookings / one.dialogues if one.dialogues else 0,
                href=_link(viewer, visit, key, one.key),
                is_foreign=is_foreign,
            )
        )
    columns = (column, tr.t("Dialogues"), tr.t("Bookings"), tr.t("Conversion"), tr.t("Revenue"))
    return Rows(
        look="list",
        columns=columns,
        rows=rows,
        summary=tr.t("Bars of dialogues. The table has their bookings and revenue."),
        legend=(("series-1", tr.t("Dialogues")), ("series-2", tr.t("with a booking"))) if rows else (),
        notes=notes,
        empty=tr.t("None of the period's dialogues says."),
    )


def _heat(viewer: Viewer, visit: Visit, overview: Overview) -> Heat:
    tr = viewer.tr
    link = ""
    if viewer.may(Permission.DIALOGUES_READ):
        first = dialogues_url(viewer, visit.period, weekday=1, hour=0)
        link = first.replace("weekday=1", "weekday={weekday}").replace("hour=0", "hour={hour}")
    return Heat(
        column=tr.t("Hour"),
        weekdays=[tr.day(MONDAY + timedelta(days=at), "E") for at in range(7)],
        hours=[hour(at, tr) for at in range(24)],
        values=overview.heat,
        unit=tr.t("Dialogues"),
        link=link,
        less=tr.t("fewer"),
        more=tr.t("more"),
        summary=tr.t("Dialogues by weekday and hour of their start. The table has each."),
    )


def _bots_name(one: Slice) -> tuple[str, bool]:
    return one.name or one.key, True


def _link(viewer: Viewer, visit: Visit, key: str, value: str) -> str:
    if not viewer.may(Permission.DIALOGUES_READ):
        return ""
    return dialogues_url(viewer, visit.period, **{key: (value,) if key == "channel" else value})


def _notes(found: Breakdown, others: str, without: str) -> list[str]:
    return [words for count, words in ((found.others, others), (found.without, without)) if count]
