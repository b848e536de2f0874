"""The reader's salons side by side, each by its own calendar and in its own currency."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from components.comparison import Comparable, Comparison, compared
from components.delta import delta
from components.viewer import Viewer, Visit, salon_url
from models import Identity
from queries.overview import SalonFigures

READ_AGAIN = timedelta(minutes=1)
"""The figures of fifty salons are fifty times the work of one, and nobody waits for them."""

Read = Callable[[], Awaitable[Sequence[SalonFigures]]]


def seldom(now: Callable[[], datetime], read: Read) -> Read:
    """The same reading, which gives its last answer again until that is a minute old."""
    answer: Sequence[SalonFigures] = ()
    read_at: datetime | None = None

    async def read_or_recall() -> Sequence[SalonFigures]:
        nonlocal answer, read_at
        if read_at is None or now() - read_at >= READ_AGAIN:
            answer = await read()
            read_at = now()
        return answer

    return read_or_recall


def has_several(identity: Identity) -> bool:
    """Whether the person may have more salons than one; a platform admin's membership names none."""
    tenants = {one.tenant_id for one in identity.memberships}
    return None in tenants or len(tenants) > 1


def draw_salons(
    viewer: Viewer, visit: Visit, salons: Sequence[SalonFigures]
) -> Callable[[Sequence[SalonFigures]], None] | None:
    """Draw the table; gives back a function that shows newer figures in it. One salon is not compared."""
    if len(salons) < 2:
        return None
    tr = viewer.tr
    table = Comparison(
        tr,
        tr.t("Your salons"),
        tr.t("The same period, each salon by its own calendar and in its own currency."),
        (tr.t("Salon"), tr.t("Dialogues"), tr.t("Bookings"), tr.t("Conversion"), tr.t("Revenue")),
    )

    def show(newer: Sequence[SalonFigures]) -> None:
        table.show([_line(viewer, visit, one) for one in newer])

    show(salons)
    return show


def _line(viewer: Viewer, visit: Visit, one: SalonFigures) -> Comparable:
    tr = viewer.tr
    counts = [
        compared(tr.number(now), now, delta(Decimal(now), Decimal(before), tr))
        for now, before in (
            (one.dialogues, one.previous_dialogues),
            (one.bookings, one.previous_bookings),
        )
    ]
    conversion = compared(
        "—" if one.conversion is None else tr.percent(one.conversion),
        None if one.conversion is None else float(one.conversion),
        delta(one.conversion, one.previous_conversion, tr, is_share=True),
    )
    revenue = compared(
        tr.money(one.revenue, one.currency), float(one.revenue), delta(one.revenue, one.previous_revenue, tr)
    )
    return Comparable(
        name=one.name,
        detail=f"{one.time_zone} · {one.currency}",
        href=salon_url(one.tenant_id, visit.page, visit.period.query),
        is_current=one.tenant_id == viewer.tenant.tenant_id,
        figures=(*counts, conversion, revenue),
    )
