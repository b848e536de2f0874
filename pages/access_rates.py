"""What costs are added up in, and how much of each currency one US dollar is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from uuid import UUID

from nicegui import ui

from components import choices
from components.amounts import needed, typed, written
from components.buttons import button
from components.confirm import confirm
from components.dialog import dialog
from components.menu import menu_action, row_menu
from components.notices import done
from components.select_field import select_field
from components.submission import Submission
from components.table import Table
from components.tag import icon, tag
from errors import Invalid
from pages.access_rules import OpenRules
from pages.access_section import section
from queries.telemetry_rules import DOLLAR


class Rates:
    """Draws the table at once."""

    def __init__(self, rules: OpenRules) -> None:
        self._rules = rules
        self._shown: object = None
        tr = rules.tr
        self._place = section(
            tr.t("Currency and rates"),
            tr.t("Costs of runs are added up in one currency, by rates that you set. Public prices are in US "
                 "dollars."),
            (tr.t("Add a rate"), self._add),
        )  # fmt: skip
        self.show()

    def show(self) -> None:
        """Show the currency and the rates as they are now."""
        rules, tr = self._rules.now, self._rules.tr
        if (shown := (rules.currency, rules.rates, rules.unknown_rates)) == self._shown:
            return
        self._shown = shown
        names = choices.currencies(tr.locale)
        with self._place.clear():
            with tag("div", classes="access-currency"):
                tag("span", tr.t("Costs are added up in"), "muted")
                tag("span", names.get(rules.currency, rules.currency), "strong")
                button(tr.t("Change"), self._choose)
            for code in rules.unknown_rates:
                with tag("p", classes="access-missing"):
                    icon("help_outline")
                    tag("span", tr.t("There is no rate of {currency}: costs that need it are unknown.",
                                     currency=code))  # fmt: skip
            if not rules.rates:
                return
            table = Table(
                tr.t("Currency and rates"), [tr.t("Currency"), tr.t("One US dollar is"), tr.t("Actions")]
            )
            for code, rate in sorted(rules.rates.items()):
                with table.row():
                    with table.cell("cell-main"):
                        tag("span", names.get(code, code), "strong")
                    table.text(f"{written(rate, tr)}\u00a0{code}", "tabular")
                    with (
                        table.cell("cell-actions"),
                        row_menu(tr.t("Actions for the rate of {currency}", currency=code)),
                    ):
                        menu_action(tr.t("Change"), "edit", partial(self._open, code, rate))
                        menu_action(tr.t("Remove"), "delete", partial(self._remove, code), is_danger=True)

    def _choose(self) -> None:
        tr = self._rules.tr

        async def write(request_id: UUID) -> None:
            await self._rules.change(request_id, currency=str(currency.value or ""))

        with self._rules.dialogs.clear(), dialog(tr.t("Currency of costs")) as opened:
            words = tr.t("Costs that are stored stay in the currency that they were added up in.")
            tag("p", words, "dialog-text")
            currency = select_field(tr.t("Currency"), choices.currencies(tr.locale), self._rules.now.currency)
            self._finish(write, opened, tr.t("The currency was changed."))

    def _add(self) -> None:
        self._open((self._rules.now.unknown_rates or [""])[0], None)

    def _open(self, code: str, rate: Decimal | None) -> None:
        tr = self._rules.tr

        async def write(request_id: UUID) -> None:
            chosen = str(currency.value or "")
            if not chosen:
                raise Invalid(
                    "No currency was chosen.", code="currency_missing", advice="Choose the rate's currency."
                )
            rates = {one: known for one, known in self._rules.now.rates.items() if one != code}
            rates[chosen] = needed(str(amount.value or ""), tr.t("One US dollar is"))
            await self._rules.change(request_id, rates=rates)

        with self._rules.dialogs.clear(), dialog(tr.t("Rate of exchange")) as opened:
            names = {one: name for one, name in choices.currencies(tr.locale).items() if one != DOLLAR}
            currency = select_field(tr.t("Currency"), names, code)
            amount = ui.input(tr.t("One US dollar is"), value=typed(rate)).classes("field")
            amount.props("outlined dense stack-label inputmode=decimal autocomplete=off")
            submission = self._finish(write, opened, tr.t("The rate was saved."))
            amount.on("keydown.enter", submission.send, [])

    def _finish(
        self, write: Callable[[UUID], Awaitable[None]], opened: ui.dialog, words: str
    ) -> Submission[None]:
        """The end of a dialog: the place of a refusal, and its buttons."""
        tr = self._rules.tr

        async def saved(_: None) -> None:
            opened.close()
            done(words)
            await self._rules.refresh()

        submission = Submission(tr, write, saved)
        submission.problem_place()
        with tag("div", classes="dialog-actions"):
            button(tr.t("Cancel"), opened.close)
            submission.on(button(tr.t("Save"), weight="primary"))
        return submission

    def _remove(self, code: str) -> None:
        tr = self._rules.tr

        async def write(request_id: UUID) -> None:
            rates = {one: rate for one, rate in self._rules.now.rates.items() if one != code}
            await self._rules.change(request_id, rates=rates)

        with self._rules.dialogs.clear():
            confirm(
                tr,
                title=tr.t("Remove the rate of {currency}?", currency=code),
                consequence=tr.t("Costs that need it are unknown from now on."),
                action=tr.t("Remove"),
                finished=tr.t("The rate was removed."),
                write=write,
                on_done=self._rules.refresh,
            )
