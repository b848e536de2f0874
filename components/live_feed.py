"""What happens right now, drawn by the browser from what it hears through its socket.

The server keeps no row of it: this element is a few words, however much is shown.
"""

from __future__ import annotations

from nicegui.events import GenericEventArguments

from components.drawn import Drawn
from live.feeds import OpenFeed


class LiveFeed(Drawn, component="live_feed.js", dependencies=["feed_search.js", "live_feed_rows.js"]):
    """The rows of a feed, in which the page takes part until this element is deleted.

    `words` are the texts for all that the rows may say, as JSON (see `pages.live_words`); `dialogue_url` is
    what a dialogue's address begins with, before its id.
    """

    def __init__(self, feed: OpenFeed, words: str, *, locale: str, time_zone: str, dialogue_url: str) -> None:
        super().__init__()
        self._feed = feed
        self.put(room=feed.room, words=words, locale=locale, zone=time_zone, dialogue=dialogue_url)

        async def join(event: GenericEventArguments) -> None:
            said = event.args
            if isinstance(said, dict) and isinstance(said.get("sid"), str):
                await feed.join(said["sid"], said.get("place"))

        self.on("join", join)

    def _handle_delete(self) -> None:
        self._feed.leave()
        super()._handle_delete()
