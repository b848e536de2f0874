"""Events put together to steps, and steps to rows: ends without beginnings, circles, branches, no end."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser


async def rows_of(modules: Modules, events: str) -> list[list[object]]:
    """Name and depth of each row of `events`, an expression with `event` for one of them."""
    rows: list[list[object]] = await modules.run(
        """async (events) => {
          const { stepsOf } = await import("agent_span_steps");
          const { rowsOf } = await import("agent_span_tree");
          const made = new Function("event", `return ${events}`)(bench.event);
          return rowsOf(stepsOf(bench.store(made)), new Set()).map((step) => [step.name, step.depth]);
        }""",
        events,
    )
    return rows


async def test_a_beginning_and_its_end_are_one_step(modules: Modules) -> None:
    step = await modules.ask(
        "agent_span_steps",
        """({ stepsOf }) => {
          const begun = { step_id: "s", phase: "begun", status: "running", ended_at: undefined };
          const store = bench.store([bench.event(1, { ...begun, duration_ms: undefined, name: "asked" })]);
          const before = [stepsOf(store).all.length, stepsOf(store).open.size];
          store.events.push(bench.event(2, { step_id: "s", name: "answered", model: "m",
            duration_ms: "1500" }));
          const [step] = stepsOf(store).all;
          const { name, model, status, duration, first, last, isOpen, isBegun } = step;
          return [before, [stepsOf(store).all.length, stepsOf(store).open.size],
            { name, model, status, duration, first, last, isOpen, isBegun, took: step.end - step.start }];
        }""",
    )
    assert step == [
        [1, 1],
        [1, 0],
        {
            "name": "answered", "model": "m", "status": "done", "duration": 1500, "first": 1, "last": 2,
            "isOpen": False, "isBegun": True, "took": 1500,
        },
    ]  # fmt: skip


async def test_what_a_person_has_answered_waits_no_more(modules: Modules) -> None:
    """A step that ended waiting goes on elsewhere, once nothing else is asked."""
    steps = await modules.ask(
        "agent_span_steps",
        """({ stepsOf }) => {
          const waits = { status: "waiting", ended_at: undefined, duration_ms: undefined };
          const asks = { ...waits, kind: "approval_request", phase: "point" };
          const says = { kind: "approval_decision", phase: "point", ended_at: undefined };
          const store = bench.store([
            bench.event(1, { step_id: "agent", kind: "agent", at: bench.at(1), ...waits }),
            bench.event(2, { step_id: "one", at: bench.at(2), ...asks }),
            bench.event(3, { step_id: "other", at: bench.at(2), ...asks }),
          ]);
          const told = () => stepsOf(store).all.map((step) =>
            [step.kind, step.status, step.isOpen, Math.round(step.end - step.start)]);
          const answers = [];
          store.events.push(bench.event(4, { step_id: "said", parent_id: "one", at: bench.at(5), ...says }));
          answers.push(told().slice(0, 3));
          store.events.push(bench.event(5, { step_id: "other", at: bench.at(9), ...says }));
          answers.push(told());
          return answers;
        }""",
    )
    assert steps == [
        [
            ["agent", "waiting", True, 0],
            ["approval_request", "done", False, 3000],
            ["approval_request", "waiting", True, 0],
        ],
        [
            ["agent", "waiting", False, 8000],
            ["approval_request", "done", False, 3000],
            ["approval_request", "done", False, 7000],
            ["approval_decision", "done", False, 0],
        ],
    ]


async def test_an_end_that_is_told_before_its_beginning_stays_the_end(modules: Modules) -> None:
    step = await modules.ask(
        "agent_span_steps",
        """({ stepsOf }) => {
          const ended = bench.event(1, { step_id: "s", name: "ended", status: "error", at: bench.at(9),
            ended_at: undefined });
          const begun = bench.event(2, { step_id: "s", name: "begun", status: "running", phase: "begun",
            at: bench.at(4) });
          const [step] = stepsOf(bench.store([ended, begun])).all;
          return [step.name, step.status, step.last, step.isOpen, step.end - step.start, step.isBackwards];
        }""",
    )
    assert step == ["ended", "error", 1, False, 5000, False]


async def test_children_that_come_before_their_parent(modules: Modules) -> None:
    rows = await rows_of(
        modules,
        """[
          event(1, { name: "grandchild", parent_id: "child" }),
          event(2, { name: "child", step_id: "child", parent_id: "root" }),
          event(3, { name: "lost", parent_id: "never told" }),
          event(4, { name: "root", step_id: "root" }),
        ]""",
    )
    assert rows == [["lost", 0], ["root", 0], ["child", 1], ["grandchild", 2]]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_parents_in_a_circle_are_each_shown_once(modules: Modules, size: int) -> None:
    rows = await rows_of(
        modules,
        f"""Array.from({{ length: {size} }}, (_, at) =>
          event(at + 1, {{ name: `${{at}}`, step_id: `s${{at}}`, parent_id: `s${{(at + 1) % {size}}}` }}))""",
    )
    assert sorted(int(str(name)) for name, _ in rows) == list(range(size))


@pytest.mark.parametrize("hostile", ["__proto__", "constructor", "hasOwnProperty", "<x-hit>", ":key", ""])
async def test_an_id_of_a_step_is_only_a_name(modules: Modules, hostile: str) -> None:
    rows = await rows_of(
        modules,
        f"""[
          event(1, {{ name: "outer", step_id: {hostile!r} }}),
          event(2, {{ name: "inner", parent_id: {hostile!r} }}),
        ]""",
    )
    assert rows == [["outer", 0], ["inner", 1]]


@pytest.mark.parametrize("parent", ["s${at}", "s${at + 2}", "s50000", "s1", "never told ${at}"])
async def test_fifty_thousand_steps_are_each_shown_once(modules: Modules, parent: str) -> None:
    counts = await modules.run(
        """async (parent) => {
          const { stepsOf } = await import("agent_span_steps");
          const { rowsOf } = await import("agent_span_tree");
          const parentOf = new Function("at", "return `" + parent + "`");
          const steps = stepsOf(bench.store(Array.from({ length: 50_000 }, (_, at) =>
            bench.event(at + 1, { parent_id: parentOf(at) }))));
          const rows = rowsOf(steps, new Set());
          return [rows.length, new Set(rows).size];
        }""",
        parent,
    )
    assert counts == [50_000, 50_000]


async def test_parents_that_only_the_ends_tell(modules: Modules) -> None:
    rows = await modules.run(
        """async () => {
          const { stepsOf } = await import("agent_span_steps");
          const { rowsOf } = await import("agent_span_tree");
          const store = bench.store(Array.from({ length: 20_000 }, (_, at) =>
            bench.event(at + 1, { step_id: `s${at}`, phase: "begun" })));
          const before = rowsOf(stepsOf(store), new Set()).every((row) => row.depth === 0);
          const end = (seq, step, more) => store.events.push(bench.event(seq, { step_id: `s${step}`,
            ...more }));
          for (let at = 1; at < 20_000; at++) end(20_000 + at, at,
            { parent_id: at % 2 ? "s0" : "never told" });
          end(40_000, 0, { parent_id: "s1" }); // in a circle
          const rows = rowsOf(stepsOf(store), new Set());
          return [before, rows.length, new Set(rows).size, rows.filter((row) => row.depth).length];
        }""",
    )
    assert rows == [True, 20_000, 20_000, 10_000]


async def test_two_thousand_branches_at_a_time(modules: Modules) -> None:
    told = await modules.run(
        """async () => {
          const { stepsOf } = await import("agent_span_steps");
          const { rowsOf } = await import("agent_span_tree");
          const begun = bench.branches(2000);
          const store = bench.store(begun);
          const steps = stepsOf(store);
          const open = steps.open.size;
          store.events.push(...bench.ends(2000));
          const rows = rowsOf(stepsOf(store), new Set());
          const folded = rowsOf(steps, new Set([rows[0]]));
          const depths = rows.slice(1).every((row) => row.depth === 1);
          return [open, steps.open.size, rows.length, depths, folded.length];
        }""",
    )
    assert told == [2001, 1, 2001, True, 1]


async def test_a_step_that_never_ends(modules: Modules) -> None:
    shown = await modules.run(
        """async () => {
          const { stepsOf } = await import("agent_span_steps");
          const { rangeOf, ticksOf, barOf } = await import("agent_span_tree");
          const { rowOf } = await import("agent_span_rows");
          const begun = { phase: "begun", status: "running", ended_at: undefined, duration_ms: undefined };
          const steps = stepsOf(bench.store([bench.event(0, { ...begun, kind: "tool_call" })]));
          const [step] = steps.all;
          const row = (now, isLive) => {
            const range = rangeOf(steps, undefined, now);
            const pane = { told: bench.told.time, format: bench.format, range, now, width: 600, isLive,
              folded: new Set() };
            return rowOf(step, pane);
          };
          const now = step.start + 3600_000 * 24 * 400;
          const range = rangeOf(steps, undefined, now);
          const bar = barOf(step, range, now);
          return [row(now, true).took, row(now, false).took, ticksOf(range, 8).length, bar.isCutRight,
            bar.width];
        }""",
    )
    assert shown == ["9,600 h 0 min…", "No end was told", 6, True, 1]


@pytest.mark.parametrize(
    "moment", ["", "never", "275760-09-13T00:00:00.001Z", "-271821-04-20T00:00:00Z", None]
)
async def test_moments_that_are_none(modules: Modules, moment: str | None) -> None:
    """Nothing of it becomes a width or a place that is no number."""
    row = await modules.run(
        """async (at) => {
          const { stepsOf } = await import("agent_span_steps");
          const { rangeOf, rowsOf } = await import("agent_span_tree");
          const { rowOf } = await import("agent_span_rows");
          const steps = stepsOf(bench.store([bench.event(1), bench.event(2, { at, ended_at: at }),
            bench.event(3)]));
          const range = rangeOf(steps, undefined, steps.to);
          const pane = { told: bench.told.time, format: bench.format, range, now: steps.to, width: 600,
            folded: new Set() };
          return JSON.stringify(rowsOf(steps, new Set()).map((step) => ({ ...rowOf(step, pane),
            step: undefined })));
        }""",
        moment,
    )
    assert "NaN" not in row
    assert "null" not in row


async def test_lines_of_the_axis_are_few_whatever_its_length(modules: Modules) -> None:
    counts = await modules.ask(
        "agent_span_tree",
        """({ ticksOf }) => [0, 1, 4, 999, 60_000, 86_400_000, 1e13, 8.64e15].map(
          (span) => ticksOf({ from: 0, zero: 0, to: span }, 8).length)""",
    )
    assert all(1 <= count <= 10 for count in counts), counts
