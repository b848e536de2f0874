"""What the browser must know of a page before it draws it: styles, language, theme."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from nicegui import Client, ui

from i18n import Translator
from models import ThemeName

STATIC = Path(__file__).parent.parent / "static"
STYLES = (
    "theme.css",
    "panel.css",
    "overview.css",
    "dialogues.css",
    "dialogue.css",
    "live.css",
    "jobs.css",
    "access.css",
    "agents.css",
    "agents_detail.css",
    "agents_plan.css",
    "agents_diagrams.css",
    "agents_found.css",
    "agents_metrics.css",
)
SCRIPTS = ("connection.js", "unsent.js")
"""They watch over the page's connection, and over what was typed while there is none; see there."""


def describe_document(tr: Translator, theme: ThemeName) -> None:
    """Add styles, scripts and language to the page's head, with the theme already set: nothing flashes."""
    for name in STYLES:
        ui.add_head_html(f'<link rel="stylesheet" href="{_static(name)}">')
    ui.add_head_html('<link rel="icon" type="image/svg+xml" href="/static/favicon.svg">')
    ui.add_head_html(f"<script>{_early_script(tr, theme)}</script>")
    for name in SCRIPTS:
        ui.add_head_html(f'<script defer src="{_static(name)}"></script>')


def set_document_theme(theme: ThemeName) -> None:
    """Change the theme of a page that is open."""
    ui.run_javascript(f"document.documentElement.dataset.theme = {json.dumps(theme)}")


def leave_ended_session(client: Client) -> None:
    """Lead an open page to the sign-in form, and after it back to where the reader is now."""
    # Not `ui.navigate.to`: that would look for the form among the pages inside the frame.
    client.run_javascript("leaveEndedSession()")


@lru_cache
def _static(name: str) -> str:
    """The address of a file of ours, which changes with its content: browsers keep what they have."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={version}"


def _early_script(tr: Translator, theme: ThemeName) -> str:
    # NiceGUI's own words about a lost connection are chosen once for the whole server, not for the reader.
    lost = [tr.t("Connection lost."), tr.t("Trying to reconnect…")]
    return (
        f"document.documentElement.dataset.theme = {_literal(theme)};"
        f"document.documentElement.lang = {_literal(tr.locale)};"
        "addEventListener('DOMContentLoaded', () => {"
        f"const words = {_literal(lost)};"
        "document.querySelectorAll('#popup span').forEach((span, i) => span.textContent = words[i]);"
        "});"
    )


def _literal(value: object) -> str:
    return json.dumps(value).replace("<", "\\u003c")
