"""Who is behind a session cookie, and which open pages have to go when a session ends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from errors import Unavailable
from identity.store import SignInStore
from models import Identity

logger = logging.getLogger(__name__)

CACHE_SECONDS = 2.0
CACHED_SESSIONS = 4096
SWEEP_SECONDS = 2.0
SWEEP_TIMEOUT_SECONDS = 4.0

End = Callable[[str], None]
"""Ends one open page or socket; is told the reason (`signed_out`, `expired`, `ended`)."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in person in one browser. `session_hash` names the session, and is no use as a cookie."""

    identity: Identity
    session_hash: str


@dataclass(slots=True)
class _Watched:
    """A session with open pages or sockets in this process."""

    identity: Identity
    idle_ends: datetime
    ends: dict[object, End] = field(default_factory=dict)

    def is_over(self, now: datetime) -> bool:
        return now >= min(self.idle_ends, self.identity.session.expires_at)


class SessionRegistry:
    """Resolves sessions through a cache of two seconds, and sweeps the ended ones' pages away.

    A session can end anywhere: here, in another process, in the database. Every two seconds the database is
    asked which of the watched sessions live on, so an ended one loses its pages within five.
    """

    def __init__(
        self,
        store: SignInStore,
        idle_seconds: int,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._idle_seconds = idle_seconds
        self._now = now
        self._monotonic = monotonic
        self._cache: OrderedDict[str, tuple[Identity | None, float]] = OrderedDict()
        self._ended_here: OrderedDict[str, None] = OrderedDict()
        self._watched: dict[str, _Watched] = {}
        self._page_owners: dict[str, str] = {}
        self._seen: set[str] = set()
        self._sweeping: asyncio.Task[None] | None = None
        self._is_database_away = False

    async def start(self) -> None:
        """Begin to sweep."""
        self._sweeping = asyncio.create_task(self._sweep_forever(), name="session sweep")

    async def stop(self) -> None:
        """Stop sweeping."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
            self._sweeping = None

    async def resolve(self, session_hash: str) -> SignedIn | None:
        """Who is signed in with this session, as of at most two seconds ago. Raises `Unavailable`."""
        identity, known_until = self._cache.get(session_hash, (None, 0.0))
        if known_until <= self._monotonic():
            identity = await self._store.session(session_hash)
            self._remember(session_hash, identity)
            if identity is None:
                self._end_pages(session_hash, "ended")
        if identity is None or session_hash in self._ended_here:
            return None
        return SignedIn(identity, session_hash)

    def last_known(self, session_hash: str) -> SignedIn | None:
        """A session with pages open here, as known without the database; None when that is too old."""
        watched = self._watched.get(session_hash)
        if watched is None or watched.is_over(self._now()):
            return None
        return SignedIn(watched.identity, session_hash)

    def watch(self, signed_in: SignedIn, end: End, *, page_id: str | None = None) -> Callable[[], None]:
        """Have `end` called once when the session ends; returns what stops watching.

        `page_id` makes the page the session's own: no other session may open a socket to it.
        """
        session_hash = signed_in.session_hash
        if session_hash in self._ended_here:
            end("ended")
            return lambda: None
        times = signed_in.identity.session
        watched = self._watched.setdefault(
            session_hash, _Watched(signed_in.identity, idle_ends=times.idle_expires_at)
        )
        watched.identity = signed_in.identity
        key = object()
        watched.ends[key] = end
        if page_id is not None:
            self._page_owners[page_id] = session_hash

        def unwatch() -> None:
            if page_id is not None:
                self._page_owners.pop(page_id, None)
            watched.ends.pop(key, None)
            if not watched.ends and self._watched.get(session_hash) is watched:
                del self._watched[session_hash]

        return unwatch

    def may_attach(self, session_hash: str, page_id: str) -> bool:
        """Whether a socket of this session may speak for a page: not for one that another session opened."""
        return self._page_owners.get(page_id, session_hash) == session_hash

    def note_activity(self, session_hash: str) -> None:
        """A person did something: the session's idle end moves on with the next sweep."""
        if session_hash in self._ended_here:
            return
        self._seen.add(session_hash)
        if watched := self._watched.get(session_hash):
            watched.idle_ends = self._now() + timedelta(seconds=self._idle_seconds)

    def end(self, session_hash: str, reason: str) -> None:
        """End the session's pages and sockets in this process, now and for good."""
        self._ended_here[session_hash] = None
        if len(self._ended_here) > CACHED_SESSIONS:
            self._ended_here.popitem(last=False)
        self._cache.pop(session_hash, None)
        self._seen.discard(session_hash)
        self._end_pages(session_hash, reason)

    def forget(self, session_hash: str) -> None:
        """Ask the database anew at the next request, as after the person's own data changed."""
        self._cache.pop(session_hash, None)

    async def sweep(self) -> None:
        """Tell the database who was active, and end the pages of sessions that are over."""
        seen, asked = set(self._seen), set(self._watched)
        if not seen and not asked:
            return
        try:
            async with asyncio.timeout(SWEEP_TIMEOUT_SECONDS):
                alive = await self._store.touch_sessions(seen, asked, self._idle_seconds)
        except (Unavailable, TimeoutError):
            self._sweep_without_database()
            return
        if self._is_database_away:
            logger.info("The database answers again; sessions are checked")
        self._is_database_away = False
        self._seen -= seen
        for session_hash in asked - alive:
            self.end(session_hash, "ended")

    def _sweep_without_database(self) -> None:
        """Pages stay as long as their sessions would by what was last known of them."""
        if not self._is_database_away:
            logger.warning("The database does not answer; open pages stay until their sessions expire")
        self._is_database_away = True
        now = self._now()
        for session_hash in [one for one, watched in self._watched.items() if watched.is_over(now)]:
            self._end_pages(session_hash, "expired")

    def _end_pages(self, session_hash: str, reason: str) -> None:
        watched = self._watched.pop(session_hash, None)
        for end in list(watched.ends.values()) if watched else ():
            try:
                end(reason)
            except Exception:  # one page that cannot be ended must not keep the others open
                logger.exception("A page of an ended session could not be ended")

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except Exception:  # whatever it is, sessions have to be checked again in two seconds
                logger.exception("Sessions could not be checked")

    def _remember(self, session_hash: str, identity: Identity | None) -> None:
        self._cache[session_hash] = (identity, self._monotonic() + CACHE_SECONDS)
        self._cache.move_to_end(session_hash)
        if len(self._cache) > CACHED_SESSIONS:
            self._cache.popitem(last=False)
