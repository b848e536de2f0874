"""What stands in place of the list when it has nothing to show, and the ways on from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from components import states
from components.buttons import link
from components.moving_link import moving_link
from components.tag import Tag, foreign, icon, tag
from components.viewer import Viewer, salon_url
from pages.dialogues_asked import Asked
from pages.dialogues_bar import booked_words
from pages.dialogues_chips import chips
from pages.dialogues_fields import fields
from queries.dialogue_filters import ALL_TIME

Show = Callable[[Asked], Any]


def draw_problem(viewer: Viewer, asked: Asked, problem: tuple[str, str], on_show: Show) -> None:
    """The database does not accept what was asked for; `problem` is its message and advice."""
    tr = viewer.tr
    with _state("search_off", *problem), tag("div", classes="ways"):
        if asked.filters.q:
            _way(viewer, tr.t("Clear the search"), asked.filtered(q=None), on_show)
        if asked.query != asked.whole_query:
            _way(viewer, tr.t("To the first page"), asked.first_page(), on_show)


def draw_empty(viewer: Viewer, asked: Asked, total: int, has_any: bool, on_show: Show) -> None:
    """Nothing yet, nothing that matches, or nothing left on this page."""
    tr = viewer.tr
    if not has_any:
        states.empty(
            tr.t("No dialogues yet"),
            tr.t("Dialogues appear here after the first client writes to the bot. Is it connected?"),
            picture="forum",
        )
        return
    if total:
        with _state(
            "search_off", tr.t("Nothing is left on this page"), tr.t("The list has changed meanwhile.")
        ):
            _way(viewer, tr.t("To the first page"), asked.first_page(), on_show)
        return
    if asked.is_filtered:
        title, advice = tr.t("No dialogue matches"), tr.t("Take something off, or look at a longer time:")
    else:
        title, advice = tr.t("No dialogues in this period"), tr.t("Choose another period to see more.")
    with _state("search_off", title, advice), tag("div", classes="ways"):
        for words, named, wanted in _relaxed(viewer, asked):
            _off(viewer, words, named, wanted, on_show)
        if asked.filters.period is not None:
            query = {**asked.filters.as_query(), "period": ALL_TIME}
            for name in ("from", "to"):
                query.pop(name, None)
            with link("", salon_url(viewer.tenant.tenant_id, "dialogues", query), "chip"):
                icon("calendar_today")
                tag("span", tr.t("All time"))


def _relaxed(viewer: Viewer, asked: Asked) -> Iterator[tuple[str, str, Asked]]:
    """What is asked for, one thing at a time, and the list without it."""
    tr, filters = viewer.tr, asked.filters
    if filters.q:
        yield tr.t("Search:"), filters.q, asked.filtered(q=None)
    for field in fields(tr):
        if field.chosen(filters):
            yield f"{field.title}:", field.words(filters), asked.filtered(**{field.name: ()})
    if filters.booked is not None:
        yield booked_words(filters.booked, tr), "", asked.filtered(booked=None)
    for chip in chips(filters, viewer, ""):
        yield chip.text, chip.foreign, asked.filtered(**{chip.field: None})


def _state(picture: str, title: str, advice: str) -> Tag:
    with tag("div", classes="state").mark("state-empty") as made:
        icon(picture)
        tag("p", title, "state-title")
        tag("p", advice, "muted")
    return made


def _off(viewer: Viewer, words: str, named: str, wanted: Asked, on_show: Show) -> None:
    """A condition that can be taken off; `named` is what clients or the bot called it."""
    with moving_link("", wanted.url(viewer), partial(on_show, wanted), "chip") as made:
        tag("span", words)
        if named:
            foreign(named, "strong")
        icon("close")
    name = viewer.tr.t("Remove the filter “{name}”", name=f"{words} {named}".strip())
    made.attribute("aria-label", name)


def _way(viewer: Viewer, words: str, wanted: Asked, on_show: Show) -> None:
    moving_link(words, wanted.url(viewer), partial(on_show, wanted), "chip")
