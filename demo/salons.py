"""The three demo salons: where they are, when they work, who works there and what it costs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from demo.chance import Odds
from demo.services import Service, price_list

NAMESPACE = UUID("5f0c6f3e-1b0a-5d5e-9a63-0de3050a1000")
FAKE_SECRET = "FAKE-DEMO-SECRET"  # noqa: S105 - marks what only looks like a secret


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who works in a salon. `dative` follows «к»; `skills` are service categories."""

    staff_id: int
    name: str
    dative: str
    latin: str
    skills: tuple[str, ...]

    def called(self, language: str) -> str:
        """Give the name as a dialogue in `language` writes it."""
        return self.name if language == "ru" else self.latin


@dataclass(frozen=True)
class Salon:
    """One tenant of the demo. Hours are local; `rate` is the mean number of dialogues a day."""

    slug: str
    slot: int  # 0 to 2: its share of each day's row ids
    name: str
    city: str
    address: str
    time_zone: str
    currency: str
    opens: int
    closes: int
    rate: int
    languages: Odds[str]
    phone: str  # how its clients' numbers begin
    foreign: tuple[
        tuple[str, str], ...
    ]  # other currencies that clients pay in, with the rate of one own unit
    weekdays: tuple[float, ...]  # Monday first
    months: tuple[float, ...]  # January first
    services: tuple[Service, ...]
    staff: tuple[Staff, ...]
    metadata: dict[str, Any]

    @cached_property
    def tenant_id(self) -> UUID:
        """Give the same id on every machine."""
        return uuid5(NAMESPACE, f"tenant:{self.slug}")

    @cached_property
    def zone(self) -> ZoneInfo:
        """Give the time zone by which the salon counts its days."""
        return ZoneInfo(self.time_zone)


FOUNDED = datetime(2024, 2, 1, 9, 0, tzinfo=UTC)

MOSCOW = Salon(
    slug="shelk-moskva",
    slot=0,
    name="Студия красоты «Шёлк»",
    city="Москва",
    address="Большой Козихинский переулок, 12",
    time_zone="Europe/Moscow",
    currency="RUB",
    opens=9,
    closes=22,
    rate=54,
    languages=Odds(("ru", 0.96), ("en", 0.04)),
    phone="+7945",
    foreign=(("USD", "0.012"), ("KZT", "5.6")),
    weekdays=(0.92, 0.94, 1.0, 1.04, 1.12, 1.06, 0.9),
    months=(0.88, 0.98, 1.1, 1.04, 1.06, 0.98, 0.92, 0.95, 1.02, 1.0, 1.03, 1.16),
    services=price_list(
        25_601_402,
        {
            "women_cut": 3500,
            "men_cut": 2400,
            "beard": 1500,
            "child_cut": 1800,
            "roots": 5500,
            "colour": 7500,
            "balayage": 14500,
            "toning": 3800,
            "styling": 2900,
            "keratin": 9000,
            "manicure": 2900,
            "hands": 1700,
            "pedicure": 3600,
            "brows": 1900,
            "brow_lam": 2600,
            "lashes": 4200,
            "lash_lam": 2900,
            "back": 2800,
            "body": 5200,
            "facial": 4500,
        },
    ),
    staff=(
        Staff(1_804_311, "Алина", "Алине", "Alina", ("hair",)),
        Staff(1_804_312, "Марина", "Марине", "Marina", ("hair",)),
        Staff(1_804_315, "Руслан", "Руслану", "Ruslan", ("barber", "hair")),
        Staff(1_804_319, "Ольга", "Ольге", "Olga", ("nails",)),
        Staff(1_804_320, "Диана", "Диане", "Diana", ("nails", "brows")),
        Staff(1_804_326, "Светлана", "Светлане", "Svetlana", ("brows", "face")),
        Staff(1_804_330, "Тимур", "Тимуру", "Timur", ("body",)),
    ),
    metadata={
        "yclients_company_id": 418_201,
        "yclients_token": f"{FAKE_SECRET}-yclients-moskva",
        "telegram_bot_token": f"{FAKE_SECRET}-telegram-moskva",
        "admin_chat_id": 900_000_000_001,
        "enable_gap_filtering": True,
        "closing_time_override": "21:30",
        "current_branch": {
            "id": 1,
            "phone": "+7 945 000-01-01",
            "address": "Большой Козихинский переулок, 12",
        },
    },
)

