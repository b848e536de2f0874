"""Sorts what the log holds: rows of `realtime.messages` are broadcasts, others changes to subscribe to."""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import datetime

from local_supabase.realtime.authorization import Authorizer
from local_supabase.realtime.changes import Change, change_of, deliveries
from local_supabase.realtime.hub import Hub
from local_supabase.realtime.pgoutput import POSTGRES_EPOCH, Begin, Delete, Insert, Message, Relation, Update

logger = logging.getLogger(__name__)

MAX_PAYLOAD_BYTES = 256 * 1024  # of a broadcast, as hosted


class Dispatcher:
    """Handles decoded messages in order. Relations stay known between batches of one transaction."""

    def __init__(self, hub: Hub, authorizer: Authorizer) -> None:
        self._hub = hub
        self._authorizer = authorizer
        self._relations: dict[int, Relation] = {}
        self._committed_at: datetime = POSTGRES_EPOCH

    async def handle(self, messages: Sequence[Message]) -> None:
        """Send what these messages mean to whom it concerns; raises asyncpg's errors of an outage."""
        subscriptions = self._hub.subscriptions()
        changes: list[Change] = []
        for message in messages:
            if isinstance(message, Begin):
                self._committed_at = message.committed_at
            elif isinstance(message, Relation):
                self._relations[message.relation_oid] = message
            elif isinstance(message, Insert | Update | Delete):
                relation = self._relations[message.relation_oid]
                if _holds_messages(relation):
                    self._broadcast(message, relation)
                    await asyncio.sleep(0)  # lets the sockets write, so that only slow ones have a queue
                elif any(one.binding.covers(relation.schema, relation.table) for one in subscriptions):
                    changes.append(change_of(message, relation, self._committed_at))
        for data_by_subscription in await deliveries(self._authorizer, changes, subscriptions):
            if data_by_subscription:
                self._hub.send_change(data_by_subscription)
                await asyncio.sleep(0)

    def _broadcast(self, message: Insert | Update | Delete, relation: Relation) -> None:
        if not isinstance(message, Insert):
            return
        row = dict(zip((column.name for column in relation.columns), message.new, strict=True))
        topic, event, payload = row.get("topic"), row.get("event"), row.get("payload")
        if row.get("extension") != "broadcast" or not (
            isinstance(topic, str) and isinstance(event, str) and isinstance(payload, str)
        ):
            return
        if len(payload.encode()) > MAX_PAYLOAD_BYTES:
            logger.warning(
                "a broadcast of %d bytes was not sent: the limit is %d", len(payload), MAX_PAYLOAD_BYTES
            )
            return
        body = (
            f'{{"event":{json.dumps(event)},"payload":{payload},"type":"broadcast",'
            f'"meta":{{"id":{json.dumps(row.get("id"))}}}}}'
        )
        self._hub.send(topic, "broadcast", body, private=row.get("private") == "t")


def _holds_messages(relation: Relation) -> bool:
    """Hosted projects partition the table by day, as `messages_2026_01_01`."""
    return relation.schema == "realtime" and relation.table.startswith("messages")
