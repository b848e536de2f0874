"""A chart of days, with the same figures as a table one click away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from components.segmented import segmented
from components.tag import tag
from components.theme import CHART, SIZES
from i18n import Translator

HEIGHT_PX = 260
MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures. `token` is its colour in the theme; `width` is a bar's share of its day."""

    name: str
    values: Sequence[int]
    token: str
    width: float


@dataclass(frozen=True, slots=True)
class DayChart:
    """Bars over days, one series in front of the other: for series that are part of the one before.

    `labels` are short names of the days for the axis, `titles` longer ones, each used once. `summary` is what
    a screen reader says.
    """

    labels: Sequence[str]
    titles: Sequence[str]
    series: Sequence[Series]
    summary: str


def day_chart(tr: Translator, title: str, chart: DayChart) -> Callable[[DayChart], None]:
    """Draw a chart with its heading; gives back a function that shows newer figures in place."""
    with tag("section", classes="card chart-card") as card:
        card.attribute("aria-label", title)
        with tag("div", classes="chart-head"):
            tag("h2", title, "card-title")
            legend = tag("div", classes="legend")
            kinds = {"chart": tr.t("Chart"), "table": tr.t("Table")}
            segmented(tr.t("Show as"), kinds, "chart", lambda kind: _switch(kind, picture, table))
        with tag("div", classes="chart").props("role=img") as picture:
            plot = ui.plotly(_figure(chart, tr)).classes("plot")
        table = tag("div", classes="chart-table").props("tabindex=0 role=region")
        table.attribute("aria-label", f"{title}: {kinds['table']}")
        table.set_visibility(False)

    def show(newer: DayChart) -> None:
        picture.attribute("aria-label", newer.summary)
        plot.update_figure(_figure(newer, tr))
        with legend.clear():
            for one in newer.series:
                with tag("span", classes="legend-item"):
                    tag("span", classes="swatch").style(f"background: var(--{one.token})")
                    tag("span", one.name)
        with table.clear():
            _table(tr, newer)

    show(chart)
    return show


def _switch(kind: str, picture: ui.element, table: ui.element) -> None:
    picture.set_visibility(kind == "chart")
    table.set_visibility(kind == "table")


def _table(tr: Translator, chart: DayChart) -> None:
    with tag("table", classes="table"):
        with tag("thead"), tag("tr"):
            tag("th", tr.t("Day")).props("scope=col")
            for one in chart.series:
                tag("th", one.name, "number").props("scope=col")
        with tag("tbody"):
            for index in reversed(range(len(chart.titles))):
                with tag("tr"):
                    tag("th", chart.titles[index]).props("scope=row")
                    for one in chart.series:
                        tag("td", tr.number(one.values[index]), "number")


def _figure(chart: DayChart, tr: Translator) -> dict[str, Any]:
    ticks = _ticks(len(chart.titles))
    text = {"color": CHART["text-muted"], "family": SIZES["font"], "size": 12}
    return {
        "data": [_bars(chart, one, tr) for one in chart.series],
        "layout": {
            "barmode": "overlay",
            "showlegend": False,
            "dragmode": False,
            "hovermode": "x unified",
            "height": HEIGHT_PX,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": text,
            "hoverlabel": {
                "bgcolor": CHART["surface"],
                "bordercolor": CHART["border"],
                "font": {**text, "color": CHART["text"]},
            },
            "xaxis": {
                "type": "category",
                "fixedrange": True,
                "automargin": True,
                "showgrid": False,
                "tickmode": "array",
                "tickvals": [chart.titles[index] for index in ticks],
                "ticktext": [chart.labels[index] for index in ticks],
                "tickangle": 0,
                "linecolor": CHART["border"],
            },
            "yaxis": {
                "fixedrange": True,
                "automargin": True,
                "rangemode": "tozero",
                "gridcolor": CHART["border"],
                "zeroline": False,
                "nticks": 5,
                "tickformat": ",d",
                **_whole_numbers(chart.series),
            },
        },
        "config": {"displayModeBar": False},
    }


def _bars(chart: DayChart, series: Series, tr: Translator) -> Mapping[str, Any]:
    return {
        "type": "bar",
        "name": series.name,
        "x": list(chart.titles),
        "y": list(series.values),
        "width": series.width,
        "marker": {"color": CHART[series.token]},
        "customdata": [tr.number(value) for value in series.values],
        "hovertemplate": f"{series.name}: %{{customdata}}<extra></extra>",
    }


def _whole_numbers(series: Sequence[Series]) -> Mapping[str, Any]:
    """Half a dialogue is none: with few of them, the axis counts by ones."""
    highest = max((value for one in series for value in one.values), default=0)
    return {"dtick": 1, "range": [0, max(highest, 1) * 1.05]} if highest < 5 else {}


def _ticks(count: int) -> list[int]:
    """Which days get a name on the axis: a few, and none so close to the edge that it would stick out."""
    step = max(1, -(-count // MOST_TICKS))
    return list(range(step // 2, count, step))
