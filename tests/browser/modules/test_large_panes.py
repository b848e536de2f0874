"""50,000 spans, 2,000 branches, 500 messages, 5 MB of JSON: little of it is drawn, and more is offered."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

MOST = 3_000
LONGEST = 41_000

RUNS = """
  const spans = (count, more) => Array.from({ length: count }, (_, at) => bench.event(at + 1, more(at)));
  const kinds = ["tool_call", "model_call", "agent", "user_input", "node", "approval_request"];
  const runs = {
    spans: () => spans(50_000, (at) => ({ kind: kinds[at % 6], node: `n${at % 3000}`, source: `s${at}`,
      parent_id: `s${at - at % 10}` })),
    kinds: () => spans(5_000, (at) => ({ kind: `kind ${at}`, status: `status ${at}`, source: `source ${at}`,
      node: `n${at}` })),
    branches: () => [...bench.branches(2_000, { kind: "node" }), ...bench.ends(1_000,
      { kind: "node" })].map((one) =>
      ({ ...one, node: one.name })),
    messages: () => spans(500, (at) => ({ kind: at % 2 ? "tool_call" : "user_input",
      summary: "long ".repeat(80) })),
    agents: () => spans(2_000, (at) => ({ kind: "agent", source: `agent ${at}`,
      parent_id: at ? "s1" : undefined })),
  };
