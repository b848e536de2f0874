"""The dialogues of a filter as one file: read page by page, written by another process, sent as it grows.

Memory does not grow with the number of dialogues, and no page waits for the writing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import date

from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect, Request
from starlette.types import Send

from api.exports.download import send_download
from api.exports.layout import Format, Layout
from api.exports.writing import Writing, writing
from models import Tenant
from queries.dialogue_filters import Days
from queries.dialogues import DialogueRow

Batches = AsyncIterator[Sequence[DialogueRow]]

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_ROWS = TypeAdapter(list[DialogueRow])


class DialogueFile:
    """One file: `prepare` does whatever may still be refused, `send` the rest."""

    def __init__(self, layout: Layout, batches: Batches, name: str) -> None:
        self._layout = layout
        self._batches = batches
        self._name = name
        self._first: Sequence[DialogueRow] = ()

    async def prepare(self, request: Request, stack: AsyncExitStack) -> Writing:
        """Begin a CSV, or make an XLSX whole: that one cannot be sent before its end is written.

        Raises the reads' `AppError`s, `WriterFailedError`, and `ClientDisconnect` when nobody waits for it
        any more. What it starts ends with `stack`.
        """
        self._first = await anext(self._batches, [])
        pen = await stack.enter_async_context(writing(self._layout))
        if self._layout["format"] == "xlsx":
            await self._feed(pen, request)
        return pen

    async def send(self, request: Request, send: Send, pen: Writing) -> None:
        """Answer with the file. Raises `BrokenOffError` when it cannot be told to its end."""
        file_format = self._layout["format"]
        is_whole = file_format == "xlsx"
        await send_download(
            request,
            send,
            pen.finished_file() if is_whole else self._growing(pen),
            media_type=MEDIA_TYPES[file_format],
            file_name=self._name,
            length=pen.xlsx.stat().st_size if is_whole else None,
        )

    async def _growing(self, pen: Writing) -> AsyncGenerator[bytes, None]:
        feeding = asyncio.create_task(self._feed(pen), name="rows of an export")
        try:
            async for chunk in pen.output():
                yield chunk
            await feeding
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)

    async def _feed(self, pen: Writing, request: Request | None = None) -> None:
        try:
            await pen.feed(_ROWS.dump_json(list(self._first)))
            async for batch in self._batches:
                await pen.feed(_ROWS.dump_json(list(batch)))
                if request is not None and await request.is_disconnected():
                    raise ClientDisconnect
        except BaseException:
            pen.give_up()  # else it would wait for the rest, and its reader with it
            raise
        await pen.finish()


def file_name(tenant: Tenant, days: Days | None, today: date, file_format: Format) -> str:
    """Salon and period, as every system takes it: `lavender_dialogues_2026-10-23_2026-11-21.csv`."""
    slug = re.sub(r"[^a-z0-9-]+", "-", (tenant.slug or "").lower()).strip("-")[:60]
    first = days.first.isoformat() if days else "all"
    last = (days.last if days else today).isoformat()
    return f"{slug or tenant.tenant_id}_dialogues_{first}_{last}.{file_format}"
