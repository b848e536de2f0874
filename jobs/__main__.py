"""`python -m jobs deploy` registers the jobs for Prefect workers; `python -m jobs serve` runs them itself.

`python -m jobs register` is what a panel with an embedded Prefect calls: it runs them then.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from config import SettingsError
from jobs.door import reachable_settings


def main(arguments: list[str]) -> int:
    """Run one command. Returns the exit status: 2 when the settings do not make sense."""
    parser = argparse.ArgumentParser(prog="python -m jobs", description="The panel's scheduled jobs.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("deploy", help="register every job, for `prefect worker start --pool panel`")
    commands.add_parser("serve", help="register every job and run it in processes of this machine")
    commands.add_parser("register", help="register every job with an embedded Prefect, whose panel runs it")
    command = parser.parse_args(arguments).command
    try:
        if command != "register":
            _check_settings()
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2

    # Prefect reads its settings when it is imported, and takes a second or two to import.
    from prefect import serve

    from jobs.timetable import deploy, register, timetable

    if command == "serve":
        serve(*timetable())
        return 0
    for name in asyncio.run(deploy() if command == "deploy" else register()):
        print(f"Registered {name}")
    return 0


def _check_settings() -> None:
    """Fail now, rather than in a run in the middle of the night."""
    if reachable_settings(os.environ).prefect_api_url is None:
        raise SettingsError("PREFECT_API_URL is not set: jobs need a Prefect server, see docs/deploy.md")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
