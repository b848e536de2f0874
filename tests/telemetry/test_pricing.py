"""What a call costs, by exact numbers; and that what is not known is not 0."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import NoReturn

import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices

from telemetry.events import Tokens
from telemetry.pricing import Money, OwnPrice, Prices

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SOME = Tokens(input=1_000, output=50)
M = Decimal(1_000_000)


def of_package(provider: str, model: str) -> dict[str, Decimal]:
    """The package's own prices of a model now, in dollars per million tokens."""
    found = next(each for each in get_snapshot().providers if each.id == provider).find_model(model)
    assert found is not None
    prices = found.get_prices(AT).__dict__
    return {
        name: price.base if isinstance(price, TieredPrices) else price
        for name, price in prices.items()
        if price is not None
    }


def cost(model: str | None, provider: str | None, tokens: Tokens | None, *own: OwnPrice) -> Decimal | None:
    money = Prices(own).price(model, provider, tokens, AT)
    assert money is None or money.currency == "USD"
    return None if money is None else money.amount


def test_a_known_model_costs_what_the_package_says() -> None:
    price = of_package("openai", "gpt-4o")
    expected = (1_000 * price["input_mtok"] + 50 * price["output_mtok"]) / M
    assert expected > 0
    for provider in ("openai", "OpenAI", "azure.ai.openai", None):
        assert cost("gpt-4o", provider, SOME) == expected
    assert cost("openai/gpt-4o", "litellm", SOME) == expected
    assert cost("openai/gpt-4o", None, SOME) == expected


@pytest.mark.parametrize(
    ("provider", "model", "known_as"),
    [
        ("gcp.gen_ai", "gemini-2.5-flash", "google"), ("gcp.vertex_ai", "gemini-2.5-flash", "google"),
        ("mistral_ai", "mistral-small-latest", "mistral"), ("deepseek", "deepseek-chat", "deepseek"),
    ],
)  # fmt: skip
def test_providers_are_known_by_the_names_of_the_conventions(
    provider: str, model: str, known_as: str
) -> None:
    assert cost(model, provider, SOME) == cost(model, known_as, SOME)
    assert cost(model, provider, SOME) is not None


def test_cached_tokens_are_counted_once() -> None:
    price = of_package("anthropic", "claude-sonnet-4-5")
    tokens = Tokens(input=1_000, output=50, cache_read=400, cache_write=100)
    expected = (
        500 * price["input_mtok"]
        + 400 * price["cache_read_mtok"]
        + 100 * price["cache_write_mtok"]
        + 50 * price["output_mtok"]
    ) / M
    assert cost("claude-sonnet-4-5", "anthropic", tokens) == expected
    assert cost("claude-sonnet-4-5", "anthropic", Tokens(1_000, 50)) != expected


def test_reasoning_tokens_are_counted_once() -> None:
    tokens = Tokens(input=1_000, output=50, reasoning=30)
    assert cost("gpt-5", "openai", tokens) == cost("gpt-5", "openai", SOME)
    price = of_package("perplexity", "sonar-deep-research")
    expected = (
        1_000 * price["input_mtok"] + 20 * price["output_mtok"] + 30 * price["output_reasoning_mtok"]
    ) / M
    assert cost("sonar-deep-research", "perplexity", tokens) == expected


def test_prices_are_those_of_the_time() -> None:
    prices = Prices()
    early, late = (
        prices.price("mistral-small-latest", "mistral", SOME, datetime(year, 11, 21, tzinfo=UTC))
        for year in (2024, 2026)
    )
    assert early is not None
    assert late is not None
    assert early != late


@pytest.mark.parametrize(
    ("model", "provider", "tokens"),
    [
        (None, "openai", SOME),
        ("no-such-model", "openai", SOME),
        ("no-such-model", None, SOME),
        ("gpt-4o", "no-such-provider", SOME),
        ("llama3.2", "ollama", SOME),
        ("gpt-4o", "ollama", SOME),
        ("qwen2.5:7b", None, SOME),
        ("x" * 1_000_000, None, SOME),
        ("gpt-4o", "openai", None),
        ("gpt-4o", "openai", Tokens()),
        ("gpt-4o", "openai", Tokens(input=5)),
        ("gpt-4o", "openai", Tokens(output=5)),
        ("gpt-4o", "openai", Tokens(input=5, output=5, cache_read=6)),
        ("gpt-4o", "openai", Tokens(input=-5, output=5)),
    ],
)
def test_what_is_not_known_costs_none(model: str | None, provider: str | None, tokens: Tokens | None) -> None:
    assert cost(model, provider, tokens) is None


