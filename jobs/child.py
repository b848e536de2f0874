"""A Python child process of the panel that ends with it, and is given nothing of its environment unasked."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

HOME = Path(__file__).resolve().parent.parent
"""Where children start, so that they can import the panel's modules."""
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What a child may know of the panel's environment; every other name might hold a secret."""
STOP_SECONDS = 3.0


class Child:
    """One process, tied to this one: see `jobs.tethered`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], environ: Mapping[str, str], log: Path) -> Self:
        """Run `python -m …command`. What it prints goes to the file `log`, from its beginning.

        Raises `OSError` when the process cannot be started.
        """
        inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "jobs.tethered",
                *command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=HOME,
                env={**inherited, **environ},
                # Ctrl-C in a terminal reaches the panel only, which ends its children in the right order.
                start_new_session=True,
            )
        return cls(process)

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    async def wait(self) -> int:
        """Its exit status, once it has ended."""
        return await self._process.wait()

    def renew(self, name: str, value: str) -> None:
        """Give it another value of a variable of its environment."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(f"{name}={value}\n".encode("ascii"))

    async def stop(self) -> None:
        """Ask it to end, and see to it after 3 s."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
