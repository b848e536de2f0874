"""What strangers write as JSON becomes values that can be stored, or is refused, and nothing else happens."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from telemetry.attributes import parsed
from telemetry.json_text import decoded, is_deeper_than

GRIN = "\N{GRINNING FACE}"


@pytest.mark.parametrize("value", [None, True, 0, -1, 2**70, 0.1, -0.0, "", "\0", GRIN, [], {}, {"": [{}]}])
def test_what_json_has_a_word_for_comes_back_as_it_was(value: Any) -> None:
    assert decoded(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            " ",
            "NaN",
            "[Infinity]",
            "-Infinity",
            "1e999",
            '{"a": -1e999}',
            "{",
            "[1,]",
            "'a'",
            '"a',
            "01",
        ],
        *["nul", '"a\nb"', "9" * 5000, "[" * 100_000, '{"a":' * 100_000, "1 2", "\ufeff1"],
        "[" * 100_000 + "]" * 100_000,
    ],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(text)


@pytest.mark.parametrize(
    ("escaped", "meant"),
    [
        (r'"\ud83d\ude00"', GRIN),
        (r'"\ud83d"', "\ufffd"),
        (r'"\ude00"', "\ufffd"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"\uD83D\uD83D\uDE00"', f"\ufffd{GRIN}"),
        (r'"\ud83d\ude00\ude00"', f"{GRIN}\ufffd"),
        (r'"\\ud83d"', r"\ud83d"),
        (r'{"\ud83d": ["\ude00", {"a": 1.5}]}', {"\ufffd": ["\ufffd", {"a": 1.5}]}),
    ],
)
def test_half_a_character_is_replaced(escaped: str, meant: Any) -> None:
    value = decoded(escaped)
    assert value == meant
    json.dumps(value, ensure_ascii=False).encode()


def test_half_a_character_deep_down_is_refused_or_replaced() -> None:
    for depth in (10, 500, 900, 5_000):
        try:
            value = decoded("[" * depth + r'"\ud800"' + "]" * depth)
        except ValueError:
            continue
        assert depth < 5_000
        assert is_deeper_than(depth - 1, value)


def test_looking_for_halves_takes_linear_time() -> None:
    text = '"' + r"\ud83d\ude00" * 500_000 + '"'
    started = time.process_time()
    assert decoded(text) == GRIN * 500_000
    assert time.process_time() - started < 2


def test_depth_is_counted_in_lists_and_maps() -> None:
    assert not is_deeper_than(1, [1])
    assert is_deeper_than(1, [[]])
    assert is_deeper_than(2, {"a": [{"b": 1}]})
    assert not is_deeper_than(3, {"a": [{"b": 1}]})
    assert not is_deeper_than(0, "text")
    assert is_deeper_than(0, [])


def test_attributes_are_read_by_the_same_rules() -> None:
    assert parsed('{"a": 1e999}') == '{"a": 1e999}'
    assert parsed(r'{"a": "\ud800"}') == {"a": "\ufffd"}
