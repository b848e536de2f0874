"""Password hashing off the event loop, and answers that take as long for people we do not know."""

import asyncio
import secrets
from functools import cache

import bcrypt

LONGEST_PASSWORD = 72  # bytes: bcrypt knows no more, and refuses them
SHORTEST_PASSWORD = 6  # characters, the platform's own minimum
COST = 10  # as the platform hashes
_PARALLEL = 2  # hashing is all CPU; more at once would only starve the rest


class Passwords:
    """Hashes and checks passwords, a few at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_PARALLEL)

    async def hash(self, password: str) -> str:
        """The bcrypt hash of a password of at most 72 bytes."""
        async with self._slots:
            hashed = await asyncio.to_thread(bcrypt.hashpw, password.encode(), bcrypt.gensalt(COST))
        return hashed.decode()

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether the password is the hashed one; None (nobody's hash) costs the same time and is False."""
        given = password.encode()
        usable = hashed is not None and 0 < len(given) <= LONGEST_PASSWORD and b"\0" not in given
        known = hashed.encode() if usable and hashed is not None else _nobodys_hash()
        async with self._slots:
            same = await asyncio.to_thread(bcrypt.checkpw, given if usable else b"-", known)
        return usable and same


@cache
def _nobodys_hash() -> bytes:
    return bcrypt.hashpw(secrets.token_bytes(16).hex().encode(), bcrypt.gensalt(COST))
