"""What steps of agents are called, and how they stand: the same words on all parts of the page."""

from __future__ import annotations

from i18n import Translator


def status_words(tr: Translator) -> dict[str, str]:
    """How a run or a step stands."""
    return {
        "running": tr.t("running"),
        "waiting": tr.t("waiting"),
        "done": tr.t("done"),
        "error": tr.t("failed"),
        "stopped": tr.t("stopped"),
    }


def kind_words(tr: Translator) -> dict[str, str]:
    """What a step is."""
    return {
        "user_input": tr.t("User input"),
        "model_call": tr.t("Model call"),
        "tool_call": tr.t("Tool call"),
        "agent": tr.t("Agent"),
        "node": tr.t("Step of the graph"),
        "retrieval": tr.t("Retrieval"),
        "plan_update": tr.t("Change of the plan"),
        "approval_request": tr.t("Question to a person"),
        "approval_decision": tr.t("A person's answer"),
        "routing": tr.t("Choice of a model"),
        "log": tr.t("Note"),
        "other": tr.t("Other step"),
    }
