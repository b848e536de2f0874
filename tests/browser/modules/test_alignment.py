"""Two runs beside each other: which of their steps are the same ones."""

from __future__ import annotations

import random

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

Pairs = list[list[str | None]]


async def aligned(modules: Modules, one: list[str], other: list[str]) -> Pairs:
    """The names that stand on each line."""
    pairs: Pairs = await modules.ask(
        "agent_alignment",
        """({ aligned }, both) => aligned(...both.map((names) =>
            names.map((name) => ({ kind: "log", name })))).map(
          (pair) => pair.map((step) => step?.name ?? null))""",
        [one, other],
    )
    assert [left for left, _ in pairs if left is not None] == one, "each step is there once, in its order"
    assert [right for _, right in pairs if right is not None] == other
    return pairs


def shared(pairs: Pairs) -> int:
    return sum(left is not None and left == right for left, right in pairs)


@pytest.mark.parametrize(
    ("one", "other", "lines"),
    [
        ("", "", []),
        ("a", "", [("a", None)]),
        ("", "ab", [(None, "a"), (None, "b")]),
        ("abc", "abc", [("a", "a"), ("b", "b"), ("c", "c")]),
        ("abcd", "abxd", [("a", "a"), ("b", "b"), ("c", None), (None, "x"), ("d", "d")]),
        ("ab", "xaby", [(None, "x"), ("a", "a"), ("b", "b"), (None, "y")]),
    ],
)
async def test_the_same_steps_stand_on_one_line(
    modules: Modules, one: str, other: str, lines: list[tuple[str | None, str | None]]
) -> None:
    assert await aligned(modules, [*one], [*other]) == [list(line) for line in lines]


async def test_no_longer_sequence_is_in_both(modules: Modules) -> None:
    dice = random.Random(7)
    for _ in range(30):
        one, other = (dice.choices("abcd", k=dice.randrange(40)) for _ in range(2))
        pairs = await aligned(modules, one, other)
        assert shared(pairs) == longest_of_both(one, other)
        assert all(left == right for left, right in pairs if left is not None and right is not None)


def longest_of_both(one: list[str], other: list[str]) -> int:
    row = [0] * (len(other) + 1)
    for left in one:
        before = row
        row = [0]
        for at, right in enumerate(other):
            row.append(before[at] + 1 if left == right else max(row[at], before[at + 1]))
    return row[-1]


async def test_what_begins_alike_and_goes_on_otherwise_is_the_same_as_far_as_that(modules: Modules) -> None:
    same = [f"same {at}" for at in range(800)]
    pairs = await aligned(
        modules, same + [f"one {at}" for at in range(1_200)], same + [f"other {at}" for at in range(700)]
    )
    assert shared(pairs) == 800
    assert len(pairs) == 2_000, "the rest is taken as it comes"


async def test_two_runs_that_have_nothing_in_common(modules: Modules) -> None:
    pairs = await aligned(modules, [f"one {at}" for at in range(2_000)], [f"{at}" for at in range(1_500)])
    assert (len(pairs), shared(pairs)) == (2_000, 0)


@pytest.mark.parametrize("name", ["__proto__", "constructor", "a\nb", "", "<x-hit>"])
async def test_a_name_is_only_a_name(modules: Modules, name: str) -> None:
    assert await aligned(modules, [name, "x", name], [name, name]) == [
        [name, name],
        ["x", None],
        [name, name],
    ]


async def test_a_kind_is_no_part_of_a_name(modules: Modules) -> None:
    pairs = await modules.ask(
        "agent_alignment",
        """({ aligned }) => aligned([{ kind: "log", name: "a" }], [{ kind: "agent", name: "a" }]).length""",
    )
    assert pairs == 2
