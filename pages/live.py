"""What happens in the salon's dialogues at this moment, as it happens."""

from __future__ import annotations

from components.live_feed import LiveFeed
from components.viewer import Viewer, Visit, salon_url
from errors import Unavailable
from pages.dialogue_ways import PAGE
from pages.live_words import packed_words


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page. Raises `Unavailable` in a panel that hears of nothing."""
    if viewer.open_feed is None:
        raise Unavailable("The live feed is not running.")
    feed = viewer.open_feed()
    LiveFeed(
        feed,
        packed_words(viewer.tr),
        locale=viewer.tr.locale,
        time_zone=viewer.tenant.time_zone,
        dialogue_url=salon_url(viewer.tenant.tenant_id, PAGE, {"id": ""}),
    )

    async def is_current() -> bool:
        return feed.is_current()

    visit.pulse.add(is_current)
