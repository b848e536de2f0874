"""The way of the period's dialogues from a first word to a visit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from components.chart import ChartCard, Row, Rows
from components.dialogue_links import dialogues_url
from components.dialogue_words import stage_label
from components.viewer import Viewer, Visit
from i18n import Translator
from models import Permission
from pages import overview_notes
from pages.overview_pictures import picture
from queries.overview import Funnel, FunnelStage, Overview, Stage

STEPS = {stage: step for step, stage in enumerate(Stage, start=1)}
"""The numbers of the stages, as the list of dialogues takes them."""


def draw_funnel(viewer: Viewer, visit: Visit, overview: Overview) -> Callable[[Overview], None]:
    """Draw the funnel; gives back a function that shows newer figures in it."""
    tr = viewer.tr
    card = ChartCard(
        tr,
        tr.t("Funnel"),
        _rows(viewer, visit, overview.funnel),
        picture(viewer, visit, "funnel"),
        about=tr.t("Dialogues that began in the period, and how far they came."),
    ).classes("wide-card")
    return lambda newer: card.show(_rows(viewer, visit, newer.funnel))


def _rows(viewer: Viewer, visit: Visit, funnel: Funnel) -> Rows:
    tr = viewer.tr
    columns = (tr.t("Stage"), tr.t("Dialogues"), tr.t("Of all"), tr.t("Went on"), tr.t("Before"))
    reached = {one.stage: one for one in funnel.stages}
    begun, booked = reached.get(Stage.DIALOGUE), reached.get(Stage.BOOKED)
    return Rows(
        look="funnel",
        columns=columns,
        rows=list(_stages(viewer, visit, funnel)),
        notes=_notes(funnel, tr),
        summary=tr.t(
            "Funnel: {dialogues} dialogues, {bookings} bookings. The table has every stage.",
            dialogues=tr.number(begun.count if begun else 0),
            bookings=tr.number(booked.count if booked else 0),
        ),
        legend=(("series-2", tr.t("this period")), ("border-strong", tr.t("the period before"))),
    )


def _stages(viewer: Viewer, visit: Visit, funnel: Funnel) -> Iterator[Row]:
    tr = viewer.tr
    longest = max((max(one.count, one.previous) for one in funnel.stages), default=0) or 1
    all_dialogues = funnel.stages[0].count if funnel.stages else 0
    step_before: FunnelStage | None = None
    for one in funnel.stages:
        is_known = one.stage is not Stage.VISITED or funnel.visited_known > 0
        share = _share(one.count, all_dialogues) if is_known else None
        went_on = _share(one.count, _base(step_before, one, funnel)) if is_known else None
        yield Row(
            stage_label(STEPS[one.stage], tr),
            (
                tr.number(one.count) if is_known else "—",
                _percent(share, tr),
                _percent(went_on, tr) if step_before else "",
                tr.number(one.previous) if is_known else "—",
            ),
            bar=one.count / longest if is_known else 0,
            mark=one.previous / longest if is_known else None,
            href=_link(viewer, visit, one.stage) if is_known else "",
        )
        step_before = one


def _base(before: FunnelStage | None, stage: FunnelStage, funnel: Funnel) -> int:
    """Of how many a stage is a share: of those before it, or of those of whom anybody knows."""
    if stage.stage is Stage.VISITED:
        return funnel.visited_known
    return before.count if before else 0


def _notes(funnel: Funnel, tr: Translator) -> list[str]:
    notes = []
    booked = next((one.count for one in funnel.stages if one.stage is Stage.BOOKED), 0)
    if booked and not funnel.visited_known:
        notes.append(tr.t("Whether clients came is not known: nothing in the bot's records tells."))
    elif booked:
        notes.append(
            tr.n(
                "Whether the client came is known of {count} booking whose day is past.",
                "Whether the client came is known of {count} bookings whose day is past.",
                funnel.visited_known,
            )
        )
    notes += overview_notes.unrecognised_status(funnel.unrecognised_status, tr)
    if funnel.unrecognised_drop_off:
        notes.append(
            tr.n(
                "{count} dialogue broke off at a stage that the panel does not know.",
                "{count} dialogues broke off at a stage that the panel does not know.",
                funnel.unrecognised_drop_off,
            )
        )
    return notes


def _link(viewer: Viewer, visit: Visit, stage: Stage) -> str:
    if not viewer.may(Permission.DIALOGUES_READ):
        return ""
    step = STEPS[stage]
    return dialogues_url(viewer, visit.period, **({} if step == 1 else {"stage": step}))


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def _percent(share: Decimal | None, tr: Translator) -> str:
    return "—" if share is None else tr.percent(share)
