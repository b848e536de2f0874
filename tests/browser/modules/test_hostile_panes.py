"""Hostile text in every field that a pane is given: shown as text, whatever is opened or pressed."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

KINDS = (
    "user_input", "model_call", "tool_call", "agent", "node", "retrieval", "plan_update", "approval_request",
    "approval_decision", "routing", "log", "other", "<x-hit>", "__proto__", "constructor",
)  # fmt: skip
FIELDS = {
    "name", "source", "node", "problem_type", "problem", "stack", "chosen", "reason", "other", "value", "deep"
}  # fmt: skip
OF_KIND = {
    "model_call": {"model", "provider", "system", "tool", "assistant", "user", "part", "document", "called"},
    "tool_call": {"stdout", "stderr", "exit"},
    "approval_decision": {"by", "comment", "input", "document"},
}
RUNS = """
  const run = {
    ...bench.store([]).run, name: `run ${bench.MARKUP}`, agent: `agent ${bench.MARKUP}`, status: "<x-hit>",
    started_at: "<x-hit>", duration_ms: "<x-hit>", cost: "<x-hit>", cost_is_known: true, currency: "<x-hit>",
    tokens_input: 1, tokens_output: 1, model_calls: 1, tool_calls: 1, failures: 1, events: 3,
  };
  const linkTo = (run, seq) => `/s/x/agents?${new URLSearchParams({ run: run ?? "", event: seq ?? "" })}`;
  const refuse = async () => {
    throw Object.assign(new Error(bench.MARKUP), { status: 409, advice: bench.MARKUP });
  };
