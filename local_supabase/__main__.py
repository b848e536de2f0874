"""`python -m local_supabase`: REST, Auth and Realtime on a loopback port over any PostgreSQL URL.

Configured by PostgREST's environment names (`PGRST_DB_URI`, `PGRST_JWT_SECRET`, …);
`LOCAL_SUPABASE_ADMIN_URI` is a superuser's URL for Auth and Realtime.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from urllib.parse import unquote, urlsplit

import asyncpg

from local_supabase.app import LocalSupabase
from local_supabase.bootstrap import bootstrap
from local_supabase.listener import is_loopback
from local_supabase.settings import Settings, SettingsError

BOOTSTRAP_ROLES = {"authenticator", "postgres"}


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit status says whether it could start."""
    options = _options()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        settings = Settings.from_environ(os.environ)
        if not is_loopback(settings.host) and not options.any_host:
            raise SettingsError(
                f"PGRST_SERVER_HOST is {settings.host!r}, which other machines can reach: "
                "write 127.0.0.1, or pass --any-host if that is meant"
            )
        asyncio.run(_run(settings, create_schemas=options.bootstrap))
    except (SettingsError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"local_supabase: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_supabase", description=__doc__)
    parser.add_argument(
        "--bootstrap", action="store_true", help="create Supabase's roles and schemas in the database"
    )
    parser.add_argument("--any-host", action="store_true", help="listen where other machines can connect")
    return parser.parse_args()


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
