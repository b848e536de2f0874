"""What a run tells of its progress, as lines of its log: written by the job, read by the page.

Salons are named by their ids only: a log is no place for what people wrote, and the page knows by the id
what to keep from people of other salons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

_BEGUN = re.compile(r"^Salons to do: (\d+)$")
_OUTCOME = re.compile(r"^Salon ([0-9a-f-]{36}): (?:(\d+) days, (\d+) dialogues|failed: ([a-z0-9_]+))$")


def begun(salons: int) -> str:
    """The first line."""
    return f"Salons to do: {salons}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one salon in a run; `failure` is the stable code of an error."""

    tenant_id: UUID
    days: int = 0
    dialogues: int = 0
    failure: str | None = None

    def line(self) -> str:
        """As it stands in the log."""
        if self.failure is not None:
            return f"Salon {self.tenant_id}: failed: {self.failure}"
        return f"Salon {self.tenant_id}: {self.days} days, {self.dialogues} dialogues"

    @classmethod
    def from_line(cls, line: str) -> Self | None:
        """The outcome that a line tells, if it tells one."""
        if (found := _OUTCOME.match(line)) is None:
            return None
        tenant, days, dialogues, failure = found.groups()
        return cls(UUID(tenant), int(days or 0), int(dialogues or 0), failure)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: salons to do, and what became of those done. The latest word on each counts."""

    salons: int
    outcomes: tuple[Outcome, ...]

    @classmethod
    def from_log(cls, lines: Iterable[str]) -> Self | None:
        """What the lines of a log tell, or None when they tell nothing of salons."""
        salons: int | None = None
        outcomes: dict[UUID, Outcome] = {}
        for line in lines:
            if (found := _BEGUN.match(line)) is not None:
                # a retry begins anew with what is missing
                salons = max(salons or 0, int(found[1]))
            elif (outcome := Outcome.from_line(line)) is not None:
                outcomes[outcome.tenant_id] = outcome
        return None if salons is None else cls(salons, tuple(outcomes.values()))

    @property
    def failed(self) -> int:
        """How many salons were not done because of an error."""
        return sum(outcome.failure is not None for outcome in self.outcomes)

    @property
    def share(self) -> float:
        """The part that is done, from 0 to 1."""
        return min(len(self.outcomes) / self.salons, 1.0) if self.salons else 1.0

    def of(self, tenant_id: UUID) -> Outcome | None:
        """What became of one salon, as far as it is known."""
        return next((one for one in self.outcomes if one.tenant_id == tenant_id), None)
