"""What the bot earns: dialogues, bookings, conversion and revenue of a period, and its days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from components import period as periods
from components import states
from components.chart import HEIGHT_PX, DayChart, Series, day_chart
from components.delta import delta
from components.kpi_card import HEIGHT, Figure, Formula, KpiCard
from components.tag import tag
from components.viewer import Viewer, Visit, salon_url
from components.widget import Widget
from i18n import Translator
from models import DayPoint, Kpi
from queries import overview


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a period, and whether the salon has any dialogue at all."""

    kpis: Sequence[Kpi]
    has_dialogues: bool


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a period, and whether the salon has any dialogue at all."""

    points: Sequence[DayPoint]
    has_dialogues: bool

    @property
    def are_quiet(self) -> bool:
        """Whether there was no dialogue in the period."""
        return not any(point.dialogues for point in self.points)


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    tr, period = viewer.tr, visit.period
    about = (
        periods.dates(period, tr),
        tr.t("compared with {period}", period=periods.dates(period.previous, tr)),
        tr.t("time zone {zone}", zone=viewer.tenant.time_zone),
    )
    tag("p", " · ".join(about), "page-about muted")

    async def read_summary() -> Summary:
        kpis = await overview.kpis(viewer.door, period.first, period.last)
        quiet = not any(kpi.current_value or kpi.previous_value for kpi in kpis)
        return Summary(kpis, has_dialogues=not quiet or await overview.has_dialogues(viewer.door))

    async def read_days() -> Days:
        points = await overview.by_day(viewer.door, period.first, period.last)
        quiet = not any(point.dialogues for point in points)
        return Days(points, has_dialogues=not quiet or await overview.has_dialogues(viewer.door))

    Widget(viewer, visit, read_summary, lambda value: _draw_summary(viewer, value), height=HEIGHT, cards=4)
    Widget(
        viewer, visit, read_days, lambda value: _draw_days(viewer, visit, value), height=f"{HEIGHT_PX + 64}px"
    )


def _draw_summary(viewer: Viewer, summary: Summary) -> Callable[[Summary], None] | None:
    tr = viewer.tr
    if not summary.has_dialogues:
        with tag("div", classes="card"):
            states.empty(
                tr.t("No dialogues yet"),
                tr.t("Figures appear here after the first client writes to the bot. Is it connected?"),
                picture="forum",
            )
        return None
    with tag("div", classes="kpis"):
        cards = {
            metric: KpiCard(tr, title, formula)
            for metric, (title, formula) in _metrics(tr, viewer.tenant.currency).items()
        }

    def show(newer: Summary) -> None:
        for kpi in newer.kpis:
            if kpi.metric in cards:
                cards[kpi.metric].show(_figure(kpi, viewer))

    show(summary)
    return show


def _draw_days(viewer: Viewer, visit: Visit, days: Days) -> Callable[[Days], None] | None:
    tr = viewer.tr
    if not days.has_dialogues:
        return None  # the summary says so, and what to do
    if days.are_quiet:
        longer = salon_url(viewer.tenant.tenant_id, visit.page, {"period": "90d"})
        with tag("div", classes="card"):
            states.no_match(
                tr.t("No dialogues in this period"),
                tr.t("Choose another period to see more."),
                action=None
                if visit.period.preset == "90d"
                else (tr.n("Last {count} day", "Last {count} days", 90), longer),
            )
        return None
    show = day_chart(tr, tr.t("Dialogues by day"), _days_chart(days.points, tr))
    return lambda newer: show(_days_chart(newer.points, tr))


def _metrics(tr: Translator, currency: str) -> dict[str, tuple[str, Formula]]:
    return {
        "dialogues": (
            tr.t("Dialogues"),
            Formula(
                tr.t("How many conversations clients began with the bot."),
                tr.t("Different sessions that started in the period, by the salon's calendar."),
            ),
        ),
        "bookings": (
            tr.t("Bookings"),
            Formula(
                tr.t("How many of these conversations ended in a booking."),
                tr.t("Dialogues of the period whose booking has the status “confirmed”."),
            ),
        ),
        "conversion": (
            tr.t("Conversion"),
            Formula(
                tr.t("What share of the conversations became a booking."),
                tr.t("Bookings ÷ dialogues of the same period."),
            ),
        ),
        "revenue": (
            tr.t("Revenue"),
            Formula(
                tr.t("What the confirmed bookings are worth."),
                tr.t("Sum of the amounts of the period's bookings in {currency}.", currency=currency),
            ),
        ),
    }


def _figure(kpi: Kpi, viewer: Viewer) -> Figure:
    tr = viewer.tr
    before = ""
    change = delta(kpi, tr)
    if kpi.previous_value is not None and change.direction in {"up", "down"}:
        before = tr.t("before: {value}", value=_amount(kpi, kpi.previous_value, viewer))
    notes = [*_notes(kpi, tr)]
    if kpi.current_value is None and kpi.metric == "conversion":
        notes.append(tr.t("Without dialogues there is no share."))
    return Figure(_amount(kpi, kpi.current_value, viewer), change, before, notes)


def _amount(kpi: Kpi, value: Decimal | None, viewer: Viewer) -> str:
    if value is None:
        return "—"
    if kpi.metric == "conversion":
        return viewer.tr.percent(value)
    if kpi.metric == "revenue":
        return viewer.tr.money(value, viewer.tenant.currency)
    return viewer.tr.number(value)


def _notes(kpi: Kpi, tr: Translator) -> list[str]:
    """What the database left out of a figure or could not read, in words; each is said where it matters.

    `detail` is described with `overview_kpis`.
    """
    counts = {name: int(value) for name, value in kpi.detail.items() if isinstance(value, int | float)}
    if kpi.metric == "dialogues" and (unrecognised := counts.get("unrecognised_status")):
        return [
            tr.n(
                "{count} dialogue ended with a status that the panel does not know.",
                "{count} dialogues ended with a status that the panel does not know.",
                unrecognised,
            )
        ]
    if kpi.metric == "bookings" and (cancelled := counts.get("cancelled")):
        return [tr.n("Besides, {count} was cancelled.", "Besides, {count} were cancelled.", cancelled)]
    return _left_out_of_revenue(kpi, counts, tr) if kpi.metric == "revenue" else []


def _left_out_of_revenue(kpi: Kpi, counts: Mapping[str, int], tr: Translator) -> list[str]:
    notes = []
    others = [
        tr.money(Decimal(str(amount)), currency)
        for currency, amount in (kpi.detail.get("other_currencies") or {}).items()
    ]
    if others:
        notes.append(tr.t("Not included, in other currencies: {amounts}.", amounts=", ".join(others)))
    if further := counts.get("more_currencies"):
        notes.append(
            tr.n(
                "{count} booking is in a further currency.",
                "{count} bookings are in further currencies.",
                further,
            )
        )
    if without_amount := counts.get("without_amount"):
        notes.append(
            tr.n("{count} booking has no amount.", "{count} bookings have no amount.", without_amount)
        )
    if without_currency := counts.get("without_currency"):
        amount = tr.number(Decimal(str(kpi.detail.get("amount_without_currency") or 0)))
        notes.append(
            tr.n(
                "Not included: {amount} in {count} booking without a currency.",
                "Not included: {amount} in {count} bookings without a currency.",
                without_currency,
                amount=amount,
            )
        )
    return notes


def _days_chart(days: Sequence[DayPoint], tr: Translator) -> DayChart:
    dialogues = sum(point.dialogues for point in days)
    bookings = sum(point.bookings for point in days)
    return DayChart(
        labels=[tr.day(point.day, "MMMd") for point in days],
        titles=[tr.day(point.day, "MMMEd") for point in days],
        series=[
            Series(tr.t("Dialogues"), [point.dialogues for point in days], "series-1", 0.72),
            Series(tr.t("with a booking"), [point.bookings for point in days], "series-2", 0.72),
        ],
        summary=tr.t(
            "Bars of dialogues by day: {dialogues}, {bookings} of them with a booking. The table has them.",
            dialogues=tr.number(dialogues),
            bookings=tr.number(bookings),
        ),
    )
