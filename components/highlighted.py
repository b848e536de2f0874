"""Text with marks around what was found in it, as the database's search gives it."""

from __future__ import annotations

from components.records import Part
from queries.dialogues import HIT_ENDS, HIT_STARTS


def highlighted(text: str) -> list[Part]:
    """The pieces of a text in turn, hits as `mark`. A mark of the text without its pair marks nothing."""
    parts: list[Part] = []
    for at, piece in enumerate(text.split(HIT_STARTS)):
        hit, end, rest = piece.partition(HIT_ENDS)
        if at and end:
            parts += [Part(hit, tag="mark"), Part(rest.replace(HIT_ENDS, ""), tag="bdi")]
        else:
            parts.append(Part(piece.replace(HIT_ENDS, ""), tag="bdi"))
    return [part for part in parts if part.text]
