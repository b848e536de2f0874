"""What a model call costs: by the tenant's own prices, else by the public ones that genai-prices ships with.

A price that is not known is None, never 0. The library's prices are those of its release: nothing is fetched,
here or there, unless its `UpdatePrices` is started, which nobody does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache

from genai_prices import Usage
from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, Provider

from telemetry.events import Tokens

DOLLAR = "USD"
_MILLION = 1_000_000
_LONGEST_NAME = 200
_PROVIDERS = {"gcp.gen_ai": "google", "x_ai": "x-ai", "azure.ai.inference": "azure"}
"""Names of the semantic conventions that the library does not know, as it has them."""


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A tenant's price of a model, in its currency per million tokens; 0 is free.

    `model` may have `*` and `?` in it and is compared without regard to case. Cached and reasoning tokens
    cost as much as others where they have no price of their own.
    """

    model: str
    input: Decimal
    output: Decimal
    currency: str = DOLLAR
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and the ISO 4217 code of its currency."""

    amount: Decimal
    currency: str


class Prices:
    """For one tenant. Of its `own` prices the first that fits counts. `rates` say how much of a currency one
    US dollar is. Raises ValueError for a rate that is not above 0."""

    def __init__(self, own: Sequence[OwnPrice] = (), rates: Mapping[str, Decimal] | None = None) -> None:
        if any(rate <= 0 for rate in (rates or {}).values()):
            raise ValueError("A rate of exchange is above 0")
        self._own = tuple(own)
        self._rates = {**(rates or {}), DOLLAR: Decimal(1)}

    def price(
        self, model: str | None, provider: str | None, tokens: Tokens | None, at: datetime
    ) -> Money | None:
        """What a call cost that began at `at`, in the currency of its price; None when that is not known: no
        such model, no price or no count for some of its tokens, or counts that contradict each other.

        A call that tells of no cached and no reasoning tokens is taken to have had none.
        """
        if model is None or len(model) > _LONGEST_NAME:
            return None
        told = tokens or Tokens()
        own = next((each for each in self._own if fnmatchcase(model.lower(), each.model.lower())), None)
        if own is not None:
            amount = _own_price(own, told)
            return None if amount is None else Money(amount, own.currency)
        amount = _public_price(model, provider and provider[:_LONGEST_NAME], told, at)
        return None if amount is None else Money(amount, DOLLAR)

    def in_currency(self, money: Money | None, currency: str = DOLLAR) -> Decimal | None:
        """The amount in another currency by the tenant's rates; None without one, or without money."""
        if money is None:
            return None
        if money.currency == currency:
            return money.amount
        there, here = self._rates.get(currency), self._rates.get(money.currency)
        return None if there is None or here is None else money.amount / here * there


def _own_price(price: OwnPrice, tokens: Tokens) -> Decimal | None:
    """In the price's currency. What is free needs no counts."""
    cached = (tokens.cache_read or 0) + (tokens.cache_write or 0)
    reasoning = tokens.reasoning or 0
    parts = (
        (None if tokens.input is None else tokens.input - cached, price.input),
        (tokens.cache_read or 0, price.input if price.cache_read is None else price.cache_read),
        (tokens.cache_write or 0, price.input if price.cache_write is None else price.cache_write),
        (None if tokens.output is None else tokens.output - reasoning, price.output),
        (reasoning, price.output if price.reasoning is None else price.reasoning),
    )
    total = Decimal(0)
    for count, each in parts:
        if count is None and each != 0:
            return None
        if count is not None and count < 0:
            return None
        total += (count or 0) * each
    return total / _MILLION


def _public_price(model: str, provider: str | None, tokens: Tokens, at: datetime) -> Decimal | None:
    """In US dollars, by genai-prices. It counts cached tokens as a part of the input and reasoning ones as a
    part of the output, as we do; what it has no price for, it takes for free, as we do not."""
    known = _known_model(model.lower(), provider)
    if known is None or tokens.input is None:
        return None
    prices = known[1].get_prices(at)
    # embeddings have no output: then neither its count nor its price is missed
    is_priced = prices.input_mtok is not None and (prices.output_mtok is not None or not tokens.output)
    if not is_priced or (tokens.output is None and prices.output_mtok is not None):
        return None
    counts = {
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cache_read_tokens": tokens.cache_read,
        "cache_write_tokens": tokens.cache_write,
        "output_reasoning_tokens": tokens.reasoning,
    }
    try:
        return known[1].calc_price(Usage(**counts), known[0], genai_request_timestamp=at).total_price
    except ValueError:
        return None


@lru_cache(maxsize=2048)
def _known_model(model: str, provider: str | None) -> tuple[Provider, ModelInfo] | None:
    """The library's entry. It is asked past its own caches, which would grow with every name that is told.

    A provider that it does not know is not replaced by a guess: the same model may run for nothing on a
    computer at hand.
    """
    providers = get_snapshot().providers
    if provider is None or provider.lower() == "litellm":
        prefix, _, rest = model.partition("/")
        found = find_provider_by_id(providers, prefix) if rest else None
        if found is not None:
            model = rest
        else:
            found = next(
                (each for each in providers if each.model_match and each.model_match.is_match(model)), None
            )
    else:
        found = find_provider_by_id(providers, _PROVIDERS.get(provider.lower(), provider))
    entry = found and found.find_model(model, all_providers=providers)
    return (found, entry) if found and entry else None
