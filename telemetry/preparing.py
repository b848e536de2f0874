"""What happens to events before they are stored: secrets out, prices in, JSON made of them. Work for a
processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import orjson

from telemetry.events import Event, Kind, Phase
from telemetry.pricing import DOLLAR, Money, OwnPrice, Prices
from telemetry.redaction import Redactor
from telemetry.stored import as_json, as_row

REMEMBERED_RULES = 64
"""Salons whose patterns stay compiled."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a salon wants, ready for use."""

    redactor: Redactor
    prices: Prices
    currency: str = DOLLAR
    keeps_prompts: bool = True


@lru_cache(maxsize=REMEMBERED_RULES)
def rules_from_json(told: bytes) -> Rules:
    """From the `rules` that `dashboard.key_claims` tells. They were checked when they were saved."""
    rules = orjson.loads(told)
    own = [
        OwnPrice(
            model=price["model"],
            input=Decimal(str(price["input"])),
            output=Decimal(str(price["output"])),
            currency=price.get("currency") or DOLLAR,
            **{
                name: Decimal(str(price[name]))
                for name in ("cache_read", "cache_write", "reasoning")
                if price.get(name) is not None
            },
        )
        for price in rules.get("prices", ())
    ]
    rates = {currency: Decimal(str(rate)) for currency, rate in rules.get("rates", {}).items()}
    return Rules(
        redactor=Redactor([each["pattern"] for each in rules.get("patterns", ())]),
        prices=Prices(own, rates),
        currency=rules.get("currency") or DOLLAR,
        keeps_prompts=rules.get("keeps_prompts", True),
    )


def prepare(events: Sequence[Event], rules: Rules) -> bytes:
    """The events as JSON objects with commas between them, to stand in the list for `append_events`."""
    rows = []
    for event in events:
        clean, removed = rules.redactor.redact(event)
        rows.append(as_json(as_row(clean, removed, _price(clean, rules), keeps_prompts=rules.keeps_prompts)))
    return b",".join(rows)


def _price(event: Event, rules: Rules) -> Money | None:
    """What the emitter itself tells counts before what the lists say, in the salon's currency."""
    if event.kind is not Kind.MODEL_CALL or event.phase is not Phase.ENDED:
        return None
    if event.told_cost is not None:
        price: Money | None = Money(event.told_cost, DOLLAR)
    else:
        price = rules.prices.price(event.model, event.provider, event.tokens, event.at)
    amount = rules.prices.in_currency(price, rules.currency)
    return None if amount is None else Money(amount, rules.currency)
