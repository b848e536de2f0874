"""One joined channel of one socket: what it may do, and how it is spoken to."""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Literal

from local_supabase.realtime.access import Access
from local_supabase.realtime.frames import Ref, Version, encode, system_json
from local_supabase.realtime.join_config import JoinConfig
from local_supabase.realtime.outbox import Outbox
from local_supabase.realtime.subscriptions import Subscription, next_id

LONGEST_TIMER = 3_600.0  # seconds: a token may be valid for longer than a timer can count


class Channel:
    """State of a channel after its join was granted."""

    def __init__(
        self,
        *,
        name: str,
        config: JoinConfig,
        access: Access,
        join_ref: Ref,
        version: Version,
        outbox: Outbox,
    ) -> None:
        self.name = name
        self.topic = f"realtime:{name}"
        self.config = config
        self.access = access
        self.join_ref = join_ref
        self.version = version
        self.outbox = outbox
        self.presence_key = config.presence_key or str(uuid.uuid4())
        self.may_send: dict[
            str, bool
        ] = {}  # by extension; asked of the database at the first use under a token
        self.binding_ids = [next_id() for _ in config.postgres_changes]
        self.subscriptions: list[Subscription] = []
        self._timer: asyncio.TimerHandle | None = None

    def push(self, event: str, payload_json: str) -> None:
        """Send an event that answers nothing."""
        self.outbox.put(encode(self.version, self.topic, event, payload_json, join_ref=self.join_ref))

    def push_system(self, extension: str, status: Literal["ok", "error"], message: str) -> None:
        """Send a `system` event."""
        self.push("system", system_json(extension, status, message, self.name))

    def push_close(self) -> None:
        """Tell the client that the channel is no more."""
        self.outbox.put(
            encode(self.version, self.topic, "phx_close", "{}", ref=self.join_ref, join_ref=self.join_ref)
        )

    def watch_expiry(self, expired: Callable[["Channel"], None]) -> None:
        """Call `expired` once when the token's time is up."""
        self.forget_expiry()
        if self.access.expires_at is None:
            return

        def check() -> None:
            if self.access.is_expired():
                expired(self)
            else:
                self.watch_expiry(expired)

        remaining = max(0.0, self.access.expires_at - time.time())
        self._timer = asyncio.get_running_loop().call_later(min(remaining + 0.01, LONGEST_TIMER), check)

    def forget_expiry(self) -> None:
        """Stop watching the token's time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
