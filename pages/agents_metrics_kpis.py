"""The cards at the top of agents' figures: ten numbers, how each is counted, and what each leaves out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from components.kpi_card import Figure, Formula, KpiCard
from components.tag import tag
from components.viewer import Viewer
from i18n import Translator
from pages.agents_metrics_time import so_far
from pages.agents_metrics_words import NOT_KNOWN, money, spent, tokens, took
from queries.agent_metrics import AgentMetrics, Point


def draw_kpis(viewer: Viewer, metrics: AgentMetrics) -> Callable[[AgentMetrics], None]:
    """Draw the cards; gives back a function that shows newer figures on them."""
    figures = _figures(viewer, metrics)
    with tag("div", classes="kpis overview-kpis agent-kpis"):
        cards = [
            KpiCard(viewer.tr, title, formula, figure)
            for (title, formula), figure in zip(_meanings(viewer.tr), figures, strict=True)
        ]

    def show(newer: AgentMetrics) -> None:
        for card, figure in zip(cards, _figures(viewer, newer), strict=True):
            card.show(figure)

    return show


def main_currency(metrics: AgentMetrics) -> str | None:
    """The currency that most was spent in; None where no price is known."""
    return metrics.totals.costs[0].currency if metrics.totals.costs else None


def cost_in(point: Point, currency: str) -> Decimal | None:
    """What the calls of a point cost in one currency; None where their price is not known."""
    for cost in point.costs:
        if cost.currency == currency:
            return cost.amount
    return None if point.unpriced_calls else Decimal(0)


def tokens_of(point: Point) -> int | None:
    """All tokens of a point's calls; None where none of them tells."""
    if point.model_calls and point.unmetered_calls >= point.model_calls:
        return None
    return (point.tokens_input or 0) + (point.tokens_output or 0)


def _figures(viewer: Viewer, metrics: AgentMetrics) -> Sequence[Figure]:
    tr, totals, asked = viewer.tr, metrics.totals, metrics.approvals
    calls = totals.model_calls

    def spark(value: Callable[[Point], Decimal | int | None]) -> Sequence[float | None]:
        return so_far(lambda point: _float(value(point)), metrics, viewer)

    in_all = (totals.tokens_input or 0) + (totals.tokens_output or 0)
    return (
        Figure(tr.number(totals.runs), None, notes=_standing(metrics, tr), spark=spark(lambda one: one.runs)),
        Figure(
            _share(totals.error, totals.runs, tr), None, tr.n("{count} run", "{count} runs", totals.error)
        ),
        Figure(tr.number(calls), None, spark=spark(lambda one: one.model_calls)),
        Figure(tr.number(totals.tool_calls), None),
        Figure(tr.number(totals.failures), None, spark=spark(lambda one: one.failures)),
        Figure(
            tokens(in_all, calls, totals.unmetered_calls, tr),
            None,
            notes=_tokens(metrics, tr),
            spark=spark(tokens_of),
        ),
        _cost(metrics, spark, tr),
        Figure(
            took(totals.p50_ms, tr), None, notes=_untimed(metrics, tr), spark=spark(lambda one: one.p50_ms)
        ),
        Figure(took(totals.p95_ms, tr), None, spark=spark(lambda one: one.p95_ms)),
        Figure(
            tr.number(asked.asked),
            None,
            tr.t("answered in {time}", time=took(asked.p50_ms, tr)) if asked.p50_ms is not None else "",
            _answers(metrics, tr),
        ),
    )


def _cost(
    metrics: AgentMetrics,
    spark: Callable[[Callable[[Point], Decimal | None]], Sequence[float | None]],
    tr: Translator,
) -> Figure:
    totals, currency = metrics.totals, main_currency(metrics)
    notes = []
    if len(totals.costs) > 1:
        others = ", ".join(money(cost, tr) for cost in totals.costs[1:])
        notes.append(tr.t("Besides, in other currencies: {amounts}.", amounts=others))
    if totals.unpriced_calls:
        notes.append(
            tr.n(
                "The price of {count} call is not known.",
                "The prices of {count} calls are not known.",
                totals.unpriced_calls,
            )
        )
    return Figure(
        spent(totals.costs[:1], totals.unpriced_calls, tr),
        None,
        notes=notes,
        spark=spark(lambda one: cost_in(one, currency)) if currency else (),
    )


def _float(value: Decimal | int | None) -> float | None:
    return None if value is None else float(value)


def _share(part: int, whole: int, tr: Translator) -> str:
    return tr.percent(Decimal(part) / whole) if whole else NOT_KNOWN


