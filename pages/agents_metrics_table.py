"""Who or what did most in the period: agents, models or tools, the busiest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from components.records import Cell, Column, Line, Record, Records, foreign_words, pack, words
from components.segmented import segmented
from components.tag import tag
from components.viewer import Viewer
from i18n import Translator
from pages.agents_metrics_words import NOT_KNOWN, spent, tokens, took
from queries.agent_metrics import AgentMetrics, Approvals, Grouping, Row


def draw_table(
    viewer: Viewer, metrics: AgentMetrics, choose: Callable[[str], Awaitable[None]]
) -> Callable[[AgentMetrics], None]:
    """Draw the table and the choice of what it is by; gives back a function that shows newer figures."""
    tr = viewer.tr
    names = _names(tr)
    with tag("section", classes="card agent-table").attribute("aria-label", tr.t("Who did most")):
        with tag("div", classes="agent-table-head"):
            tag("h2", tr.t("Who did most"), "card-title")
            mark = segmented(tr.t("By"), names, metrics.by, choose)
        with tag("div", classes="agent-table-box"):
            records = Records(tr.t("Who did most"), lambda _: None)
        rest = tag("p", classes="muted agent-table-rest")

    def show(newer: AgentMetrics) -> None:
        mark(newer.by)
        records.show(
            _columns(newer.by, tr),
            pack([_record(at, row, newer.by, tr) for at, row in enumerate(newer.rows)]),
        )
        hidden = newer.rows_in_all - len(newer.rows)
        said = "" if newer.rows else tr.t("There were none in this period.")
        if hidden > 0:
            said = tr.n("{count} more is not shown.", "{count} more are not shown.", hidden)
        rest.set_text(said)
        rest.set_visibility(bool(said))

    show(metrics)
    return show


def _names(tr: Translator) -> Mapping[str, str]:
    return {"model": tr.t("Models"), "agent": tr.t("Agents"), "tool": tr.t("Tools")}


def _columns(by: Grouping, tr: Translator) -> list[Column]:
    first = {"model": tr.t("Model"), "agent": tr.t("Agent"), "tool": tr.t("Tool")}[by]
    calls = tr.t("Calls") if by == "tool" else tr.t("Model calls")
    found = [Column("name", first, "cell-main agent-cell-name")]
    if by == "agent":
        found.append(Column("runs", tr.t("Runs"), "number"))
    found.append(Column("calls", calls, "number"))
    if by == "agent":
        found.append(Column("tool_calls", tr.t("Tool calls"), "number"))
    found += [
        Column("failures", tr.t("Failures"), "number"),
        Column("p50", tr.t("Half within"), "number"),
        Column("p95", tr.t("95 % within"), "number"),
        Column("max", tr.t("Longest"), "number"),
    ]
    if by != "tool":
        found += [
            Column("input", tr.t("Tokens in"), "number"),
            Column("output", tr.t("Tokens out"), "number"),
            Column("cost", tr.t("Cost"), "number"),
        ]
    if by == "agent":
        found += [
            Column("asked", tr.t("Approvals"), "number"),
            Column("approved", tr.t("Approved"), "number"),
            Column("rejected", tr.t("Rejected"), "number"),
            Column("unanswered", tr.t("Unanswered"), "number"),
            Column("answered", tr.t("Half answered within"), "number"),
        ]
    return found


def _record(at: int, row: Row, by: Grouping, tr: Translator) -> Record:
    if row.name:
        name: Cell = [Line([foreign_words(row.name, "strong")])]
    else:
        name = [Line([words(tr.t("without a name"), "muted")])]
    texts = [tr.number(row.calls)]
    if by == "agent":
        texts = [_number(row.runs, tr), *texts, _number(row.tool_calls, tr)]
    texts += [tr.number(row.failures), took(row.p50_ms, tr), took(row.p95_ms, tr), took(row.max_ms, tr)]
    if by != "tool":
        texts += [
            tokens(row.tokens_input, row.calls, row.unmetered_calls, tr),
            tokens(row.tokens_output, row.calls, row.unmetered_calls, tr),
            spent(row.costs, row.unpriced_calls, tr),
        ]
    if by == "agent":
        texts += _approvals(row.approvals, tr)
    return Record(f"{by}:{at}", [name, *([Line([words(text)])] for text in texts)])


def _approvals(asked: Approvals | None, tr: Translator) -> list[str]:
    if asked is None:
        return [tr.number(0), *[NOT_KNOWN] * 4]
    counts = (asked.asked, asked.approved, asked.rejected, asked.unanswered)
    return [*(tr.number(count) for count in counts), took(asked.p50_ms, tr)]


def _number(value: int | None, tr: Translator) -> str:
    return NOT_KNOWN if value is None else tr.number(value)
