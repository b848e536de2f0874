"""The overview made by pandas, by the definitions and by nothing of the SQL that is tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from tests.sql.metrics_raw import Raw
from tests.sql.metrics_rows import Salon

KNOWN_DROP_OFFS = ["service_selection", "staff_selection", "time_selection"]
STAGES = ("dialogue", "intent", "service", "slot", "booked", "visited")


def overview(raw: Raw, salon: Salon) -> dict[str, Any]:
    """What `dashboard.overview` has to answer for the salon's period."""
    every = _described(raw.dialogues[salon.tenant_id], salon)
    length = salon.last - salon.first + timedelta(days=1)
    this = _Span(raw, salon, _between(every, salon.first, salon.last))
    before = _Span(raw, salon, _between(every, salon.first - length, salon.last - length))
    points = _points(this.rows, salon)
    starts = Counter(
        (day.weekday(), hour) for day, hour in zip(this.rows["day"], this.rows["hour"], strict=True)
    )
    detail = this.left_out()
    details: dict[str, dict[str, Any]] = dict.fromkeys(
        ("dialogues", "bookings", "conversion", "revenue"), detail
    )
    details["average_ticket"] = detail | {"bookings": int(this.rows["is_priced"].sum())}
    details["first_reply_ms"] = {"dialogues": int(this.rows["first_reply_ms"].notna().sum())}
    figures, previous = _figures(this.rows), _figures(before.rows)
    stages = zip(
        STAGES, [*this.reached(), this.visits()[0]], [*before.reached(), before.visits()[0]], strict=True
    )
    return {
        "time_zone": salon.zone,
        "currency": salon.currency,
        "has_dialogues": True,
        "kpis": {
            name: {
                "current": figures[name], "previous": previous[name],
                "spark": [point[name] for _, point in points], "detail": details.get(name, {}),
            }
            for name in figures
        } | {"active_now": {"current": _active_now(raw, every), "previous": None, "spark": [], "detail": {}}},
        "points": [
            {"at": at, **{name: point[name] for name in ("dialogues", "bookings", "revenue")}}
            for at, point in points
        ],
        "funnel": {
            "stages": [{"stage": name, "count": count, "previous": then} for name, count, then in stages],
            "visited_known": this.visits()[1],
            "unrecognised_status": detail["unrecognised_status"],
            "unrecognised_drop_off": int(
                (this.rows["drop_off"].notna() & ~this.rows["drop_off"].isin(KNOWN_DROP_OFFS)).sum()
            ),
        },
        "services": this.services(),
        "staff": this.staff(),
        "channels": this.channels(),
        "heat": [[starts.get((weekday, hour), 0) for hour in range(24)] for weekday in range(7)],
        "saved": this.saved(),
    }  # fmt: skip


def _active_now(raw: Raw, every: pd.DataFrame) -> int:
    since = raw.now - timedelta(minutes=30)
    return sum(at >= since for at in every.loc[every["is_active"], "last_activity"])


def _described(dialogues: pd.DataFrame, salon: Salon) -> pd.DataFrame:
    """With what they are by the salon's calendar, in its currency, and among its clients' dialogues."""
    local = [at.astimezone(ZoneInfo(salon.zone)) for at in dialogues["start"]]
    is_booking = dialogues["booking"] == "confirmed"
    return dialogues.assign(
        day=[at.date() for at in local],
        hour=[at.hour for at in local],
        time=[at.time() for at in local],
        is_first=dialogues.index.isin(dialogues.groupby("client")["start"].idxmin()),
        is_booking=is_booking,
        is_priced=is_booking & dialogues["amount"].notna() & (dialogues["currency"] == salon.currency),
        is_escalated=dialogues["status"].isin(["escalated", "transferred"]),
    )


