"""From a click on a link to the page, and to its data, at the other end of the socket: in the large salon."""

from __future__ import annotations

import statistics
from pathlib import Path

from benchmarks.large.collected import collect_all
from benchmarks.large.installation import installation
from benchmarks.large.salons import LARGE, OWNER, PASSWORD
from benchmarks.report import distribution, figure
from benchmarks.virtual_tab import Landing, VirtualTab
from tests.panel_process import PanelProcess

ROUNDS = 20
MEDIAN_MS = 60
PAGES = ("overview", "dialogues", "users", "audit")


async def measure(data_dir: Path) -> None:
    """Round and round through the menu, as one person who waits for each page's data."""
    async with installation(data_dir) as large:
        await collect_all(large.worker)
    with PanelProcess(data_dir, JOBS="0") as panel:
        async with VirtualTab(panel.url) as tab:
            await tab.sign_in(OWNER, PASSWORD)
            await tab.open(f"/s/{LARGE.tenant_id}/settings")
            landings: list[tuple[str, Landing]] = []
            for number in range(ROUNDS + 1):
                for page in PAGES:
                    landing = await tab.click(f"/s/{LARGE.tenant_id}/{page}")
                    if number:  # the first round finds nothing warm
                        landings.append((page, landing))
    distribution("between pages", [one.page for _, one in landings], median_at_most=MEDIAN_MS)
    for page in PAGES:
        data = statistics.median(one.data for name, one in landings if name == page)
        figure(f"to the data of {page}, median", data, "ms")
