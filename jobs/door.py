"""The jobs' way into the database: a door with the narrow rights of `dashboard_worker`, and no others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from config import Settings, SettingsError, load_settings
from data import Door, Supabase
from identity.tokens import TokenMinter

URL, KEY, TOKEN = "RUN_SUPABASE_URL", "RUN_SUPABASE_KEY", "RUN_SUPABASE_TOKEN"
"""How a panel with an embedded database tells its runs the way in: a loopback port, its key, a short token.

Not settings: a run is given them in place of secrets, the token anew before it expires, see `jobs.tethered`.
"""


@asynccontextmanager
async def worker_door(environ: Mapping[str, str]) -> AsyncIterator[Door]:
    """A door for one run of a job; its connections are closed when the run ends.

    Raises `SettingsError` as `reachable_settings` does.
    """
    if TOKEN in environ:
        supabase = Supabase(environ[URL], environ[KEY])
        source = lambda: environ[TOKEN]  # noqa: E731 - asked at each call: it is renewed
    else:
        settings = reachable_settings(environ)
        supabase = Supabase(str(settings.supabase_url), settings.api_key)
        source = TokenMinter.from_settings(settings, supabase.clock).machine_source("dashboard_worker")
    try:
        yield supabase.door(source)
    finally:
        await supabase.aclose()


def reachable_settings(environ: Mapping[str, str]) -> Settings:
    """The panel's settings, as long as they name a Supabase that another process can reach.

    A run is a process of its own, and the Supabase that a panel embeds lives in the panel's process.
    Raises `SettingsError` when `SUPABASE_URL` is not set, or settings make no sense.
    """
    settings = load_settings(environ)
    if settings.embedded:
        raise SettingsError("SUPABASE_URL is not set: jobs need the address of a Supabase to work on")
    return settings