"""
SAID = """() => {
  const words = [...bench.text().matchAll(/(\\w+) (?=<x-hit>)/g)];
  return [...new Set(words.map(([, word]) => word.toLowerCase()))];
}"""


async def said(modules: Modules) -> set[str]:
    """The words before which a piece of markup is shown."""
    return set(await modules.run(SAID))


def ends_with_all(words: set[str], wanted: set[str]) -> bool:
    return all(any(word.endswith(one) for word in words) for one in wanted)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_detail(modules: Modules, kind: str) -> None:
    await modules.run(
        """async (kind) => {
          const event = bench.hostile(1, { kind, removed: 3, payload: bench.hostilePayload() });
          const others = [2, 3].map((seq) => bench.hostile(seq, { kind: "approval_decision", step_id: "s1",
            parent_id: "s1" }));
          const store = bench.store([event, ...others, bench.hostile(4, { parent_id: "s1" })],
            { conversation_id: `" onclick="window.__hit=1` });
          await bench.show("agent_detail", { event, store, version: 1, told: bench.told.detail,
            salonUrl: "/s/x" });
          await bench.until(() => bench.find(".agent-around"));
          await bench.openAll();
        }""",
        kind,
    )
    words = await said(modules)
    wanted = FIELDS - {"deep", "value"} if kind == "model_call" else FIELDS
    assert ends_with_all(words, wanted | OF_KIND.get(kind, set())), sorted(words)


async def test_the_detail_when_it_cannot_be_read(modules: Modules) -> None:
    await modules.run(
        """() => bench.show("agent_detail", {
          problem: { message: `message ${bench.MARKUP}`, advice: `advice ${bench.MARKUP}` },
          store: bench.store([]), version: 1, told: bench.told.detail, salonUrl: "/s/x" })"""
    )
    assert ends_with_all(await said(modules), {"message", "advice"})


async def test_the_plan(modules: Modules) -> None:
    await modules.run(
        """async () => {
          const events = [1, 2, 3].map((seq) => bench.hostile(seq, { kind: "plan_update", status: "done",
            has_payload: true }));
          const task = (id, more) => JSON.parse(JSON.stringify({ id, title: `title ${bench.MARKUP}`,
            status: `status ${bench.MARKUP}`,
            by: `worker ${bench.MARKUP}`, ...more }));
          const lists = [[task("__proto__"), task("constructor"), "x"], [task("__proto__",
            { title: `other ${bench.MARKUP}` })],
            [task(1), task(2)]];
          const load = async (path) => ({ ...events[0], payload: { result: {
            tasks: lists[Number(path.at(-1)) - 1], reason: `reason ${bench.MARKUP}`,
              by: `planner ${bench.MARKUP}` } } });
          const store = bench.store(events);
          await bench.show("agent_plan", { store, version: 1, told: bench.told.plan, load, mayAdd: true,
            added: 0,
            addProblem: `refusal ${bench.MARKUP}` });
          await bench.until(() => bench.find(".agent-plan-diff") && !bench.find(".skeleton"));
        }"""
    )
    wanted = {"title", "status", "worker", "other", "reason", "planner", "refusal"}
    assert ends_with_all(await said(modules), wanted)


async def test_the_plan_when_it_cannot_be_read(modules: Modules) -> None:
    await modules.run(
        f"""async () => {{
          {RUNS}
          const store = bench.store([bench.event(1, {{ kind: "plan_update", has_payload: true }})]);
          await bench.show("agent_plan", {{ store, version: 1, told: bench.told.plan, load: refuse }});
          await bench.until(() => bench.find("[role=alert]"));
        }}"""
    )
    assert "<x-hit>" in await modules.run("() => bench.text()")


DIAGRAMS = """async ([kinds, name, ready]) => {
  const events = kinds.flatMap((kind, at) => [
    bench.hostile(2 * at + 1, { kind, parent_id: at ? "s1" : undefined, iteration: at,
      status: at % 2 ? "waiting" : "error" }),
    bench.hostile(2 * at + 2, { kind, source: bench.MARKUP + at, node: bench.MARKUP + at, status: "<x-hit>",
      phase: "<x-hit>" }),
  ]);
  const load = async () => ({ payload: { attributes: { graph: { nodes: [bench.MARKUP, "__proto__"],
    edges: [["__proto__", "b"]] } } } });
  const store = bench.store(events.map((one) => ({ ...one, has_payload: true })));
  await bench.show(name, { store, version: 1, told: bench.told[name.replace("agent_", "")], load });
  await bench.until(() => bench.find(ready));
  await bench.openAll(20);
  bench.all("details").forEach((one) => { one.open = true; });
  for (const selector of [".sequence-line button", ".graph-node", ".span-row", "[data-line]",
    ".diagram-button"]) {
    bench.all(selector).slice(0, 40).forEach((one) => one.dispatchEvent(new MouseEvent("click",
      { bubbles: true })));
    await bench.frame();
  }
}"""


@pytest.mark.parametrize(
    ("name", "ready", "wanted"),
    [
        ("agent_time", ".span-row", {"name"}),
        ("agent_graph", ".graph-node", {"node"}),
        ("agent_sequence", ".sequence-picture svg", {"source", "summary", "model", "name"}),
    ],
)
async def test_the_diagrams(modules: Modules, name: str, ready: str, wanted: set[str]) -> None:
    await modules.run(DIAGRAMS, [[*KINDS], name, ready])
    assert ends_with_all(await said(modules), wanted)


async def test_the_feed(modules: Modules) -> None:
    await modules.run(
        """async (kinds) => {
          const store = bench.store(kinds.map((kind, at) => bench.hostile(at + 1, { kind, status: kind,
            phase: kind, at: kind })));
          await bench.show("agent_feed", { store, version: 1, selected: 3, told: bench.told.feed });
          await bench.until(() => bench.find(".agent-name"));
        }""",
        [*KINDS],
    )
    assert ends_with_all(await said(modules), {"name", "source", "problem"})


async def test_two_runs_beside_each_other(modules: Modules) -> None:
    await modules.run(
        f"""async (kinds) => {{
          {RUNS}
          const events = kinds.map((kind, at) => bench.hostile(at + 1, {{ kind, status: kind,
            duration_ms: kind }}));
          const load = async (path) => (path.includes("/events") ? {{ events }} : {{ ...run, run_id: path }});
          await bench.show("agent_compare", {{ runs: "<x-hit>,__proto__", told: bench.told.compare, load,
            linkTo }});
          await bench.until(() => bench.find(".agent-compare-steps"));
        }}""",
        [*KINDS],
    )
    assert ends_with_all(await said(modules), {"run", "name"})


async def test_the_list_of_runs(modules: Modules) -> None:
    await modules.run(
        f"""async () => {{
          {RUNS}
          const load = async () => ({{ runs: [run], next_cursor: bench.MARKUP }});
          await bench.show("agent_history", {{ told: bench.told.history, load, linkTo }});
          await bench.until(() => bench.find("tbody tr"));
        }}"""
    )
    assert ends_with_all(await said(modules), {"run", "agent"})


async def test_questions_and_commands(modules: Modules) -> None:
    asked = await modules.run(
        f"""async () => {{
          {RUNS}
          const asked = [1, 2].map((seq) => ({{ ...bench.hostile(seq), agent: `agent ${{bench.MARKUP}}`,
            risk: `risk ${{bench.MARKUP}}`,
            expires_at: "<x-hit>", arguments: bench.hostilePayload().arguments }}));
          await bench.show("agent_approvals", {{ asked, words: bench.told, send: refuse, linkTo,
            mayDecide: true }});
          await bench.openAll(20);
          await bench.press(bench.find(".button-primary"));
          await bench.until(() => bench.find("[role=alert]"));
          return bench.find("[role=alert]").textContent.includes("<x-hit>");
        }}"""
    )
    assert asked
    assert ends_with_all(await said(modules), {"agent", "name", "risk", "value"})
    await modules.run(
        f"""async () => {{
          {RUNS}
          const told = (field) => `${{field}} ${{bench.MARKUP}}`;
          const commands = ["failed", "<x-hit>"].map((status, at) => ({{ command_id: at,
            created_at: "<x-hit>", kind: told("kind"), status,
            text: told("text"), comment: told("comment"), created_by: told("author"),
              problem: told("problem") }}));
          await bench.show("agent_commands", {{ commands, told: bench.told.commands, away: "", send: refuse,
            mayResend: true }});
        }}"""
    )
    assert ends_with_all(await said(modules), {"kind", "text", "comment", "author", "problem"})