def _between(every: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return every[(every["day"] >= first) & (every["day"] <= last)]


def _points(rows: pd.DataFrame, salon: Salon) -> list[tuple[str, dict[str, Any]]]:
    """The figures of each day, or of each hour of the only one."""
    if salon.first == salon.last:
        by_hour = dict(iter(rows.groupby("hour")))
        return [(f"{salon.first}T{hour:02}:00", _figures(by_hour.get(hour, rows[:0]))) for hour in range(24)]
    by_day = dict(iter(rows.groupby("day")))
    days = [salon.first + timedelta(days=number) for number in range((salon.last - salon.first).days + 1)]
    return [(day.isoformat(), _figures(by_day.get(day, rows[:0]))) for day in days]


def _figures(rows: pd.DataFrame) -> dict[str, Any]:
    """Each card's figure."""
    revenue = sum(rows["amount"][rows["is_priced"]], Decimal(0))
    bookings, newcomers = int(rows["is_booking"].sum()), int(rows["is_first"].sum())
    replies = rows["first_reply_ms"].dropna()
    return {
        "dialogues": len(rows),
        "bookings": bookings,
        "conversion": _ratio(Decimal(bookings), len(rows), "0.000001"),
        "revenue": revenue,
        "average_ticket": _ratio(revenue, int(rows["is_priced"].sum()), "0.01"),
        "new_clients": newcomers,
        "returning_clients": rows["client"].nunique() - newcomers,
        "first_reply_ms": _rounded(Decimal(float(replies.median())), "1") if len(replies) else None,
        "escalated": int(rows["is_escalated"].sum()),
    }


class _Span:
    """The dialogues of some days."""

    def __init__(self, raw: Raw, salon: Salon, rows: pd.DataFrame) -> None:
        self.raw, self.salon, self.rows = raw, salon, rows
        self.booked = rows[rows["is_booking"]]
        self.with_amount = self.booked[self.booked["amount"].notna()]

    def reached(self) -> list[int]:
        """The funnel down to the booking."""
        return [int((self.rows["stage"] >= stage).sum()) for stage in range(1, 6)]

    def visits(self) -> tuple[int, int]:
        """Of bookings whose visit day is past: those with a visit since, and those with any known visit."""
        zone = ZoneInfo(self.salon.zone)
        today = self.raw.now.astimezone(zone).date()
        visited = known = 0
        for client, visit in zip(self.booked["client"], self.booked["visit"], strict=True):
            last = _iso_day(self.raw.last_visits.get(client))
            if pd.isna(visit) or last is None or (day := visit.astimezone(zone).date()) >= today:
                continue
            known += 1
            visited += last >= day
        return visited, known

    def left_out(self) -> dict[str, Any]:
        """What the figures about bookings and money leave out."""
        unnamed = self.with_amount[self.with_amount["currency"].isna()]
        foreign = self.with_amount[
            self.with_amount["currency"].notna() & (self.with_amount["currency"] != self.salon.currency)
        ]
        sums: list[tuple[int, str, Decimal]] = [
            (-len(rows), str(currency), sum(rows["amount"], Decimal(0)))
            for currency, rows in foreign.groupby("currency")
        ]
        sums.sort()
        return {
            "cancelled": int((self.rows["booking"] == "cancelled").sum()),
            "unrecognised_status": int((~self.rows["is_known"].astype(bool)).sum()),
            "without_amount": len(self.booked) - len(self.with_amount),
            "without_currency": len(unnamed),
            "amount_without_currency": sum(unnamed["amount"], Decimal(0)),
            "other_currencies": {currency: amount for _, currency, amount in sums[:8]},
            "more_currencies": sum(-count for count, _, _ in sums[8:]),
        }

    def services(self) -> dict[str, Any]:
        """By service, spellings that differ in capitals together and each once for a dialogue."""
        once = [
            list({name.lower(): name for name in reversed(names)}.values()) for names in self.rows["services"]
        ]
        spelled = (
            self.rows.assign(spelling=pd.Series(once, index=self.rows.index))
            .explode("spelling")
            .dropna(subset="spelling")
        )
        spelled["low"] = spelled["spelling"].str.lower()
        uses = sorted((-count, spelling) for spelling, count in Counter(spelled["spelling"]).items())
        most_used = {spelling.lower(): spelling for _, spelling in reversed(uses)}
        names = {name: name for name in most_used.values()}
        return self._breakdown(spelled.assign(key=spelled["low"].map(most_used)), once.count([]), names)

    def staff(self) -> dict[str, Any]:
        """By staff member."""
        names = {
            key: self.raw.staff_names.get((self.salon.tenant_id, key)) for key in self.rows["staff"].dropna()
        }
        return self._breakdown(
            self.rows.assign(key=self.rows["staff"]), int(self.rows["staff"].isna().sum()), names
        )

    def channels(self) -> dict[str, Any]:
        """By channel."""
        names = {key: key for key in self.rows["channel"].dropna()}
        without = int(self.rows["channel"].isna().sum())
        return self._breakdown(self.rows.assign(key=self.rows["channel"]), without, names)

    def _breakdown(
        self, keyed: pd.DataFrame, without: int, names: Mapping[str, str | None]
    ) -> dict[str, Any]:
        listed = [
            {
                "key": key,
                "name": names[str(key)],
                "dialogues": len(rows),
                "bookings": int(rows["is_booking"].sum()),
                "revenue": sum(rows["amount"][rows["is_priced"]], Decimal(0)),
            }
            for key, rows in keyed[["key", "is_booking", "is_priced", "amount"]].groupby("key")
        ]
        listed.sort(
            key=lambda one: (-int(str(one["bookings"])), -int(str(one["dialogues"])), str(one["key"]))
        )
        return {"rows": listed[:10], "others": max(len(listed) - 10, 0), "without": without}

    def saved(self) -> dict[str, Any]:
        """What the bot took off people's hands."""
        opens, closes = self.salon.opens_at, self.salon.closes_at
        replies = int(self.rows["replies"].sum())
        decided = self.rows[
            self.rows["booking"].isin(["confirmed", "cancelled"])
            & pd.Series([at <= self.raw.now - timedelta(days=7) for at in self.rows["start"]],
                        index=self.rows.index, dtype=bool)
        ]  # fmt: skip
        if opens < closes:
            outside = sum(not opens <= at < closes for at in self.booked["time"])
        else:
            outside = sum(closes <= at < opens for at in self.booked["time"])
        return {
            "replies": replies,
            "seconds_per_reply": 60,
            "hours": _rounded(Decimal(replies * 60) / 3600, "0.01"),
            "outside_bookings": outside,
            "opens_at": opens.isoformat("minutes"),
            "closes_at": closes.isoformat("minutes"),
            "stayed": int((decided["booking"] == "confirmed").sum()),
            "stayed_of": len(decided),
        }


def _iso_day(value: object) -> date | None:
    if not isinstance(value, str) or value[10:11] not in {"", "T", " "}:
        return None
    try:
        return datetime.strptime(value[:10], "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _rounded(value: Decimal, to: str) -> Decimal:
    return value.quantize(Decimal(to), ROUND_HALF_UP)


def _ratio(part: Decimal, whole: int, to: str) -> Decimal | None:
    return _rounded(part / whole, to) if whole else None
