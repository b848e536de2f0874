"""The operators' console in Chromium: from an event to the screen, long runs, and many who watch one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Page, async_playwright

from benchmarks.agent_spans import Background, Exporters
from benchmarks.report import distribution, figure, percentile_95
from demo.accounts import DEMO_ACCOUNTS
from demo.salons import MOSCOW
from tests.panel_process import PanelProcess

CHROMIUM = "/usr/bin/chromium"
BACKGROUND_RATE = 500
EVENTS = 100
SWITCHES = 100
WATCHERS = 50
AT_ONCE = 1_000
STEERED = 20
SEEN = """
  window.seenAt = {};
  new MutationObserver(() => {
    const now = Date.now();
    for (const row of document.querySelectorAll(".agent-row .agent-name")) seenAt[row.textContent] ??= now;
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
"""
FRAMES = """async () => {
  const box = document.querySelector(".agent-list");
  const times = [];
  for (let frame = 0; frame < 180; frame++) {
    box.scrollTop = frame % 2 ? frame * 4001 % box.scrollHeight : box.scrollTop + 30;
    times.push(await new Promise((resolve) => requestAnimationFrame(resolve)));
  }
  return (times.length - 1) * 1000 / (times.at(-1) - times[0]);
}"""
SWITCH = """async (number) => {
  const rows = [...document.querySelectorAll(".agent-row")];
  const row = rows[number % rows.length];
  const name = row.querySelector(".agent-name").textContent;
  row.dispatchEvent(new PointerEvent("pointerenter")); // a pointer is there before its click
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = performance.now();
  row.click();
  while (document.querySelector(".agent-detail-name")?.textContent !== name) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return performance.now() - began;
}"""


POST = """async ([path, said]) => {
  const salon = location.pathname.split("/")[2];
  const answer = await fetch(`${path}?tenant=${salon}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ request_id: crypto.randomUUID(), ...said }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}"""


async def measure(data_dir: Path) -> None:
    """Over the demo salons, in one browser and beside a steady stream of spans."""
    with PanelProcess(data_dir, DEMO="1") as panel:
        key = panel.issue_key(MOSCOW.slug, "ingest", "read", "control")
        exporters = Exporters(panel.url, key)
        async with (
            httpx.AsyncClient(base_url=panel.url, headers={"x-api-key": exporters.key}, timeout=60) as http,
            _browser(panel.url) as page,
        ):
            agent = _Agent(http)
            base = f"{panel.url}/s/{MOSCOW.tenant_id}/agents"
            with Background(exporters, BACKGROUND_RATE):
                await _to_screen(agent, page, base)
            long = _Agent(http)
            await long.write(50_000)
            await _long_run(page, f"{base}?run={await long.run_id()}", 50_000)
            await long.write(50_000)
            await _long_run(page, f"{base}?run={await long.run_id()}", 100_000)
            await _smooth(page, long)
            switches = [await page.evaluate(SWITCH, number) for number in range(SWITCHES)]
            percentile_95("switching events in the detail, p95", switches, at_most=50)
            await _many_watch(panel.url, http)
            await _steer(page, http)


async def _to_screen(agent: _Agent, page: Page, base: str) -> None:
    await agent.tell("begins")
    await page.goto(f"{base}?run={await agent.run_id()}")
    await page.locator(".agent-row").first.wait_for()
    await page.evaluate(SEEN)
    milliseconds = []
    for _ in range(EVENTS):
        name = f"probe-{uuid4().hex[:8]}"
        began = time.time()
        await agent.tell(name)
        await page.wait_for_function("name => window.seenAt[name]", arg=name, timeout=15_000)
        milliseconds.append(await page.evaluate("name => window.seenAt[name]", name) - began * 1000)
        await asyncio.sleep(0.05)
    distribution(
        f"from an event to the screen beside {BACKGROUND_RATE} spans/s", milliseconds, p95_at_most=100
    )


async def _long_run(page: Page, address: str, events: int) -> None:
    """Until its newest events are there and the list answers; then until all are read."""
    began = time.perf_counter()
    await page.goto(address)
    await page.locator(".agent-row", has_text=f"line {events - 1}").wait_for()
    figure(f"a run of {events:,} events is shown", (time.perf_counter() - began) * 1000, "ms", at_most=1_000)
    await page.get_by_text("older ones are being read").wait_for(state="detached", timeout=120_000)
    figure("and read whole behind that", (time.perf_counter() - began) * 1000, "ms")


async def _smooth(page: Page, agent: _Agent) -> None:
    """Scrolling through all of it while more comes."""
    more = asyncio.create_task(agent.drip())
    frames = await page.evaluate(FRAMES)
    more.cancel()
    figure("frames while scrolling a live list of 100,000", frames, "/s", at_least=50)
    nodes = await page.evaluate("document.querySelectorAll('.agent-feed *').length")
    figure("its elements in the document", nodes, "", at_most=2_000)


async def _many_watch(url: str, http: httpx.AsyncClient) -> None:
    """As many sockets as operators, all on one run, by the way of the page's own."""
    from websockets.asyncio.client import connect

    agent = _Agent(http)
    await agent.tell("begins")
    address = url.replace("http", "ws") + f"/api/v1/stream?run={await agent.run_id()}"
    headers = {"x-api-key": http.headers["x-api-key"]}
    arrivals: list[float] = []
    sockets = [await connect(address, additional_headers=headers) for _ in range(WATCHERS)]
    try:
        for socket in sockets:
            await socket.recv()
        for _ in range(40):
            began = time.perf_counter()
            told = asyncio.create_task(agent.tell("watched"))

            async def heard(socket: Any, began: float = began) -> None:
                await socket.recv()
                arrivals.append((time.perf_counter() - began) * 1000)

            await asyncio.gather(*[heard(socket) for socket in sockets])
            await told
            await asyncio.sleep(0.05)
    finally:
        for socket in sockets:
            await socket.close()
    percentile_95(f"an event to each of {WATCHERS} who watch one run, p95", arrivals, at_most=100)


async def _steer(page: Page, http: httpx.AsyncClient) -> None:
    """An operator's click, as the page sends it, until the agent that asks for commands goes on, or ends."""
    resumed, stopped = [], []
    for _ in range(STEERED):
        agent = _Agent(http)
        await agent.ask()
        run = await agent.run_id()
        waiting = asyncio.create_task(agent.command())
        await asyncio.sleep(0.2)
        began = time.perf_counter()
        await page.evaluate(POST, [f"/api/v1/runs/{run}/approvals/1", {"decision": "approve"}])
        await waiting
        resumed.append((time.perf_counter() - began) * 1000)
        working = asyncio.create_task(agent.work_until_stopped())
        await asyncio.sleep(0.2)
        began = time.perf_counter()
        await page.evaluate(POST, [f"/api/v1/runs/{run}/stop", {"comment": None}])
        stopped.append((await working - began) * 1000)
    percentile_95("from Approve until the agent goes on, p95", resumed, at_most=500)
    percentile_95("from Stop until the agent's last event, p95", stopped, at_most=1_000)


class _Agent:
    """One run that tells of itself as JSON."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._trace = uuid4().hex
        self._told = 0

    async def tell(self, *names: str) -> None:
        """One event for each name, in one request."""
        now = _now()
        events = [
            {"run_id": self._trace, "kind": "tool_call", "name": name, "at": now, "result": "done"}
            for name in names
        ]
        (await self._http.post("/api/v1/events", json={"events": events})).raise_for_status()

    async def write(self, events: int) -> None:
        """So many more lines."""
        for start in range(self._told, self._told + events, AT_ONCE):
            await self.tell(*[f"line {number}" for number in range(start, start + AT_ONCE)])
        self._told += events

    async def drip(self) -> None:
        """More and more, until cancelled."""
        while True:
            await self.tell("one more")
            await asyncio.sleep(0.02)

    async def ask(self) -> None:
        """For permission."""
        event = {"run_id": self._trace, "kind": "approval_request", "name": "book", "at": _now()}
        (await self._http.post("/api/v1/events", json=event)).raise_for_status()

    async def command(self) -> None:
        """Wait for one, and say that it is done."""
        told = await self._http.get("/api/v1/commands", params={"wait": 20})
        for command in told.raise_for_status().json()["commands"]:
            address = f"/api/v1/commands/{command['command_id']}"
            (await self._http.post(address, json={"status": "done"})).raise_for_status()

    async def work_until_stopped(self) -> float:
        """Tell of more and more until a command comes; gives when the last of it was told."""
        waiting = asyncio.create_task(self.command())
        while not waiting.done():
            await self.tell("works")
            await asyncio.sleep(0.02)
        return time.perf_counter()

    async def run_id(self) -> str:
        """As the panel numbers it."""
        spans = (await self._http.get(f"/api/v1/traces/{self._trace}", params={"limit": 1})).json()
        return str(spans["spans"][0]["run_id"])


def _now() -> str:
    return datetime.now(UTC).isoformat()


@asynccontextmanager
async def _browser(url: str) -> AsyncIterator[Page]:
    account = next(one for one in DEMO_ACCOUNTS if one.email.startswith("operator"))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="en")
        page = await context.new_page()
        await page.goto(f"{url}/sign-in")
        await page.locator("input[name=email]").fill(account.email)
        await page.locator("input[type=password]").fill(account.password)
        await page.locator("button[type=submit]").click()
        await page.locator(".kpi-value").first.wait_for()
        yield page
        await browser.close()