def test_a_model_without_a_price_is_not_free() -> None:
    unpriced = [
        (provider.id, model.id)
        for provider in get_snapshot().providers
        for model in provider.models
        if isinstance(model.prices, ModelPrice) and not model.prices.__dict__
    ]
    assert len(unpriced) > 20
    for provider, model in unpriced:
        for tokens in (SOME, Tokens(input=1_000, output=0)):
            assert cost(model, provider, tokens) != 0
    assert cost("gpt-4o", "github-copilot", SOME) is None


def test_an_embedding_has_no_output() -> None:
    price = of_package("openai", "text-embedding-3-small")
    assert cost("text-embedding-3-small", "openai", Tokens(input=1_000)) == 1_000 * price["input_mtok"] / M
    assert cost("text-embedding-3-small", "openai", Tokens(input=1_000, output=9)) is None


def test_own_prices_come_first() -> None:
    own = OwnPrice("GPT-4o*", Decimal(1), Decimal(2))
    assert cost("gpt-4o-mini", "openai", SOME, own) == Decimal(1_100) / M
    assert cost("gpt-5", "openai", SOME, own) == cost("gpt-5", "openai", SOME)
    first = OwnPrice("gpt-4o-mini", Decimal(3), Decimal(0))
    assert cost("gpt-4o-mini", "openai", SOME, first, own) == Decimal(3_000) / M
    assert cost("gpt-4o-mini", "openai", SOME, own, first) == Decimal(1_100) / M


def test_own_prices_of_cached_and_reasoning_tokens() -> None:
    tokens = Tokens(input=1_000, output=50, cache_read=400, cache_write=100, reasoning=30)
    own = OwnPrice(
        "m", Decimal(10), Decimal(20), cache_read=Decimal(1), cache_write=Decimal(12), reasoning=Decimal(5)
    )
    assert cost("m", None, tokens, own) == Decimal(500 * 10 + 400 + 100 * 12 + 20 * 20 + 30 * 5) / M
    assert cost("m", None, tokens, OwnPrice("m", Decimal(10), Decimal(20))) == Decimal(11_000) / M
    assert cost("m", None, Tokens(input=10, output=1, cache_read=11), own) is None
    assert cost("m", None, Tokens(input=10, output=1, reasoning=2), own) is None
    assert cost("m", None, Tokens(input=10), own) is None
    assert cost("m", None, None, own) is None
    assert cost("m" * 1_000, None, tokens, OwnPrice("m*", Decimal(10), Decimal(20))) is None


def test_a_local_model_is_free_when_the_tenant_says_so() -> None:
    free = OwnPrice("llama*", Decimal(0), Decimal(0))
    assert cost("llama3.2", "ollama", SOME, free) == 0
    assert cost("llama3.2", "ollama", None, free) == 0
    assert cost("qwen2.5:7b", "ollama", SOME, free) is None


def test_other_currencies_need_a_rate() -> None:
    roubles = Money(Decimal(100), "RUB")
    without = Prices()
    assert without.in_currency(roubles, "RUB") == 100
    assert without.in_currency(roubles) is None
    assert without.in_currency(Money(Decimal(1), "USD"), "RUB") is None
    assert without.in_currency(None, "RUB") is None
    prices = Prices(
        [OwnPrice("m", Decimal(400), Decimal(0), "RUB")], {"RUB": Decimal(80), "KZT": Decimal(500)}
    )
    money = prices.price("m", None, SOME, AT)
    assert money == Money(Decimal("0.4"), "RUB")
    assert prices.in_currency(money) == Decimal("0.005")
    assert prices.in_currency(money, "KZT") == Decimal("2.5")
    assert prices.in_currency(Money(Decimal(2), "USD"), "RUB") == 160
    assert prices.in_currency(money, "EUR") is None
    with pytest.raises(ValueError, match="above 0"):
        Prices(rates={"RUB": Decimal(0)})


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> NoReturn:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert cost("gpt-4o", "openai", SOME) is not None
    assert not get_snapshot().from_auto_update
    code = (
        "import socket, sys, threading\n"
        "def refused(*_): sys.exit('the network was asked')\n"
        "socket.socket.connect = socket.getaddrinfo = refused\n"
        "import telemetry.pricing\n"
        "sys.exit(threading.active_count() - 1)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
