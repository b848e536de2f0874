"""All joined channels of all sockets, and the fan-out to them."""

from collections import defaultdict
from collections.abc import Iterable

from local_supabase.realtime.channel import Channel
from local_supabase.realtime.frames import Version, encode
from local_supabase.realtime.subscriptions import Subscription


class Hub:
    """Channels by topic; a private and a public channel of the same name are two different ones."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, bool], dict[Channel, None]] = defaultdict(dict)
        self._subscribed: dict[Channel, None] = {}

    def add(self, channel: Channel) -> None:
        """Let the channel hear its topic."""
        self._channels[channel.name, channel.config.private][channel] = None

    def remove(self, channel: Channel) -> None:
        """Let the channel hear nothing any more."""
        key = (channel.name, channel.config.private)
        self._channels[key].pop(channel, None)
        if not self._channels[key]:
            del self._channels[key]
        self._subscribed.pop(channel, None)

    def all(self) -> list[Channel]:
        """Every joined channel."""
        return [channel for channels in self._channels.values() for channel in channels]

    def members(self, name: str, *, private: bool) -> list[Channel]:
        """The channels of one topic."""
        return list(self._channels.get((name, private), ()))

    def send(
        self, name: str, event: str, payload_json: str, *, private: bool, besides: Channel | None = None
    ) -> None:
        """Send to every channel of a topic, encoding once for each version of the protocol."""
        frames: dict[Version, str] = {}
        for channel in self._channels.get((name, private), ()):
            if channel is besides:
                continue
            if channel.version not in frames:
                frames[channel.version] = encode(channel.version, channel.topic, event, payload_json)
            channel.outbox.put(frames[channel.version])

    def subscribe(self, channel: Channel, subscriptions: list[Subscription]) -> None:
        """Put the channel's postgres_changes in force."""
        channel.subscriptions = subscriptions
        self._subscribed[channel] = None

    def unsubscribe(self, channel: Channel) -> None:
        """Take them back."""
        channel.subscriptions = []
        self._subscribed.pop(channel, None)

    def subscriptions(self) -> list[Subscription]:
        """Every postgres_changes subscription in force."""
        return [one for channel in self._subscribed for one in channel.subscriptions]

    def send_change(self, data_by_subscription: dict[int, str]) -> None:
        """Send one change: one frame a channel for each form in which its subscriptions see the row."""
        for channel in list(self._subscribed):
            for data, ids in _by_data(channel.subscriptions, data_by_subscription).items():
                channel.push("postgres_changes", f'{{"ids":{ids},"data":{data}}}')


def _by_data(
    subscriptions: Iterable[Subscription], data_by_subscription: dict[int, str]
) -> dict[str, list[int]]:
    result: dict[str, list[int]] = {}
    for subscription in subscriptions:
        if (data := data_by_subscription.get(subscription.id)) is not None:
            result.setdefault(data, []).append(subscription.id)
    return result
