"""How long something took, in the reader's language."""

from __future__ import annotations

from babel.units import format_unit

from i18n import Translator

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def duration(milliseconds: int, tr: Translator) -> str:
    """`0.4 sec`, `12 sec`, `3 min`, `2 hr 5 min`, `4 days`: as exact as anybody wants to know it."""
    if milliseconds < SECOND:
        return format_unit(round(milliseconds / SECOND, 1), "duration-second", "short", locale=tr.locale)
    if milliseconds < MINUTE:
        return format_unit(milliseconds // SECOND, "duration-second", "short", locale=tr.locale)
    if milliseconds < HOUR:
        return format_unit(milliseconds // MINUTE, "duration-minute", "short", locale=tr.locale)
    if milliseconds < DAY:
        hours = format_unit(milliseconds // HOUR, "duration-hour", "short", locale=tr.locale)
        minutes = milliseconds % HOUR // MINUTE
        rest = format_unit(minutes, "duration-minute", "short", locale=tr.locale) if minutes else ""
        return f"{hours} {rest}".strip()
    return format_unit(milliseconds // DAY, "duration-day", "short", locale=tr.locale)
