"""Fifty salons as a bot might have left them, odd values included; the same seed makes the same ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from tests.sql.world import Connection

Row = tuple[Any, ...]

SALONS = 50
DIALOGUES = 1_030
CLIENTS = 260
SPAN_DAYS = 150

ZONES = (
    "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "UTC",
    "Africa/Cairo", "Europe/Moscow", "America/New_York", "Pacific/Kiritimati",
)  # fmt: skip
FORWARD = {
    "Australia/Lord_Howe": date(2025, 10, 5),
    "America/Havana": date(2026, 3, 8),
    "Africa/Cairo": date(2026, 4, 24),
    "America/New_York": date(2026, 3, 8),
}
BACK = {
    "Australia/Lord_Howe": date(2026, 4, 5),
    "America/Havana": date(2025, 11, 2),
    "Africa/Cairo": date(2025, 10, 31),
    "America/New_York": date(2025, 11, 2),
}
"""Days on which clocks are moved; elsewhere those of Europe."""

STATUSES = (
    "done", "dropped", "abandoned", "auto_closed", "escalated", "transferred", "booked", "ghost", "no_slots",
    "price_too_high", "on_mars", "", "Booked", "active",
)  # fmt: skip
INTENTS = ("booking", "book_visit", "price", None, "Запись на стрижку", " reschedule", "notebook", "")
CHANNELS = ("telegram", "telegram", "whatsapp", "", "web")
BOOKINGS = (*["confirmed"] * 7, *["cancelled"] * 2, "maybe", *[None] * 10)
CURRENCIES = (*["own"] * 5, " own ", "EUR", "usd", None, "", "$", "рубль", "XAU", "other", "other")
AMOUNTS = ("1000", "2500.50", "0.01", "-300", "0", None, "NaN", "10000000000000", "999999999999", "Infinity")
SERVICES: tuple[Any, ...] = (
    [], ["Стрижка"], ["стрижка"], ["СТРИЖКА", "Маникюр"], ["Cut", "cut", "CUT"], [{"title": "Cut"}], [7],
    [None, "", {}], ["Спа", "Маникюр", "Окрашивание"], "Стрижка", None, {"title": "Cut"},
    [f"Услуга {number}" for number in range(25)],
)  # fmt: skip
DROP_OFFS: tuple[Any, ...] = (
    None, "service_selection", "staff_selection", "time_selection", "payment", "", 5, ["x"],
)  # fmt: skip
STAFF: tuple[Any, ...] = (None, None, None, "", {"id": 1}, 3, 14, *(str(number) for number in range(1, 14)))
STAFF_NAMES: tuple[Any, ...] = ("Анна", "Ольга", "", None, {"a": 1}, 9)
STEPS = ("start", "service_selection", "staff_selection", "time_selection", "confirmation")
ODD_VISITS: tuple[Any, ...] = (
    None, "", "soon", "2026-02-30", "2026-13-01", 20260101, ["2026-01-01"], "0000-01-01", "2026-01-01x",
)  # fmt: skip


@dataclass(frozen=True)
class Salon:
    """One tenant, and the period that its figures are asked for."""

    tenant_id: UUID
    zone: str
    currency: str
    opens_at: time
    closes_at: time
    begins: datetime
    first: date
    last: date


def salons(now: datetime) -> list[Salon]:
    """A third of them up to now, a third around clocks that go forward, a third around ones that go back."""
    return [_salon(number, now) for number in range(SALONS)]


def _salon(number: int, now: datetime) -> Salon:
    zone, length = ZONES[number % len(ZONES)], (1, 7, 30, 45)[number // 3 % 4]
    if number % 3 == 0:
        begins, first = now - timedelta(days=SPAN_DAYS - 2), now.date() - timedelta(days=length - 1)
    else:
        changes, of_europe = (FORWARD, date(2026, 3, 29)) if number % 3 == 1 else (BACK, date(2025, 10, 26))
        change = changes.get(zone, of_europe)
        begins = datetime.combine(change, time(), UTC) - timedelta(days=SPAN_DAYS // 2)
        first = change - timedelta(days=length // 2)
    return Salon(
        tenant_id=UUID(int=number + 1, version=4),
        zone=zone,
        currency=("RUB", "INR", "AUD", "EUR")[number % 4],
        opens_at=(time(10), time(9, 30), time(22), time(0))[number % 4],
        closes_at=(time(20), time(18, 45), time(6), time(0))[number % 4],
        begins=begins,
        first=first,
        last=first + timedelta(days=length - 1),
    )


async def write_all(connection: Connection, every: list[Salon], now: datetime) -> None:
    """Fill the bot's tables, and the salons' settings."""
    await connection.execute("set session_replication_role = replica")
    tables: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    for number, salon in enumerate(every):
        _Writer(salon, number, now).write(tables)
    for table, rows in tables.items():
        schema, name = table.split(".")
        await connection.copy_records_to_table(
            name, schema_name=schema, columns=COLUMNS[table].split(), records=rows
        )
    # moments that no calendar has; by SQL, as Python has none of them
    await connection.execute(
        "update public.conversation_sessions_v2 set started_at = 'infinity' where id % 331 = 7;"
        "update public.conversation_sessions_v2 set started_at = '-infinity' where id % 337 = 7;"
        "update public.conversation_sessions_v2 set booking_datetime = 'infinity' where id % 41 = 7;"
        "update public.conversation_sessions_v2 set booking_datetime = '-infinity' where id % 43 = 7;"
        "set session_replication_role = origin"
    )


COLUMNS = {
    "public.tenants_v2": "id name",
    "public.clients_v2": "id tenant_id",
    "dashboard.tenant_settings": "tenant_id time_zone currency opens_at closes_at",
    "public.conversation_sessions_v2":
        "session_id tenant_id user_id channel started_at ended_at final_status final_intent booking_status"
        " booking_datetime booking_amount booking_currency agent_messages_count meta",
    "public.active_sessions_v2":
        "session_id tenant_id user_id current_step intent created_at last_activity_at",
    "public.recent_history_v2": "tenant_id user_id session_id role message created_at",
    "public.user_ltm_v2": "tenant_id user_id ltm_data",
    "public.wishlist_v2": "tenant_id user_id item_type item_id meta created_at",
}  # fmt: skip


class _Writer:
    def __init__(self, salon: Salon, number: int, now: datetime) -> None:
        self.salon, self.number, self.now = salon, number, now
        self.random = Random(number)
        self.clients = [UUID(int=(number + 1) * 10_000 + place, version=4) for place in range(CLIENTS)]

    def write(self, tables: dict[str, list[Row]]) -> None:
        salon = self.salon
        archived = [self._dialogue(place) for place in range(DIALOGUES)]
        tables["public.tenants_v2"].append((salon.tenant_id, f"Salon {self.number}"))
        tables["dashboard.tenant_settings"].append(
            (salon.tenant_id, salon.zone, salon.currency, salon.opens_at, salon.closes_at)
        )
        tables["public.clients_v2"] += [(client, salon.tenant_id) for client in self.clients]
        tables["public.conversation_sessions_v2"] += archived
        tables["public.active_sessions_v2"] += [self._active(place) for place in range(14)]
        tables["public.recent_history_v2"] += [line for row in archived[::16] for line in self._messages(row)]
        tables["public.user_ltm_v2"] += [
            self._memory(client) for place, client in enumerate(self.clients) if place % 4
        ]
        tables["public.wishlist_v2"] += [self._wish(place) for place in range(40)]

    def _session(self, place: int) -> UUID:
        return UUID(int=(self.number + 1) * 10_000_000 + place, version=4)

    def _start(self) -> datetime:
        start = self.salon.begins + timedelta(seconds=self.random.randrange(SPAN_DAYS * 86_400))
        # what is about to become seven days old would change while the test runs
        return start + timedelta(hours=abs(start - self.now + timedelta(days=7)) < timedelta(minutes=30))

    def _dialogue(self, place: int) -> Row:
        choice, start, booking = self.random.choice, self._start(), self.random.choice(BOOKINGS)
        amount, meta = (
            choice(AMOUNTS),
            {
                "services_selected": choice(SERVICES),
                "services_mentioned": choice(SERVICES),
                "drop_off_stage": choice(DROP_OFFS),
                "staff_id": choice(STAFF),
                "selected_datetime": choice((None, None, None, None, "tomorrow")),
            },
        )
        if place % 50 == 20:
            place -= 17  # there twice
        client = Random(f"{self.number} {place}").random()
        return (
            self._session(place),
            self.salon.tenant_id,
            self.clients[int(client**2 * CLIENTS)],
            choice(CHANNELS),
            start,
            start + timedelta(minutes=9),
            choice(STATUSES),
            choice(INTENTS),
            booking,
            start + timedelta(hours=self.random.randrange(1, 720)) if booking else None,
            None if amount is None else Decimal(amount),
            self._currency(choice(CURRENCIES)),
            choice((None, 0, 3, 12, -4)),
            json.dumps(meta),
        )

    def _currency(self, wish: str | None) -> str | None:
        if wish == "other":
            return "".join(self.random.choices("ABCD", k=3))
        return wish and wish.replace("own", self.salon.currency.lower())

    def _active(self, place: int) -> Row:
        return (
            self._session(place if place < 4 else place + 5_000),  # some have ended
            self.salon.tenant_id,
            self.clients[place * 18],
            self.random.choice(STEPS),
            self.random.choice(INTENTS),
            self._start(),
            self.now - timedelta(minutes=self.random.choice((2, 15, 45, 3_000))),
        )

    def _messages(self, row: Row) -> list[Row]:
        return [
            (
                row[1], row[2], row[0], self.random.choice(("user", "assistant")), "о записи",
                row[4] + timedelta(milliseconds=self.random.randrange(90_000)),
            )
            for _ in range(4)
        ]  # fmt: skip

    def _memory(self, client: UUID) -> Row:
        day = self.salon.begins.date() + timedelta(days=self.random.randrange(SPAN_DAYS))
        shapes = (day.isoformat(), f"{day}T10:00:00Z", f"{day} 10:00", self.random.choice(ODD_VISITS))
        return self.salon.tenant_id, client, json.dumps({"last_visit_date": self.random.choice(shapes)})

    def _wish(self, place: int) -> Row:
        meta = {"staff_id": self.random.choice(STAFF), "staff_name": self.random.choice(STAFF_NAMES)}
        at = self.salon.begins + timedelta(days=place % 5)
        return self.salon.tenant_id, self.clients[place], "slot", "x", json.dumps(meta), at
