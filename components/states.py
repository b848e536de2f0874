"""The states that any widget may be in besides showing its data: loading, empty, no match, failed, stale."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from components.buttons import button, link
from components.tag import icon, tag
from components.wording import error_texts
from errors import AppError, NotAllowed, NotFound, SignInRequired
from i18n import Translator

Retry = Callable[[], Awaitable[object]]


def loading(tr: Translator, height: str, *, cards: int = 1) -> None:
    """Grey places of the size that the data will have, so that nothing jumps."""
    with tag("div", classes="kpis" if cards > 1 else "").props("role=status") as place:
        place.attribute("aria-label", tr.t("Loading"))
        for _ in range(cards):
            tag("div", classes="skeleton").style(f"height: {height}")


def empty(
    title: str, advice: str = "", *, picture: str = "inbox", action: tuple[str, str] | None = None
) -> None:
    """Nothing has been there yet. `action` is a label and an address of ours, where to go next."""
    with tag("div", classes="state").mark("state-empty"):
        icon(picture)
        tag("p", title, "state-title")
        if advice:
            tag("p", advice, "muted")
        if action is not None:
            link(action[0], action[1], "button button-quiet")


def no_match(title: str, advice: str, *, action: tuple[str, str] | None = None) -> None:
    """There is something, but nothing that was asked for."""
    empty(title, advice, picture="search_off", action=action)


def failed(tr: Translator, error: AppError, retry: Retry | None = None) -> None:
    """Nothing could be read; says what happened and what to do."""
    message, advice = error_texts(error, tr)
    with tag("div", classes="state state-failed").props("role=alert").mark("state-failed"):
        icon("cloud_off" if error.status == 503 else "error_outline")
        tag("p", message, "state-title")
        if advice:
            tag("p", advice, "muted")
        _way_out(tr, error, retry)


def stale(tr: Translator, error: AppError, read_at: str, retry: Retry) -> None:
    """The last good value stays on screen below this line, which says how old it is and why."""
    message, advice = error_texts(error, tr)
    with tag("div", classes="stale").props("role=status").mark("state-stale"):
        icon("history")
        with tag("div", classes="grow"):
            tag("strong", tr.t("As of {time}.", time=read_at) + " ")
            tag("span", f"{message} {advice}".strip())
        _way_out(tr, error, retry)


def refused(tr: Translator, error: AppError, action: tuple[str, str] | None = None) -> None:
    """A page that is not there, or not for this person."""
    message, advice = error_texts(error, tr)
    with tag("div", classes="state state-page").mark(f"state-{error.status}"):
        if isinstance(error, NotAllowed | NotFound):
            tag("p", str(error.status), "state-status")
        else:
            icon("error_outline")
        tag("h1", message, "state-title")
        if advice:
            tag("p", advice, "muted")
        if action is not None:
            link(action[0], action[1], "button button-primary")


def _way_out(tr: Translator, error: AppError, retry: Retry | None) -> None:
    if isinstance(error, SignInRequired):
        button(tr.t("Sign in"), ui.navigate.reload, weight="primary")
    elif retry is not None:

        async def again() -> None:
            pressed.props("loading")
            await retry()
            if not pressed.is_deleted:
                pressed.props(remove="loading")

        pressed = button(tr.t("Try again"), again)
