"""How a demo dialogue is worded: phrases by language and gender, times and prices as people say them."""

import re
from datetime import date, datetime
from decimal import Decimal

from demo import phrases_de, phrases_en, phrases_ru

Phrases = dict[str, tuple[str, ...]]

_CHOICE = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")


def _for_gender(phrases: Phrases, group: int) -> Phrases:
    return {
        moment: tuple(_CHOICE.sub(lambda found: found[group], text) for text in texts)
        for moment, texts in phrases.items()
    }


VOICES: dict[tuple[str, str], Phrases] = {
    ("ru", "m"): _for_gender(phrases_ru.PHRASES, 1),
    ("ru", "f"): _for_gender(phrases_ru.PHRASES, 2),
    **{
        (language, gender): phrases
        for language, phrases in (("en", phrases_en.PHRASES), ("de", phrases_de.PHRASES))
        for gender in "mf"
    },
}

_DAYS = {
    "ru": ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
_NEAR = {"ru": ("сегодня", "завтра"), "en": ("today", "tomorrow"), "de": ("heute", "morgen")}
_DAYPARTS = {
    "ru": {"morning": "утром", "day": "днём", "afternoon": "днём", "evening": "вечером"},
    "en": {
        "morning": "in the morning",
        "day": "at midday",
        "afternoon": "in the afternoon",
        "evening": "in the evening",
    },
    "de": {"morning": "morgens", "day": "mittags", "afternoon": "nachmittags", "evening": "abends"},
}
_SIGNS = {"RUB": "{} ₽", "EUR": "{} €", "INR": "₹{}"}


def spoken_time(local: datetime, today: date, language: str) -> str:
    """Say a visit's local time: «завтра в 14:30», «в субботу, 28.11, в 14:30»."""
    at = {"ru": "в", "en": "at", "de": "um"}[language]
    clock = f"{local.hour}:{local.minute:02}"  # strftime takes a second of a first load
    ahead = (local.date() - today).days
    if ahead < 2:
        return f"{_NEAR[language][ahead]} {at} {clock}"
    return f"{_DAYS[language][local.weekday()]}, {local.day}.{local.month:02}, {at} {clock}"


def spoken_daypart(part: str, language: str) -> str:
    """Say a part of the day: «вечером»."""
    return _DAYPARTS[language][part]


def spoken_price(amount: Decimal, currency: str) -> str:
    """Say a price the way the salons write it: `14 500 ₽`."""
    return _SIGNS[currency].format(f"{amount:,.0f}".replace(",", "\u00a0"))
