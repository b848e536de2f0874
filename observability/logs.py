"""The log of the process, for people (`text`) or for machines (`json`, one object a line).

Everything that logs in this process comes through here: the panel, the embedded Supabase, NiceGUI, uvicorn,
Python's warnings.
"""

from __future__ import annotations

import logging
from typing import Any, Literal

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from observability import context
from observability.metrics import LogMetrics
from observability.redaction import scrub, scrub_fields

LogFormat = Literal["text", "json"]

TALKATIVE = ("httpx", "httpcore", "hpack", "websockets", "realtime", "urllib3")
"""Libraries that would log every request with its arguments, headers and tokens."""


def set_up_logging(level: str, log_format: LogFormat, metrics: LogMetrics) -> None:
    """Have every record of the process written to standard error, in this format, from `level` on."""
    written = logging.StreamHandler()
    written.addFilter(add_origin)
    written.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[written, Counting(metrics)], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def add_origin(record: logging.LogRecord) -> bool:
    """Note in a record what the task that makes it works for; a filter that lets everything through."""
    if (origin := context.current()) is not None:
        record.request_id = origin.request_id
        if origin.tenant_id is not None:
            record.tenant_id = origin.tenant_id
    return True


class TextLines(logging.Formatter):
    """A line for each record, and after it the lines of the exception, if there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record without secrets."""
        return scrub(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """One line: a line break in a message would let whoever it quotes write lines of their own."""
        line = super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
        ids = [
            f"{label}={value}"
            for label, name in (("request", "request_id"), ("tenant", "tenant_id"))
            if (value := getattr(record, name, None)) is not None
        ]
        return f"{line} [{' '.join(ids)}]" if ids else line


class JsonLines(JsonFormatter):
    """`time`, `level`, `logger`, `message`; where there are such, ids, `exc_info`, and what `extra` held."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            # uvicorn's extras repeat the message, or are whole objects
            reserved_attrs=[*RESERVED_ATTRS, "taskName", "color_message", "websocket"],
            json_ensure_ascii=False,
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The record without secrets, looked for in each field before JSON escapes anything."""
        return scrub_fields(log_data)


class Counting(logging.Handler):
    """Counts records by level, and those that carry the number of an unexpected error."""

    def __init__(self, metrics: LogMetrics) -> None:
        super().__init__()
        self._metrics = metrics
        for name in ("WARNING", "ERROR", "CRITICAL"):
            metrics.records.labels(name.lower())

    def emit(self, record: logging.LogRecord) -> None:
        """Count, and write nothing."""
        level = max(logging.DEBUG, min(logging.CRITICAL, record.levelno // 10 * 10))
        self._metrics.records.labels(logging.getLevelName(level).lower()).inc()
        if getattr(record, "error_id", None):
            self._metrics.errors.inc()
