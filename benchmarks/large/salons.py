"""The fifty salons of a large installation, and who may sign in to the greatest."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

SALONS = 50
LARGE_DIALOGUES = 100_000
LARGE_MESSAGES = 1_000_000
SMALL_DIALOGUES = 1_000
SMALL_MESSAGES = 6_000
DAYS = 365

OWNER = "owner@large.bench"
OPERATOR = "operator@large.bench"
PASSWORD = "a benchmark's pass phrase"

NAMESPACE = UUID("6a0d9d6e-6d53-5c0b-8f0e-3f0000000000")
_ZONES = ("Europe/Moscow", "Asia/Kolkata", "Europe/Berlin", "Asia/Yekaterinburg", "America/New_York")
_CURRENCIES = ("RUB", "INR", "EUR", "RUB", "USD")


@dataclass(frozen=True, slots=True)
class LargeSalon:
    """One tenant with its number of dialogues, messages and clients."""

    number: int
    tenant_id: UUID
    name: str
    time_zone: str
    currency: str
    dialogues: int
    messages: int
    clients: int


def _salon(number: int) -> LargeSalon:
    is_large = number == 0
    return LargeSalon(
        number=number,
        tenant_id=uuid5(NAMESPACE, f"tenant {number}"),
        name="The large salon" if is_large else f"Salon {number}",
        time_zone=_ZONES[number % len(_ZONES)],
        currency=_CURRENCIES[number % len(_CURRENCIES)],
        dialogues=LARGE_DIALOGUES if is_large else SMALL_DIALOGUES,
        messages=LARGE_MESSAGES if is_large else SMALL_MESSAGES,
        clients=25_000 if is_large else 300,
    )


ALL = tuple(_salon(number) for number in range(SALONS))
LARGE = ALL[0]
