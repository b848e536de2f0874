"""Records as they are written: their fields, their ids, and nothing else."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import UUID

import pytest

from observability import context
from observability.context import Origin
from observability.logs import TALKATIVE, LogFormat, set_up_logging
from observability.metrics import Metrics

SALON = UUID("10000000-0000-4000-8000-000000000001")
logger = logging.getLogger("tests.observability")


class Log:
    """The process's log, with what was written so far."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._written = StringIO()
        self.metrics = Metrics()

    def begin(self, log_format: LogFormat, level: str = "INFO") -> Log:
        self._monkeypatch.setattr("sys.stderr", self._written)
        set_up_logging(level, log_format, self.metrics.log)
        return self

    @property
    def text(self) -> str:
        return self._written.getvalue()

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in TALKATIVE}
    root.handlers.clear()  # pytest's own are put back, not closed
    context._current.set(None)
    try:
        yield Log(monkeypatch)
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
        context._current.set(None)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)


def test_a_record_is_one_object_with_time_level_logger_and_message(log: Log) -> None:
    log.begin("json")
    logger.info("Removed %d rows\nfrom %s", 3, "«журнал»")
    (record,) = log.records
    assert record.pop("time").startswith("20")
    assert record == {
        "level": "INFO",
        "logger": "tests.observability",
        "message": "Removed 3 rows\nfrom «журнал»",
    }


def test_ids_are_those_of_the_task_and_absent_without_one(log: Log) -> None:
    log.begin("json")
    logger.info("before")
    context.begin(Origin("request-1"))
    logger.info("a request")
    context.enter_tenant(SALON)
    logger.info("in a salon")
    before, request, salon = log.records
    assert "request_id" not in before
    assert (request["request_id"], "tenant_id" in request) == ("request-1", False)
    assert (salon["request_id"], salon["tenant_id"]) == ("request-1", str(SALON))


def test_an_error_is_found_by_its_number_with_the_request_and_counted(log: Log) -> None:
    from components.wording import as_app_error
    from errors import Unexpected

    log.begin("json")
    context.begin(Origin("request-1", str(SALON)))
    problem = as_app_error(KeyError("x"), "building a page")
    assert isinstance(problem, Unexpected)
    (record,) = log.records
    assert record["error_id"] == problem.error_id
    assert (record["request_id"], record["tenant_id"]) == ("request-1", str(SALON))
    assert "KeyError" in record["exc_info"]
    assert log.value("panel_errors_total") == 1
    assert log.value("panel_log_records_total", level="error") == 1


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_are_taken_out_of_messages_arguments_exceptions_and_extras(
    log: Log, log_format: LogFormat
) -> None:
    log.begin(log_format)
    address = "postgresql://me:hunter2@db/x"
    try:
        try:
            raise OSError(f"cannot connect to {address}")
        except OSError as error:
            raise RuntimeError("Key (email)=(anna@salon.example) exists, apikey=hunter2") from error
    except RuntimeError:
        logger.exception("Failed at %s with %r", address, {"password": "hunter2"}, extra={"token": "hunter2"})
    logger.info("Bearer hunter2", stack_info=True)
    assert "RuntimeError" in log.text
    assert "hunter2" not in log.text.replace('logger.info("Bearer hunter2"', "")
    assert "anna@" not in log.text


def test_a_secret_that_json_escapes_does_not_get_away(log: Log) -> None:
    log.begin("json")
    logger.info('postgresql://me:пар"оль\\hunter2@db/x')
    assert "hunter2" not in log.text
    assert "оль" not in log.text


def test_a_text_line_names_its_ids_and_nobody_can_forge_another(log: Log) -> None:
    log.begin("text")
    context.begin(Origin("request-1", str(SALON)))
    logger.warning("a client says %s", "x\n2026-01-01 00:00:00,000 ERROR root: all is lost")
    (line,) = log.text.splitlines()
    assert line.endswith(f"all is lost [request=request-1 tenant={SALON}]")
    assert r"x\n2026-01-01" in line


def test_libraries_and_warnings_take_the_same_way_and_do_not_chat(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("uvicorn", "uvicorn.error"):  # Prefect, which other tests import, keeps them to itself
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    log.begin("json", "DEBUG")
    for name in TALKATIVE:
        logging.getLogger(name).debug("sent apikey")
    logging.getLogger("nicegui").info("hello")
    logging.getLogger("uvicorn.error").error("failed", extra={"color_message": "\x1b[31mfailed"})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", UserWarning, stacklevel=1)
    assert [record["logger"] for record in log.records] == ["nicegui", "uvicorn.error", "py.warnings"]
    assert "color_message" not in log.text
