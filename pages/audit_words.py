"""What the audit log's codes mean, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from components.wording import role_name
from i18n import Translator
from models import AuditEntry, Role


def action_name(action: str, tr: Translator) -> str:
    """The name of an action; one that this version does not know is shown as it is stored."""
    known = {
        "sign_in": tr.t("Signed in"),
        "sign_in_failed": tr.t("Failed to sign in"),
        "sign_out": tr.t("Signed out"),
        "sessions_ended": tr.t("Sessions ended"),
        "first_admin.created": tr.t("Created the first administrator"),
        "account.linked": tr.t("Linked the account with Supabase Auth"),
        "member.added": tr.t("Added a person"),
        "member.removed": tr.t("Removed a person"),
        "member.activated": tr.t("Switched an account on"),
        "member.deactivated": tr.t("Switched an account off"),
        "member.role_changed": tr.t("Changed a role"),
        "password.changed": tr.t("Changed their password"),
        "password.reset": tr.t("Set a password by a one-time link"),
        "password_reset.issued": tr.t("Made a one-time password link"),
        "preferences.changed": tr.t("Changed their preferences"),
        "tenant.configured": tr.t("Changed the salon's settings"),
        "key.created": tr.t("Made a key"),
        "key.revoked": tr.t("Revoked a key"),
        "telemetry.configured": tr.t("Changed the rules for agents' events"),
        "approval.approved": tr.t("Approved what an agent asked for"),
        "approval.rejected": tr.t("Rejected what an agent asked for"),
        "run.stop_asked": tr.t("Told an agent to stop"),
        "run.stop_all_asked": tr.t("Told all agents to stop"),
        "run.task_added": tr.t("Put a task on an agent's plan"),
        "command.resent": tr.t("Sent a command to an agent again"),
        "job.started": tr.t("Started a job"),
        "dialogues.exported": tr.t("Exported dialogues"),
        "filter.saved": tr.t("Saved a filter"),
        "filter.removed": tr.t("Removed a filter"),
        "dialogue.note_added": tr.t("Added a note to a dialogue"),
        "dialogue.note_edited": tr.t("Changed a note on a dialogue"),
        "dialogue.note_removed": tr.t("Removed a note from a dialogue"),
        "dialogue.tag_added": tr.t("Tagged a dialogue"),
        "dialogue.tag_removed": tr.t("Took a tag off a dialogue"),
    }
    return known.get(action, action)


def detail_words(entry: AuditEntry, names: Mapping[UUID, str], tr: Translator) -> str:
    """Whom or what an entry is about, in a line."""
    parts = [_subject(entry, names)]
    details = entry.details
    if entry.action.startswith("key."):
        parts += [str(details.get("name", "")), str(details.get("prefix", "")) + "…"]
    parts.append(str(details.get("email", "")))
    if "from" in details and "to" in details:
        parts.append(f"{_role(details['from'], tr)} → {_role(details['to'], tr)}")
    elif "role" in details:
        parts.append(_role(details["role"], tr))
    parts += [
        str(details[key])
        for key in ("time_zone", "currency", "locale", "theme", "reason", "format", "tag", "author")
        if key in details
    ]
    if isinstance(rows := details.get("rows"), int):
        parts.append(tr.n("{count} dialogue", "{count} dialogues", rows))
    return " · ".join(part for part in parts if part) or "—"


def _subject(entry: AuditEntry, names: Mapping[UUID, str]) -> str:
    """A person's name, or what is not an id; an id says nothing to a reader."""
    if not entry.subject:
        return ""
    try:
        subject = UUID(entry.subject)
    except ValueError:
        return entry.subject
    return "" if subject == entry.actor_id else names.get(subject, "")


def _role(value: object, tr: Translator) -> str:
    text = str(value)
    return role_name(Role(text), tr) if text in set(Role) else text
