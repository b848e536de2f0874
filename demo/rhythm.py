"""When people write to a salon: how many dialogues a local day has, and at which instants they begin."""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from demo.chance import Chance, fractions
from demo.salons import MOSCOW, SALONS, Salon

Volume = Literal["standard", "large"]
Part = Literal["standard", "extra"]  # a large day is a standard day and its extra part

QUIETEST, BUSIEST = 40, 70
EXTRA_FROM = 100  # dialogue numbers of the extra part begin here, above any standard day's
NEWCOMERS: dict[Part, int] = {"standard": 14, "extra": 260}
LARGE_SALON = MOSCOW

# Share of a day's dialogues by local hour: a morning rise, a lunch peak, the evening, a thin night.
HOURS = (
    0.5, 0.25, 0.12, 0.1, 0.1, 0.2, 0.5, 1.4, 3.0, 5.5, 7.2, 7.6,
    7.8, 7.4, 6.2, 5.6, 5.8, 6.6, 7.6, 7.8, 6.9, 5.2, 3.2, 1.4,
)  # fmt: skip


def parts(salon: Salon, volume: Volume) -> tuple[Part, ...]:
    """Tell which parts a day of `salon` has; only one salon grows in the large volume."""
    return ("standard", "extra") if volume == "large" and salon is LARGE_SALON else ("standard",)


def numbers(salon: Salon, day: date, part: Part) -> range:
    """Give the numbers of the dialogues that begin on `day`; the first `NEWCOMERS[part]` are newcomers."""
    chance = Chance("count", salon.slug, day, part)
    swing = salon.weekdays[day.weekday()] * salon.months[day.month - 1] * (0.92 + 0.16 * chance.random())
    if part == "extra":
        return range(EXTRA_FROM, EXTRA_FROM + max(1020, round(1150 * swing)))
    return range(min(BUSIEST, max(QUIETEST, round(salon.rate * swing))))


def local_day(salon: Salon, day: date) -> tuple[datetime, datetime]:
    """Give the first instant of the salon's `day` and of the day after: 23, 24 or 25 hours apart, in UTC."""
    first, second = (datetime.combine(d, time(), salon.zone) for d in (day, day + timedelta(days=1)))
    return first.astimezone(UTC), second.astimezone(UTC)


@lru_cache(maxsize=2048)
def _hours(slot: int, day: date) -> tuple[tuple[datetime, ...], tuple[float, ...]]:
    """Real hours of the day with their weights added up: of a clock change, too, 23 or 25."""
    salon = SALONS[slot]
    hour, end = local_day(salon, day)
    hours = []
    while hour < end:
        hours.append(hour)
        hour += timedelta(hours=1)
    return tuple(hours), tuple(accumulate(HOURS[hour.astimezone(salon.zone).hour] for hour in hours))


def start_of(salon: Salon, day: date, number: int) -> datetime:
    """Give the instant (UTC) at which dialogue `number` of the salon's local `day` begins."""
    hour_drawn, within = fractions(("start", salon.slug, day, number))
    hours, weights = _hours(salon.slot, day)
    hour = hours[bisect_right(weights, hour_drawn * weights[-1])]
    return hour + timedelta(milliseconds=int(within * 3_600_000))
