"""A search over a million messages as the page reads it: fifty dialogues with excerpts, and the total."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from benchmarks.large.installation import Installation, installation
from benchmarks.report import distribution, percentile_95, timed
from queries import dialogues
from queries.dialogue_filters import Filters

READS = 8
P95_MS = 300
QUERIES: dict[str, tuple[str, ...]] = {
    "rare": ("ярваринник", "перелтонник", "хрустчилка", "appointment cancel", "reschedule visit", "бур"),
    "frequent": ("дорого", "записаться завтра", "окошко", "book", "перенести запись", "сколько стоит"),
    "everywhere": ("стрижка", "здравствуйте", "спасибо"),
    "a phrase": ('"на стрижку"', '"добрый день"', '"лист ожидания"', '"looking elsewhere"'),
    "with an exclusion or a choice": ("стрижка -здравствуйте", "дорого or дешевле"),
    "half-typed": ("запис", "appoin", "стри"),
}


async def measure(data_dir: Path) -> None:
    """Words of every frequency, Russian and English, over all time, newest dialogue first."""
    async with installation(data_dir) as large:
        whole: list[float] = []
        rows_only: list[float] = []
        for kind, texts in QUERIES.items():
            of_kind: list[float] = []
            for text in texts:
                filters = Filters(None, q=text)
                of_kind += await timed(READS, partial(_read, large, filters))
                rows_only += await timed(READS, partial(dialogues.page, large.owner, filters))
            percentile_95(f"{kind}: {', '.join(texts)}"[:54], of_kind)
            whole += of_kind
        distribution("search, the rows alone", rows_only)
        distribution("search, rows and total", whole, p95_at_most=P95_MS)


async def _read(large: Installation, filters: Filters) -> None:
    await asyncio.gather(dialogues.page(large.owner, filters), dialogues.count(large.owner, filters))
