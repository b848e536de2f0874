"""What a chart of the overview is called when it is saved."""

from __future__ import annotations

from components import period as periods
from components.chart import Picture
from components.viewer import Viewer, Visit


def picture(viewer: Viewer, visit: Visit, name: str) -> Picture:
    """`name` is the chart's, in the file's name: that one is the same in every language."""
    first, last = visit.period.first.isoformat(), visit.period.last.isoformat()
    days = first if first == last else f"{first}_{last}"
    return Picture(f"{name}_{days}", f"{viewer.tenant.name} · {periods.dates(visit.period, viewer.tr)}")
