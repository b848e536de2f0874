"""What the detail of an agent's event says in a language; `{…}` in a text is filled in by the browser."""

from __future__ import annotations

from i18n import Translator
from pages.agent_words_kinds import kind_words, status_words


def words(tr: Translator) -> dict[str, object]:
    """The texts of `components/agent_detail.js`."""
    return {
        "value": _of_values(tr),
        "kinds": kind_words(tr),
        "statuses": status_words(tr),
        "phases": {"begun": tr.t("beginning"), "ended": tr.t("end"), "point": tr.t("moment")},
        **_of_head(tr),
        **_of_model_calls(tr),
        **_of_prompts(tr),
        **_of_tool_calls(tr),
        **_of_problems(tr),
        **_of_approvals(tr),
    }


def _of_values(tr: Translator) -> dict[str, str]:
    return {
        "more": tr.t("Show more: {count}"),
        "copy_of": tr.t("Copy: {name}"),
        "copied": tr.t("Copied."),
        "not_copied": tr.t("The browser refuses to copy. Select the text by hand."),
    }


def _of_head(tr: Translator) -> dict[str, str]:
    return {
        "name": tr.t("Event in detail"),
        "loading": tr.t("Loading"),
        "again": tr.t("Try again"),
        "unknown": tr.t("unknown"),
        "source": tr.t("Source"),
        "node": tr.t("Node"),
        "round": tr.t("round {count}"),
        "previous": tr.t("Previous event of this kind"),
        "next": tr.t("Next event of this kind"),
        "permalink": tr.t("Copy a link to this event"),
        "removed": tr.t("Secrets removed before it was stored: {count}"),
        "around": tr.t("Around it"),
        "parent": tr.t("Part of"),
        "halves": tr.t("The same step"),
        "children": tr.t("Its own steps"),
        "and_more": tr.t("and {count} more"),
        "dialogue": tr.t("The dialogue in the salon"),
        "content": tr.t("What it tells"),
        "nothing": tr.t("Nothing more is kept of this event."),
    }


def _of_model_calls(tr: Translator) -> dict[str, str]:
    return {
        "model": tr.t("Model"),
        "provider": tr.t("Provider"),
        "input_tokens": tr.t("Input tokens"),
        "output_tokens": tr.t("Output tokens"),
        "cached": tr.t("{count} from the cache"),
        "written": tr.t("{count} into the cache"),
        "reasoning": tr.t("{count} for reasoning"),
        "cost": tr.t("Cost"),
        "latency": tr.t("Latency"),
        "speed": tr.t("Tokens per second"),
        "not_yet": tr.t("not known yet"),
        "answer": tr.t("Answer"),
        "raw": tr.t("As it came"),
        "parsed": tr.t("Parsed"),
        "copy_answer": tr.t("Copy the answer as it came"),
        "no_answer": tr.t("No answer is kept."),
        "parameters": tr.t("Parameters"),
        "attributes": tr.t("Attributes"),
        "routing": tr.t("Why this model"),
        "no_reason": tr.t("no reason told"),
        "instead_of": tr.t("Instead of"),
    }


def _of_prompts(tr: Translator) -> dict[str, object]:
    return {
        "prompt": tr.t("Prompt"),
        "no_prompt": tr.t(
            "No prompt is kept: the salon keeps none, its time is over, or the agent did not send it."
        ),
        "parts": {
            "system": tr.t("Instructions"),
            "context": tr.t("Context"),
            "history": tr.t("History"),
            "tools": tr.t("Tools"),
        },
        "part_size": tr.t("{count} · characters: {size}"),
        "none": tr.t("none"),
        "earlier": tr.t("Show earlier: {count}"),
        "no_role": tr.t("no role"),
        "copy_message": tr.t("Copy the message"),
        "tool_calls": tr.t("Tool calls"),
        "part": tr.t("Part of the message"),
        "empty": tr.t("Empty"),
    }


def _of_tool_calls(tr: Translator) -> dict[str, object]:
    return {
        "call": tr.t("Tool call"),
        "arguments": tr.t("Arguments"),
        "no_arguments": tr.t("No arguments are kept."),
        "result": tr.t("Result"),
        "no_result": tr.t("No result is kept."),
        "exit": tr.t("Exit status"),
        "stdout": tr.t("Standard output"),
        "no_stdout": tr.t("Nothing was written to standard output."),
        "stderr": tr.t("Standard error"),
        "places": {
            "arguments": tr.t("Arguments"),
            "input": tr.t("Input"),
            "result": tr.t("Result"),
            "prompt": tr.t("Prompt"),
            "answer": tr.t("Answer"),
            "parameters": tr.t("Parameters"),
        },
    }


def _of_problems(tr: Translator) -> dict[str, str]:
    return {
        "problem": tr.t("What went wrong"),
        "no_problem": tr.t("The agent did not say."),
        "copy_problem": tr.t("Copy the error with its stack"),
        "stack": tr.t("Stack"),
        "caused_by": tr.t("Caused by"),
        "during": tr.t("While this was handled"),
    }


def _of_approvals(tr: Translator) -> dict[str, object]:
    return {
        "asked_for": tr.t("Asked for"),
        "answered": tr.t("Answered"),
        "not_answered": tr.t("not answered yet"),
        "somebody": tr.t("somebody"),
        "to_answer": tr.t("To the answer"),
        "verdict": tr.t("Decision"),
        "verdicts": {"yes": tr.t("Approved"), "no": tr.t("Rejected")},
        "see_below": tr.t("as below"),
        "by": tr.t("By"),
        "when": tr.t("When"),
        "comment": tr.t("Comment"),
    }
