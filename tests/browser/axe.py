"""axe-core in the page under test: what keeps people with a keyboard or a screen reader out."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Page

SCRIPT = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
GRAVE = {"serious", "critical"}

LOOKS = [
    ("light", "en", ()),
    pytest.param("dark", "ru", ("color-contrast",), marks=pytest.mark.long),
]
"""In which scheme and language pages are looked at, and by which rules: all, or only what a look changes."""

# What Quasar's own markup breaks, and nothing of ours can mend: the rule, and exactly which elements.
EXCUSED: Mapping[str, str] = {
    # The list of a select has two empty focusable places around its options, for scrolling.
    "aria-required-children": ".q-menu[role=listbox]",
}

# A transition begins a frame or two after what starts it, so one look at the running ones is not enough.
_AT_REST = """async () => {
  await document.fonts.ready;
  for (let quiet = 0; quiet < 5; quiet++) {
    await new Promise(requestAnimationFrame);
    const ending = document.getAnimations().filter(
      one => one.effect.getComputedTiming().endTime !== Infinity);
    const moving = document.querySelector('[class*="-enter-active"], [class*="-leave-active"]');
    if (ending.length > 0 || moving) quiet = 0;
    await Promise.allSettled(ending.map(one => one.finished));
  }
}"""


async def violations(page: Page, *only: str) -> list[str]:
    """Each grave violation on the page as it is now, once nothing moves: rule, element, and why.

    `only` names the rules to check; all by default.
    """
    await page.evaluate(_AT_REST)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(only)} if only else {})}
    found = await page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {_reasons(node)}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
        if not await _is_excused(page, rule["id"], node)
    ]


def _reasons(node: Mapping[str, Any]) -> list[str]:
    return [check["message"] for check in [*node["any"], *node["all"], *node["none"]]][:2]


async def _is_excused(page: Page, rule: str, node: Mapping[str, Any]) -> bool:
    selector = EXCUSED.get(rule)
    if selector is None:
        return False
    return bool(await page.locator(node["target"][0]).evaluate("(e, s) => e.matches(s)", selector))
