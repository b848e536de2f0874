"""How the panel looks to the signed-in person: theme and language, from now on and on every device."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from nicegui import ui

from components.head import set_document_theme
from components.notices import not_done
from components.segmented import segmented
from components.tag import Tag, tag
from data import Door
from errors import AppError
from i18n import LOCALES, Translator
from models import LocaleName, ThemeName
from queries import people


class Preferences:
    """The choices of one open tab; wherever they are shown, they show the same."""

    def __init__(self, tr: Translator, door: Door, theme: ThemeName) -> None:
        self._tr = tr
        self._door = door
        self._theme = theme
        self._shown: list[tuple[Tag, Callable[[str], None]]] = []
        self._quasar_dark = ui.dark_mode(_quasar_dark(theme))

    def controls(self) -> None:
        """Draw the choices."""
        tr = self._tr
        themes = {"light": tr.t("Light"), "dark": tr.t("Dark"), "system": tr.t("System")}
        # those of a menu are gone when it has closed
        self._shown = [(place, mark) for place, mark in self._shown if not place.is_deleted]
        with tag("div", classes="choices") as place:
            tag("span", tr.t("Theme"), "muted")
            self._shown.append((place, segmented(tr.t("Theme"), themes, self._theme, self._choose_theme)))
            tag("span", tr.t("Language"), "muted")
            languages: dict[str, str] = dict(LOCALES.items())
            segmented(tr.t("Language"), languages, tr.locale, self._choose_locale)

    async def _choose_theme(self, value: str) -> None:
        theme: ThemeName = "light" if value == "light" else "dark" if value == "dark" else "system"
        self._theme = theme
        set_document_theme(theme)
        self._quasar_dark.set_value(_quasar_dark(theme))
        for _, mark in self._shown:
            mark(theme)
        try:
            await people.set_preferences(self._door, uuid4(), theme=theme)
        except AppError as error:
            not_done(self._tr, error)

    async def _choose_locale(self, value: str) -> None:
        locale: LocaleName = "ru" if value == "ru" else "en"
        try:
            await people.set_preferences(self._door, uuid4(), locale=locale)
        except AppError as error:
            not_done(self._tr, error)
            return
        ui.navigate.reload()


def _quasar_dark(theme: ThemeName) -> bool | None:
    return {"light": False, "dark": True, "system": None}[theme]
