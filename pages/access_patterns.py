"""The salon's own patterns: what else is removed from events, and trying one on a text before it is saved."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from components import states
from components.confirm import confirm
from components.menu import menu_action, row_menu
from components.table import Table
from components.tag import foreign
from pages.access_pattern_dialog import PatternDialog
from pages.access_rules import OpenRules
from pages.access_section import section
from queries.telemetry_rules import Pattern


class Patterns:
    """Draws the table at once."""

    def __init__(self, rules: OpenRules) -> None:
        self._rules = rules
        self._shown: tuple[Pattern, ...] | None = None
        tr = rules.tr
        self._place = section(
            tr.t("Own patterns"),
            tr.t("What only this salon knows to be a secret: numbers of loyalty cards, of contracts. Keys, "
                 "tokens, passwords and bank cards are removed without one."),
            (tr.t("Add a pattern"), self._add),
        )  # fmt: skip
        self.show()

    def show(self) -> None:
        """Show the patterns as they are now."""
        patterns, tr = self._rules.now.patterns, self._rules.tr
        if patterns == self._shown:
            return
        self._shown = patterns
        with self._place.clear():
            if not patterns:
                advice = tr.t("Add one, and try it on a text before you save it.")
                states.empty(tr.t("No patterns of your own"), advice, picture="shield")
                return
            table = Table(tr.t("Own patterns"), [tr.t("What it finds"), tr.t("Pattern"), tr.t("Actions")])
            for place, one in enumerate(patterns):
                with table.row():
                    with table.cell("cell-main"):
                        foreign(one.name, "strong")
                    with table.cell():
                        foreign(one.pattern, "access-code")
                    with (
                        table.cell("cell-actions"),
                        row_menu(tr.t("Actions for the pattern {name}", name=one.name)),
                    ):
                        menu_action(tr.t("Change"), "edit", partial(self._change, place, one))
                        menu_action(
                            tr.t("Remove"), "delete", partial(self._remove, place, one), is_danger=True
                        )

    def _add(self) -> None:
        PatternDialog(self._rules, None)

    def _change(self, place: int, pattern: Pattern) -> None:
        PatternDialog(self._rules, pattern, place)

    def _remove(self, place: int, pattern: Pattern) -> None:
        tr = self._rules.tr

        async def write(request_id: UUID) -> None:
            left = [one for at, one in enumerate(self._rules.now.patterns) if (at, one) != (place, pattern)]
            await self._rules.change(request_id, patterns=tuple(left))

        with self._rules.dialogs.clear():
            confirm(
                tr,
                title=tr.t("Remove the pattern “{name}”?", name=pattern.name),
                consequence=tr.t("What it finds is stored from now on. What it has removed stays removed."),
                action=tr.t("Remove"),
                finished=tr.t("The pattern was removed."),
                write=write,
                on_done=self._rules.refresh,
            )
