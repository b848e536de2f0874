"""Fixtures for every folder, and the order of the files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from garbage import settle
from tests.database import dashboard_database, migrated_template, supabase_cluster

__all__ = ["dashboard_database", "migrated_template", "supabase_cluster"]

PREFECT_HOME = Path(__file__).parents[1] / "test-output" / "prefect"
PREFECT_HOME.mkdir(parents=True, exist_ok=True)
os.environ["PREFECT_HOME"] = str(PREFECT_HOME)  # nobody's own profile is read, nor anything written to it

SLOW = (
    "tests/rolling/",
    "tests/browser/",
    "tests/outages/",
    "tests/live/",
    "tests/hosted/",
    "tests/test_life_cycle.py",
)
"""They wait for real processes more than they work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the slow files evenly among the others, so that several processes work and wait in turn.

    Each process takes a whole file when it is done with one; slow files at the end would leave others idle.
    """
    files = {_file_of(item): None for item in items}
    slow = [name for name in files if name.startswith(SLOW)]
    quick = [name for name in files if not name.startswith(SLOW)]
    place = {name: (number + 0.5) / len(some) for some in (slow, quick) for number, name in enumerate(some)}
    items.sort(key=lambda item: place[_file_of(item)])


def pytest_collection_finish() -> None:
    """Leave what is loaded alone: NiceGUI has the collector look at everything twice in each page's test."""
    settle()


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
