"""Passwords: what is accepted as a new one, and bcrypt off the event loop."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import bcrypt

from errors import Invalid, TooMany

COST = 12
MIN_CHARACTERS = 10
MAX_BYTES = 72
"""bcrypt reads no further than this."""
WORKERS = 2
MOST_WAITING = 64
"""At most this many checks wait for a worker: 64 take about 10 s at cost 12 on two cores."""

COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split())
"""Passwords of accepted length that open every list of the most used ones."""

T = TypeVar("T")


class Passwords:
    """bcrypt in its own two threads, so that a rush of sign-ins slows down sign-ins and nothing else."""

    def __init__(self, cost: int = COST) -> None:
        self._cost = cost
        # A well-formed hash that nobody has the password of: what unknown accounts are checked against.
        self._nobodys_hash = f"$2b${cost:02}$C6UzMDM.H6dfI/f/IKcEe.".ljust(60, "u")
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="bcrypt")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The bcrypt hash of a password that `check_new` has accepted. Raises `TooMany` under a rush."""
        salt = bcrypt.gensalt(self._cost)
        return (await self._work(lambda: bcrypt.hashpw(_encoded(password), salt))).decode()

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the hash's.

        Takes as long without a hash as with one, so that time does not tell which accounts exist. Raises
        `TooMany` under a rush.
        """
        encoded = _encoded(password)
        checked = (password_hash or self._nobodys_hash).encode()
        matches = await self._work(lambda: bcrypt.checkpw(encoded[:MAX_BYTES], checked))
        return matches and password_hash is not None and len(encoded) <= MAX_BYTES

    def close(self) -> None:
        """Stop the threads; checks that have not begun are dropped."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    async def _work(self, task: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise TooMany("Too many people are signing in right now.", retry_after=5, advice="Try again.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, task)
        finally:
            self._waiting -= 1


def check_new(password: str, repeated: str, *, email: str) -> None:
    """Accept a new password, or raise `Invalid` with what is wrong with it."""
    if password != repeated:
        raise Invalid("The two passwords differ.", code="passwords_differ", field="repeated")
    if len(password) < MIN_CHARACTERS:
        raise Invalid(
            "Use at least {characters} characters.",
            code="password_short",
            field="password",
            characters=MIN_CHARACTERS,
        )
    if len(_encoded(password)) > MAX_BYTES:
        raise Invalid(
            "This password is too long: at most {bytes} bytes, which is {letters} Cyrillic letters.",
            code="password_long",
            field="password",
            bytes=MAX_BYTES,
            letters=MAX_BYTES // 2,
        )
    plain = password.casefold().strip()
    if plain in COMMON or plain == email.casefold() or len(set(plain)) < 3:
        raise Invalid(
            "This password is too easy to guess.",
            code="password_common",
            advice="Several unrelated words make a good one.",
            field="password",
        )


def _encoded(password: str) -> bytes:
    # The same keys give composed or decomposed letters, depending on the system.
    return unicodedata.normalize("NFC", password).encode()
