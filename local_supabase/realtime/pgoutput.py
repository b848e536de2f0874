"""Decoder of the logical replication messages that PostgreSQL's `pgoutput` plugin writes, protocol version 1.

Layout: PostgreSQL documentation, "Logical Replication Message Formats". Pure: bytes in, dataclasses out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from struct import Struct
from typing import Final

POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_INT16 = Struct("!h")
_INT32 = Struct("!i")
_UINT32 = Struct("!I")
_UINT64 = Struct("!Q")
_INT64 = Struct("!q")


class DecodeError(ValueError):
    """Bytes that are not a pgoutput version 1 message."""


class Marker(Enum):
    """A value that was not sent."""

    UNCHANGED = "unchanged TOAST value: the update did not touch it, so it is not in the log"


UNCHANGED: Final = Marker.UNCHANGED
Value = str | None | Marker
Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation; `is_key` tells that it belongs to the replica identity."""

    name: str
    type_oid: int
    is_key: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as it was when the changes that follow were made."""

    relation_oid: int
    schema: str
    table: str
    replica_identity: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """Start of a committed transaction."""

    final_lsn: int
    committed_at: datetime
    xid: int


@dataclass(frozen=True, slots=True)
class Commit:
    """End of a transaction."""

    end_lsn: int
    committed_at: datetime


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row."""

    relation_oid: int
    new: Values


@dataclass(frozen=True, slots=True)
class Update:
    """A changed row; `old` only when the key changed or the replica identity is full."""

    relation_oid: int
    old: Values | None
    new: Values


@dataclass(frozen=True, slots=True)
class Delete:
    """A removed row: its key, or all of it when the replica identity is full."""

    relation_oid: int
    old: Values


@dataclass(frozen=True, slots=True)
class Truncate:
    """Tables emptied at once."""

    relation_oids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """The transaction came from another server."""

    name: str


@dataclass(frozen=True, slots=True)
class Type:
    """A type that is not built in."""

    type_oid: int
    schema: str
    name: str


Message = Begin | Commit | Relation | Insert | Update | Delete | Truncate | Origin | Type


def decode(data: bytes) -> Message:
    """Decode one message; raises DecodeError when it is cut short, too long or of an unknown kind."""
    reader = _Reader(data)
    kind = reader.char()
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise DecodeError(f"unknown message kind {kind!r}")
    message = decoder(reader)
    reader.expect_end()
    return message


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def char(self) -> str:
        return chr(self.take(1)[0])

    def take(self, length: int) -> bytes:
        end = self._at + length
        if length < 0 or end > len(self._data):
            raise DecodeError(f"message cut short at byte {self._at} of {len(self._data)}")
        piece = self._data[self._at : end]
        self._at = end
        return piece

    def number(self, layout: Struct) -> int:
        value: int = layout.unpack(self.take(layout.size))[0]
        return value

    def text(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise DecodeError("unterminated name")
        piece = self._data[self._at : end]
        self._at = end + 1
        return _utf8(piece)

    def time(self) -> datetime:
        return POSTGRES_EPOCH + timedelta(microseconds=self.number(_INT64))

    def values(self) -> Values:
        return tuple(self._value() for _ in range(self.number(_INT16)))

    def _value(self) -> Value:
        kind = self.char()
        if kind == "n":
            return None
        if kind == "u":
            return UNCHANGED
        if kind == "t":
            return _utf8(self.take(self.number(_INT32)))
        raise DecodeError(f"unknown kind of value {kind!r}")

    def expect(self, *kinds: str) -> str:
        kind = self.char()
        if kind not in kinds:
            raise DecodeError(f"expected a tuple of kind {' or '.join(kinds)}, found {kind!r}")
        return kind

    def expect_end(self) -> None:
        if self._at != len(self._data):
            raise DecodeError(f"{len(self._data) - self._at} bytes left over")


def _utf8(piece: bytes) -> str:
    try:
        return piece.decode()
    except UnicodeDecodeError as error:
        raise DecodeError("text that is not UTF-8") from error


def _begin(reader: _Reader) -> Begin:
    return Begin(reader.number(_UINT64), reader.time(), reader.number(_UINT32))


def _commit(reader: _Reader) -> Commit:
    reader.take(1 + 8)  # flags (unused) and the commit's own position
    return Commit(reader.number(_UINT64), reader.time())


def _origin(reader: _Reader) -> Origin:
    reader.take(8)  # commit position on the other server
    return Origin(reader.text())


def _relation(reader: _Reader) -> Relation:
    oid = reader.number(_UINT32)
    schema = reader.text() or "pg_catalog"
    table = reader.text()
    identity = reader.char()
    return Relation(
        oid, schema, table, identity, tuple(_column(reader) for _ in range(reader.number(_INT16)))
    )


def _column(reader: _Reader) -> Column:
    flags = reader.take(1)[0]
    name = reader.text()
    type_oid = reader.number(_UINT32)
    reader.take(4)  # type modifier
    return Column(name, type_oid, bool(flags & 1))


def _type(reader: _Reader) -> Type:
    return Type(reader.number(_UINT32), reader.text() or "pg_catalog", reader.text())


def _insert(reader: _Reader) -> Insert:
    oid = reader.number(_UINT32)
    reader.expect("N")
    return Insert(oid, reader.values())


def _update(reader: _Reader) -> Update:
    oid = reader.number(_UINT32)
    old = None
    if reader.expect("K", "O", "N") != "N":
        old = reader.values()
        reader.expect("N")
    return Update(oid, old, reader.values())


def _delete(reader: _Reader) -> Delete:
    oid = reader.number(_UINT32)
    reader.expect("K", "O")
    return Delete(oid, reader.values())


def _truncate(reader: _Reader) -> Truncate:
    count = reader.number(_INT32)
    reader.take(1)  # CASCADE, RESTART IDENTITY
    return Truncate(tuple(reader.number(_UINT32) for _ in range(count)))


_DECODERS: dict[str, Callable[[_Reader], Message]] = {
    "B": _begin,
    "C": _commit,
    "O": _origin,
    "R": _relation,
    "Y": _type,
    "I": _insert,
    "U": _update,
    "D": _delete,
    "T": _truncate,
}
