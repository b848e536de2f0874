"""`python -m migrate [URL]`: apply the migrations to a database, or tell what is to be done there."""

import argparse
import asyncio
import logging
import os
import sys

from migrate.inspection import inspect
from migrate.ledger import MigrationError
from migrate.runner import migrate, pending

URL_VARIABLE = "MIGRATE_DATABASE_URL"


def main() -> int:
    """Run the command; returns the exit status: 0 when the database is as it should be."""
    arguments = _parser().parse_args()
    url = arguments.url or os.environ.get(URL_VARIABLE)
    if not url:
        print(f"Which database? Give its URL as an argument or in {URL_VARIABLE}.", file=sys.stderr)
        return 2
    logging.basicConfig(format="%(levelname)s: %(message)s")
    try:
        return asyncio.run(_run(url, dry_run=arguments.dry_run, check=arguments.check))
    except MigrationError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(url: str, *, dry_run: bool, check: bool) -> int:
    if dry_run or check:
        names = await pending(url)
        print("\n".join(f"Pending: {name}" for name in names) or "Nothing is pending.")
        if dry_run or names:
            return 0 if dry_run else 1
    else:
        names = await migrate(url)
        print("\n".join(f"Applied: {name}" for name in names) or "Nothing was pending.")

    findings = await inspect(url)
    for finding in findings:
        print(f"\nTo be put right by hand: {finding.problem}\n    {finding.remedy}")
    return 1 if check and findings else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m migrate", description=__doc__)
    parser.add_argument(
        "url",
        nargs="?",
        help=f"postgresql://… of a direct or session-mode connection (default: {URL_VARIABLE})",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--dry-run", action="store_true", help="list what would be applied, change nothing")
    mode.add_argument(
        "--check",
        action="store_true",
        help="change nothing; exit 1 when something is pending or to be put right",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
