"""The colours are readable in both themes, and the stylesheet is the one that the tokens make."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from components.head import STYLES
from components.theme import CHART, DARK, LIGHT, STYLESHEET, stylesheet

THEMES = {"light": LIGHT, "dark": DARK}
TEXT = [
    *itertools.product(["text", "text-muted"], ["bg", "surface", "surface-2"]),
    *itertools.product(["accent", "danger", "success", "warning"], ["bg", "surface"]),
    ("accent-text", "accent"),
    ("surface", "danger"),
    ("bg", "text"),
    ("accent", "accent-soft"),
    *((name, f"{name}-soft") for name in ("danger", "success", "warning")),
    ("text", "warning-soft"),
    ("text", "danger-soft"),
]
"""Words on grounds, as the panel has them: WCAG 2.2 AA asks for 4.5."""
SHAPES = [
    *itertools.product(["border-strong", "series-1", "series-2", "accent"], ["surface"]),
]
"""Edges of controls and bars: 3 (success criterion 1.4.11)."""


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


class TestContrast:
    def test_is_21_between_black_and_white(self) -> None:
        assert contrast("#000000", "#ffffff") == pytest.approx(21)

    @pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
    @pytest.mark.parametrize(("words", "ground"), TEXT)
    def test_of_text_is_enough(self, theme: Mapping[str, str], words: str, ground: str) -> None:
        assert contrast(theme[words], theme[ground]) >= 4.5

    @pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
    @pytest.mark.parametrize(("shape", "ground"), SHAPES)
    def test_of_shapes_is_enough(self, theme: Mapping[str, str], shape: str, ground: str) -> None:
        assert contrast(theme[shape], theme[ground]) >= 3

    @pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
    def test_grows_with_the_heat(self, theme: Mapping[str, str]) -> None:
        levels = [contrast(theme[f"heat-{level}"], theme["surface"]) for level in range(6)]
        assert levels == sorted(levels)
        assert levels[-1] >= 3

    @pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
    def test_tells_the_series_apart(self, theme: Mapping[str, str]) -> None:
        assert contrast(theme["series-1"], theme["series-2"]) >= 1.8


class TestStylesheet:
    def test_is_in_step_with_the_tokens(self) -> None:
        assert STYLESHEET.read_text() == stylesheet(), "run: python -m components.theme"

    def test_has_the_same_tokens_in_both_themes(self) -> None:
        assert LIGHT.keys() == DARK.keys()

    def test_puts_tokens_in_place_of_the_chart_colours(self) -> None:
        assert CHART.keys() <= LIGHT.keys()
        assert len(set(CHART.values())) == len(CHART)

    @pytest.mark.parametrize("name", sorted({*STYLES} - {STYLESHEET.name}))
    def test_nothing_else_names_a_colour(self, name: str) -> None:
        written = (STYLESHEET.parent / name).read_text()
        assert "#" not in written
        assert "rgb(" not in written

    def test_is_light_on_paper(self) -> None:
        on_paper = stylesheet().partition("@media print")[2]
        assert all(f"--{name}: {colour};" in on_paper for name, colour in LIGHT.items())