"""
SHOW = (
    "async ([name, run, ready]) => {"
    + RUNS
    + """
  const told = bench.told[name.replace("agent_", "")];
  await bench.show(name, { store: bench.store(runs[run]()), version: 1, told, load: async () => ({}) });
  await bench.until(() => bench.find(ready));
  await bench.frame();
  return [bench.nodes(), bench.longest(), bench.text()];
}"""
)


@pytest.mark.parametrize("run", ["spans", "kinds", "branches", "messages", "agents"])
@pytest.mark.parametrize(
    ("name", "ready"),
    [
        ("agent_time", ".span-row"),
        ("agent_sequence", ".sequence-picture svg, .state"),
        ("agent_feed", ".agent-row"),
    ],
)
async def test_a_large_run(modules: Modules, name: str, ready: str, run: str) -> None:
    nodes, longest, _ = await modules.run(SHOW, [name, run, ready])
    assert nodes < MOST
    assert longest <= 400, "a column of an event at the most"


@pytest.mark.parametrize(
    ("run", "says"), [("spans", "200 busiest of 3,000"), ("branches", "200 busiest of 2,001")]
)
async def test_of_many_nodes_the_busiest(modules: Modules, run: str, says: str) -> None:
    nodes, _, text = await modules.run(SHOW, ["agent_graph", run, ".graph-node"])
    assert nodes < MOST
    assert says in text


async def test_of_five_hundred_messages_the_newest_and_a_way_to_the_older_ones(modules: Modules) -> None:
    _, _, text = await modules.run(SHOW, ["agent_sequence", "messages", ".sequence-picture svg"])
    assert "Lines 701–750 of 750" in text
    earlier = await modules.run(
        """async () => {
          const before = bench.find(".sequence-picture svg");
          await bench.press(bench.button("Older"));
          await bench.until(() => bench.find(".sequence-picture svg") !== before);
          return [bench.text(), bench.nodes(), bench.all(".sequence-list > li").length];
        }"""
    )
    assert "Lines 601–700 of 750" in earlier[0]
    assert earlier[1] < MOST
    assert earlier[2] == 100


async def test_of_many_agents_within_one_a_few_can_be_folded(modules: Modules) -> None:
    _, _, text = await modules.run(SHOW, ["agent_sequence", "agents", ".sequence-picture svg"])
    assert "and 1,975 more" in text
    assert await modules.run("() => bench.all('.sequence-agent').length") == 24


DETAIL = """async ([kind, shape]) => {
  const big = bench.long(5_000_000);
  const list = Array.from({ length: 100_000 }, (_, at) => ({ a: at, ":b": "some text", c: [null, true] }));
  const keys = Object.fromEntries(list.map((one, at) => [`k${at}`, one]));
  const said = (content) => ({ role: "user", content });
  const payloads = {
    texts: {
      prompt: [{ role: big, content: big }, said([big, { type: big, data: 1 }])], answer: [said(big)],
        arguments: big, input: big,
      result: { stdout: big, stderr: big, exit_code: big }, parameters: { a: big }, attributes: { a: big,
        comment: big, by: big },
      routing: { chosen: big, reason: big, alternatives: Array(1000).fill(big + "x") },
        stack: "Caused by: a line\\n".repeat(300_000),
    },
    lines: Object.fromEntries(["arguments", "input", "result", "stack"].map((name) => [name,
      "line\\n".repeat(1_000_000)])),
    lists: {
      prompt: [{ ...said(list), tool_calls: list }, ...list.map((one) => said(one.a))], answer: list,
        arguments: list, input: list, result: list, parameters: keys,
      attributes: keys, routing: { chosen: list, reason: list, alternatives: list.map(String) }, stack: list,
    },
    strange: { prompt: big, answer: big, parameters: big, attributes: big, routing: big },
  };
  const event = bench.event(1, { kind, payload: payloads[shape] });
  event.__v_skip = true;
  const store = bench.store([event, ...Array.from({ length: 50_000 }, (_, at) => bench.event(at + 2,
    { parent_id: "s1" }))]);
  await bench.show("agent_detail", { event, store, version: 1, told: bench.told.detail, salonUrl: "/s/x" });
  await bench.until(() => bench.find(".agent-around"));
  return [bench.nodes(), bench.longest(), bench.all(".agent-more").length];
}"""


@pytest.mark.parametrize("kind", ["model_call", "tool_call", "approval_decision", "log"])
@pytest.mark.parametrize("shape", ["texts", "lines", "lists", "strange"])
async def test_five_megabytes_in_the_detail(modules: Modules, kind: str, shape: str) -> None:
    nodes, longest, more = await modules.run(DETAIL, [kind, shape])
    assert nodes < MOST
    assert longest <= LONGEST
    assert more > 0


async def test_more_of_a_text_as_often_as_it_is_asked_for(modules: Modules) -> None:
    lengths = await modules.run(
        """async () => {
          const event = bench.event(1, { kind: "tool_call", payload: { arguments: bench.long(50_000) },
            problem: "x" });
          event.payload.stack = "at a\\n".repeat(20_000);
          await bench.show("agent_detail", { event, store: bench.store([event]), version: 1,
            told: bench.told.detail, salonUrl: "" });
          const lengths = () => [bench.find(".agent-block").textContent.length,
            bench.find(".agent-problem").textContent.length]
            .map((length) => Math.round(length / 1000));
          const before = lengths();
          await bench.openAll();
          return [before, lengths()];
        }"""
    )
    assert lengths == [[2, 40], [50, 100]]


PLAN = """async ([count, tasks]) => {
  const events = Array.from({ length: count }, (_, at) => bench.event(at + 1, { kind: "plan_update",
    has_payload: true }));
  const big = bench.long(100_000);
  const listOf = (seq) => Array.from({ length: tasks }, (_, at) => ({
    id: at % 3 ? String(at) : undefined, title: `${at + seq * tasks / 2} ${big}`,
      status: seq % 2 ? "pending" : big, by: big,
  }));
  const load = async (path) => ({ ...events[0], payload: { result: { tasks: listOf(Number(path.split("/").at(
    -1))), reason: big } } });
  await bench.show("agent_plan", { store: bench.store(events), version: 1, told: bench.told.plan, load });
  await bench.until(() => bench.find(".agent-plan-diff") && !bench.find(".skeleton"));
  return [bench.nodes(), bench.longest(), bench.text()];
}"""


@pytest.mark.parametrize(
    ("updates", "tasks", "offers"), [(3, 1_000, "Show more: 800"), (5_000, 60, "Show earlier: 4,990")]
)
async def test_a_large_plan(modules: Modules, updates: int, tasks: int, offers: str) -> None:
    nodes, longest, text = await modules.run(PLAN, [updates, tasks])
    assert nodes < 1.5 * MOST
    assert longest <= 2_001
    assert offers in text


async def test_two_large_runs_beside_each_other(modules: Modules) -> None:
    shown = await modules.run(
        """async () => {
          const load = async (path) => {
            const after = Number(new URL(path, "http://x").searchParams.get("cursor") ?? NaN);
            if (Number.isNaN(after)) return { ...bench.store([]).run, run_id: path, events: 50_000 };
            const events = Array.from({ length: 1000 }, (_, at) => bench.event(after + at + 1,
              { name: `${path[6]} ${at % 7}` }));
            return { events, next_cursor: after + 1000 };
          };
          await bench.show("agent_compare", { runs: "a,b", told: bench.told.compare, load,
            linkTo: () => "/x" });
          await bench.until(() => bench.find(".agent-compare-steps"));
          const first = [bench.nodes(), bench.all("li").length];
          await bench.press(bench.find(".agent-more"));
          return [...first, bench.all("li").length, bench.text()];
        }"""
    )
    assert shown[0] < MOST
    assert shown[1:3] == [200, 400]
    assert "The first 2,000 steps of each are compared." in shown[3]
