"""What the browser must know of a page before it draws it: styles, language, theme."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from nicegui import ui

from i18n import Translator
from models import ThemeName

STATIC = Path(__file__).parent.parent / "static"
STYLES = ("theme.css", "panel.css")


def describe_document(tr: Translator, theme: ThemeName) -> None:
    """Add styles and language to the page's head, with the theme already set: nothing flashes."""
    for name in STYLES:
        ui.add_head_html(f'<link rel="stylesheet" href="/static/{name}?v={_version(name)}">')
    ui.add_head_html('<link rel="icon" type="image/svg+xml" href="/static/favicon.svg">')
    ui.add_head_html(f"<script>{_early_script(tr, theme)}</script>")


def set_document_theme(theme: ThemeName) -> None:
    """Change the theme of a page that is open."""
    ui.run_javascript(f"document.documentElement.dataset.theme = {json.dumps(theme)}")


@lru_cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


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