def _standing(metrics: AgentMetrics, tr: Translator) -> list[str]:
    totals = metrics.totals
    words = [
        (totals.running, tr.n("{count} is running.", "{count} are running.", totals.running)),
        (totals.waiting, tr.n("{count} waits for a person.", "{count} wait for a person.", totals.waiting)),
        (totals.stopped, tr.n("{count} was stopped.", "{count} were stopped.", totals.stopped)),
    ]
    return [text for count, text in words if count]


def _tokens(metrics: AgentMetrics, tr: Translator) -> list[str]:
    totals = metrics.totals
    notes = [
        tr.t(
            "In: {input}, of which cached: {cached}. Out: {output}, of which reasoning: {reasoning}.",
            input=tr.number(totals.tokens_input or 0),
            cached=tr.number(totals.tokens_cached),
            output=tr.number(totals.tokens_output or 0),
            reasoning=tr.number(totals.tokens_reasoning),
        )
    ]
    if totals.model_calls and totals.unmetered_calls >= totals.model_calls:
        notes = []
    if totals.unmetered_calls:
        notes.append(
            tr.n(
                "{count} call does not tell its tokens.",
                "{count} calls do not tell their tokens.",
                totals.unmetered_calls,
            )
        )
    return notes


def _untimed(metrics: AgentMetrics, tr: Translator) -> list[str]:
    untimed = metrics.totals.model_calls - metrics.totals.timed_calls
    if untimed <= 0:
        return []
    return [
        tr.n(
            "Of {count} call it is not known how long it took.",
            "Of {count} calls it is not known how long they took.",
            untimed,
        )
    ]


def _answers(metrics: AgentMetrics, tr: Translator) -> list[str]:
    asked = metrics.approvals
    otherwise = tr.n("{count} was answered otherwise.", "{count} were answered otherwise.", asked.unclear)
    unanswered = tr.n("{count} was never answered.", "{count} were never answered.", asked.unanswered)
    words = [
        (asked.approved, tr.n("{count} was approved.", "{count} were approved.", asked.approved)),
        (asked.rejected, tr.n("{count} was rejected.", "{count} were rejected.", asked.rejected)),
        (asked.unclear, otherwise),
        (asked.unanswered, unanswered),
        (asked.open, tr.n("{count} has no answer yet.", "{count} have no answer yet.", asked.open)),
    ]
    return [text for count, text in words if count]


def _meanings(tr: Translator) -> Sequence[tuple[str, Formula]]:
    whose = tr.t("Of the runs that began in the period, by the salon's calendar.")
    within = tr.t("Times are exact to within 2.5 %.")
    return (
        (tr.t("Runs"), Formula(tr.t("How many tasks agents began."), whose)),
        (
            tr.t("Failed runs"),
            Formula(
                tr.t("What share of the runs ended in an error."),
                tr.t("Runs with the status “error” ÷ runs."),
            ),
        ),
        (
            tr.t("Model calls"),
            Formula(
                tr.t("How often agents asked a model."),
                tr.t(
                    "A call that is told of inside another counts once: the inner one does. {whose}",
                    whose=whose,
                ),
            ),
        ),
        (tr.t("Tool calls"), Formula(tr.t("How often agents used a tool."), whose)),
        (
            tr.t("Failures"),
            Formula(
                tr.t("How many steps ended in an error; the run may have gone on."),
                tr.t("Events with the status “error”. {whose}", whose=whose),
            ),
        ),
        (
            tr.t("Tokens"),
            Formula(
                tr.t("What models read and wrote."),
                tr.t("Tokens in + tokens out of the model calls that tell them. {whose}", whose=whose),
            ),
        ),
        (
            tr.t("Cost"),
            Formula(
                tr.t("What the model calls cost."),
                tr.t("As the agent tells it, else tokens × the salon's prices. {whose}", whose=whose),
            ),
        ),
        (
            tr.t("Typical model call"),
            Formula(
                tr.t("Half of the model calls took no longer."), tr.t("The median. {within}", within=within)
            ),
        ),
        (
            tr.t("Slow model call"),
            Formula(
                tr.t("19 of 20 model calls took no longer."),
                tr.t("The 95th percentile. {within}", within=within),
            ),
        ),
        (
            tr.t("Approvals"),
            Formula(
                tr.t("How often an agent asked a person, and how soon half of the answers came."),
                tr.t(
                    "Decided on the page, else by the next decision that its agent tells of. {whose}",
                    whose=whose,
                ),
            ),
        ),
    )
