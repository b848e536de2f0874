"""The bot's rows of all salons over a year, in the order in which a bot would have written them.

History rows name no session, as in the live table; `Batch.truth` keeps what they do not say. A client never
has two dialogues at a time, but some are back soon, some sessions are noted late and some never closed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from operator import itemgetter
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from benchmarks.large.salons import ALL, DAYS, NAMESPACE, LargeSalon
from benchmarks.large.texts import Texts

Row = tuple[Any, ...]

COLUMNS: dict[str, tuple[str, ...]] = {
    "tenants_v2": ("id", "name", "slug", "metadata", "created_at"),
    "clients_v2": ("id", "tenant_id", "telegram_chat_id", "full_name", "created_at"),
    "conversation_sessions_v2": (
        "session_id", "tenant_id", "user_id", "channel", "started_at", "ended_at", "duration_sec",
        "final_status", "final_intent", "booking_id", "booking_source", "booking_status", "booking_datetime",
        "booking_amount", "booking_currency", "messages_count", "agent_messages_count", "user_messages_count",
        "meta", "created_at",
    ),
    "recent_history_v2": ("tenant_id", "user_id", "role", "channel", "message", "created_at"),
}  # fmt: skip

BATCH = 4_000  # dialogues
HOURS = (1, 1, 1, 1, 1, 1, 2, 4, 8, 14, 16, 16, 15, 15, 14, 13, 13, 14, 15, 16, 13, 9, 5, 2)
SERVICES = tuple(f"Услуга {number}" for number in range(1, 41))
STAFF = tuple(str(number) for number in range(101, 116))
BACK_SOON, NOTED_LATE, NEVER_CLOSED, NO_CHANNEL = 0.1, 0.2, 0.05, 0.03
"""Shares of the dialogues."""


class Start(NamedTuple):
    """When a dialogue begins, whose it is and how many messages it has."""

    at: datetime
    salon: LargeSalon
    messages: int


@dataclass
class Batch:
    """Rows to be written together."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    truth: list[UUID] = field(default_factory=list)
    """The dialogue of each row of the history."""


def batches(now: datetime, seed: int = 3) -> Iterator[Batch]:
    """All rows up to an hour before `now` (aware)."""
    writer = _Writer(seed, now)
    yield writer.people()
    starts = [start for salon in ALL for start in _starts(Random(f"{seed} {salon.number}"), salon, now)]
    starts.sort(key=itemgetter(0))
    for at in range(0, len(starts), BATCH):
        yield writer.dialogues(starts[at : at + BATCH])


def _starts(random: Random, salon: LargeSalon, now: datetime) -> Iterator[Start]:
    days = random.choices(range(DAYS), weights=[1 + day / DAYS for day in range(DAYS)], k=salon.dialogues)
    hours = random.choices(range(24), weights=HOURS, k=salon.dialogues)
    first = now - timedelta(days=DAYS, hours=2)
    for day, hour, messages in zip(days, hours, _lengths(random, salon), strict=True):
        yield Start(first + timedelta(days=day, hours=hour, seconds=random.random() * 3600), salon, messages)


def _lengths(random: Random, salon: LargeSalon) -> list[int]:
    """Numbers of messages of unequal length whose sum is exactly the salon's."""
    mean = salon.messages // salon.dialogues
    swing = [-4, -3, -2, -1, 0, 0, 1, 2, 3, 4]
    lengths = [mean + swing[number % len(swing)] for number in range(salon.dialogues)]
    random.shuffle(lengths)
    return lengths


