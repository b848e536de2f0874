"""The design tokens: every colour, size and space of the panel, for light and dark.

`python -m components.theme` writes `static/theme.css` from them; a test keeps the two in step and the
colours readable. Nothing else in the project names a colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

STYLESHEET = Path(__file__).parent.parent / "static" / "theme.css"

LIGHT: Mapping[str, str] = {
    "bg": "#f6f6f8",
    "surface": "#ffffff",
    "surface-2": "#f0f0f4",
    "text": "#1b1c22",
    "text-muted": "#5c5f6b",
    "border": "#e1e2e8",
    "border-strong": "#83868f",
    "accent": "#4b4ac8",
    "accent-text": "#ffffff",
    "accent-soft": "#ecebfb",
    "danger": "#bf2330",
    "danger-soft": "#fdebec",
    "success": "#14734a",
    "success-soft": "#e4f5ec",
    "warning": "#8a5300",
    "warning-soft": "#fdf1d8",
    "series-1": "#8688a8",
    "series-2": "#4b4ac8",
    "heat-0": "#f4f4f7",
    "heat-1": "#dddcf6",
    "heat-2": "#b9b8ec",
    "heat-3": "#9190de",
    "heat-4": "#6b6ad2",
    "heat-5": "#4443b4",
    "skeleton": "#e7e8ed",
    "backdrop": "#1b1c2266",
}

DARK: Mapping[str, str] = {
    "bg": "#101114",
    "surface": "#18191d",
    "surface-2": "#222329",
    "text": "#ecedf1",
    "text-muted": "#a3a6b3",
    "border": "#2c2e35",
    "border-strong": "#747784",
    "accent": "#a4a3f7",
    "accent-text": "#14142b",
    "accent-soft": "#28284a",
    "danger": "#ff9a9d",
    "danger-soft": "#3b1a1f",
    "success": "#56c892",
    "success-soft": "#153225",
    "warning": "#f0b456",
    "warning-soft": "#352612",
    "series-1": "#6c6f8c",
    "series-2": "#a4a3f7",
    "heat-0": "#222329",
    "heat-1": "#2f2f52",
    "heat-2": "#47467d",
    "heat-3": "#6463a8",
    "heat-4": "#8483d0",
    "heat-5": "#b4b3ff",
    "skeleton": "#26272d",
    "backdrop": "#000000a6",
}

SIZES: Mapping[str, str] = {
    "radius": "8px",
    "radius-small": "6px",
    "space-1": "4px",
    "space-2": "8px",
    "space-3": "12px",
    "space-4": "16px",
    "space-5": "24px",
    "space-6": "32px",
    "text-small": "0.75rem",
    "text-body": "0.875rem",
    "text-large": "1.125rem",
    "text-figure": "1.75rem",
    "control": "36px",
    "sidebar": "220px",
    # Roboto comes with NiceGUI, so that machines without a good interface font look the same.
    "font": '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
    "font-mono": 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
}

SHADOWS: Mapping[str, str] = {
    "light": "0 1px 2px rgb(20 20 43 / 6%), 0 8px 24px rgb(20 20 43 / 10%)",
    "dark": "0 1px 2px rgb(0 0 0 / 40%), 0 8px 24px rgb(0 0 0 / 45%)",
}

QUASAR: Mapping[str, str] = {
    "primary": "var(--accent)",
    "secondary": "var(--text-muted)",
    "accent": "var(--accent)",
    "positive": "var(--success)",
    "negative": "var(--danger)",
    "info": "var(--accent)",
    "warning": "var(--warning)",
    "dark": "var(--surface)",
    "dark_page": "var(--bg)",
}
"""Quasar's own colours, so that its widgets follow the theme."""

CHART: Mapping[str, str] = {
    "series-1": "rgb(1, 1, 11)",
    "series-2": "rgb(1, 1, 12)",
    "text-muted": "rgb(1, 1, 13)",
    "border": "rgb(1, 1, 14)",
    "surface": "rgb(1, 1, 15)",
    "text": "rgb(1, 1, 16)",
    "heat-0": "rgb(1, 1, 20)",
    "heat-1": "rgb(1, 1, 21)",
    "heat-2": "rgb(1, 1, 22)",
    "heat-3": "rgb(1, 1, 23)",
    "heat-4": "rgb(1, 1, 24)",
    "heat-5": "rgb(1, 1, 25)",
}
"""Stand-ins that Plotly is given for tokens.

Plotly takes no CSS variables: it writes colours into `style` attributes as it was given them. The stylesheet
finds these there and puts the token in their place, so that a chart follows the theme without being redrawn.
"""


def stylesheet() -> str:
    """The whole of `static/theme.css`."""
    light, dark = _variables(LIGHT, SHADOWS["light"]), _variables(DARK, SHADOWS["dark"])
    sizes = "".join(f"  --{name}: {value};\n" for name, value in SIZES.items())
    return (
        "/* Written by `python -m components.theme`. Change the tokens there. */\n"
        f":root {{\n{sizes}}}\n"
        f':root, :root[data-theme="light"] {{\n  color-scheme: light;\n{light}}}\n'
        f':root[data-theme="dark"] {{\n  color-scheme: dark;\n{dark}}}\n'
        "@media (prefers-color-scheme: dark) {\n"
        f':root:not([data-theme="light"]) {{\n  color-scheme: dark;\n{dark}}}\n}}\n'
        # paper is white, whatever the screen is
        f"@media print {{\n:root:root:root {{\n  color-scheme: light;\n{light}}}\n}}\n" + _chart_rules()
    )


def _variables(colours: Mapping[str, str], shadow: str) -> str:
    lines = [f"  --{name}: {value};\n" for name, value in colours.items()]
    return "".join(lines) + f"  --shadow: {shadow};\n"


def _chart_rules() -> str:
    rules = []
    for token, stand_in in CHART.items():
        for attribute in ("fill", "stroke"):
            rules.append(
                f'.js-plotly-plot [style*="{attribute}: {stand_in}"] '
                f"{{ {attribute}: var(--{token}) !important; }}\n"
            )
    return "".join(rules)


if __name__ == "__main__":
    STYLESHEET.write_text(stylesheet())
