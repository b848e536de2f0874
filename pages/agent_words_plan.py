"""What an agent's plan and its history say in a language; `{…}` in a text is filled in by the browser."""

from __future__ import annotations

from i18n import Translator


def words(tr: Translator) -> dict[str, object]:
    """The texts of `components/agent_plan.js`."""
    return {
        "name": tr.t("Plan"),
        "loading": tr.t("Loading"),
        "again": tr.t("Try again"),
        "unknown": tr.t("unknown"),
        "more": tr.t("Show more: {count}"),
        "earlier": tr.t("Show earlier: {count}"),
        "and_more": tr.t("and {count} more"),
        "statuses": {
            "pending": (tr.t("To do"), "plain"),
            "in_progress": (tr.t("Under way"), "live"),
            "completed": (tr.t("Done"), "good"),
            "cancelled": (tr.t("Dropped"), "unknown"),
            "failed": (tr.t("Failed"), "bad"),
        },
        **_of_list(tr),
        **_of_history(tr),
        **_of_form(tr),
    }


def _of_list(tr: Translator) -> dict[str, object]:
    return {
        "now": tr.t("The plan now"),
        "as_of": tr.t("as of {time}"),
        "done_of": tr.t("{done} of {all} done"),
        "progress": tr.t("How much of the plan is done"),
        "older": tr.t("A newer list could not be read; this is the one before it."),
        "no_tasks": tr.t("There is nothing on the list."),
        "empty": (
            tr.t("The agent has told of no plan"),
            tr.t(
                "It tells of one with an event of the kind plan_update that holds the whole list, or by"
                " calling a tool named write_todos, TodoWrite or update_plan."
            ),
        ),
        "example": tr.t("An event that tells of a plan"),
        "unkept": (
            tr.t("The plan is not kept"),
            tr.t("The agent tells of one, but the salon keeps no contents of events, or their time is over."),
        ),
    }


def _of_history(tr: Translator) -> dict[str, object]:
    return {
        "history": tr.t("How it came to be so"),
        "first": tr.t("first list"),
        "by_unknown": tr.t("nobody is named"),
        "why": tr.t("Why"),
        "no_reason": tr.t("no reason told"),
        "added": tr.t("Added"),
        "removed": tr.t("Removed"),
        "changed": tr.t("Changed"),
        "reordered": tr.t("The order is another one"),
        "same": tr.t("Nothing has changed."),
        "failed": tr.t("This could not be read."),
    }


def _of_form(tr: Translator) -> dict[str, object]:
    return {
        "task": tr.t("New task for the agent"),
        "add": tr.t("Add"),
        "taken": tr.t("Sent to the agent. It is in the plan once the agent tells of it."),
    }