class _Writer:
    def __init__(self, seed: int, now: datetime) -> None:
        self._random = Random(seed)
        self._texts = Texts(seed)
        self._begin = now - timedelta(days=DAYS + 30)
        self._clients = {
            salon.number: [uuid5(NAMESPACE, f"client {salon.number} {n}") for n in range(salon.clients)]
            for salon in ALL
        }
        self._language: dict[UUID, str] = {}
        self._last_client: dict[int, UUID] = {}
        self._free_at: dict[UUID, datetime] = {}
        self._until = now - timedelta(minutes=5)

    def people(self) -> Batch:
        batch = Batch()
        for salon in ALL:
            metadata = json.dumps({"timezone": salon.time_zone, "currency": salon.currency})
            batch.rows["tenants_v2"].append(
                (salon.tenant_id, salon.name, f"salon-{salon.number}", metadata, self._begin)
            )
            for number, client in enumerate(self._clients[salon.number]):
                self._language[client] = self._texts.language()
                name = f"Клиент {number}" if number % 50 else None
                chat = salon.number * 1_000_000 + number
                batch.rows["clients_v2"].append((client, salon.tenant_id, chat, name, self._begin))
        return batch

    def dialogues(self, starts: list[Start]) -> Batch:
        batch = Batch()
        sessions = batch.rows["conversation_sessions_v2"]
        history: list[Row] = []
        for planned in starts:
            start, client = self._begun(planned)
            session = UUID(int=self._random.getrandbits(128), version=4)
            channel = "whatsapp" if client.int % 4 == 0 else "telegram"
            ended_at = self._messages(start, client, channel, session, history)
            self._free_at[client] = ended_at
            self._last_client[start.salon.number] = client
            sessions.append(self._session(start, client, channel, session, ended_at))
        history.sort(key=itemgetter(5))
        sessions.sort(key=itemgetter(-1))
        batch.rows["recent_history_v2"] = [row[:-1] for row in history]
        batch.truth = [row[-1] for row in history]
        return batch

    def _begun(self, planned: Start) -> tuple[Start, UUID]:
        """Who begins it; who has just been here is back within the hour."""
        last = self._last_client.get(planned.salon.number)
        if last is not None and self._random.random() < BACK_SOON:
            at = self._free_at[last] + timedelta(minutes=self._random.uniform(2, 45))
            if at < self._until - timedelta(hours=1):
                return planned._replace(at=at), last
        return planned, self._client(planned)

    def _client(self, start: Start) -> UUID:
        clients = self._clients[start.salon.number]
        while True:
            client = clients[int(self._random.random() ** 1.5 * len(clients))]
            if self._free_at.get(client, self._begin) <= start.at - timedelta(hours=4):
                return client

    def _messages(
        self, start: Start, client: UUID, channel: str, session: UUID, history: list[Row]
    ) -> datetime:
        random, at = self._random, start.at
        channel = "unknown" if random.random() < NO_CHANNEL else channel
        for number in range(start.messages):
            who = "assistant" if number % 2 else "user"
            if number:
                at += timedelta(seconds=1 + random.random() * (8 if number % 2 else 90))
            text = self._texts.message(who, self._language[client])
            history.append((start.salon.tenant_id, client, who, channel, text, at, session))
        return at

    def _session(self, start: Start, client: UUID, channel: str, session: UUID, ended_at: datetime) -> Row:
        random = self._random
        noted_at = start.at
        if random.random() < NOTED_LATE:
            noted_at = min(start.at + timedelta(seconds=random.uniform(0, 110)), ended_at)
        noted_end = None if random.random() < NEVER_CLOSED else ended_at
        status = random.choices(_STATUSES, cum_weights=_STATUS_ODDS)[0]
        is_booked = status in {"booked", "done"}
        booking = "confirmed" if is_booked and random.random() < 0.9 else "cancelled" if is_booked else None
        meta: dict[str, Any] = {"sentiment": random.choice(("positive", "neutral", "negative"))}
        if is_booked or random.random() < 0.4:
            meta["services_selected"] = [SERVICES[int(random.random() ** 2 * len(SERVICES))]]
        if is_booked:
            meta["staff_id"] = random.choice(STAFF)
        else:
            meta["drop_off_stage"] = random.choice(_DROP_OFFS)
        return (
            session, start.salon.tenant_id, client, channel,
            noted_at, noted_end, int((ended_at - start.at).total_seconds()), status,
            "booking" if is_booked or random.random() < 0.5 else random.choice(("price", "question", None)),
            str(random.getrandbits(30)) if booking else None, "bot" if booking else None, booking,
            start.at + timedelta(days=random.randrange(1, 20)) if booking else None,
            random.randrange(10, 80) * 100 if booking else None, start.salon.currency if booking else None,
            start.messages, start.messages // 2, start.messages - start.messages // 2,
            json.dumps(meta), ended_at,
        )  # fmt: skip


_ODDS = {
    "booked": 25, "done": 10, "dropped": 25, "abandoned": 15, "auto_closed": 10, "no_slots": 5,
    "price_too_high": 4, "escalated": 3, "transferred": 2, "ghost": 1,
}  # fmt: skip
_DROP_OFFS = ("service_selection", "staff_selection", "time_selection", None)
_STATUSES = tuple(_ODDS)
_STATUS_ODDS = tuple(accumulate(_ODDS.values()))
