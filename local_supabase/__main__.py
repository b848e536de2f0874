"""`python -m local_supabase`: REST, Auth and Realtime on a loopback port over any PostgreSQL URL.

Configured by PostgREST's environment names, of which PGRST_DB_URI is the one that has to be set.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import asyncpg

from local_supabase.app import LocalSupabase
from local_supabase.bootstrap import bootstrap
from local_supabase.health import health_app
from local_supabase.listener import address_of, is_loopback
from local_supabase.settings import Settings, SettingsError

BOOTSTRAP_ROLES = {"authenticator", "postgres"}
VARIABLES = """\
environment:
  PGRST_DB_URI                PostgreSQL URL of the login role
  PGRST_DB_SCHEMAS            schemas that REST serves (public)
  PGRST_DB_ANON_ROLE          role of requests without a token
  PGRST_JWT_SECRET            shared secret, JWK or JWK set that tokens are checked with; @/path reads a file
  PGRST_SERVER_HOST           address (127.0.0.1); *, !4 and the like mean every address with --any-host only
  PGRST_SERVER_PORT           port (3000); 0 is a free one, which is printed
  PGRST_ADMIN_SERVER_PORT     port of /live and /ready; PGRST_ADMIN_SERVER_HOST if not the same host
  PGRST_DB_MAX_ROWS, PGRST_DB_PRE_REQUEST, PGRST_DB_EXTRA_SEARCH_PATH, PGRST_DB_TX_END, PGRST_DB_POOL,
  PGRST_DB_AGGREGATES_ENABLED, PGRST_JWT_AUD, PGRST_JWT_ROLE_CLAIM_KEY, PGRST_JWT_SECRET_IS_BASE64,
  PGRST_SERVER_CORS_ALLOWED_ORIGINS, PGRST_APP_SETTINGS_*   as PostgREST takes them
  LOCAL_SUPABASE_ADMIN_URI    a superuser's URL, for Auth's tables and Realtime's decoding (PGRST_DB_URI)
  LOCAL_SUPABASE_SECRET_KEY   API key sb_secret_... that stands for service_role (none)
  LOCAL_SUPABASE_SIGNUP       1 lets anybody sign up with an e-mail address, unconfirmed: for tests (0)
Other names of PostgREST's are ignored. Auth and Realtime need a database made with --bootstrap, Realtime
also wal_level = logical; without them they answer 501 and REST serves alone.
"""


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit status says whether it could start."""
    options = _options()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        settings = _with_addresses(Settings.from_environ(os.environ), any_host=options.any_host)
        asyncio.run(_run(settings, create_schemas=options.bootstrap))
    except (SettingsError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"local_supabase: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local_supabase",
        description=__doc__,
        epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--bootstrap", action="store_true", help="create Supabase's roles and schemas in the database"
    )
    parser.add_argument("--any-host", action="store_true", help="listen where other machines can connect")
    return parser.parse_args()


def _with_addresses(settings: Settings, *, any_host: bool) -> Settings:
    """The settings with addresses to listen on; raises SettingsError for one that others can reach."""
    hosts = {"PGRST_SERVER_HOST": settings.host, "PGRST_ADMIN_SERVER_HOST": settings.admin_host}
    found = {name: host and address_of(host, any_host=any_host) for name, host in hosts.items()}
    for name, host in found.items():
        if host and not is_loopback(host) and not any_host:
            raise SettingsError(
                f"{name} is {host!r}, which other machines can reach: "
                "write 127.0.0.1, or pass --any-host if that is meant"
            )
    return replace(
        settings,
        host=found["PGRST_SERVER_HOST"] or settings.host,
        admin_host=found["PGRST_ADMIN_SERVER_HOST"],
    )


async def _run(settings: Settings, *, create_schemas: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    if create_schemas:
        await bootstrap(settings.superuser_uri or settings.db_uri, _passwords(settings.db_uri))
    service = LocalSupabase(settings)
    await service.start()
    try:
        listener = await service.serve(settings.host, settings.port)
        if settings.admin_port is not None:
            admin = health_app(service.is_ready)
            await service.serve(settings.admin_host or settings.host, settings.admin_port, only=admin)
        print(f"local_supabase listens on {listener.url}", flush=True)
        await stopped.wait()
    finally:
        await service.stop()


def _passwords(uri: str) -> dict[str, str]:
    """The login role that the bootstrap creates gets the password that the URL connects with."""
    parts = urlsplit(uri)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return {user: password} if user in BOOTSTRAP_ROLES and password else {}


if __name__ == "__main__":
    sys.exit(main())
