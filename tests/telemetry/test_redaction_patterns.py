"""A tenant's own patterns: what they take out, and which are refused."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from telemetry.events import Payload
from telemetry.redaction import Redactor
from telemetry.redaction_patterns import LONGEST, MOST, InvalidPattern
from tests.telemetry.test_redaction import EVENT


def test_what_a_tenant_calls_a_secret_is_taken_out() -> None:
    redactor = Redactor([r"\b\d{4} \d{6}\b", r"(?i)карта[- ]гостя \d+"])
    event = replace(
        EVENT, payload=Payload(input={"a": ["паспорт 4509 123456.", "КАРТА ГОСТЯ 77"], "b": "4509"})
    )
    cleaned, count = redactor.redact(event)
    assert cleaned.payload.input == {
        "a": ["паспорт [removed: own pattern].", "[removed: own pattern]"],
        "b": "4509",
    }
    assert count == 2
    assert redactor.redact(cleaned) == (cleaned, 0)
    assert Redactor().redact(event) == (event, 0)


def test_anchors_are_those_of_each_text() -> None:
    redactor = Redactor([r"^\d{6}$"])
    event = replace(EVENT, payload=Payload(input=["123456", "x 123456"]))
    assert redactor.redact(event)[0].payload.input == ["[removed: own pattern]", "x 123456"]
    alone = replace(EVENT, payload=Payload(input=["a", "123456", "b"]))
    assert redactor.redact(alone)[1] == 1


def test_patterns_leave_labels_whole() -> None:
    redactor = Redactor([r"[a-z]+"])
    key = "AKIA" + "Z7" * 8
    assert redactor.text(f"{key} ab 1") == ("[removed: AWS Access Key] [removed: own pattern] 1", 2)
    assert Redactor([r".+"]).text("all of it") == ("[removed: own pattern]", 1)
    assert Redactor([r".+"]).text("[removed: own pattern]") == ("[removed: own pattern]", 0)


@pytest.mark.parametrize(
    ("patterns", "why"),
    [
        (["("], "Not a pattern: ("),
        ([r"(?<=a)b"], "Not a pattern"),
        ([r"(a)\1"], "Not a pattern"),
        (["a*"], "found in nothing"),
        (["^"], "found in nothing"),
        (["", "a"], "found in nothing"),
        (["a" * (LONGEST + 1)], f"may have {LONGEST} characters"),
        (["a"] * (MOST + 1), f"At most {MOST}"),
        (["((a{100}){100}){100}"], "Not a pattern"),
        ([rf"{number}\d{{1,400}}" for number in range(MOST)], "instructions together"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(patterns: list[str], why: str) -> None:
    with pytest.raises(InvalidPattern, match=why.replace("(", r"\(")):
        Redactor(patterns)


def test_no_pattern_can_run_away() -> None:
    redactor = Redactor([r"(a+)+b", r"(x|x|x)*y", r"(.*)(.*)(.*)(.*)z9"])
    for text in ("a" * 200_000, "x" * 200_000, "q" * 200_000):
        began = time.process_time()
        assert redactor.text(text) == (text, 0)
        assert time.process_time() - began < 3
