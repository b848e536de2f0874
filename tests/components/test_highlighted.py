"""Hits in a text, as the search marks them."""

from __future__ import annotations

import pytest

from components.highlighted import highlighted


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a \ue000hit\ue001 here", [("bdi", "a "), ("mark", "hit"), ("bdi", " here")]),
        ("\ue000one\ue001\ue000two\ue001", [("mark", "one"), ("mark", "two")]),
        ("nothing", [("bdi", "nothing")]),
        ("", []),
        ("\ue000never ended", [("bdi", "never ended")]),
        ("never \ue001begun", [("bdi", "never begun")]),
        ("\ue000a\ue000b\ue001c\ue001", [("bdi", "a"), ("mark", "b"), ("bdi", "c")]),
        ("\ue000<b>\ue001<i>", [("mark", "<b>"), ("bdi", "<i>")]),
    ],
    ids=["one", "two", "none", "empty", "open", "closed", "nested", "markup"],
)
def test_become_pieces_of_plain_text(text: str, pieces: list[tuple[str, str]]) -> None:
    assert [(part.tag, part.text) for part in highlighted(text)] == pieces
