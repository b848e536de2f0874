from __future__ import annotations

import json
from typing import Any

import pytest

from local_supabase.realtime.filters import Filter, FilterError, parse_filters
from local_supabase.realtime.frames import Frame, FrameError, decode, encode, to_json
from local_supabase.realtime.join_config import Binding, parse_binding, parse_join, topic_name
from local_supabase.realtime.records import JsonType
from local_supabase.realtime.records import to_json as value_json
from local_supabase.realtime.refusal import Refused


def test_frames_of_both_versions() -> None:
    frame = Frame("realtime:x", "phx_join", {"a": 1}, "2", "1")
    one = {"topic": "realtime:x", "event": "phx_join", "payload": {"a": 1}, "ref": "2", "join_ref": "1"}
    assert decode(json.dumps(one), "1.0.0") == frame
    assert decode('["1","2","realtime:x","phx_join",{"a":1}]', "2.0.0") == frame
    assert json.loads(encode("1.0.0", 'a"b', "e", '{"c":1}', ref="2", join_ref="1")) == {
        "topic": 'a"b', "event": "e", "payload": {"c": 1}, "ref": "2"
    }  # fmt: skip
    assert json.loads(encode("2.0.0", "t", "e", "{}", join_ref="1")) == ["1", None, "t", "e", {}]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "1",
        '"text"',
        "{}",
        '{"topic":1,"event":"e"}',
        '{"topic":"t","event":null}',
        '{"topic":"t","event":"e","payload":[]}',
        '{"topic":"t","event":"e","ref":{}}',
        '{"topic":"t","event":"e","payload":{"n":NaN}}',
        '{"topic":"t","event":"e","payload":' + '{"a":' * 90_000,
        "[" * 100_000,
        '{"topic":"t","event":"e","payload":{"n":' + "9" * 5_000 + "}}",
    ],
)
def test_what_is_not_a_frame_is_refused(text: str) -> None:
    with pytest.raises(FrameError):
        decode(text, "1.0.0")


def test_payloads_are_written_back_as_json() -> None:
    assert to_json({"имя": "🌸"}) == '{"имя":"🌸"}'
    assert json.loads(to_json({"half": "\ud800"})) == {"half": "\ud800"}
    with pytest.raises(FrameError):
        to_json(decode('{"topic":"t","event":"e","payload":{"n":1e999}}', "1.0.0").payload)


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", []),
        ("  ", []),
        ("id=eq.1", [Filter("id", "eq", "1")]),
        ("a=eq.x=y.z", [Filter("a", "eq", "x=y.z")]),
        ('a=eq."x,y\\"z"', [Filter("a", "eq", 'x,y"z')]),
        ("a=eq.Oslo (Norway, north), b=not.in.(1,2)", [
            Filter("a", "eq", "Oslo (Norway, north)"), Filter("b", "in", "{1,2}", True)
        ]),
        ('a=in.("x,y",z)', [Filter("a", "in", '{"x,y",z}')]),
        ("a=gt.1,b=is.null", [Filter("a", "gt", "1"), Filter("b", "is", "null")]),
        ("a=eq.", [Filter("a", "eq", "")]),
    ],
)  # fmt: skip
def test_filters(text: str, filters: list[Filter]) -> None:
    assert list(parse_filters(text)) == filters


@pytest.mark.parametrize(
    "text",
    [
        "undefined",
        "a=foo.1",
        "a=eq",
        "a=eq.1,",
        ",",
        "a=in.1",
        "a=is.nothing",
        "a=eq.\0",
        "a=in.(" + "1," * 100 + "1)",
    ],
)
def test_filters_that_are_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse_filters(text)


@pytest.mark.parametrize(
    ("change", "binding"),
    [
        ({"event": "INSERT", "schema": "public", "table": "t"}, Binding("INSERT", "public", "t", (), None)),
        ({"event": "update", "table": "t"}, Binding("UPDATE", "public", "t", (), None)),
        ({"schema": "public"}, Binding("*", "public", "*", (), None)),
        ({"event": "*", "schema": "*"}, Binding("*", "*", "*", (), None)),
        (
            {"event": "DELETE", "schema": "s", "table": "t", "filter": "a=eq.1", "select": ["a"]},
            Binding("DELETE", "s", "t", (Filter("a", "eq", "1"),), ("a",)),
        ),
    ],
)
def test_bindings(change: dict[str, Any], binding: Binding) -> None:
    assert parse_binding(change) == binding


@pytest.mark.parametrize(
    "change",
    [
        {}, {"event": "*"}, {"schema": 1}, {"table": ["t"]}, {"table": "t\0"}, {"table": "\ud800"},
        {"table": "t", "filter": 5}, {"table": "t", "select": "a"}, {"schema": "s", "select": ["a"]},
    ],
)  # fmt: skip
def test_bindings_that_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        parse_binding(change)


@pytest.mark.parametrize(
    "payload",
    [
        {"config": []}, {"config": {"broadcast": 1}}, {"config": {"private": "yes"}}, {"access_token": 5},
        {"config": {"postgres_changes": {}}}, {"config": {"postgres_changes": [1]}},
        {"config": {"postgres_changes": [{}] * 101}}, {"config": {"broadcast": {"replay": {"limit": 5}}}},
        {"config": {"presence": {"key": 7}}},
    ],
)  # fmt: skip
def test_joins_that_are_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        parse_join(payload)


@pytest.mark.parametrize(
    "topic", ["", "phoenix2", "realtime:", "realtime:\0", "realtime:\ud800", "realtime:" + "x" * 2000]
)
def test_topics_that_are_refused(topic: str) -> None:
    with pytest.raises(Refused):
        topic_name(topic)


@pytest.mark.parametrize(
    ("text", "json_type", "expected"),
    [
        (None, JsonType(25), "null"),
        ("t", JsonType(16), "true"),
        ("f", JsonType(16), "false"),
        ("12345678901234567890.1200", JsonType(1700), "12345678901234567890.1200"),
        ("Infinity", JsonType(701), '"Infinity"'),
        ("12", JsonType(26), '"12"'),
        ('{"a": 1.10}', JsonType(3802), '{"a": 1.10}'),
        ("2026-01-01 00:00:00+00", JsonType(1184), '"2026-01-01T00:00:00+00:00"'),
        ("2026-01-01 00:00:00.25", JsonType(1114), '"2026-01-01T00:00:00.25"'),
        ("infinity", JsonType(1184), '"infinity"'),
        ("{}", JsonType(1007, 23), "[]"),
        ("{{1,NULL},{3,4}}", JsonType(1007, 23), "[[1,null],[3,4]]"),
        ('{"a,\\"b\\\\",null,"NULL"}', JsonType(1009, 25), '["a,\\"b\\\\","null","NULL"]'),
        ("{t,f}", JsonType(1000, 16), "[true,false]"),
        ('{"{\\"a\\": 1}"}', JsonType(3807, 3802), '[{"a": 1}]'),
        ("1 2", JsonType(22, 21), '"1 2"'),
        ("\u2028", JsonType(25), '"\u2028"'),
    ],
)
def test_values_as_json(text: str | None, json_type: JsonType, expected: str) -> None:
    assert value_json(text, json_type) == expected
