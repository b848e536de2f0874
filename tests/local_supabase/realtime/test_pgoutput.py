from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest

from local_supabase.realtime import pgoutput
from local_supabase.realtime.changes import change_of
from local_supabase.realtime.pgoutput import (
    UNCHANGED,
    Begin,
    Column,
    Commit,
    DecodeError,
    Delete,
    Insert,
    Origin,
    Relation,
    Truncate,
    Type,
    Update,
    decode,
)

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
MICROSECONDS = struct.pack("!q", int((AT - pgoutput.POSTGRES_EPOCH).total_seconds() * 1_000_000))


def text(value: str) -> bytes:
    data = value.encode()
    return b"t" + struct.pack("!i", len(data)) + data


def row(*values: bytes) -> bytes:
    return struct.pack("!h", len(values)) + b"".join(values)


def test_transaction_bounds() -> None:
    assert decode(b"B" + struct.pack("!Q", 77) + MICROSECONDS + struct.pack("!I", 4_000_000_000)) == Begin(
        77, AT, 4_000_000_000
    )
    assert decode(b"C\0" + struct.pack("!QQ", 77, 88) + MICROSECONDS) == Commit(88, AT)
    assert decode(b"O" + struct.pack("!Q", 1) + b"elsewhere\0") == Origin("elsewhere")


def test_relation_and_type() -> None:
    column = (
        b"\1id\0" + struct.pack("!Ii", 20, -1) + b"\0\xd0\xb8\xd0\xbc\xd1\x8f\0" + struct.pack("!Ii", 25, -1)
    )
    assert decode(
        b"R" + struct.pack("!I", 9) + b"public\0notes\0d" + struct.pack("!h", 2) + column
    ) == Relation(9, "public", "notes", "d", (Column("id", 20, True), Column("имя", 25, False)))
    assert decode(b"R" + struct.pack("!I", 9) + b"\0pg_am\0d\0\0").schema == "pg_catalog"  # type: ignore[union-attr]
    assert decode(b"Y" + struct.pack("!I", 5) + b"public\0mood\0") == Type(5, "public", "mood")


def test_rows() -> None:
    oid = struct.pack("!I", 9)
    assert decode(b"I" + oid + b"N" + row(text("1"), b"n", b"u", text(""))) == Insert(
        9, ("1", None, UNCHANGED, "")
    )
    assert decode(b"U" + oid + b"N" + row(text("1"))) == Update(9, None, ("1",))
    for kind in (b"K", b"O"):
        assert decode(b"U" + oid + kind + row(text("0")) + b"N" + row(text("1"))) == Update(9, ("0",), ("1",))
        assert decode(b"D" + oid + kind + row(text("ж"))) == Delete(9, ("ж",))
    assert decode(b"T" + struct.pack("!iBII", 2, 3, 9, 10)) == Truncate((9, 10))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"Z", b"B\0", b"I\0\0\0\1N", b"I\0\0\0\1X\0\0", b"I\0\0\0\1N\0\1q", b"I\0\0\0\1N\0\0extra",
        b"I\0\0\0\1N\0\1t\0\0\0\5abc", b"I\0\0\0\1N\0\1t\xff\xff\xff\xffabc", b"I\0\0\0\1N\0\1t\0\0\0\1\xff",
        b"R\0\0\0\1public", b"D\0\0\0\1N\0\0", b"Y\0\0\0\1\xff\0\0",
    ],
)  # fmt: skip
def test_what_is_not_a_message_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(data)


def test_changes_name_their_values() -> None:
    columns = (Column("id", 20, True), Column("body", 25, False), Column("note", 25, False))
    relation = Relation(9, "public", "notes", "d", columns)
    inserted = change_of(Insert(9, ("1", "a", None)), relation, AT)
    assert (inserted.new, inserted.old) == ({"id": "1", "body": "a", "note": None}, {})
    kept = change_of(Update(9, None, ("1", UNCHANGED, "n")), relation, AT)
    assert (kept.new, kept.old) == ({"id": "1", "body": UNCHANGED, "note": "n"}, {"id": "1"})
    moved = change_of(Update(9, ("0", None, None), ("1", "b", "n")), relation, AT)
    assert (moved.new["id"], moved.old) == ("1", {"id": "0"})
    removed = change_of(Delete(9, ("1", None, None)), relation, AT)
    assert (removed.tested, removed.new) == ({"id": "1"}, {})
    full = Relation(9, "public", "notes", "f", tuple(Column(one.name, one.type_oid, True) for one in columns))
    filled = change_of(Update(9, ("1", "old", "m"), ("1", UNCHANGED, "n")), full, AT)
    assert filled.new == {"id": "1", "body": "old", "note": "n"}
