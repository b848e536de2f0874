"""What the three pictures of a run say in a language: its steps in time, its messages, its states."""

from __future__ import annotations

from i18n import Translator
from pages.agent_words_kinds import kind_words, status_words


def words(tr: Translator) -> dict[str, object]:
    """The words of each picture, under the name of its view."""
    return {"time": _time(tr), "sequence": _sequence(tr), "graph": _graph(tr)}


def _time(tr: Translator) -> dict[str, object]:
    return {
        "name": tr.t("Steps in time"),
        "step": tr.t("Step of the run"),
        "summary": tr.t("Steps: {count}. From the first to the last: {took}."),
        "colours": tr.t("What the colours mean"),
        "kinds": kind_words(tr),
        "statuses": {**status_words(tr), "unfinished": tr.t("No end was told")},
        "unfinished": tr.t("No end was told"),
        "backwards": tr.t("The agent's clock went backwards"),
        "lost": tr.t("The step around it was not told of"),
        "unfold": tr.t("Unfold all"),
        "fold": tr.t("Fold all"),
        "zoom": tr.t("Zoom to the step"),
        "zoom_hint": tr.t(
            "The time of the chosen step fills the axis. A double click on a row does the same."
        ),
        "whole": tr.t("The whole run"),
        "zoomed": tr.t("The axis shows the time of “{name}”."),
        "keys": tr.t("Arrows move and fold, Enter opens, Z zooms."),
        "empty": [
            tr.t("No steps yet"),
            tr.t("Each step appears here the moment it begins."),
        ],
    }


def _sequence(tr: Translator) -> dict[str, object]:
    return {
        "name": tr.t("Who said what to whom"),
        "picture": tr.t("Diagram of the messages; the list that follows says the same"),
        "list": tr.t("Messages"),
        "agent": tr.t("Agent"),
        "participants": {
            "user": tr.t("User"),
            "person": tr.t("Operator"),
            "agent": "{name}",
            "model": tr.t("Model: {name}"),
            "tool": tr.t("Tool: {name}"),
            "rest": tr.t("{name} others"),
        },
        "kinds": kind_words(tr),
        "asks": tr.t("Call"),
        "went_wrong": tr.t("Failed:"),
        "waits": tr.t("Waits:"),
        "to": tr.t("to"),
        "fold": tr.t("Join repeated calls"),
        "agents": tr.t("Agents within"),
        "show_inside": tr.t("Show what this agent does inside"),
        "hide_inside": tr.t("Hide what this agent does inside"),
        "page": tr.t("Lines {from}–{to} of {count}."),
        "others": tr.t("Events that are no messages: {count}."),
        "older": tr.t("Older"),
        "newer": tr.t("Newer"),
        "newest": tr.t("To the newest"),
        "times": tr.t("Repeated: {count}. Show each"),
        "more": tr.t("and {count} more"),
        "loading": tr.t("Loading"),
        "failed": tr.t("The diagram cannot be drawn. The list below has the same messages."),
        "empty": [
            tr.t("No messages yet"),
            tr.t("What the user, the agents, models and tools say to each other appears here."),
        ],
    }


def _graph(tr: Translator) -> dict[str, object]:
    return {
        "name": tr.t("States of the run"),
        "own": tr.t("The agent's own graph"),
        "own_about": tr.t("Dashed ways were not taken in this run."),
        "inferred": tr.t("Inferred"),
        "inferred_about": tr.t("The agent told no graph: this is the order in which it came to its nodes."),
        "busiest": tr.t("Shown are the {shown} busiest of {count} nodes."),
        "begin": tr.t("Beginning"),
        "end": tr.t("End"),
        "states": {
            "active": tr.t("At work"),
            "waiting": tr.t("Waits"),
            "failed": tr.t("Failed"),
            "unseen": tr.t("Not yet"),
        },
        "now": tr.t("At work: {names}"),
        "ways": tr.t("Ways from node to node"),
        "to": tr.t("to"),
        "more": tr.t("and {count} more"),
        "empty": [
            tr.t("No nodes are known"),
            tr.t(
                "Agents that are graphs, such as LangGraph's, tell the node of each step; this one has not."
            ),
        ],
    }
