"""Addresses of the list of dialogues: how a figure leads to the rows that it counts."""

from __future__ import annotations

from typing import Any

from components.viewer import Viewer, salon_url
from queries.dialogue_filters import Days, Filters

LIST = "dialogues"


def dialogues_url(viewer: Viewer, period: Days | None, **what: Any) -> str:
    """The list of the dialogues that began in a period (None: at any time).

    `what` are fields of `Filters`: `dialogues_url(viewer, period, status=("escalated", "transferred"))`.
    """
    return list_url(viewer, Filters(period, **what))


def list_url(viewer: Viewer, filters: Filters) -> str:
    """The list with these filters, at its first page and in its usual order."""
    return salon_url(viewer.tenant.tenant_id, LIST, filters.as_query())
