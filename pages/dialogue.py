"""One dialogue: what was said, what came of it, who the client is, and what the salon notes on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from components.tag import tag
from components.viewer import Viewer, Visit
from components.widget import Widget
from errors import NotFound
from models import Permission
from pages import dialogue_client, dialogue_outcome
from pages.dialogue_head import Head
from pages.dialogue_notes import Notes
from pages.dialogue_tags import Tags
from pages.dialogue_transcript import Conversation
from pages.dialogue_ways import Ways
from queries import dialogue
from queries.changes import Stream
from queries.dialogue import Dialogue

HEAD_HEIGHT = "56px"


async def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page. `?id=<session>` names the dialogue; the rest of the address is the list that it is from.

    Raises `NotFound` in the same words for a dialogue that does not exist and for one of another salon.
    """
    session_id = _session(visit.query.get("id", ""))
    first = await dialogue.read(viewer.door, session_id)
    with tag("div", classes="dialogue"):
        Ways(viewer, visit)
        top = tag("div", classes="full")
        with tag("div", classes="dialogue-columns"):
            Conversation(viewer, visit, session_id)
            aside = tag("aside", classes="dialogue-side").attribute(
                "aria-label", viewer.tr.t("About the dialogue")
            )
    # Dialogs live in a place of their own: in the cards', they would vanish when these are drawn anew.
    dialogs = tag("div", classes="dialogs")

    def draw(value: Dialogue) -> Callable[[Dialogue], None]:
        head = Head(viewer)
        annotates = viewer.may(Permission.DIALOGUES_ANNOTATE)
        with aside:
            above = (dialogue_outcome.outcome(viewer), dialogue_outcome.summary(viewer))
            tags = Tags(viewer, visit, session_id, may_change=annotates)
            notes = Notes(viewer, visit, session_id, dialogs, may_add=annotates)
            below = (dialogue_client.client(viewer), dialogue_client.memory(viewer))

        def update(newer: Dialogue) -> None:
            head.show(newer)
            for card in (*above, *below):
                card.show(newer)
            tags.show(newer.tags, newer.tags_in_use)
            notes.show(newer.notes)

        update(value)
        return update

    with top:
        Widget(
            viewer,
            visit,
            _from_first(first, viewer, session_id),
            draw,
            height=HEAD_HEIGHT,
            streams=(Stream.DIALOGUES, Stream.ANNOTATIONS),
            session_id=session_id,
        )


def _from_first(first: Dialogue, viewer: Viewer, session_id: UUID) -> Callable[[], Awaitable[Dialogue]]:
    """Reads the dialogue; the first time it gives what is known already."""
    known: list[Dialogue] = [first]

    async def read() -> Dialogue:
        return known.pop() if known else await dialogue.read(viewer.door, session_id)

    return read


def _session(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(
            "There is no such dialogue in this salon.",
            code="dialogue_not_found",
            advice="Choose one from the list of dialogues.",
        ) from None
