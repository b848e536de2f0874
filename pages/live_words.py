"""What the live feed says in a language: the rows themselves are the same for everybody."""

from __future__ import annotations

import json
from functools import lru_cache

from components.dialogue_words import channel_label, status_label
from i18n import Translator

STATUSES = (
    "active", "done", "booked", "escalated", "transferred", "dropped", "abandoned", "ghost", "no_slots",
    "price_too_high", "auto_closed",
)  # fmt: skip
CHANNELS = ("telegram", "whatsapp", "unknown")


@lru_cache
def packed_words(tr: Translator) -> str:
    """The words as JSON, one text for all open pages of a language."""
    statuses = {name: status_label(name, tr) for name in STATUSES}
    words = {
        "name": tr.t("What happens right now"),
        "search": tr.t("Find in what is shown"),
        "clear": tr.t("Clear the search"),
        "kind": tr.t("What is shown"),
        "kinds": [
            ["", tr.t("Everything")],
            ["message", tr.t("Messages")],
            ["booked", tr.t("Bookings")],
            ["course", tr.t("Beginnings and ends")],
        ],
        "channel": tr.t("Channel"),
        "all_channels": tr.t("All channels"),
        "channels": {name: channel_label(name, tr).text for name in CHANNELS},
        "pause": tr.t("Pause"),
        "resume": tr.t("Go on"),
        "newer": tr.t("New: {count}"),
        "to_newest": tr.t("To the newest"),
        "client": tr.t("Client"),
        "bot": tr.t("Bot"),
        "nameless": tr.t("Client without a name"),
        "gone": tr.t("The bot has removed this message from its history."),
        "started": tr.t("New dialogue"),
        "booked": tr.t("Booked"),
        "visit": tr.t("Time of the visit"),
        "ended": tr.t("Dialogue ended"),
        "statuses": {name: [label.text, label.tone] for name, label in statuses.items()},
        "today": tr.t("Today"),
        "loading": tr.t("Loading"),
        "empty": [
            tr.t("Nothing has happened yet"),
            tr.t("What clients and the bot write appears here the moment it is written."),
        ],
        "none": [
            tr.t("Nothing of this matches"),
            tr.t("What matches and comes from now on appears here."),
        ],
        "everything": tr.t("Show everything"),
        "away": [
            tr.t("The database does not answer."),
            tr.t("This page goes on by itself once it is back."),
        ],
        "refused": [
            tr.t("Your rights in this salon have changed."),
            tr.t("Open the page again to see what you may see now."),
        ],
        "reload": tr.t("Open again"),
        "cut": tr.t("The connection is lost. What happens meanwhile is shown once it is back."),
    }
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))
