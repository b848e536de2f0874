"""What the operators' console says of questions to people and of commands to agents."""

from __future__ import annotations

from i18n import Translator

Words = dict[str, object]


def control_words(tr: Translator) -> Words:
    """The words of the panels by which agents are steered."""
    return {"approvals": _approvals(tr), "stop": _stop(tr), "commands": _commands(tr)}


def _approvals(tr: Translator) -> Words:
    return {
        "name": tr.t("What agents ask"),
        "asks": tr.t("{who} asks for permission"),
        "wants": tr.t("asks for permission:"),
        "more": tr.forms("{count} more question", "{count} more questions"),
        "decided": {
            "approve": tr.t("{who} has approved this already: {at}."),
            "reject": tr.t("{who} has rejected this already: {at}."),
        },
        "risk": tr.t("Risk: {risk}"),
        "left": tr.t("{duration} left"),
        "late": tr.t("too late"),
        "arguments": tr.t("With"),
        "no_arguments": tr.t("With what, the agent has not told."),
        "comment": tr.t("Comment, if you like"),
        "approve": tr.t("Approve"),
        "reject": tr.t("Reject"),
        "show": tr.t("Show the run"),
        "look": tr.t("Look at it"),
        "fold": tr.t("Fold"),
        "may_not": tr.t("Operators answer this."),
    }


def _stop(tr: Translator) -> Words:
    return {
        "one": tr.t("Stop the run"),
        "all": tr.t("Stop everything"),
        "ask_one": tr.t("The agent is told to stop this run. What it has done stays done."),
        "ask_all": tr.t("All agents of this salon are told to stop. What they have done stays done."),
        "yes": tr.t("Stop"),
        "no": tr.t("Let it go on"),
        "sent": tr.t("The agent has been told. It may take a moment."),
    }


def _commands(tr: Translator) -> Words:
    return {
        "name": tr.t("What the agent was told"),
        "all": tr.t("What agents were told"),
        "run": tr.t("Run"),
        "status": tr.t("Status"),
        "any_status": tr.t("Any status"),
        "none": tr.t("None of it stands like that."),
        "more": tr.t("Show more"),
        "again": tr.t("Try again"),
        "kinds": {
            "approve": tr.t("Approved"),
            "reject": tr.t("Rejected"),
            "stop": tr.t("Stop"),
            "stop_all": tr.t("Stop everything"),
            "add_task": tr.t("Task added"),
        },
        "statuses": {
            "queued": tr.t("on its way"),
            "sent": tr.t("sent"),
            "received": tr.t("received"),
            "done": tr.t("done"),
            "failed": tr.t("failed"),
            "expired": tr.t("too late"),
            "dead": tr.t("not delivered"),
        },
        "resend": tr.t("Send again"),
        "blind": tr.t("What the agent was told cannot be read now."),
    }
