"""A run that never ends: while events come, the panes keep to what they draw, and show the newest."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

GROW = """async ([name, newest]) => {
  const node = (seq) => `node ${seq % 500}`;
  const more = (seq) => bench.event(seq, {
    kind: ["tool_call", "model_call", "plan_update", "agent"][seq % 4],
      phase: seq % 4 === 3 ? "begun" : "ended",
    status: seq % 4 === 3 ? "running" : "done", node: node(seq), iteration: seq, source: `agent ${seq}`,
      has_payload: true,
    parent_id: seq % 3 ? `s${seq - 1}` : undefined,
  });
  const store = bench.store([]);
  const load = async (path) => ({ ...store.events[0], kind: "plan_update",
    payload: { result: [`as of ${path.split("/").at(-1)}`] } });
  const grow = () => {
    for (let count = 0; count < 5_000; count++) store.events.push(more(store.events.length + 1));
    store.count = store.events.length;
  };
  grow();
  const told = bench.told[name.replace("agent_", "")];
  const event = { ...store.events[0], payload: {} };
  await bench.show(name, { store, version: 1, told, load, event, salonUrl: "/s/x" });
  const sizes = [];
  for (let version = 2; version < 6; version++) {
    await bench.until(() => bench.text().includes(newest.replace("{count}",
      bench.format.number(store.count))));
    sizes.push(bench.nodes());
    grow();
    await bench.put({ version });
  }
  return sizes;
}"""


@pytest.mark.parametrize(
    ("name", "newest"),
    [
        ("agent_time", "Steps: {count}."),
        ("agent_feed", "{count} events"),
        ("agent_plan", "as of"),
        ("agent_graph", "200 busiest of 500"),
        ("agent_detail", "tool"),
    ],
)
async def test_what_is_drawn_does_not_grow(modules: Modules, name: str, newest: str) -> None:
    sizes = await modules.run(GROW, [name, newest])
    assert max(sizes) < 3_000
    assert max(sizes[1:]) - min(sizes[1:]) < 150, sizes


async def test_the_diagram_goes_on_page_by_page(modules: Modules) -> None:
    sizes = await modules.run(
        """async () => {
          const event = (seq) => bench.event(seq, { kind: "tool_call", name: `tool ${seq % 40}`,
            summary: `said ${seq}` });
          const store = bench.store([]);
          const sizes = [];
          for (let version = 1; version < 3; version++) {
            for (let count = 0; count < 3_020; count++) store.events.push(event(store.events.length + 1));
            if (version === 1) await bench.show("agent_sequence", { store, version,
              told: bench.told.sequence });
            else await bench.put({ version });
            await bench.until(() => bench.find(".sequence-picture")?.textContent.includes(
              `said ${store.events.length}`));
            sizes.push([bench.nodes(), bench.all(".sequence-list > li").length,
              bench.all(".sequence-picture svg").length]);
          }
          return sizes;
        }"""
    )
    assert all(nodes < 3_000 and lines <= 100 and pictures == 1 for nodes, lines, pictures in sizes), sizes


@pytest.mark.parametrize(
    "name", ["agent_time", "agent_graph", "agent_sequence", "agent_plan", "agent_detail"]
)
async def test_a_pane_that_is_left_while_events_come_does_no_more(modules: Modules, name: str) -> None:
    """What it had asked for, or put off, comes to nothing; nothing of it is complained of."""
    asked = await modules.run(
        """async (name) => {
          const store = bench.store([bench.event(1, { kind: "plan_update", node: "n", has_payload: true })]);
          const held = [];
          const load = () => new Promise((done) => held.push(done));
          const props = { store, version: 1, told: bench.told[name.replace("agent_", "")], load,
            event: store.events[0] };
          await bench.show(name, { ...props, salonUrl: "/s/x" });
          store.events.push(bench.event(2, { kind: "plan_update", node: "m", has_payload: true }));
          await bench.put({ version: 2 });
          await bench.frame();
          bench.leave();
          held.splice(0).forEach((done) => done({ ...store.events[0], payload: { result: ["a"] } }));
          for (let turn = 0; turn < 10; turn++) await bench.frame();
          return held.length;
        }""",
        name,
    )
    assert asked == 0


@pytest.mark.parametrize(
    "name", ["agent_time", "agent_graph", "agent_sequence", "agent_plan", "agent_detail"]
)
async def test_a_pane_that_is_left_at_once_reads_nothing_of_the_run(modules: Modules, name: str) -> None:
    reads = await modules.run(
        """async (name) => {
          const events = [bench.event(1)];
          const store = bench.store(events);
          let reads = 0;
          Object.defineProperty(store, "events", { get: () => (reads++, events) });
          const told = bench.told[name.replace("agent_", "")];
          const props = { store, version: 1, told, load: async () => ({}), event: events[0] };
          await bench.show(name, { ...props, salonUrl: "/s/x" });
          bench.leave();
          reads = 0;
          for (let turn = 0; turn < 3; turn++) await bench.frame();
          return reads;
        }""",
        name,
    )
    assert reads == 0
