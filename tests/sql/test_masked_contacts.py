"""What counts as a telephone number or an address in what agents told, and what does not."""

import json

import pytest

from tests.sql.world import World

MASKED = {
    "call +7 916 123-45-67 today": "call •••67 today",
    "8 (916) 123 45 67": "•••67",
    "89161234567": "•••67",
    "+1-202-555-0143.": "•••43.",
    "+491701234567": "•••67",
    '{"phone": "79161234567"}': '{"phone": "•••67"}',
    "anna.k+salon@example.co.uk wrote": "•••@example.co.uk wrote",
    "a@b.ru,c@d.ru": "•••@b.ru,•••@d.ru",
    "почта: анна@пример.рф": "почта: •••@пример.рф",
}
KEPT = [
    "", "no numbers", "2026-11-21 14:30:05", "1763731805123", "call_0af7651916cd43dd8448eb211c80319c",
    "00f067aa0ba902b7", "12345", "3 500 ₽", "550e8400-e29b-41d4-a716-446655440000", "@handle", "10:30-11:45",
    "order 7700123", "192.168.100.200",
]  # fmt: skip


@pytest.mark.parametrize("text", MASKED)
async def test_contacts_are_masked(world: World, text: str) -> None:
    found = await world.connection.fetchval("select dashboard.mask_contacts($1)", text)
    assert found == MASKED[text]
    assert await world.connection.fetchval("select dashboard.mask_contacts($1)", found) == found


@pytest.mark.parametrize("text", KEPT)
async def test_all_else_is_kept(world: World, text: str) -> None:
    assert await world.connection.fetchval("select dashboard.mask_contacts($1)", text) == text


async def test_in_json_wherever_they_are(world: World) -> None:
    value = {
        "a": [{"phone": 79161234567, "n": 5, "t": True, "z": None}],
        "x@y.ru": "x@y.ru",
        "e": [],
        "o": {},
    }
    found = await world.connection.fetchval("select dashboard.mask_contacts_in($1)", json.dumps(value))
    assert json.loads(found) == {
        "a": [{"phone": "•••67", "n": 5, "t": True, "z": None}], "•••@y.ru": "•••@y.ru", "e": [], "o": {},
    }  # fmt: skip


async def test_a_megabyte_of_almost_contacts_takes_no_longer_than_it_may(world: World) -> None:
    await world.connection.execute("set local statement_timeout = '5s'")
    for piece in ("1234567 ", "a.b.c-", "+7 (", "8 916 12 ", "@.", "(" * 8):
        await world.connection.fetchval("select dashboard.mask_contacts(repeat($1, 100000))", piece)
