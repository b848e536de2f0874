"""A field with one choice of many, which can be looked for by typing."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui


def select_field(label: str, options: Mapping[str, str], value: str) -> ui.select:
    """Draw it; `value` is among the choices in any case."""
    field = ui.select({value: value, **options}, label=label, value=value, with_input=True).classes("field")
    field.props("outlined dense options-dense stack-label hide-selected fill-input")
    return field
