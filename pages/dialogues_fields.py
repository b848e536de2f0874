"""The filters of several choices: what they are called, and what their values are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components.checklist import Option
from components.dialogue_words import (
    Label,
    channel_label,
    drop_off_label,
    intent_label,
    sentiment_label,
    status_label,
)
from i18n import Translator
from queries.dialogue_filters import Filters, Values
from queries.dialogues import Facets


@dataclass(frozen=True, slots=True)
class Field:
    """One filter: its name in `Filters`, its words, and where its values are found."""

    name: str
    title: str
    none: str
    """What dialogues without a value are called."""
    label: Callable[[str], Label]
    in_use: Callable[[Facets], Values]

    def chosen(self, filters: Filters) -> Values:
        """What the filter is set to."""
        values: Values = getattr(filters, self.name)
        return values

    def option(self, value: str | None) -> Option:
        """A value as a choice."""
        if value is None:
            return Option(None, self.none)
        label = self.label(value)
        return Option(value, label.text, label.tone)

    def options(self, facets: Facets, filters: Filters) -> list[Option]:
        """What there is to choose; what is chosen already is among it, even where no dialogue has it."""
        in_use = self.in_use(facets)
        chosen = [value for value in self.chosen(filters) if value not in in_use]
        return [self.option(value) for value in (*in_use, *chosen)]

    def words(self, filters: Filters) -> str:
        """What the filter is set to, in a few words."""
        options = [self.option(value).text for value in self.chosen(filters)]
        return f"{options[0]} +{len(options) - 1}" if len(options) > 1 else "".join(options)


def fields(tr: Translator) -> Sequence[Field]:
    """The filters, in the order in which they are offered."""
    return (
        Field(
            "status",
            tr.t("Status"),
            tr.t("Not set"),
            lambda value: status_label(value, tr),
            lambda facets: facets.status,
        ),
        Field(
            "intent",
            tr.t("Request"),
            tr.t("Not recognised"),
            lambda value: intent_label(value, tr),
            lambda facets: facets.intent,
        ),
        Field(
            "channel",
            tr.t("Channel"),
            tr.t("Not set"),
            lambda value: channel_label(value, tr),
            lambda facets: facets.channel,
        ),
        Field(
            "drop_off",
            tr.t("Left at"),
            tr.t("Did not leave"),
            lambda value: drop_off_label(value, tr),
            lambda facets: facets.drop_off,
        ),
        Field(
            "sentiment",
            tr.t("Mood"),
            tr.t("Not judged"),
            lambda value: sentiment_label(value, tr),
            lambda facets: facets.sentiment,
        ),
        Field("tag", tr.t("Tags"), tr.t("Without tags"), Label, lambda facets: facets.tags),
    )
