"""Fixtures for every folder, and the order of the files."""

from __future__ import annotations

import pytest

from tests.database import dashboard_database, migrated_template, supabase_cluster

__all__ = ["dashboard_database", "migrated_template", "supabase_cluster"]

BROWSER = "tests/browser/"
"""Files that look at the same panel in the same browser: one process has both, and starts with them."""
SLOW = ("tests/rolling/", "tests/outages/", "tests/live/", "tests/hosted/", "tests/test_life_cycle.py")
"""They wait for real processes more than they work."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what belongs to one process (`--dist loadgroup`): a file, and all files with a browser.

    The slow files are spread evenly among the others, so that processes work and wait in turn. In the end
    they would leave others idle.
    """
    files = {_file_of(item): None for item in items if not item.nodeid.startswith(BROWSER)}
    slow = [name for name in files if name.startswith(SLOW)]
    quick = [name for name in files if not name.startswith(SLOW)]
    place = {name: (number + 0.5) / len(some) for some in (slow, quick) for number, name in enumerate(some)}
    items.sort(key=lambda item: place.get(_file_of(item), 0.0))
    for item in items:
        group = _file_of(item) if _file_of(item) in files else BROWSER
        item.add_marker(pytest.mark.xdist_group(group))


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
