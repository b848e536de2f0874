"""A card with a chart: as a picture, as a table, and to save. The browser draws it from plain data.

Three kinds: a time line of bars or of a line, rows of bars (a funnel is one), and a heat map of the week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import nicegui.elements.plotly  # noqa: F401 - lets the browser's side import Plotly

from components.axis import Tick
from components.drawn import Drawn
from components.theme import CHART
from i18n import Translator

HEIGHT_PX = 260
"""Of the picture alone."""
CARD_PX = HEIGHT_PX + 78
"""With the card's head and edges."""
COLOURS = tuple(CHART.items())
"""What Plotly is given in place of each of the theme's tokens."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of figures; `texts` are the same, formatted. `token` is its colour in the theme."""

    name: str
    values: Sequence[float | None]
    texts: Sequence[str]
    token: str
    shape: Literal["bar", "line"] = "bar"


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Figures of days or hours. Of bars, one series stands in front of the other: a part of the one before.

    `labels` are short names of the points for the axis, `titles` longer ones, each used once. `links` are the
    addresses of each point's rows (none: no links).
    """

    column: str
    labels: Sequence[str]
    titles: Sequence[str]
    links: Sequence[str]
    series: Sequence[Series]
    ticks: Sequence[Tick]
    summary: str
    kind: Literal["time"] = "time"


@dataclass(frozen=True, slots=True)
class Row:
    """One bar with its figures. Shares are of the longest bar possible: `part` is a share of the bar's own.

    `mark` is where the bar ended before. `is_foreign` text was not written by us.
    """

    label: str
    texts: Sequence[str]
    bar: float
    part: float | None = None
    mark: float | None = None
    href: str = ""
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Bars below each other. `columns` name the labels and each of the rows' texts."""

    look: Literal["list", "funnel"]
    columns: Sequence[str]
    rows: Sequence[Row]
    summary: str
    legend: Sequence[tuple[str, str]] = ()
    """Token and name of each colour."""
    notes: Sequence[str] = ()
    empty: str = ""
    """What is said when there are no rows."""
    kind: Literal["rows"] = "rows"


@dataclass(frozen=True, slots=True)
class Heat:
    """Whole numbers by weekday (seven rows) and hour (24 columns).

    `link` is the address of a cell's rows, with `{weekday}` (from 1) and `{hour}` in it.
    """

    column: str
    weekdays: Sequence[str]
    hours: Sequence[str]
    values: Sequence[Sequence[int]]
    unit: str
    link: str
    less: str
    more: str
    summary: str
    kind: Literal["heat"] = "heat"


Chart = TimeLine | Rows | Heat


@dataclass(frozen=True, slots=True)
class Picture:
    """What a saved picture is called, and what it says besides the chart's own heading."""

    file_name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is written on a card's buttons, and read out of them."""

    show_as: str
    chart: str
    table: str
    save: str
    table_of: str


class ChartCard(Drawn, component="chart.js", dependencies=["chart_figures.js", "chart_tables.js"]):
    """A chart with its heading, which `show` replaces in place; the reader's view of it stays as chosen."""

    def __init__(
        self, tr: Translator, title: str, chart: Chart, picture: Picture, *, about: str = ""
    ) -> None:
        super().__init__()
        words = Words(
            show_as=tr.t("Show as"),
            chart=tr.t("Chart"),
            table=tr.t("Table"),
            save=tr.t("Save “{title}” as PNG", title=title),
            table_of=tr.t("{title}: table", title=title),
        )
        self.put(heading=title, about=about, words=words, picture=picture, colours=COLOURS)
        self.show(chart)

    def show(self, chart: Chart) -> None:
        """Put newer figures into the chart."""
        self.put(chart=chart)
