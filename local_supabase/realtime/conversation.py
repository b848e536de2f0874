"""The channel protocol of one socket: join, leave, heartbeat, access_token, broadcast and presence.

What is answered, and in which words, follows hosted Realtime's `realtime_channel.ex`.
"""

import logging
from typing import Any, Literal

from local_supabase.realtime.access import Access, access_of_token, is_opaque_key
from local_supabase.realtime.channel import Channel
from local_supabase.realtime.dispatcher import MAX_PAYLOAD_BYTES
from local_supabase.realtime.frames import Frame, Version, encode, reply_json, to_json
from local_supabase.realtime.join_config import JoinConfig, parse_binding, parse_join, topic_name
from local_supabase.realtime.outbox import Outbox
from local_supabase.realtime.refusal import Refused
from local_supabase.realtime.service import REPLICATION_READY, SUBSCRIBED, Service
from local_supabase.realtime.subscriptions import Subscription, check_binding

logger = logging.getLogger(__name__)

MAX_CHANNELS = 100
READY_SECONDS = 5.0


class Conversation:
    """The channels of one socket. Frames are heard one after the other."""

    def __init__(self, service: Service, access: Access, version: Version, outbox: Outbox) -> None:
        self._service = service
        self._access = access
        self._version = version
        self._outbox = outbox
        self._channels: dict[str, Channel] = {}

    async def hear(self, frame: Frame) -> None:
        """Act on one frame; raises FrameError for a payload that cannot be passed on."""
        if frame.topic == "phoenix":
            self._reply(frame, "ok" if frame.event == "heartbeat" else "error", {})
        elif frame.event == "phx_join":
            await self._join(frame)
        elif (channel := self._channels.get(frame.topic)) is not None:
            await self._hear_in(channel, frame)
        elif frame.event == "phx_leave":
            self._reply(frame, "ok", {})
        else:
            self._reply(frame, "error", {"reason": "unmatched topic"})

    def end(self) -> None:
        """Forget every channel: the socket is gone."""
        for channel in list(self._channels.values()):
            self._detach(channel)

    async def _hear_in(self, channel: Channel, frame: Frame) -> None:
        match frame.event:
            case "phx_leave":
                self._detach(channel)
                self._reply(frame, "ok", {})
                channel.push_close()
            case "access_token":
                await self._refresh(channel, frame.payload.get("access_token"))
            case "broadcast":
                await self._broadcast(channel, frame)
            case "presence":
                await self._presence(channel, frame)
            case _:
                logger.info("unexpected event from a client: %.100r", frame.event)

    # -- joining ---------------------------------------------------------------------------------------------

    async def _join(self, frame: Frame) -> None:
        self._service.feed.add_listener()
        try:
            channel = await self._admitted(frame)
        except BaseException as error:
            self._service.feed.remove_listener()
            if not isinstance(error, Refused):
                raise
            logger.info("join refused: %s", error.reason)
            self._reply(frame, "error", {"reason": error.reason})
            return
        if (
            former := self._channels.get(frame.topic)
        ) is not None:  # a rejoin takes the place of what was there
            self._detach(former)
        self._channels[frame.topic] = channel
        self._service.hub.add(channel)
        channel.watch_expiry(self._expire)
        changes = zip(channel.config.postgres_changes, channel.binding_ids, strict=True)
        self._reply(
            frame, "ok", {"postgres_changes": [{**change, "id": number} for change, number in changes]}
        )
        if channel.config.presence:
            self._service.presence.push_state(channel)
        if channel.config.tells_replication_ready:
            channel.push_system("system", "ok", REPLICATION_READY)
        await self._subscribe(channel)

    async def _admitted(self, frame: Frame) -> Channel:
        name = topic_name(frame.topic)
        config = parse_join(frame.payload)
        if frame.topic not in self._channels and len(self._channels) >= MAX_CHANNELS:
            raise Refused("ChannelRateLimitReached", "Too many channels")
        access = self._access_for(config)
        await self._service.feed.wait_ready(READY_SECONDS)
        if config.private:
            await self._require_read(access, name, config)
        return Channel(
            name=name,
            config=config,
            access=access,
            join_ref=frame.join_ref or frame.ref,
            version=self._version,
            outbox=self._outbox,
        )

    def _access_for(self, config: JoinConfig) -> Access:
        if config.access_token is not None and not is_opaque_key(config.access_token):
            return access_of_token(self._service.verifier, config.access_token)
        if self._access.is_expired():
            raise Refused("InvalidJWTToken", self._access.expired_message)
        return self._access

    async def _require_read(self, access: Access, name: str, config: JoinConfig) -> None:
        may_read = self._service.authorizer.may_read
        if await may_read(access.claims, name):
            if config.presence and not await may_read(access.claims, name, "presence"):
                raise Refused(
                    "Unauthorized", f"You do not have permissions to read presence of this topic: {name}"
                )
            return
        raise Refused("Unauthorized", f"You do not have permissions to read from this Channel topic: {name}")

    async def _subscribe(self, channel: Channel) -> None:
        """Put the channel's postgres_changes in force, all or none, and say how it went."""
        if not channel.config.postgres_changes:
            return
        subscriptions: list[Subscription] = []
        try:
            for change, number in zip(channel.config.postgres_changes, channel.binding_ids, strict=True):
                binding = parse_binding(change)
                await check_binding(self._service.authorizer, binding, channel.access.claims)
                subscriptions.append(Subscription(number, binding, channel.access.claims))
        except Refused as refusal:
            self._service.hub.unsubscribe(channel)
            channel.push_system("postgres_changes", "error", refusal.message)
            return
        if self._channels.get(channel.topic) is channel:  # it may have expired meanwhile
            self._service.hub.subscribe(channel, subscriptions)
            channel.push_system("postgres_changes", "ok", SUBSCRIBED)

    # -- staying and leaving ---------------------------------------------------------------------------------

    async def _refresh(self, channel: Channel, token: Any) -> None:
        if not isinstance(token, str) or is_opaque_key(token) or token == channel.access.token:
            return
        try:
            access = access_of_token(self._service.verifier, token)
            if channel.config.private:
                await self._require_read(access, channel.name, channel.config)
        except Refused as refusal:
            self._shut(channel, refusal.message)
            return
        if self._channels.get(channel.topic) is not channel:
            return  # the former token's time ended while the database was asked
        channel.access = access
        channel.may_send.clear()
        channel.watch_expiry(self._expire)
        await self._subscribe(channel)

    def _expire(self, channel: Channel) -> None:
        self._shut(channel, channel.access.expired_message)

    def _shut(self, channel: Channel, message: str) -> None:
        if self._channels.get(channel.topic) is channel:
            self._detach(channel)
            channel.push_system("system", "error", message)
            channel.push_close()

    def _detach(self, channel: Channel) -> None:
        del self._channels[channel.topic]
        self._service.detach(channel)

    # -- sending ---------------------------------------------------------------------------------------------

    async def _broadcast(self, channel: Channel, frame: Frame) -> None:
        payload = to_json(frame.payload)
        if len(payload.encode()) > MAX_PAYLOAD_BYTES:
            if channel.config.ack:
                self._reply(frame, "error", {"reason": "payload_size_exceeded"})
            return
        if not await self._may_send(channel, "broadcast"):
            return  # without a word, as hosted
        besides = None if channel.config.self_broadcast else channel
        self._service.hub.send(
            channel.name, "broadcast", payload, private=channel.config.private, besides=besides
        )
        if channel.config.ack:
            self._reply(frame, "ok", {})

    async def _presence(self, channel: Channel, frame: Frame) -> None:
        meta = frame.payload.get("payload") or {}
        event = str(frame.payload.get("event")).lower()
        if event not in ("track", "untrack") or not isinstance(meta, dict):
            self._reply(
                frame, "error", {"reason": "Presence takes track, with an object as its payload, or untrack"}
            )
        elif len(to_json(meta).encode()) > MAX_PAYLOAD_BYTES:
            self._reply(frame, "error", {"reason": "Track message size exceeded"})
        elif not await self._may_send(channel, "presence"):
            self._reply(frame, "error", {"reason": "You do not have permissions to track presence here"})
        else:
            if event == "track":
                self._service.presence.track(channel, meta)
            else:
                self._service.presence.untrack(channel)
            self._reply(frame, "ok", {})

    async def _may_send(self, channel: Channel, extension: str) -> bool:
        if not channel.config.private:
            return True
        if extension not in channel.may_send:
            try:
                allowed = await self._service.authorizer.may_write(
                    channel.access.claims, channel.name, extension
                )
            except Refused as refusal:
                logger.warning("could not tell whether a client may send: %s", refusal.reason)
                return False
            channel.may_send[extension] = allowed
        return channel.may_send[extension]

    def _reply(self, frame: Frame, status: Literal["ok", "error"], response: dict[str, Any]) -> None:
        payload = reply_json(status, response)
        self._outbox.put(
            encode(self._version, frame.topic, "phx_reply", payload, ref=frame.ref, join_ref=frame.join_ref)
        )
