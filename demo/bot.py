"""The pretend bot: writes on in the demo as the real one would, message by message, so the panel moves."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import asyncpg

from demo.cast import Cast
from demo.chance import Chance
from demo.salons import SALONS, Salon
from demo.stage import Performance, Stage, open_stage, perform

logger = logging.getLogger(__name__)

MOST_OPEN = 90  # dialogues at a time; who writes then, writes later
# Seconds from one new dialogue of an open salon to its next. Something moves every few seconds, as a dialogue
# has a dozen messages, and today's bar stays of the size of the other days'.
BETWEEN_DIALOGUES = (150.0, 420.0)
NIGHT_FACTOR = 4.0  # rarer when the salon is closed, but the demo is never wholly silent
BETWEEN_CHANGES = 15.0  # seconds from one look at what is due on waiting lists to the next
LONGEST_NAP = 1.0  # seconds
FIRST_RETRY, LAST_RETRY = 0.5, 10.0  # seconds

# What a database that stops, is down or starts answers; anything else is a mistake of ours and is raised.
OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,  # how a rollback fails on a connection that was cut in mid-transaction
)


class PretendBot:
    """Plays dialogues in the demo salons until it is cancelled.

    `admin_url` names a superuser of a loaded demo database; the bot writes as `service_role`. At `pace` 1 an
    open salon has a new dialogue every 20 to 40 seconds; at 10, ten times as many, ten times as fast. The
    same `seed` brings the same people with the same wishes; by default it is the moment of the start.
    """

    def __init__(self, admin_url: str, *, pace: float = 1.0, seed: str | None = None) -> None:
        self._admin_url = admin_url
        self._pace = pace
        seed = seed or datetime.now(UTC).isoformat()
        self._cast = Cast(seed, pace)
        self._chance = Chance("bot", seed)
        self._open: list[Performance] | None = None  # None until the first connection
        self._next_start: dict[str, datetime] = {}
        self._next_changes = datetime.now(UTC)

    async def run(self) -> None:
        """Play until cancelled; a database that goes away is waited for."""
        retry = FIRST_RETRY
        while True:
            try:
                async with open_stage(self._admin_url) as stage:
                    retry = FIRST_RETRY
                    await self._play(stage)
            except OUTAGES as error:
                logger.warning("The pretend bot waits for the database: %s; next try in %.1f s", error, retry)
            await asyncio.sleep(retry)
            retry = min(2 * retry, LAST_RETRY)

    async def _play(self, stage: Stage) -> None:
        if self._open is None:
            self._open = await self._take_over(stage)
        while True:
            now = datetime.now(UTC)
            self._let_people_write(self._open, now)
            await self._play_due(stage, self._open, now)
            if self._next_changes <= now:
                await stage.apply_due_changes(now)
                self._next_changes = now + timedelta(seconds=BETWEEN_CHANGES / self._pace)
            await asyncio.sleep(self._nap(self._open))

    async def _take_over(self, stage: Stage) -> list[Performance]:
        """Go on with the dialogues that the load found half-way, and close those of a stopped bot."""
        now = datetime.now(UTC)
        loaded = await stage.loaded()
        playing = [perform(*unfinished) for unfinished in self._cast.unfinished(loaded, now)]
        await stage.close_orphans([performance.dialogue.session_id for performance in playing], now)
        return playing

    def _let_people_write(self, playing: list[Performance], now: datetime) -> None:
        for salon in SALONS:
            due = self._next_start.setdefault(salon.slug, now + self._interval(salon, now) / 2)
            if due <= now and len(playing) < MOST_OPEN:
                playing.append(perform(self._cast.next_dialogue(salon, now)))
                self._next_start[salon.slug] = now + self._interval(salon, now)

    async def _play_due(self, stage: Stage, playing: list[Performance], now: datetime) -> None:
        for performance in playing:
            while (due_at := performance.due_at) is not None and due_at <= now:
                await stage.play_next(performance)
        playing[:] = [performance for performance in playing if performance.due_at is not None]

    def _interval(self, salon: Salon, now: datetime) -> timedelta:
        low, high = BETWEEN_DIALOGUES
        seconds = low + (high - low) * self._chance.random()
        is_open = salon.opens <= now.astimezone(salon.zone).hour < salon.closes
        return timedelta(seconds=seconds * (1 if is_open else NIGHT_FACTOR) / self._pace)

    def _nap(self, playing: list[Performance]) -> float:
        """Give the seconds until something is due."""
        due = [at for performance in playing if (at := performance.due_at) is not None]
        if len(playing) < MOST_OPEN:
            due += self._next_start.values()
        return min(max((min(due) - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_NAP)
