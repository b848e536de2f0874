"""What a salon wants of its agents' events: who may say so, and what makes sense."""

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.sql.world import SALON_A, Caller, World, refused

DEFAULTS: dict[str, Any] = {
    "keeps_prompts": True, "prompt_days": 30, "event_days": 90, "patterns": [], "prices": [],
    "currency": "USD", "rates": {},
}  # fmt: skip
PRICE = {"model": "gpt-*", "input": 0.15, "output": 6, "currency": "EUR"}
WANTED: dict[str, Any] = {
    "keeps_prompts": False, "prompt_days": 7, "event_days": 7,
    "patterns": [{"name": "Карта", "pattern": r"LC-\d{6}"}],
    "prices": [PRICE, PRICE | {"model": "local", "input": 0, "output": 0, "cache_read": 0.075}],
    "currency": "RUB", "rates": {"RUB": 92.5, "EUR": 0.9},
}  # fmt: skip


@pytest.fixture(autouse=True)
async def none_yet(world: World) -> None:
    """Nobody has said anything yet."""
    await world.connection.execute("delete from dashboard.telemetry_rules")


def arguments(**changes: Any) -> list[Any]:
    """What is sent: the arguments in their order, JSON as text."""
    wanted = WANTED | changes
    return [json.dumps(value) if isinstance(value, list | dict) else value for value in wanted.values()]


async def save(world: World, person: str = "owner_a", tenant: UUID | None = None, **changes: Any) -> Any:
    return await world.write(person, "save_telemetry_rules", *arguments(**changes), tenant=tenant)


async def rules(world: World, person: str = "owner_a", tenant: UUID | None = None) -> Any:
    return await world.call(person, "telemetry_rules", tenant=tenant)


async def test_hold_from_the_start(world: World) -> None:
    assert await rules(world) == DEFAULTS


async def test_are_kept_as_they_were_said(world: World) -> None:
    assert await save(world) == WANTED
    assert await rules(world) == WANTED
    assert await rules(world, "admin_a") == WANTED
    assert await save(world, "platform", SALON_A, currency="EUR") == WANTED | {"currency": "EUR"}


async def test_are_of_one_salon(world: World) -> None:
    await save(world)
    assert await rules(world, "owner_b") == DEFAULTS
    await save(world, "owner_b", currency="INR")
    assert await rules(world) == WANTED


@pytest.mark.parametrize("person", ["operator_a", "owner_b", "outsider"])
async def test_are_for_those_who_may_configure_the_salon(world: World, person: str) -> None:
    async with refused(world, "PT403", "not_allowed"):
        await save(world, person, SALON_A)
    async with refused(world, "PT403", "not_allowed"):
        await rules(world, person, SALON_A)


async def test_are_saved_once_by_one_request(world: World) -> None:
    request = uuid4()
    answers = [await world.call("owner_a", "save_telemetry_rules", request, *arguments()) for _ in range(2)]
    assert answers[0] == answers[1] == WANTED
    async with refused(world, "PT409", "request_id_reused"):
        await world.call("owner_a", "save_telemetry_rules", request, *arguments(prompt_days=6))


async def test_reach_whoever_holds_a_key(world: World) -> None:
    key_hash = hashlib.sha256(b"x").hexdigest()
    await world.write("owner_a", "create_api_key", "bot", "agp_12345678", key_hash, ["ingest"])
    await save(world)
    found = await world.call(Caller("dashboard_ingest"), "key_claims", key_hash)
    assert found["rules"] == {
        name: WANTED[name] for name in ("keeps_prompts", "patterns", "prices", "currency", "rates")
    }


async def test_have_nothing_that_has_no_name_here(world: World) -> None:
    saved = await save(
        world,
        patterns=[{"name": " Карта ", "pattern": " x ", "flags": "i"}],
        prices=[PRICE | {"model": " m ", "note": "<b>", "reasoning": 1}],
    )
    assert saved["patterns"] == [{"name": "Карта", "pattern": " x "}]
    assert saved["prices"] == [PRICE | {"model": "m", "reasoning": 1}]


LONG = "x" * 201
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("keeps_prompts_invalid", {"keeps_prompts": None}),
    *(("event_days_invalid", {"event_days": days}) for days in (None, 0, -1, 3651)),
    *(("prompt_days_invalid", {"prompt_days": days}) for days in (None, 0, -1, 8)),
    *(("currency_invalid", {"currency": code}) for code in (None, "", "rub", "RUBL", "₽", "RUB\n")),
    ("patterns_invalid", {"patterns": {}}),
    ("patterns_invalid", {"patterns": None}),
    ("patterns_invalid", {"patterns": [{"name": "x", "pattern": "x"}] * 21}),
    *(
        ("pattern_name_invalid", {"patterns": [{"name": name, "pattern": "x"}]})
        for name in ("", " ", "x" * 61, "a\u202eb", None, 5)
    ),
    ("pattern_name_invalid", {"patterns": ["x"]}),
    *(
        ("pattern_invalid", {"patterns": [{"name": "x", "pattern": pattern}]})
        for pattern in ("", LONG, "a\nb", None, 5)
    ),
    ("prices_invalid", {"prices": {}}),
    ("prices_invalid", {"prices": [PRICE] * 101}),
    ("price_model_invalid", {"prices": [1]}),
    *(("price_model_invalid", {"prices": [PRICE | {"model": name}]}) for name in ("", " ", LONG, "a\n", 5)),
    *(
        ("price_invalid", {"prices": [PRICE | {kind: amount}]})
        for kind in ("input", "output", "cache_read", "cache_write", "reasoning")
        for amount in (-0.01, "1", True, [1], 1_000_000_001)
    ),
    ("price_invalid", {"prices": [{"model": "m", "input": 1, "currency": "USD"}]}),
    ("currency_invalid", {"prices": [{"model": "m", "input": 1, "output": 1}]}),
    ("currency_invalid", {"prices": [PRICE | {"currency": "eur"}]}),
    ("rates_invalid", {"rates": []}),
    ("rates_invalid", {"rates": None}),
    *(("rate_currency_invalid", {"rates": {code: 1}}) for code in ("rub", "", "USD", "RUBL")),
    ("rate_currency_invalid", {"rates": {f"A{chr(65 + n // 26)}{chr(65 + n % 26)}": 1 for n in range(51)}}),
    *(("rate_invalid", {"rates": {"RUB": rate}}) for rate in (0, -1, "1", None, True, 1_000_000_001)),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED)
async def test_that_make_no_sense_are_refused_by_name(
    world: World, code: str, changes: dict[str, Any]
) -> None:
    async with refused(world, "PT422", code):
        await save(world, **changes)
    assert await rules(world) == DEFAULTS


@pytest.mark.parametrize("number", ["1e130000", "0.1234567890123456789", "1e-30"])
async def test_endless_numbers_are_refused(world: World, number: str) -> None:
    sent = arguments()
    sent[4] = f'[{{"model": "m", "input": {number}, "output": 1, "currency": "USD"}}]'
    async with refused(world, "PT422", "price_invalid"):
        await world.write("owner_a", "save_telemetry_rules", *sent)


async def test_what_is_on_record_tells_of_no_pattern(world: World) -> None:
    await save(world)
    (noted,) = await world.connection.fetch(
        "select * from dashboard.audit_log where action = 'telemetry.configured'"
    )
    assert (noted["tenant_id"], noted["actor_id"]) == (SALON_A, world.people["owner_a"])
    assert json.loads(noted["details"]) == {
        "keeps_prompts": False, "prompt_days": 7, "event_days": 7, "patterns": 1, "prices": 2,
        "currency": "RUB",
    }  # fmt: skip
