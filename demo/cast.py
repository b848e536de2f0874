"""Who writes to the pretend bot, and what is still being said when it starts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from demo.chance import Chance
from demo.dialogue import Dialogue, hastened, play
from demo.generate import dialogues, settled_at
from demo.people import Client, new_client, person, returning
from demo.rhythm import NEWCOMERS, Part, numbers
from demo.salons import SALONS, Salon
from demo.wishes import Wished

NEWCOMER_SHARE = 0.4
RETURNING = 300  # at most so many others write again on a day; then all are newcomers
PATIENCE = 0.1  # of the time that the real bot waits for a client who went silent
WISHES_SOONER = 60.0  # what takes days with waiting-list items takes minutes here, as somebody is watching


class Cast:
    """Makes up the dialogues that the bot plays. `pace` shortens all that lies between their words."""

    def __init__(self, seed: str, pace: float) -> None:
        self._seed, self._pace = seed, pace
        self._count = 0
        self._waiting: dict[tuple[str, date], list[str]] = {}

    def next_dialogue(self, salon: Salon, now: datetime) -> Dialogue:
        """Let somebody write to `salon` at `now`."""
        self._count += 1
        key = f"live/{self._seed}/{self._count}"
        dialogue = play(salon, self._writer(salon, key, now), key, now, patience=PATIENCE)
        steps = [_sooner(step) if isinstance(step, Wished) else step for step in dialogue.steps]
        return hastened(replace(dialogue, steps=tuple(steps)), self._pace, now)

    def unfinished(
        self, loaded: dict[tuple[UUID, date, str], datetime], now: datetime
    ) -> Iterator[tuple[Dialogue, datetime]]:
        """Give the dialogues that go on after the instant up to which their day was `loaded`, and it."""
        for salon in SALONS:
            today = now.astimezone(salon.zone).date()
            parts: tuple[Part, ...] = ("standard", "extra")
            for day, part in ((day, part) for day in (today - timedelta(days=1), today) for part in parts):
                until = loaded.get((salon.tenant_id, day, part))
                if until is not None and until < settled_at(salon, day):
                    for dialogue in dialogues(salon, day, part, until=until):
                        if dialogue.closed.at > until:
                            yield hastened(dialogue, self._pace, now), until

    def _writer(self, salon: Salon, key: str, now: datetime) -> Client:
        chance = Chance("writer", salon.slug, key)
        others = self._others(salon, now.astimezone(salon.zone).date())
        if others and not chance.happens(NEWCOMER_SHARE):
            return person(salon, others.pop())
        return new_client(salon, key, now.astimezone(UTC), chance)

    def _others(self, salon: Salon, today: date) -> list[str]:
        """Name clients who may write again today, other than those whose day it is in the generated demo."""
        if (salon.slug, today) not in self._waiting:
            own = max(0, len(numbers(salon, today, "standard")) - NEWCOMERS["standard"])
            chosen = returning(salon, today, "standard", own + RETURNING)
            self._waiting = {of: keys for of, keys in self._waiting.items() if of[0] != salon.slug}
            self._waiting[salon.slug, today] = chosen[own:]
        return self._waiting[salon.slug, today]


def _sooner(wish: Wished) -> Wished:
    if wish.processed_at is None:
        return wish
    return replace(wish, processed_at=wish.at + (wish.processed_at - wish.at) / WISHES_SOONER)
