"""The browser's modules by themselves: a page with no panel behind it, at an address that nobody has."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nicegui
from playwright.async_api import Browser, Page, Route

from i18n import translator
from identity.headers import PAGES_POLICY
from pages.agent_words import packed_words

PROJECT = Path(__file__).parents[3]
NICEGUI = Path(nicegui.__file__).parent
ORIGIN = "https://modules.test"
FOLDERS = {
    "components": PROJECT / "components",
    "static": PROJECT / "static",
    "nicegui": NICEGUI / "static",
    "mermaid": NICEGUI / "elements" / "mermaid" / "dist",
    "bench": Path(__file__).parent,
}
TYPES = {".js": "text/javascript", ".css": "text/css"}
IMPORTS = {
    **{path.stem: f"/components/{path.name}" for path in FOLDERS["components"].glob("*.js")},
    "vue": "/nicegui/vue.esm-browser.js",  # the one that warns
    "nicegui-mermaid": "/mermaid/index.js",
}
STYLES = ("theme", "panel", "agents", "agents_detail", "agents_diagrams", "agents_plan")
DOCUMENT = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Modules</title><link rel="icon" href="data:,">
{"".join(f'<link rel="stylesheet" href="/static/{name}.css">' for name in STYLES)}
<script type="importmap">{json.dumps({"imports": IMPORTS})}</script></head><body>
<script type="module">import * as Vue from "vue"; globalThis.Vue = Vue;</script>
<script defer src="/nicegui/quasar.umd.prod.js"></script>
<script type="module">import * as bench from "/bench/bench.js"; globalThis.bench = bench;</script>
</body></html>"""


@dataclass
class Modules:
    """A tab in which modules are imported by their bare names, as the panel's pages do it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    async def run(self, script: str, given: object = None) -> Any:
        """What `script`, a function in JavaScript, answers to `given`; it may be asynchronous."""
        return await self.page.evaluate(script, given)

    async def ask(self, module: str, script: str, given: object = None) -> Any:
        """The same for a function of a module's exports and `given`."""
        called = f"async (given) => ({script})(await import({json.dumps(module)}), given)"
        return await self.page.evaluate(called, given)

    async def check(self) -> None:
        """Nothing was complained of, asked of others, run or made of a text; what was shown is gone."""
        traps = await self.page.evaluate("() => bench.leave()")
        complaints, strangers = [*self.complaints], [*self.strangers]
        self.complaints.clear()
        self.strangers.clear()
        assert complaints == []
        assert strangers == []
        assert traps == {"hit": None, "polluted": None, "made": 0}


@asynccontextmanager
async def opened(chromium: Browser) -> AsyncIterator[Modules]:
    """Such a tab, in a browser context of its own, under the policy of the panel's pages."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    modules = Modules(await context.new_page())

    async def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        folder, _, name = address.path.removeprefix("/").partition("/")
        if f"{address.scheme}://{address.netloc}" != ORIGIN:
            modules.strangers.append(route.request.url)
            await route.abort()
        elif address.path == "/":
            headers = {"content-type": "text/html", "content-security-policy": PAGES_POLICY}
            await route.fulfill(body=DOCUMENT, headers=headers)
        elif folder in FOLDERS and (FOLDERS[folder] / name).is_file():
            path = FOLDERS[folder] / name
            await route.fulfill(path=path, content_type=TYPES[path.suffix])
        else:
            modules.strangers.append(route.request.url)
            await route.abort()

    await context.route("**/*", answer)
    context.on(
        "console",
        lambda message: (
            modules.complaints.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    context.on("weberror", lambda error: modules.complaints.append(str(error.error)))
    await modules.page.goto(ORIGIN)
    await modules.page.wait_for_function("() => globalThis.bench && globalThis.Quasar")
    await modules.page.evaluate("(words) => bench.begin(words)", packed_words(translator("en")))
    try:
        yield modules
    finally:
        await context.close()
