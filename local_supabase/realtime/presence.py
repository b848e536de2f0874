"""Presence: who has announced himself on a topic (Phoenix.Presence's state and diff messages)."""

import itertools
import json
from typing import Any

from local_supabase.realtime.channel import Channel
from local_supabase.realtime.hub import Hub

Meta = dict[str, Any]
_refs = itertools.count(1)


class PresenceBoard:
    """What each channel has tracked; a channel tracks one thing at a time, under its key."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._tracked: dict[Channel, Meta] = {}

    def track(self, channel: Channel, meta: Meta) -> None:
        """Announce, or replace what was announced, and tell the topic."""
        before = self._tracked.get(channel)
        tracked = {**meta, "phx_ref": f"P{next(_refs)}"}
        if before is not None:
            tracked["phx_ref_prev"] = before["phx_ref"]
        self._tracked[channel] = tracked
        self._tell(channel, joined=tracked, left=before)

    def untrack(self, channel: Channel) -> None:
        """Take the announcement back, if there was one, and tell the topic."""
        if (before := self._tracked.pop(channel, None)) is not None:
            self._tell(channel, joined=None, left=before)

    def push_state(self, channel: Channel) -> None:
        """Tell one channel who is there."""
        state: dict[str, dict[str, list[Meta]]] = {}
        for member in self._hub.members(channel.name, private=channel.config.private):
            if member in self._tracked:
                state.setdefault(member.presence_key, {"metas": []})["metas"].append(self._tracked[member])
        channel.push("presence_state", json.dumps(state))

    def _tell(self, channel: Channel, *, joined: Meta | None, left: Meta | None) -> None:
        diff = {
            "joins": {channel.presence_key: {"metas": [joined]}} if joined else {},
            "leaves": {channel.presence_key: {"metas": [left]}} if left else {},
        }
        self._hub.send(channel.name, "presence_diff", json.dumps(diff), private=channel.config.private)
