"""Events -> a document that `POST /api/v1/events` takes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable

from telemetry.event_json import event_to_json
from telemetry.events import Event

CONTENT_TYPE = "application/json"


async def document(pages: AsyncIterator[Iterable[Event]]) -> AsyncIterator[bytes]:
    """The document, a piece for each page of events, so that no more than a page is in memory."""
    begins = '{"events":['
    async for page in pages:
        told = ",".join(json.dumps(event_to_json(event), ensure_ascii=False) for event in page)
        if told:
            yield (begins + told).encode(errors="replace")
            begins = ","
    yield ("]}" if begins == "," else begins + "]}").encode()
