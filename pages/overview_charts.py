"""The period point by point: its dialogues and its revenue."""

from __future__ import annotations

from collections.abc import Callable

from babel.numbers import get_currency_symbol

from components.axis import ticks
from components.chart import ChartCard, Series, TimeLine
from components.dialogue_links import dialogues_url
from components.period import Period
from components.viewer import Viewer, Visit
from models import Permission
from pages.overview_pictures import picture
from pages.overview_time import is_by_hour, label, so_far, title
from queries.overview import Overview, Point


def draw_dialogues(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw the bars of dialogues, those with a booking in front of all."""
    tr = viewer.tr
    heading = tr.t("Dialogues by hour") if is_by_hour(overview) else tr.t("Dialogues by day")
    chart = ChartCard(tr, heading, _dialogues(viewer, visit, overview), picture(viewer, visit, "dialogues"))
    return lambda newer: chart.show(_dialogues(viewer, visit, newer))


def draw_revenue(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw the line of revenue."""
    tr = viewer.tr
    unit = get_currency_symbol(viewer.tenant.currency, locale=tr.locale)
    if is_by_hour(overview):
        heading = tr.t("Revenue by hour, {currency}", currency=unit)
    else:
        heading = tr.t("Revenue by day, {currency}", currency=unit)
    chart = ChartCard(tr, heading, _revenue(viewer, visit, overview), picture(viewer, visit, "revenue"))
    return lambda newer: chart.show(_revenue(viewer, visit, newer))


def _dialogues(viewer: Viewer, visit: Visit, overview: Overview) -> TimeLine:
    tr, points = viewer.tr, overview.points
    dialogues, bookings = [one.dialogues for one in points], [one.bookings for one in points]
    return _time_line(
        viewer,
        visit,
        overview,
        [
            Series(tr.t("Dialogues"), dialogues, [tr.number(one) for one in dialogues], "series-1"),
            Series(tr.t("with a booking"), bookings, [tr.number(one) for one in bookings], "series-2"),
        ],
        tr.t(
            "Bars of dialogues: {dialogues}, {bookings} of them with a booking. The table has each.",
            dialogues=tr.number(sum(dialogues)),
            bookings=tr.number(sum(bookings)),
        ),
    )


def _revenue(viewer: Viewer, visit: Visit, overview: Overview) -> TimeLine:
    tr = viewer.tr
    values = so_far([float(one.revenue) for one in overview.points], overview, viewer)
    texts = ["—" if value is None else tr.money(value, viewer.tenant.currency) for value in values]
    highest = max((value for value in values if value is not None), default=0.0)
    return _time_line(
        viewer,
        visit,
        overview,
        [Series(tr.t("Revenue"), values, texts, "series-2", "line")],
        tr.t(
            "Line of revenue, at most {amount}. The table has each point.",
            amount=tr.money(highest, viewer.tenant.currency),
        ),
    )


def _time_line(
    viewer: Viewer, visit: Visit, overview: Overview, series: list[Series], summary: str
) -> TimeLine:
    tr, points = viewer.tr, overview.points
    highest = max((value for one in series for value in one.values if value is not None), default=0.0)
    return TimeLine(
        column=tr.t("Hour") if is_by_hour(overview) else tr.t("Day"),
        labels=[label(point, tr) for point in points],
        titles=[title(point, tr) for point in points],
        links=[_link(viewer, visit, point) for point in points],
        series=series,
        ticks=ticks(highest, tr),
        summary=summary,
    )


def _link(viewer: Viewer, visit: Visit, point: Point) -> str:
    """The dialogues of a bar; of a line too, since what was booked was booked in them."""
    if not viewer.may(Permission.DIALOGUES_READ):
        return ""
    if point.hour is not None:
        return dialogues_url(viewer, visit.period, hour=point.hour)
    return dialogues_url(viewer, Period(point.day, point.day))
