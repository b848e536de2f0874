"""The salon's own prices of models, in the order in which they are looked through."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from components import states
from components.amounts import written
from components.confirm import confirm
from components.menu import menu_action, row_menu
from components.table import Table
from components.tag import foreign, tag
from pages.access_price_dialog import PriceDialog
from pages.access_rules import OpenRules
from pages.access_section import section
from queries.telemetry_rules import Price


class Prices:
    """Draws the table at once."""

    def __init__(self, rules: OpenRules) -> None:
        self._rules = rules
        self._shown: tuple[Price, ...] | None = None
        tr = rules.tr
        self._place = section(
            tr.t("Prices"),
            tr.t("For a million tokens. The first that fits a model counts; models without one here go by "
                 "their makers' public prices. A price that nobody knows stays unknown."),
            (tr.t("Add a price"), self._add),
        )  # fmt: skip
        self.show()

    def show(self) -> None:
        """Show the prices as they are now."""
        prices, tr = self._rules.now.prices, self._rules.tr
        if prices == self._shown:
            return
        self._shown = prices
        with self._place.clear():
            if not prices:
                states.empty(
                    tr.t("No prices of your own"),
                    tr.t("Add those that you have agreed upon, or that of a model on your own computer."),
                    picture="sell",
                )
                return
            columns = [tr.t("Model"), tr.t("Input"), tr.t("Output"), tr.t("Cached"), tr.t("Currency")]
            table = Table(tr.t("Prices"), [*columns, tr.t("Actions")])
            for place, one in enumerate(prices):
                self._row(table, place, one)

    def _row(self, table: Table, place: int, price: Price) -> None:
        tr = self._rules.tr
        with table.row():
            with table.cell("cell-main"):
                foreign(price.model, "access-code")
            for value in (price.input, price.output, price.cache_read):
                with table.cell("tabular"):
                    tag("span", written(value, tr) or tr.t("as input"), "" if value is not None else "muted")
            table.text(price.currency)
            with (
                table.cell("cell-actions"),
                row_menu(tr.t("Actions for the price of {model}", model=price.model)),
            ):
                menu_action(tr.t("Change"), "edit", lambda: PriceDialog(self._rules, price, place))
                if place > 0:
                    menu_action(tr.t("Move up"), "arrow_upward", partial(self._move_up, place, price))
                menu_action(tr.t("Remove"), "delete", partial(self._remove, place, price), is_danger=True)

    def _add(self) -> None:
        PriceDialog(self._rules, None)

    def _move_up(self, place: int, price: Price) -> None:
        tr = self._rules.tr
        above = self._rules.now.prices[place - 1]

        async def write(request_id: UUID) -> None:
            prices = list(self._rules.now.prices)
            if prices[place : place + 1] == [price]:
                prices[place - 1], prices[place] = prices[place], prices[place - 1]
            await self._rules.change(request_id, prices=tuple(prices))

        with self._rules.dialogs.clear():
            confirm(
                tr,
                title=tr.t("Move {model} up?", model=price.model),
                consequence=tr.t(
                    "It will be tried before {other}, from now on. Costs that are stored stay as they are.",
                    other=above.model,
                ),
                action=tr.t("Move up"),
                finished=tr.t("The order was changed."),
                write=write,
                on_done=self._rules.refresh,
                weight="primary",
            )

    def _remove(self, place: int, price: Price) -> None:
        tr = self._rules.tr

        async def write(request_id: UUID) -> None:
            left = [one for at, one in enumerate(self._rules.now.prices) if (at, one) != (place, price)]
            await self._rules.change(request_id, prices=tuple(left))

        with self._rules.dialogs.clear():
            confirm(
                tr,
                title=tr.t("Remove the price of {model}?", model=price.model),
                consequence=tr.t(
                    "From now on the model goes by the next price that fits, or by the public one. "
                    "Costs that are stored stay as they are."
                ),
                action=tr.t("Remove"),
                finished=tr.t("The price was removed."),
                write=write,
                on_done=self._rules.refresh,
            )
