"""Plans as agents tell them: what was added, removed and changed, whatever the names, of any length."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

HOSTILE_IDS = ("__proto__", "constructor", "toString", ":onclick", "", "<x-hit>")


async def test_what_is_different_between_two_lists(modules: Modules) -> None:
    changes = await modules.ask(
        "agent_plan_changes",
        """({ compare }) => {
          const before = [
            { id: "1", title: "ask", status: "pending" },
            { id: "2", title: "book", status: "pending" },
            { title: "thank" },
            { title: "leave" },
          ];
          const after = [
            { title: "thank" },
            { id: "2", title: "book a visit", status: "completed" },
            { id: "1", title: "ask", status: "pending" },
            { id: "9", title: "remind" },
          ];
          const { added, removed, changed, isReordered } = compare(before, after);
          return [added, removed, changed.map((one) => [one.before.title, one.after.title]), isReordered];
        }""",
    )
    assert changes == [
        [{"id": "9", "title": "remind"}],
        [{"title": "leave"}],
        [["book", "book a visit"]],
        True,
    ]


async def test_of_several_tasks_with_one_title_the_first_are_the_first(modules: Modules) -> None:
    changes = await modules.ask(
        "agent_plan_changes",
        """({ compare, isChanged }) => {
          const same = (...statuses) => statuses.map((status) => ({ title: "again", status }));
          const changes = compare(same("completed", "pending", "pending"), same("completed", "completed"));
          return [changes.added.length, changes.removed.length, changes.changed.length, isChanged(changes)];
        }""",
    )
    assert changes == [0, 1, 1, True]


@pytest.mark.parametrize("hostile", HOSTILE_IDS)
async def test_an_id_is_only_a_name(modules: Modules, hostile: str) -> None:
    changes = await modules.ask(
        "agent_plan_changes",
        """({ compare, planOf }, id) => {
          const told = (status) => {
            const payload = JSON.parse(`{"result": {"tasks": [{"title": "t", "status": "${status}"}]}}`);
            payload.result.tasks[0].id = id;
            return planOf({ kind: "plan_update", payload }).tasks;
          };
          const { added, removed, changed } = compare(told("pending"), told("done"));
          return [added.length, removed.length, changed.map((each) => each.after.status)];
        }""",
        hostile,
    )
    assert changes == [0, 0, ["done"]]


async def test_two_long_lists_of_one_title_are_compared(modules: Modules) -> None:
    counts = await modules.ask(
        "agent_plan_changes",
        """({ compare }) => {
          const list = (length) => Array.from({ length }, () => ({ title: "again" }));
          const { added, removed, changed } = compare(list(200_000), list(150_000));
          return [added.length, removed.length, changed.length];
        }""",
    )
    assert counts == [0, 50_000, 0]


@pytest.mark.parametrize(
    ("event", "plan"),
    [
        ({"kind": "plan_update", "payload": {"result": ["a", " ", 7, None, {"text": "b"}]}}, ["a", "b"]),
        ({"kind": "plan_update", "payload": {"arguments": '```json\n{"todos": ["a"]}\n```'}}, ["a"]),
        (
            {"kind": "tool_call", "payload": {"result": {"plan": ["no"]}, "arguments": {"tasks": ["a"]}}},
            ["a"],
        ),
        ({"kind": "plan_update", "payload": {"result": {"tasks": []}}}, []),
        ({"kind": "plan_update", "payload": {"result": {"tasks": "none"}}}, None),
        ({"kind": "plan_update", "payload": None}, None),
        ({"kind": "plan_update"}, None),
    ],
)
async def test_where_a_plan_stands(
    modules: Modules, event: dict[str, object], plan: list[str] | None
) -> None:
    titles = await modules.ask(
        "agent_plan_changes",
        "({ planOf }, event) => planOf(event)?.tasks.map((task) => task.title) ?? null",
        event,
    )
    assert titles == plan


async def test_by_whom_and_why(modules: Modules) -> None:
    told = await modules.ask(
        "agent_plan_changes",
        """({ planOf }) => {
          const plan = (list, more) => planOf({ kind: "plan_update", payload: { result: list }, ...more });
          const [first, second, third] = [
            plan({ tasks: [], reason: " the client asked ", by: "planner" }, { summary: "other words" }),
            plan([], { summary: "in a sentence" }),
            plan([], { summary: '[{"title": "the list itself"}]' }),
          ];
          return [first.reason, first.by, second.reason, third.reason ?? null];
        }""",
    )
    assert told == ["the client asked", "planner", "in a sentence", None]


async def test_updates_are_read_once_and_few_at_a_time(modules: Modules) -> None:
    read = await modules.ask(
        "agent_plan_updates",
        """async ({ PlanUpdates }) => {
          const asked = [];
          let busy = 0;
          let most = 0;
          const load = async (path) => {
            asked.push(path);
            most = Math.max(most, ++busy);
            await new Promise((done) => setTimeout(done));
            busy--;
            return { kind: "plan_update", payload: { result: [path] } };
          };
          let changes = 0;
          const updates = new PlanUpdates(load, () => changes++);
          const events = Array.from({ length: 30 }, (_, at) =>
            bench.event(at + 1, { kind: "plan_update", phase: "point", has_payload: true }));
          updates.take(events);
          updates.want(updates.counted());
          updates.want(updates.counted()); // asked for again while it is being read
          await bench.until(() => changes === 30);
          updates.want(updates.counted());
          await bench.frame();
          return [asked.length, new Set(asked).size, most, updates.list.every((one) => one.state === "read")];
        }""",
    )
    assert read == [30, 30, 4, True]


async def test_a_step_that_failed_changed_no_plan_and_a_failed_read_is_asked_again(modules: Modules) -> None:
    states = await modules.ask(
        "agent_plan_updates",
        """async ({ PlanUpdates }) => {
          let fails = true;
          const load = async () => {
            if (fails) throw new Error("away");
            return { kind: "tool_call", payload: { arguments: { todos: ["a"] } } };
          };
          let changes = 0;
          const updates = new PlanUpdates(load, () => changes++);
          const told = (seq, more) =>
            bench.event(seq, { name: "write_todos", step_id: `p${seq % 2}`, has_payload: true, ...more });
          updates.take([told(1, { phase: "begun" }), told(2, { phase: "begun" })]);
          const begun = updates.counted().length;
          updates.take([...Array(2).fill({ kind: "log" }), told(3, { status: "error" }), told(4)]);
          const [kept] = updates.counted();
          updates.want([kept]);
          await bench.until(() => changes === 1);
          const after = kept.state;
          fails = false;
          updates.retry();
          updates.want([kept]);
          await bench.until(() => changes === 2);
          return [begun, updates.counted().length, after, kept.state, kept.plan.tasks[0].title];
        }""",
    )
    assert states == [2, 1, "failed", "read", "a"]