BERLIN = Salon(
    slug="yunona-berlin",
    slot=1,
    name="Салон «Юнона»",
    city="Берлин",
    address="Kantstraße 84, Charlottenburg",
    time_zone="Europe/Berlin",
    currency="EUR",
    opens=9,
    closes=20,
    rate=47,
    languages=Odds(("ru", 0.7), ("de", 0.24), ("en", 0.06)),
    phone="+49153",
    foreign=(("CHF", "0.94"), ("USD", "1.09")),
    weekdays=(0.95, 0.98, 1.02, 1.08, 1.16, 1.06, 0.78),
    months=(0.9, 0.96, 1.04, 1.06, 1.08, 1.02, 0.9, 0.88, 1.04, 1.02, 1.04, 1.14),
    services=price_list(
        26_118_050,
        {
            "women_cut": 58,
            "men_cut": 36,
            "beard": 22,
            "child_cut": 28,
            "roots": 72,
            "colour": 95,
            "balayage": 185,
            "styling": 42,
            "keratin": 170,
            "manicure": 48,
            "hands": 29,
            "pedicure": 55,
            "brows": 28,
            "brow_lam": 45,
            "lashes": 95,
            "lash_lam": 55,
            "back": 49,
            "facial": 75,
        },
    ),
    staff=(
        Staff(2_210_104, "Инга", "Инге", "Inga", ("hair",)),
        Staff(2_210_107, "Виктория", "Виктории", "Viktoria", ("hair", "face")),
        Staff(2_210_111, "Маркус", "Маркусу", "Markus", ("barber", "body")),
        Staff(2_210_115, "Наталья", "Наталье", "Natalia", ("nails",)),
        Staff(2_210_118, "Лиза", "Лизе", "Lisa", ("nails", "brows")),
        Staff(2_210_122, "Карина", "Карине", "Karina", ("brows", "face")),
    ),
    metadata={
        "yclients": {"company_id": 730_455, "user_token": f"{FAKE_SECRET}-yclients-berlin"},
        "telegram": {"admin_chat_id": 900_000_000_002, "bot_token": f"{FAKE_SECRET}-telegram-berlin"},
        "timezone": "Europe/Berlin",
        "settings": {"closing_time": "20:00", "enable_gap_filtering": False},
        "current_branch": {"id": "2", "phone": "+49 153 0000102", "address": "Kantstraße 84, 10627 Berlin"},
    },
)

GOA = Salon(
    slug="lotos-goa",
    slot=2,
    name="Студия «Лотос»",
    city="Гоа",
    address="Morjim Beach Road, 17",
    time_zone="Asia/Kolkata",
    currency="INR",
    opens=10,
    closes=21,
    rate=44,
    languages=Odds(("ru", 0.62), ("en", 0.38)),
    phone="+915",
    foreign=(("EUR", "0.011"), ("USD", "0.012")),
    weekdays=(1.0, 0.98, 0.96, 1.0, 1.06, 1.08, 0.94),
    months=(1.2, 1.18, 1.1, 0.98, 0.9, 0.86, 0.85, 0.86, 0.9, 0.98, 1.1, 1.2),
    services=price_list(
        27_440_611,
        {
            "women_cut": 1800,
            "men_cut": 900,
            "beard": 500,
            "roots": 3200,
            "balayage": 8500,
            "styling": 1500,
            "manicure": 1800,
            "pedicure": 2200,
            "brows": 900,
            "lashes": 3800,
            "lash_lam": 2500,
            "back": 1900,
            "body": 3400,
            "abhyanga": 3900,
            "facial": 3000,
        },
    ),
    staff=(
        Staff(3_020_501, "Юлия", "Юлии", "Julia", ("hair",)),
        Staff(3_020_503, "Анджали", "Анджали", "Anjali", ("body", "face")),
        Staff(3_020_506, "Радж", "Раджу", "Raj", ("barber", "hair")),
        Staff(3_020_510, "Прия", "Прие", "Priya", ("nails", "brows")),
        Staff(3_020_512, "Екатерина", "Екатерине", "Katya", ("nails", "brows")),
        Staff(3_020_518, "Санджай", "Санджаю", "Sanjay", ("body",)),
    ),
    metadata={
        "yclients_salon_id": "912033",
        "yclients_token": f"{FAKE_SECRET}-yclients-goa",
        "telegram": {"admin_chat_id": "900000000003"},
        "telegram_bot_token": f"{FAKE_SECRET}-telegram-goa",
        "enable_gap_filtering": "true",
        "closing_time_override": None,
        "settings": {},
        "current_branch": {"id": None, "phone": "", "address": "Morjim Beach Road, 17, Goa"},
        "features": [],
    },
)

SALONS = (MOSCOW, BERLIN, GOA)
