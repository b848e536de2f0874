"""Elements that the browser draws: only what has changed is sent, and all their texts can be found."""

from __future__ import annotations

from nicegui.testing.user_simulation import user_simulation

from components.delta import Delta
from components.drawn import Drawn
from components.kpi_card import Figure, Formula, KpiCard
from i18n import translator


class Counting(Drawn):
    """Counts how often it is sent."""

    sent = 0

    def update(self) -> None:
        self.sent += 1
        super().update()


async def test_sends_only_what_has_changed() -> None:
    made: list[Counting] = []
    async with user_simulation(lambda: made.append(Counting())) as user:
        await user.open("/")
        (element,) = made
        element.put(rows=(1, 2), title="One")
        before = element.sent
        element.put(rows=(1, 2), title="One")
        assert element.sent == before
        element.put(title="Two")
        assert element.sent > before


async def test_texts_of_data_can_be_found() -> None:
    def root() -> None:
        Counting().put(rows=(Delta("up", "good", "1%", "deep"),), title="top")

    async with user_simulation(root) as user:
        await user.open("/")
        await user.should_see("deep")
        await user.should_see("top")


async def test_a_card_without_a_past_has_no_change() -> None:
    def root() -> None:
        figure = Figure("7", None, "now")
        KpiCard(translator("en"), "Active", Formula("meaning", "rule"), figure).show(
            Figure("8", Delta("up", "good", "1%", "up by 1%"))
        )

    async with user_simulation(root) as user:
        await user.open("/")
        await user.should_see("8")
        await user.should_see("↑ 1%")
        await user.should_not_see("now")
