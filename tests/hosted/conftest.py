"""A Supabase project to try the panel on: a real one when the environment names it, else one of our own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from config import Settings, load_settings
from tests.database import DashboardDatabase, copy_of
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess

PROJECT_SETTINGS = (
    "SUPABASE_URL",
    "SUPABASE_KEY",
    "SUPABASE_JWT_SECRET",
    "SUPABASE_JWT_KEY",
    "AUTH_PROVIDER",
)


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a migrated project; nothing is ever written to it."""
    given = {name: os.environ[name] for name in PROJECT_SETTINGS if os.environ.get(name)}
    if "SUPABASE_URL" in given:
        yield load_settings(given)
        return
    template: DashboardDatabase = request.getfixturevalue("migrated_template")
    log = tmp_path_factory.mktemp("hosted") / "supabase.log"
    with SupabaseProcess(copy_of(template), log) as supabase:
        yield load_settings(
            {"SUPABASE_URL": supabase.url, "SUPABASE_KEY": PUBLISHABLE_KEY, "SUPABASE_JWT_SECRET": SECRET}
        )
