"""Words, numbers and dates in the reader's language and the salon's time zone.

Message ids are the English texts. `locales/<locale>/LC_MESSAGES/messages.po` translates them; the files are
read once, at first use, so that there are no compiled catalogues to keep in step.
"""

from __future__ import annotations

import gettext
import io
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, negotiate_locale, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from models import LocaleName

LOCALES: dict[LocaleName, str] = {"en": "English", "ru": "Русский"}
FOLDER = Path(__file__).parent / "locales"


class Translator:
    """One language. Placeholders are `{name}`; parameters are inserted as plain text."""

    def __init__(self, locale: LocaleName, catalogue: gettext.NullTranslations) -> None:
        self.locale = locale
        self._babel = Locale.parse(locale)
        self._catalogue = catalogue

    def t(self, message: str, **params: object) -> str:
        """Translate a message id; an unknown one is shown as it is."""
        text = self._catalogue.gettext(message) if message else ""
        return text.format(**params) if params else text

    def n(self, singular: str, plural: str, count: int, **params: object) -> str:
        """Translate with the plural form that `count` takes; `{count}` is the formatted number."""
        text = self._catalogue.ngettext(singular, plural, count)
        return text.format(count=self.number(count), **params)

    def forms(self, singular: str, plural: str) -> dict[str, str]:
        """The plural forms by their CLDR category, with `{count}` in them, for who counts in the browser."""
        of_count = {"one": 1, "few": 2, "many": 5, "other": 5}
        return {
            category: self._catalogue.ngettext(singular, plural, count)
            for category, count in of_count.items()
        }

    def number(self, value: Decimal | float, decimals: int = 0) -> str:
        """A number with the language's separators, rounded to `decimals` places."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return numbers.format_decimal(value, format=pattern, locale=self._babel)

    def money(self, value: Decimal | float, currency: str) -> str:
        """An amount with its currency; whole amounts are shown without decimals."""
        whole = Decimal(value) == Decimal(value).to_integral_value()
        digits = "#,##0" if whole else "#,##0.00"
        symbol = numbers.get_currency_symbol(currency, locale=self._babel)
        gap = "\u00a0" if self.locale == "ru" or symbol[-1].isalpha() else ""
        pattern = f"{digits}{gap}¤" if self.locale == "ru" else f"¤{gap}{digits}"
        return numbers.format_currency(value, currency, pattern, locale=self._babel, currency_digits=False)

    def percent(self, share: Decimal | float, decimals: int = 1) -> str:
        """A share of one as a percentage: 0.125 is 12.5 %."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        pattern += "\u00a0%" if self.locale == "ru" else "%"
        return numbers.format_percent(share, format=pattern, locale=self._babel)

    def day(self, day: date, style: str = "medium") -> str:
        """A calendar day. `style` is one of Babel's names or a CLDR skeleton such as `MMMd`."""
        if style in {"short", "medium", "long", "full"}:
            return dates.format_date(day, style, locale=self._babel)
        return dates.format_skeleton(style, day, locale=self._babel)

    def moment(self, moment: datetime, time_zone: str, style: str = "medium") -> str:
        """A moment on the wall clock of `time_zone` (an IANA name)."""
        return dates.format_datetime(moment, style, tzinfo=ZoneInfo(time_zone), locale=self._babel)

    def time(self, moment: datetime, time_zone: str, style: str = "medium") -> str:
        """The time of day of a moment in `time_zone`."""
        return dates.format_time(moment, style, tzinfo=ZoneInfo(time_zone), locale=self._babel)


@lru_cache
def translator(locale: LocaleName) -> Translator:
    """The translator of a language."""
    return Translator(locale, _catalogue(locale))


def preferred_locale(accept_language: str, default: LocaleName = "en") -> LocaleName:
    """The best of our languages for an `Accept-Language` header."""
    wanted = [part.split(";")[0].split("-")[0].strip() for part in accept_language.split(",")]
    found = negotiate_locale([tag for tag in wanted if tag], list(LOCALES))
    return next((name for name in LOCALES if name == found), default)


def _catalogue(locale: LocaleName) -> gettext.NullTranslations:
    path = FOLDER / locale / "LC_MESSAGES" / "messages.po"
    if locale == "en" and not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
