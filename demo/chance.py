"""Repeatable chance: the same key gives the same draws on every machine and Python version."""

import hashlib
import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Odds(Generic[T]):
    """Options with their weights, which need not add up to one."""

    def __init__(self, *weighed: tuple[T, float]) -> None:
        self.options = tuple(option for option, _ in weighed)
        *self.limits, self.total = accumulate(weight for _, weight in weighed)


class Chance(random.Random):
    """A generator seeded by words.

    Only `random()` is promised to give the same numbers in every Python release: each draw is built on it.
    """

    def __init__(self, *key: object) -> None:
        # Seeded by a number, as seeding by text takes half as long again.
        super().__init__(int.from_bytes(_digest(key, 16)))

    def happens(self, probability: float) -> bool:
        """Say yes with `probability` (0 to 1)."""
        return self.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """Give one of the `options`, each as likely."""
        return options[int(self.random() * len(options))]

    def weighted(self, odds: Odds[T]) -> T:
        """Give one of the options by weight."""
        return odds.options[bisect_right(odds.limits, self.random() * odds.total)]

    def between(self, low: int, high: int) -> int:
        """Give a whole number from `low` to `high`, both possible."""
        return low + int(self.random() * (high - low + 1))

    def wait(self, shortest: float, longest: float) -> timedelta:
        """Give a delay in seconds: mostly near `shortest`, now and then near `longest`, as people answer."""
        return timedelta(milliseconds=round(1000 * (shortest + (longest - shortest) * self.random() ** 3)))


def fractions(key: Iterable[object]) -> tuple[float, float]:
    """Give two numbers from 0 to below 1 for the key, at a tenth of what a generator costs."""
    digest = _digest(key, 12)
    return int.from_bytes(digest[:6]) / 2**48, int.from_bytes(digest[6:]) / 2**48


def _digest(key: Iterable[object], size: int) -> bytes:
    return hashlib.blake2b(":".join(map(str, key)).encode(), digest_size=size).digest()
