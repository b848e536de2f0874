"""Sends a file in pieces, and takes back nothing: one that broke off half-way must not look complete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from starlette.requests import Request
from starlette.types import Send

SEND_SECONDS = 60
"""A browser that takes nothing for so long has gone, whatever its connection says."""


class BrokenOffError(Exception):
    """The rest of a download that has begun will not come. The server closes the connection at it."""


async def send_download(
    request: Request,
    send: Send,
    chunks: AsyncGenerator[bytes, None],
    *,
    media_type: str,
    file_name: str,
    length: int | None = None,
) -> None:
    """Answer with a file to be saved; stops quietly when the browser goes away.

    `length` is in bytes. Raises `BrokenOffError` for whatever `chunks` raises.
    """
    headers = {
        "content-type": media_type,
        "content-disposition": f"attachment; filename=\"{file_name}\"; filename*=UTF-8''{quote(file_name)}",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        # one that is set keeps the compressing middleware away, which would cost the open pages time
        "content-encoding": "identity",
    }
    if length is not None:
        headers["content-length"] = str(length)
    raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw_headers})
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                async with asyncio.timeout(SEND_SECONDS):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if await request.is_disconnected():
                    return
    except Exception as error:
        raise BrokenOffError("A download broke off") from error
    await send({"type": "http.response.body", "body": b"", "more_body": False})
