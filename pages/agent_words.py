"""What the operators' console says in a language; events bring their own texts."""

from __future__ import annotations

import json
from functools import lru_cache

from i18n import Translator
from pages import agent_words_detail, agent_words_diagrams, agent_words_plan
from pages.agent_words_control import control_words
from pages.agent_words_kinds import kind_words, status_words

Words = dict[str, object]


@lru_cache
def packed_words(tr: Translator) -> str:
    """The words as JSON, one text for all open pages of a language."""
    statuses = status_words(tr)
    words = {
        "loading": tr.t("Loading"),
        "again": tr.t("Try again"),
        "all_runs": tr.t("All runs"),
        "cut": tr.t("Connection lost"),
        "to_keys": tr.t("Make a key"),
        "empty": [
            tr.t("No agent has told of anything yet"),
            tr.t("Give an agent a key of this salon. What it does appears here the moment it is done."),
        ],
        "gone": [
            tr.t("There is no such run"),
            tr.t("It may be over its time, or have become a part of an earlier run."),
        ],
        "refused": [
            tr.t("Your rights in this salon have changed."),
            tr.t("Open the page again to see what you may see now."),
        ],
        "away": [tr.t("The database does not answer."), tr.t("This page goes on by itself once it is back.")],
        "statuses": statuses,
        "units": {"ms": tr.t("ms"), "s": tr.t("s"), "min": tr.t("min"), "h": tr.t("h")},
        "line": _line(tr),
        "rail": {
            "name": tr.t("Runs"),
            "active": tr.t("Going on"),
            "ended": tr.t("Lately"),
            "statuses": statuses,
            "events": tr.forms("{count} event", "{count} events"),
            "beside": tr.t("Watch beside the others"),
        },
        "one_run": tr.t("Run"),
        "leave": tr.t("Take away from here"),
        "view": tr.t("How the run is shown"),
        "views": {
            "feed": tr.t("Events"),
            "plan": tr.t("Plan"),
            "sequence": tr.t("Sequence"),
            "graph": tr.t("Graph"),
            "time": tr.t("Timeline"),
        },
        "event": tr.t("One event"),
        "close": tr.t("Close"),
        "blind": tr.t("What agents ask cannot be read now."),
        "feed": _feed(tr, statuses),
        "history": _history(tr, statuses),
        "detail": agent_words_detail.words(tr),
        "plan": agent_words_plan.words(tr),
        **agent_words_diagrams.words(tr),
        **control_words(tr),
        "compare": _compare(tr, statuses),
    }
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def _line(tr: Translator) -> Words:
    return {
        "sentences": {
            "running": tr.t("{who} has been at work for {duration}."),
            "waiting": tr.t("{who} waits for a person’s answer, after {duration}."),
            "done": tr.t("{who} was done in {duration}."),
            "error": tr.t("{who} failed after {duration}."),
            "stopped": tr.t("{who} was stopped after {duration}."),
        },
        "model_calls": tr.forms("{count} model call", "{count} model calls"),
        "tool_calls": tr.forms("{count} tool call", "{count} tool calls"),
        "failures": tr.forms("{count} error", "{count} errors"),
        "at_least": tr.t("at least {amount}"),
        "cost_unknown": tr.t("cost unknown"),
    }


def _feed(tr: Translator, statuses: dict[str, str]) -> Words:
    return {
        "name": tr.t("Events of the run"),
        "search": tr.t("Find in the events"),
        "clear": tr.t("Clear the search"),
        "pause": tr.t("Pause"),
        "resume": tr.t("Go on"),
        "kinds": kind_words(tr),
        "statuses": statuses,
        "begun": tr.t("begun"),
        "facets": {"kind": tr.t("All kinds"), "status": tr.t("Any status"), "source": tr.t("All sources")},
        "newer": tr.forms("{count} new event", "{count} new events"),
        "to_newest": tr.t("To the newest"),
        "events": tr.forms("{count} event", "{count} events"),
        "of_all": tr.t("of {count}"),
        "reading": tr.t("older ones are being read"),
        "empty": tr.t("Nothing has been told of this run yet."),
        "none": tr.t("Nothing of this matches"),
    }


def _history(tr: Translator, statuses: dict[str, str]) -> Words:
    return {
        "name": tr.t("All runs"),
        "search": tr.t("Find runs and events"),
        "status": tr.t("Status"),
        "any_status": tr.t("Any status"),
        "statuses": statuses,
        "compare": tr.t("Compare two"),
        "choose": tr.t("Choose"),
        "choose_one": tr.t("Choose to compare:"),
        "run": tr.t("Run"),
        "began": tr.t("Began"),
        "lasted": tr.t("Lasted"),
        "events_column": tr.t("Events"),
        "tokens": tr.t("Tokens"),
        "cost": tr.t("Cost"),
        "unknown": tr.t("unknown"),
        "at_least": tr.t("at least {amount}"),
        "more": tr.t("Show more"),
        "loading": tr.t("Loading"),
        "again": tr.t("Try again"),
        "away": tr.t("The database does not answer."),
        "none": tr.t("No run matches"),
        "empty": [
            tr.t("No agent has told of anything yet"),
            tr.t("Give an agent a key of this salon. What it does appears here the moment it is done."),
        ],
        "found": _found(tr),
    }


def _found(tr: Translator) -> Words:
    return {
        "name": tr.t("In events"),
        "kinds": kind_words(tr),
        "more": tr.t("Show more"),
        "further": tr.t("Look further"),
        "loading": tr.t("Loading"),
        "again": tr.t("Try again"),
        "away": tr.t("The database does not answer."),
        "none": tr.t("No event holds these words"),
        "none_yet": tr.t("Nothing so far: not everything has been looked through."),
        "partial": tr.t("So much has come lately that not all of it could be looked through yet."),
    }


def _compare(tr: Translator, statuses: dict[str, str]) -> Words:
    return {
        "name": tr.t("Two runs beside each other"),
        "back": tr.t("All runs"),
        "away": tr.t("The database does not answer."),
        "again": tr.t("Try again"),
        "loading": tr.t("Loading"),
        "figure": tr.t("Figure"),
        "difference": tr.t("Difference"),
        "statuses": statuses,
        "figures": {
            "status": tr.t("Status"),
            "duration_ms": tr.t("Lasted"),
            "events": tr.t("Events"),
            "model_calls": tr.t("Model calls"),
            "tool_calls": tr.t("Tool calls"),
            "failures": tr.t("Errors"),
            "tokens_input": tr.t("Tokens in"),
            "tokens_output": tr.t("Tokens out"),
            "cost": tr.t("Cost"),
        },
        "unknown": tr.t("unknown"),
        "cut": tr.t("The first {count} steps of each are compared."),
        "missing": tr.t("not there"),
        "more": tr.t("Show more"),
    }
