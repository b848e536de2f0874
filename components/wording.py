"""What codes are called in the reader's language."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from errors import AppError, NoRoom, Unavailable, Unexpected
from i18n import Translator
from models import Role

logger = logging.getLogger(__name__)


def role_name(role: Role, tr: Translator) -> str:
    """The name of a role."""
    return {
        Role.PLATFORM_ADMIN: tr.t("Platform admin"),
        Role.OWNER: tr.t("Owner"),
        Role.ADMIN: tr.t("Administrator"),
        Role.OPERATOR: tr.t("Operator"),
    }[role]


def role_meaning(role: Role, tr: Translator) -> str:
    """What a role is for, in a line."""
    return {
        Role.PLATFORM_ADMIN: tr.t("Everything, in every salon."),
        Role.OWNER: tr.t("Everything in this salon."),
        Role.ADMIN: tr.t("Figures, clients, people and settings of this salon."),
        Role.OPERATOR: tr.t("Watches and steers the bot; sees no settings or people."),
    }[role]


def error_texts(error: AppError, tr: Translator) -> tuple[str, str]:
    """What went wrong, and what to do next (may be empty)."""
    return tr.t(error.message, **error.params), tr.t(error.advice, **error.params)


def write_error_texts(error: AppError, tr: Translator) -> tuple[str, str]:
    """The same of a write, which nobody repeats by itself as reads are."""
    message, advice = error_texts(error, tr)
    if isinstance(error, Unavailable) and not isinstance(error, NoRoom):
        return message, tr.t("Try again in a moment.")
    return message, advice


def as_app_error(error: Exception, doing: str) -> AppError:
    """The error itself when it is an expected one; else it is logged, and the reader is told its number."""
    if isinstance(error, AppError):
        return error
    problem = Unexpected()
    extra = {"error_id": problem.error_id}
    logger.error("Error %s while %s", problem.error_id, doing, exc_info=error, extra=extra)
    return problem


def clock_time(tr: Translator, moment: datetime, now: datetime, time_zone: str) -> str:
    """The time of a moment; with its day, when that may be another one."""
    is_long_ago = abs(now - moment) > timedelta(hours=12)
    return tr.moment(moment, time_zone) if is_long_ago else tr.time(moment, time_zone)


def utc_offset(time_zone: str, at: datetime) -> str:
    """`UTC+05:30`: how far the wall clocks of a time zone are from UTC at a moment."""
    offset = at.astimezone(ZoneInfo(time_zone)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
