"""The composition root: settings in, one table of all pages, the server started.

The only module that knows of the embedded Supabase.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ

from nicegui import ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp
from uvicorn.config import WS_PROTOCOLS

import garbage
from components.viewer import Route
from config import Settings, SettingsError, load_settings
from data import Supabase
from demo.accounts import DEMO_ACCOUNTS
from embedded import Embedded
from identity.tokens import TokenMinter
from jobs.prefect_api import Prefect
from local_supabase.cluster_errors import ClusterError
from models import Permission
from observability.logs import set_up_logging
from observability.metrics import Metrics
from pages import access, agents, audit, dialogue, dialogues, jobs, live, overview, settings, users
from panel import Panel
from queries.changes import Stream

logger = logging.getLogger(__name__)

ROUTES = (
    Route(
        "overview",
        overview.build,
        Permission.OVERVIEW_READ,
        "Overview",
        "insights",
        has_period=True,
        streams=(Stream.DIALOGUES, Stream.TENANT, Stream.CLOCK),
    ),
    Route(
        "live",
        live.build,
        Permission.DIALOGUES_READ,
        "Right now",
        "sensors",
        streams=(Stream.CLOCK,),
    ),
    Route(
        "dialogues",
        dialogues.build,
        Permission.DIALOGUES_READ,
        "Dialogues",
        "forum",
        has_period=True,
        has_all_time=True,
        streams=(Stream.DIALOGUES, Stream.ANNOTATIONS, Stream.CLOCK),
    ),
    Route(
        "dialogue",
        dialogue.build,
        Permission.DIALOGUES_READ,
        "Dialogue",
        "forum",
        in_menu=False,
        part_of="dialogues",
        streams=(Stream.DIALOGUES,),
    ),
    Route(
        "agents",
        agents.build,
        Permission.RUNS_READ,
        "Agents",
        "smart_toy",
        streams=(Stream.RUNS, Stream.COMMANDS),
    ),
    Route(
        "agent-metrics",
        agents.build_metrics,
        Permission.RUNS_READ,
        "Agents",
        "smart_toy",
        has_period=True,
        in_menu=False,
        part_of="agents",
    ),
    Route("jobs", jobs.build, Permission.JOBS_READ, "Jobs", "schedule"),
    Route("users", users.build, Permission.USERS_READ, "People", "group", streams=(Stream.MEMBERS,)),
    Route(
        "audit",
        audit.build,
        Permission.AUDIT_READ,
        "Audit log",
        "history",
        streams=(Stream.AUDIT, Stream.CLOCK),
    ),
    Route(
        "settings", settings.build, Permission.OVERVIEW_READ, "Settings", "settings", streams=(Stream.TENANT,)
    ),
    Route(
        "access",
        access.build,
        Permission.TENANT_CONFIGURE,
        "Keys and rules",
        "key",
        in_menu=False,
        part_of="settings",
        streams=(Stream.AUDIT, Stream.CLOCK),
    ),
)

RECONNECT_SECONDS = 20
"""How long a page without its socket is kept: what was typed survives a tunnel or a lift."""
SHUTDOWN_SECONDS = 5
"""How long open requests may take to end after Ctrl-C."""


def main() -> None:
    """Run one panel until it is told to stop. Exits with 2 and a sentence when it cannot start."""
    # The server ends by itself at either signal, then raises it again: without a word of ours SIGTERM would
    # end the process there and then, and leave PostgreSQL behind.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        configured = load_settings(environ)
    except SettingsError as error:
        sys.exit(_complain(f"The settings do not make sense:\n{error}"))
    metrics = Metrics()
    set_up_logging(configured.log_level, configured.log_format, metrics.log)
    if not configured.embedded:
        supabase = Supabase(str(configured.supabase_url), configured.api_key)
        minter = TokenMinter.from_settings(configured, supabase.clock)
        prefect = _prefect_of(configured)
        panel = Panel(
            configured, supabase, minter, ROUTES, _nothing_to_open, metrics=metrics, prefect=prefect
        )
        _serve(panel, configured)
        return
    embedded = Embedded(configured)
    try:
        embedded.start_postgres()
        asyncio.run(embedded.prepare())
        minter = TokenMinter.from_secret(embedded.jwt_secret)
        supabase, prefect = embedded.connect(), embedded.prefect or _prefect_of(configured)
        panel = Panel(
            configured, supabase, minter, ROUTES, embedded.running, metrics=metrics, prefect=prefect
        )
        _serve(panel, configured)
    except ClusterError as error:
        sys.exit(_complain(str(error)))
    finally:
        embedded.stop_postgres()


def _serve(panel: Panel, configured: Settings) -> None:
    panel.mount()
    garbage.settle()
    _announce(configured)
    # NiceGUI asks for the other one, with which two hundred open live feeds take 30 % of a core, not 24 %
    WS_PROTOCOLS["wsproto"] = WS_PROTOCOLS["websockets-sansio"]
    ui.run(
        host=configured.host,
        port=configured.port,
        title="Agent P",
        reload=False,
        show=False,
        show_welcome_message=False,
        tailwind=False,
        dark=None,
        reconnect_timeout=RECONNECT_SECONDS,
        binding_refresh_interval=None,  # nothing is bound: no loop has to look
        proxy_headers=True,
        forwarded_allow_ips=configured.trusted_proxies,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        log_config=None,  # its records take the way of all others
        gzip_middleware_factory=_compressed,
        ws_per_message_deflate=False,  # its state is 50 KB for each open page
        access_log=False,  # ours has ids, and no query strings
    )


def _compressed(application: ASGIApp) -> GZipMiddleware:
    # its own level, 9, takes four times as long for a twentieth less
    return GZipMiddleware(application, compresslevel=4)


def _prefect_of(configured: Settings) -> Prefect | None:
    if configured.prefect_api_url is None:
        return None
    password = configured.prefect_api_auth_string
    return Prefect(configured.prefect_api_url, password.get_secret_value() if password else None)


def _announce(configured: Settings) -> None:
    host = "localhost" if configured.host in {"0.0.0.0", "::"} else configured.host  # noqa: S104 - compared
    address = configured.public_url or f"http://{host}:{configured.port}"
    if configured.log_format == "json":
        # A machine reads along: no line that is not JSON, and no passwords, not even those of the demo.
        logger.info("The panel is at %s", address)
        return
    lines = [f"The panel is at {address}"]
    if configured.shows_demo:
        lines += ["Demo sign-ins:", *(f"  {one.email:<28} {one.password}" for one in DEMO_ACCOUNTS)]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _end(*_: object) -> None:
    sys.exit(0)


def _complain(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 2


@asynccontextmanager
async def _nothing_to_open() -> AsyncIterator[None]:
    yield


if __name__ == "__main__":
    main()
