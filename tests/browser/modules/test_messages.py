"""Who said what to whom: the messages of a run from its events, and what is told as one line."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

LINES = """async ([events, isFolding = true, folded = []]) => {
  const { Messages } = await import("agent_messages");
  const { Lines } = await import("agent_message_lines");
  const { stepsOf } = await import("agent_span_steps");
  const { labelOf } = await import("agent_sequence_rows");
  const made = events.map((one, at) => bench.event(at + 1, one));
  const store = bench.store(made);
  const messages = new Messages(stepsOf(store), bench.told.sequence, "Agent");
  messages.read(made);
  const lines = new Lines(messages.edition, new Set(folded), isFolding);
  lines.read(messages.list);
  const name = (one) => labelOf(one, bench.told.sequence);
  return lines.all.map((line) => [name(line.from), name(line.to), line.messages[0].text, line.times]);
}"""


async def test_a_question_and_its_answer(modules: Modules) -> None:
    lines = await modules.run(
        LINES,
        [
            [
                {"kind": "user_input", "summary": "book me", "phase": "point"},
                {"kind": "agent", "name": "Anna", "step_id": "a", "phase": "begun", "status": "running"},
                {
                    "kind": "model_call",
                    "model": "small",
                    "name": "think",
                    "parent_id": "a",
                    "summary": "I will",
                },
                {"kind": "approval_request", "name": "pay", "parent_id": "a", "status": "waiting"},
                {"kind": "approval_decision", "name": "yes", "parent_id": "a"},
                {"kind": "log", "name": "no message"},
            ]
        ],
    )
    assert lines == [
        ["User", "Agent", "book me", 1],
        ["Anna", "Model: small", "think", 1],
        ["Model: small", "Anna", "I will", 1],
        ["Anna", "Operator", "pay", 1],
        ["Operator", "Anna", "yes", 1],
    ]


async def test_what_is_said_again_and_again_is_one_line_but_never_what_failed(modules: Modules) -> None:
    call = {"kind": "tool_call", "name": "look", "parent_id": "a"}
    events = [{"kind": "agent", "name": "Anna", "step_id": "a", "phase": "begun"}, *[call] * 5]
    failed = {**call, "status": "error", "problem": "no such client"}
    lines = await modules.run(LINES, [[*events, failed, call]])
    assert [(line[2], line[3]) for line in lines[1:]] == [
        ("look", 5), ("look", 1), ("no such client", 1), ("look", 1), ("look", 1),
    ]  # fmt: skip
    assert len(await modules.run(LINES, [[*events, failed, call], False])) == 15


async def test_an_agent_within_an_agent_can_be_folded_away(modules: Modules) -> None:
    events = [
        {"kind": "agent", "name": "outer", "step_id": "o", "phase": "begun"},
        {"kind": "agent", "name": "inner", "step_id": "i", "parent_id": "o", "phase": "begun"},
        {"kind": "tool_call", "name": "deep", "parent_id": "i"},
    ]
    assert [line[:2] for line in await modules.run(LINES, [events])] == [
        ["User", "outer"], ["outer", "inner"], ["inner", "Tool: deep"], ["Tool: deep", "inner"],
    ]  # fmt: skip
    assert [line[:2] for line in await modules.run(LINES, [events, True, ["inner"]])] == [
        ["User", "outer"],
        ["outer", "inner"],
    ]


@pytest.mark.parametrize("name", ["__proto__", "constructor", "$& $1 {name}", "<x-hit>", ":key", "\u202e"])
async def test_a_name_is_only_a_name(modules: Modules, name: str) -> None:
    lines = await modules.run(LINES, [[{"name": name, "source": "Anna", "summary": name}] * 2])
    assert lines[0][:2] == ["Agent", f"Tool: {name}"]


async def test_agents_in_a_circle_and_in_each_other(modules: Modules) -> None:
    circle = [{"kind": "agent", "step_id": f"a{at}", "parent_id": f"a{(at + 1) % 3}"} for at in range(3)]
    nest = [{"kind": "agent", "step_id": f"n{at}", "parent_id": f"n{at - 1}"} for at in range(1_000)]
    lines = await modules.run(LINES, [circle + nest])
    assert len(lines) == 2 * (3 + 1_000)


async def test_what_is_new_is_read_and_what_came_late_puts_all_in_order_again(modules: Modules) -> None:
    said = await modules.run(
        """async () => {
          const { Messages } = await import("agent_messages");
          const { stepsOf } = await import("agent_span_steps");
          const store = bench.store([bench.event(1, { name: "one", parent_id: "late" })]);
          const messages = new Messages(stepsOf(store), bench.told.sequence, "Agent");
          const read = () => {
            stepsOf(store);
            messages.read(store.events);
            return messages.list.map((one) => one.from.name);
          };
          const before = read();
          store.events.push(bench.event(2, { kind: "agent", name: "Anna", step_id: "late",
            at: bench.at(0) }));
          return [before, read(), messages.edition];
        }"""
    )
    assert said == [["Agent", "one"], ["", "Anna", "one", "Anna"], 3]
