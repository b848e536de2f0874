"""The parts that all sockets share."""

from collections.abc import Sequence
from dataclasses import dataclass

from local_supabase.realtime.authorization import Authorizer
from local_supabase.realtime.channel import Channel
from local_supabase.realtime.dispatcher import Dispatcher
from local_supabase.realtime.feed import WalFeed
from local_supabase.realtime.hub import Hub
from local_supabase.realtime.presence import PresenceBoard
from local_supabase.tokens import JwtVerifier

SUBSCRIBED = "Subscribed to PostgreSQL"
REPLICATION_READY = "Replication connection established"


@dataclass(frozen=True, slots=True)
class Service:
    """One database's Realtime: who is connected, who may what, and what the log says."""

    verifier: JwtVerifier
    authorizer: Authorizer
    hub: Hub
    presence: PresenceBoard
    feed: WalFeed

    @classmethod
    def over(cls, admin_uri: str, login_uri: str, verifier: JwtVerifier) -> "Service":
        """Wire the parts; nothing connects before `start`."""
        hub = Hub()
        authorizer = Authorizer(admin_uri, login_uri)
        dispatcher = Dispatcher(hub, authorizer)

        feed = WalFeed(admin_uri, dispatcher.handle, lambda: tell_of_gap(hub.all()))
        return cls(verifier, authorizer, hub, PresenceBoard(hub), feed)

    async def start(self) -> None:
        """Make the pool and the task that follows the log."""
        await self.authorizer.start()
        self.feed.start()

    async def stop(self) -> None:
        """Close what `start` opened."""
        await self.feed.stop()
        await self.authorizer.stop()

    def detach(self, channel: Channel) -> None:
        """Forget a channel that is left, closed or lost."""
        channel.forget_expiry()
        self.presence.untrack(channel)
        self.hub.remove(channel)
        self.feed.remove_listener()


def tell_of_gap(channels: Sequence[Channel]) -> None:
    """After a gap in the log the channels stand, but may have missed something: say so."""
    for channel in channels:
        channel.push_system("system", "ok", REPLICATION_READY)
        if channel.subscriptions:
            channel.push_system("postgres_changes", "ok", SUBSCRIBED)
