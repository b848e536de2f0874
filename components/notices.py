"""Short words to the reader: what was done, and that data is invented."""

from __future__ import annotations

from nicegui import ui

from components.labelled_icon import LabelledIcon
from components.wording import write_error_texts
from errors import AppError
from i18n import Translator


def done(text: str) -> None:
    """Say that something was done; goes away by itself."""
    ui.notify(text, position="bottom", classes="toast", icon="check")


def demo_banner(tr: Translator) -> None:
    """The line that stands on every page while the demo salons are loaded."""
    words = tr.t("These salons, people and figures are invented.")
    banner = LabelledIcon("science", words, heading=tr.t("Demo data")).classes("demo-banner")
    banner.props("role=note").mark("demo-banner")


def not_done(tr: Translator, error: AppError) -> None:
    """Say that something small could not be done; a form says it beside its fields instead."""
    words = " ".join(write_error_texts(error, tr))
    ui.notify(words, position="bottom", classes="toast toast-bad", icon="error_outline")
