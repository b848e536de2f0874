"""The period point by point: runs and failures, how long models took, tokens and money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from babel.numbers import get_currency_symbol

from components.axis import ticks
from components.chart import ChartCard, Series, TimeLine
from components.tag import tag
from components.viewer import Viewer, Visit
from pages.agents_metrics_kpis import cost_in, main_currency, tokens_of
from pages.agents_metrics_time import label, so_far, titles
from pages.agents_metrics_words import NOT_KNOWN, money, took
from pages.overview_pictures import picture
from queries.agent_metrics import AgentMetrics, Cost, Point

Draw = Callable[[Viewer, AgentMetrics], TimeLine]


def draw_charts(viewer: Viewer, visit: Visit, metrics: AgentMetrics) -> Callable[[AgentMetrics], None]:
    """Draw the charts; gives back a function that shows newer figures in them."""
    tr = viewer.tr
    parts: list[tuple[str, str, Draw]] = [
        ("runs", tr.t("Runs and failures"), _runs),
        ("latency", tr.t("How long a model call took, seconds"), _latency),
        ("tokens", tr.t("Tokens"), _tokens),
        ("cost", _cost_heading(viewer, metrics), _cost),
    ]
    with tag("div", classes="agent-charts"):
        cards = [
            (ChartCard(tr, heading, draw(viewer, metrics), picture(viewer, visit, f"agents-{name}")), draw)
            for name, heading, draw in parts
        ]

    def show(newer: AgentMetrics) -> None:
        for card, draw in cards:
            card.show(draw(viewer, newer))
        cards[-1][0].put(heading=_cost_heading(viewer, newer))

    return show


def _runs(viewer: Viewer, metrics: AgentMetrics) -> TimeLine:
    tr = viewer.tr
    return _time_line(
        viewer,
        metrics,
        [
            _series(viewer, metrics, tr.t("Runs"), lambda one: one.runs, "series-1"),
            _series(viewer, metrics, tr.t("Failures"), lambda one: one.failures, "series-2", is_line=True),
        ],
        tr.t(
            "Bars of runs: {runs}, and a line of failures: {failures}. The table has each.",
            runs=tr.number(metrics.totals.runs),
            failures=tr.number(metrics.totals.failures),
        ),
    )


def _latency(viewer: Viewer, metrics: AgentMetrics) -> TimeLine:
    tr = viewer.tr

    def line(name: str, value: Callable[[Point], Decimal | None], token: str) -> Series:
        found = so_far(value, metrics, viewer)
        seconds = [None if one is None else float(one) / 1000 for one in found]
        return Series(name, seconds, [took(one, tr) for one in found], token, "line")

    return _time_line(
        viewer,
        metrics,
        [
            line(tr.t("19 of 20 calls"), lambda one: one.p95_ms, "series-1"),
            line(tr.t("half of the calls"), lambda one: one.p50_ms, "series-2"),
        ],
        tr.t(
            "Lines of the time in which half of the model calls were over, {half}, and 19 of 20, {most}.",
            half=took(metrics.totals.p50_ms, tr),
            most=took(metrics.totals.p95_ms, tr),
        ),
        whole=False,
    )


def _tokens(viewer: Viewer, metrics: AgentMetrics) -> TimeLine:
    tr = viewer.tr

    def out(point: Point) -> int | None:
        return None if tokens_of(point) is None else point.tokens_output or 0

    return _time_line(
        viewer,
        metrics,
        [
            _series(viewer, metrics, tr.t("Tokens"), tokens_of, "series-1"),
            _series(viewer, metrics, tr.t("of them, out"), out, "series-2"),
        ],
        tr.t("Bars of tokens, those that models wrote in front of all. The table has each."),
    )


def _cost(viewer: Viewer, metrics: AgentMetrics) -> TimeLine:
    tr, currency = viewer.tr, main_currency(metrics)
    found = so_far(lambda one: cost_in(one, currency) if currency else None, metrics, viewer)
    texts = [
        NOT_KNOWN if one is None or currency is None else money(Cost(currency=currency, amount=one), tr)
        for one in found
    ]
    values = [None if one is None else float(one) for one in found]
    return _time_line(
        viewer,
        metrics,
        [Series(tr.t("Cost"), values, texts, "series-2")],
        tr.t("Bars of what the model calls cost whose price is known. The table has each."),
        whole=False,
    )


def _cost_heading(viewer: Viewer, metrics: AgentMetrics) -> str:
    tr, currency = viewer.tr, main_currency(metrics)
    if currency is None:
        return tr.t("Cost")
    return tr.t("Cost, {currency}", currency=get_currency_symbol(currency, locale=tr.locale))


def _series(
    viewer: Viewer,
    metrics: AgentMetrics,
    name: str,
    value: Callable[[Point], int | None],
    token: str,
    *,
    is_line: bool = False,
) -> Series:
    found = so_far(value, metrics, viewer)
    texts = [NOT_KNOWN if one is None else viewer.tr.number(one) for one in found]
    return Series(name, found, texts, token, "line" if is_line else "bar")


def _time_line(
    viewer: Viewer, metrics: AgentMetrics, series: Sequence[Series], summary: str, *, whole: bool = True
) -> TimeLine:
    tr = viewer.tr
    highest = max((value for one in series for value in one.values if value is not None), default=0.0)
    return TimeLine(
        column=tr.t("Hour") if metrics.unit == "hour" else tr.t("Day"),
        labels=[label(point, metrics, tr) for point in metrics.points],
        titles=titles(metrics, tr),
        links=(),
        series=series,
        ticks=ticks(highest, tr, whole=whole),
        summary=summary,
    )
