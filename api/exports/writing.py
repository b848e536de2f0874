"""The panel's side of the writer process: starts it, feeds it, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from api.exports.layout import Layout
from api.exports.writer import NO_ROOM, XLSX_NAME
from errors import NoRoom

PROJECT = Path(__file__).parents[2]
CHUNK_BYTES = 256 * 1024


class WriterFailedError(Exception):
    """The file could not be written; the writer's own words are in the log."""


class Writing:
    """One file being written."""

    def __init__(self, process: Process, folder: Path) -> None:
        self._process = process
        self._folder = folder

    async def feed(self, rows: bytes) -> None:
        """Hand on a batch: a JSON list. Raises `WriterFailedError` when nobody takes it, or `NoRoom`."""
        if self._process.stdin is None:
            raise WriterFailedError("the writer has no input")
        try:
            self._process.stdin.write(rows + b"\n")
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise _failure(await self._process.wait()) from error

    async def finish(self) -> None:
        """There are no more rows: wait until all are written. Raises as `feed` does."""
        await self.feed(json.dumps(None).encode())
        if status := await self._process.wait():
            raise _failure(status)

    def give_up(self) -> None:
        """End the writer at once; what it has written is of no use."""
        if self._process.returncode is None:
            self._process.kill()

    async def output(self) -> AsyncGenerator[bytes, None]:
        """What a CSV's writer has written, until it ends."""
        if self._process.stdout is None:
            raise WriterFailedError("the writer has no output")
        while chunk := await self._process.stdout.read(CHUNK_BYTES):
            yield chunk

    @property
    def xlsx(self) -> Path:
        """The finished XLSX; gone when the `async with` ends."""
        return self._folder / XLSX_NAME

    async def finished_file(self) -> AsyncGenerator[bytes, None]:
        """What that file holds, piece by piece."""
        with await asyncio.to_thread(self.xlsx.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk


def _failure(status: int) -> WriterFailedError | NoRoom:
    return _no_room() if status == NO_ROOM else WriterFailedError(f"the writer ended with {status}")


def _no_room() -> NoRoom:
    return NoRoom(
        "The panel has no room left for this file.",
        code="panel_full",
        advice="Choose a shorter period, or CSV. "
        "Whoever runs the panel has to make room for temporary files.",
    )


@asynccontextmanager
async def writing(layout: Layout) -> AsyncIterator[Writing]:
    """A writer that ends, with its files, when the block does, however that ends. Raises `NoRoom`."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="panel-export-"))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _no_room() from error
        raise
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "api.exports.writer",
            str(folder),
            stdin=PIPE,
            stdout=PIPE,
            cwd=PROJECT,
            # nothing of ours: it has no use for passwords and keys
            env={"PATH": os.defpath, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        this = Writing(process, folder)
        try:
            await this.feed(json.dumps(layout).encode())
            yield this
        finally:
            this.give_up()
            await process.wait()
    finally:
        # A few names to unlink: sooner done than handed to a thread, and certain also when this is cancelled.
        shutil.rmtree(folder)
