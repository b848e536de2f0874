"""The dialog of one price."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from components import choices
from components.amounts import amount, needed, typed
from components.buttons import button
from components.dialog import dialog
from components.notices import done
from components.select_field import select_field
from components.submission import Submission
from components.tag import tag
from pages.access_rules import OpenRules
from queries.telemetry_rules import Price

LONGEST_MODEL = 200


class PriceDialog:
    """Opens at once. Without a `price` it adds one; else it changes the one at `place`."""

    def __init__(self, rules: OpenRules, price: Price | None, place: int = 0) -> None:
        self._rules = rules
        self._price = price
        self._place = place
        tr = rules.tr
        title = tr.t("Add a price") if price is None else tr.t("Change the price")
        self._labels = {
            "input": tr.t("Input"),
            "output": tr.t("Output"),
            "cache_read": tr.t("Cached input"),
            "cache_write": tr.t("Writing to the cache"),
            "reasoning": tr.t("Reasoning"),
        }
        with rules.dialogs.clear(), dialog(title) as self._opened:
            submission = Submission(tr, self._save, self._saved)
            self._model = ui.input(tr.t("Model"), value=price.model if price else "")
            self._model.classes("field access-code-field")
            self._model.props(f"outlined dense autofocus maxlength={LONGEST_MODEL}")
            self._model.props("spellcheck=false autocapitalize=off autocomplete=off")
            hint = tr.t("As the agent reports it; * stands for any characters: gpt-4o*.")
            tag("p", hint, "muted access-hint")
            with tag("fieldset", classes="access-group"):
                tag("legend", tr.t("For a million tokens"), "muted")
                with tag("div", classes="access-fields"):
                    self._amounts = {
                        part: _amount(label, typed(getattr(price, part)) if price else "")
                        for part, label in self._labels.items()
                    }
                    currency = price.currency if price else rules.now.currency
                    self._currency = select_field(tr.t("Currency"), choices.currencies(tr.locale), currency)
            tag("p", tr.t("What is left empty costs as much as input or output."), "muted access-hint")
            submission.problem_place()
            with tag("div", classes="dialog-actions"):
                button(tr.t("Cancel"), self._opened.close)
                submission.on(button(tr.t("Save"), weight="primary"))
        for field in (self._model, *self._amounts.values()):
            field.on("keydown.enter", submission.send, [])

    async def _save(self, request_id: UUID) -> None:
        texts = {part: (str(field.value or ""), self._labels[part]) for part, field in self._amounts.items()}
        wanted = Price(
            model=str(self._model.value or ""),
            input=needed(*texts["input"]),
            output=needed(*texts["output"]),
            cache_read=amount(*texts["cache_read"]),
            cache_write=amount(*texts["cache_write"]),
            reasoning=amount(*texts["reasoning"]),
            currency=str(self._currency.value or ""),
        )
        prices = list(self._rules.now.prices)
        if self._price is not None and prices[self._place : self._place + 1] == [self._price]:
            prices[self._place] = wanted
        else:
            prices.append(wanted)
        await self._rules.change(request_id, prices=tuple(prices))

    async def _saved(self, _: None) -> None:
        self._opened.close()
        done(self._rules.tr.t("The price was saved. What comes from now on goes by it."))
        await self._rules.refresh()


def _amount(label: str, value: str) -> ui.input:
    field = ui.input(label, value=value).classes("field")
    field.props("outlined dense stack-label inputmode=decimal autocomplete=off")
    return field
