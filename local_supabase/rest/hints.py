"""Finds the name that a misspelt one probably meant: by shared letter groups, then by edit distance."""

import math
import re
from collections import Counter
from collections.abc import Iterable

NOT_IN_GRAMS = re.compile(r"[^\w, ]+|_")
GRAM_SIZES = (3, 2)
CANDIDATES = 50
LOWEST_SCORE = 0.75  # of the names of tables and functions: a guess must not tell strangers what there is
LONGEST_NAME = 256


def closest(name: str, known: Iterable[str], *, at_least: float = LOWEST_SCORE) -> str | None:
    """The closest known name, if any is close enough (1 is the same, 0 has not a letter in common)."""
    if len(name) > LONGEST_NAME:
        return None
    wanted = name.lower()
    choices = {one.lower(): one for one in known}
    if wanted in choices:
        return choices[wanted]
    for size in GRAM_SIZES:
        scored = [(score, one) for one in choices if (score := _similarity(wanted, one, size)) > 0]
        if not scored:
            continue
        best = sorted(scored, key=lambda pair: -pair[0])[:CANDIDATES]
        score, found = max(((_likeness(wanted, one), one) for _, one in best), key=lambda pair: pair[0])
        if score >= at_least:
            return choices[found]
    return None


def _grams(text: str, size: int) -> Counter[str]:
    padded = f"-{NOT_IN_GRAMS.sub('', text)}-".ljust(size, "-")
    return Counter(padded[at : at + size] for at in range(len(padded) - size + 1))


def _similarity(one: str, other: str, size: int) -> float:
    left, right = _grams(one, size), _grams(other, size)
    shared = sum(count * right[gram] for gram, count in left.items())
    norms = math.hypot(*left.values()) * math.hypot(*right.values())
    return shared / norms if norms else 0.0


def _likeness(one: str, other: str) -> float:
    """1 less the share of letters to change (Levenshtein distance over the longer length)."""
    previous = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, against in enumerate(other, 1):
            change = previous[column - 1] + (letter != against)
            current.append(min(previous[column] + 1, current[-1] + 1, change))
        previous = current
    return 1 - previous[-1] / max(len(one), len(other), 1)
