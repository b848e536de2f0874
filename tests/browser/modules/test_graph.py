"""The states of a run: the graph that its agent tells, the one that steps show, and where the nodes stand."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

LANGGRAPH = """---
config:
  flowchart:
    curve: linear
---
graph TD;
\t__start__([<p>__start__</p>]):::first
\tagent(agent<hr/><small><em>version = 1</em></small>)
\ttool\\2ds(tool-s)
\t__end__([<p>__end__</p>]):::last
\t__start__ --> agent;
\tagent -. &nbsp;go on&nbsp; .-> tool\\2ds;
\tagent -.-> __end__;
\ttool\\2ds --> agent;
\tclassDef default fill:#f2f0ff,line-height:1.2
\tclick agent href "javascript:window.__hit=1"
"""

GRAPH = "({ graphIn }, payload) => graphIn(payload) ?? null"

SEEN = """async (steps) => {
  const { stepsOf } = await import("agent_span_steps");
  const { nodesOf, passagesOf, visitsOf } = await import("agent_graph_seen");
  const made = steps.map((one, at) => bench.event(at + 1, one));
  const read = stepsOf(bench.store(made));
  const visits = visitsOf(read.all);
  const nodes = [...nodesOf(visits, read.to).values()].map((node) => [node.name, node.times]);
  return { nodes, ways: passagesOf(visits).map(({ from, to, times }) => [from, to, times]) };
}"""

LAID = """async ({ count, edges, width }) => {
  const { layoutOf, NODE } = await import("agent_graph_layout");
  const names = Array.from({ length: count }, (_, at) => `n${at}`);
  const { places, height, width: whole, edges: drawn } = layoutOf(names, edges.map(([from, to]) =>
    ({ from: `n${from}`, to: `n${to}`, times: 1 })), width);
  const all = [...places.values()];
  const taken = new Set(all.map(({ x, y }) => `${Math.round(x)} ${y}`));
  const isInside = ({ x, y }) => x >= 0 && x + NODE.width <= whole + 1 && y >= 0 && y + NODE.height <= height;
  return {
    places: taken.size, inside: all.every(isInside), edges: drawn.length,
    paths: drawn.every(({ path }) => /^M [-\\d. ]+ C [-\\d. ,]+$/.test(path)),
  };
}"""


async def test_the_graph_that_langgraph_tells(modules: Modules) -> None:
    graph = await modules.ask("agent_graph_told", GRAPH, {"attributes": {"metadata": {"graph": LANGGRAPH}}})
    assert graph == {
        "nodes": ["__start__", "agent", "tool-s", "__end__"],
        "edges": [
            ["__start__", "agent"], ["agent", "tool-s"], ["agent", "__end__"], ["tool-s", "agent"],
        ],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["__proto__", "constructor", "<x-hit>", ":key", "a\nb", "\u202e"])
async def test_a_graph_of_lists_has_names_that_are_only_names(modules: Modules, name: str) -> None:
    told = {
        "nodes": [{"id": name}, {"id": 2, "name": "two"}],
        "edges": [[name, 2], {"source": 2, "target": name}],
    }
    graph = await modules.ask("agent_graph_told", GRAPH, {"result": {"graph": told}})
    assert graph == {"nodes": [name, "two"], "edges": [[name, "two"], ["two", name]]}


@pytest.mark.parametrize(
    "told",
    [
        None, "", "graph", "graph TD", {"nodes": {}}, {"nodes": [None, {}, [], ""]}, {"nodes": "abc"},
        "graph TD;\nevil <script>", "flowchart LR\nsubgraph a\nend", "{" * 1_000, "[" * 500_000,
        "graph TD;\n" + "a(" * 100_000, "x" * 5_000_000,
    ],
)  # fmt: skip
async def test_what_tells_no_graph(modules: Modules, told: object) -> None:
    assert await modules.ask("agent_graph_told", GRAPH, {"attributes": {"graph": told}}) is None


async def test_of_a_graph_without_end_a_part_is_read(modules: Modules) -> None:
    counts = await modules.ask(
        "agent_graph_told",
        """({ graphIn }) => {
          const names = Array.from({ length: 100_000 }, (_, at) => `n${at}`);
          const edges = names.map((name) => [names[0], name]);
          const text = `graph TD;\\n${names.map((name) => `n0 --> ${name};`).join("\\n")}`.slice(0, 399_000);
          const counts = ({ nodes, edges }) => [nodes.length, edges.length];
          return [counts(graphIn({ result: { graph: { nodes: names, edges } } })),
            counts(graphIn({ result: { graph: text } }))];
        }""",
    )
    assert counts == [[2_000, 2_000], [2_000, 2_000]]


async def test_the_graph_that_steps_show(modules: Modules) -> None:
    rounds = [
        {"node": name, "iteration": number} for number, name in enumerate(["ask", "look", "ask", "book"])
    ]
    assert await modules.run(SEEN, rounds) == {
        "nodes": [["ask", 2], ["look", 1], ["book", 1]],
        "ways": [["ask", "look", 1], ["ask", "book", 1], ["look", "ask", 1]],
    }


async def test_nodes_of_one_round_stand_beside_each_other(modules: Modules) -> None:
    steps = [("plan", 1), ("left", 2), ("right", 2), ("join", 3)]
    seen = await modules.run(SEEN, [{"node": name, "iteration": number} for name, number in steps])
    assert seen["ways"] == [
        ["plan", "left", 1], ["plan", "right", 1], ["left", "join", 1], ["right", "join", 1],
    ]  # fmt: skip


async def test_two_thousand_nodes_of_one_round_after_two_thousand(modules: Modules) -> None:
    """Each follows all of the round before: four million ways, of which some thousand are kept."""
    seen = await modules.run(SEEN, [{"node": f"n{at}", "iteration": at // 2_000} for at in range(4_000)])
    assert len(seen["nodes"]) == 4_000
    assert 2_000 <= len(seen["ways"]) <= 4_000


async def test_of_too_many_nodes_what_is_at_work_waits_or_failed_is_kept(modules: Modules) -> None:
    kept = await modules.ask(
        "agent_graph_seen",
        """({ busiest, unseen }) => {
          const nodes = new Map(Array.from({ length: 2000 }, (_, at) => [`n${at}`, { ...unseen(`n${at}`),
            times: at }]));
          nodes.get("n1").isFailed = true;
          nodes.get("n2").active = 1;
          nodes.get("n3").isWaiting = true;
          const edges = [{ from: "n1", to: "n1999", times: 1 }, { from: "n1", to: "n4", times: 1 }];
          const shown = busiest(nodes, edges, 200);
          return [shown.nodes.slice(0, 4).map((node) => node.name), shown.nodes.length,
            shown.edges.map((edge) => edge.to)];
        }""",
    )
    assert kept == [["n1", "n2", "n3", "n1803"], 200, ["n1999"]]


@pytest.mark.parametrize("width", [260, 1_000])
@pytest.mark.parametrize(
    "edges",
    [
        [],
        [[0, 0]],
        [[0, 1], [1, 2], [2, 0]],
        [[at, (at + 1) % 200] for at in range(200)],
        [[0, at] for at in range(200)] + [[at, 199] for at in range(200)],
        [[one, other] for one in range(30) for other in range(30)],
        [[0, 5_000]],
    ],
    ids=["none", "own", "circle", "ring", "fan", "all", "unknown"],
)
async def test_every_node_has_a_place_of_its_own(
    modules: Modules, edges: list[list[int]], width: int
) -> None:
    laid = await modules.run(LAID, {"count": 200, "edges": edges, "width": width})
    assert laid["places"] == 200
    assert laid["inside"]
    assert laid["paths"]
    assert laid["edges"] == min(600, sum(other < 200 for _, other in edges))


async def test_two_thousand_nodes_in_a_ring(modules: Modules) -> None:
    ring = [[at, (at + 1) % 2_000] for at in range(2_000)]
    laid = await modules.run(LAID, {"count": 2_000, "edges": ring, "width": 1_000})
    assert (laid["places"], laid["inside"], laid["edges"]) == (2_000, True, 600)
