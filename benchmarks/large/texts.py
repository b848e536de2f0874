"""What people write: sentences of a salon's chat, with a few words everywhere and most words almost nowhere.

Words follow Zipf's law over some twenty thousand forms, as they do in any language: a search that is only
tried on evenly spread words is tried on what does not exist.
"""

from __future__ import annotations

import re
from itertools import accumulate, product
from random import Random

from demo.phrases_en import PHRASES as ENGLISH
from demo.phrases_ru import PHRASES as RUSSIAN

ENGLISH_SHARE = 0.1
PIECES = 120_000

_SLOTS = re.compile(r"\{[a-z_]+\}")
_CHOICES = re.compile(r"\[([^|\]]*)\|[^\]]*\]")
_WORDS = re.compile(r"[^\W\d_]{3,}")
_ROOTS = """
ало бере вере гла горо дело доро жела зале зелё играл качел клубни колен кора краси крыло куда лави лег леп
лимо лист лом луч мал мандар мармел мело мир мол моро мра мыш наде нег нов обла озер око окра олив орех ост
пар перел песо пион плат пол прав пруж пти пуш раду ракуш рас рез ром рос рубин руч сад сал свет сер син
скал слад снег сол сос стек стру сту тал тём тка топол тра туман узо фиал хво хруст цвет чай чере шёл шоко
щёт эхо юж ябл янтар яр
"""
_MIDDLES = """
вин гор дан жен зол кар лен мат нос пар рот сил тон фор хар шан чил бур бан вол кун мир пол рад сол тур
"""
_ENDINGS = "ка ник ость ение ский ная ное ать ила ому"


class Texts:
    """Makes messages; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random = Random(seed)
        self._said = {
            "ru": {who: _sentences(RUSSIAN, who) for who in ("user", "assistant")},
            "en": {who: _sentences(ENGLISH, who) for who in ("user", "assistant")},
        }
        words = _vocabulary(random)
        weights = list(accumulate(1 / place for place in range(3, len(words) + 3)))
        drawn = iter(random.choices(words, cum_weights=weights, k=PIECES * 6))
        self._pieces = [
            " ".join(next(drawn) for _ in range(length))
            for length in random.choices((2, 3, 4, 5, 6), weights=(4, 5, 4, 2, 1), k=PIECES)
        ]

    def message(self, who: str, language: str) -> str:
        """One message of a `user` or the `assistant`: a common phrase, and as a rule something of its own."""
        random = self._random
        chance = random.random()
        if chance < 0.15:
            return random.choice(self._said[language][who])
        if chance < 0.75:
            return f"{random.choice(self._said[language][who])} {random.choice(self._pieces)}"
        pieces = random.choices(self._pieces, k=3 if who == "assistant" else 2)
        return ", ".join(pieces)

    def language(self) -> str:
        """`ru` or `en`, for one client."""
        return "en" if self._random.random() < ENGLISH_SHARE else "ru"


_OF_THE_BOT = {
    "hello", "offer_staff", "offer_times", "summary", "booked", "price_answer", "no_slots", "wish_saved",
    "handover", "by_hand", "ping", "move_offer", "moved", "cancelled", "address", "sorry", "bye", "unclear",
}  # fmt: skip
_LEFT_OUT = "hostile"


def _sentences(phrases: dict[str, tuple[str, ...]], who: str) -> list[str]:
    found = [
        _SLOTS.sub(_filled, _CHOICES.sub(r"\1", phrase))
        for moment, variants in phrases.items()
        if moment != _LEFT_OUT and (moment in _OF_THE_BOT) == (who == "assistant")
        for phrase in variants
    ]
    return sorted(set(found))


_FILLING = {
    "{service}": "стрижку", "{plain}": "маникюр", "{staff}": "Анна", "{to_staff}": "Анне",
    "{when}": "завтра в 15:00", "{price}": "2 500 ₽", "{title}": "Стрижка", "{salon}": "салон",
    "{daypart}": "вечером",
}  # fmt: skip


def _filled(slot: re.Match[str]) -> str:
    return _FILLING.get(slot[0], "")


def _vocabulary(random: Random) -> list[str]:
    """Words from the most to the least frequent: first those of the demo's own phrases, then made-up ones."""
    common = [
        word.lower()
        for phrases in (RUSSIAN, ENGLISH)
        for moment, variants in phrases.items()
        if moment != _LEFT_OUT
        for phrase in variants
        for word in _WORDS.findall(_SLOTS.sub("", phrase))
    ]
    made_up = ["".join(parts) for parts in product(_ROOTS.split(), _MIDDLES.split(), _ENDINGS.split())]
    random.shuffle(made_up)
    return [*dict.fromkeys(common), *dict.fromkeys(made_up)]
