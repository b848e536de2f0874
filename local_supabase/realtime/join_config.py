"""What a client asks for in the payload of `phx_join`."""

import json
from dataclasses import dataclass
from typing import Any

from local_supabase.realtime.filters import Filter, FilterError, parse_filters
from local_supabase.realtime.refusal import Refused

TOPIC_PREFIX = "realtime:"
LONGEST_TOPIC = 1_000
MOST_BINDINGS = 100
_EVENTS = frozenset({"INSERT", "UPDATE", "DELETE"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One `postgres_changes` entry: which changes of which tables; `columns` None means all of them."""

    event: str
    schema: str
    table: str
    filters: tuple[Filter, ...]
    columns: tuple[str, ...] | None

    def wants(self, action: str, schema: str, table: str) -> bool:
        """Whether a change of this kind, in this table, can be of interest."""
        return self.event in ("*", action) and self.covers(schema, table)

    def covers(self, schema: str, table: str) -> bool:
        """Whether the table is meant, whatever happens in it."""
        return self.schema in ("*", schema) and self.table in ("*", table)

    def described(self) -> str:
        """The connect parameters as hosted Realtime lists them in its messages."""
        filters = ", ".join(
            f'{{"{f.column}", "{f.operator}", "{f.value}", {json.dumps(f.negated)}}}' for f in self.filters
        )
        return f"[event: {self.event}, schema: {self.schema}, table: {self.table}, filters: [{filters}]]"


@dataclass(frozen=True, slots=True)
class JoinConfig:
    """A parsed join. `postgres_changes` are the entries as sent: the reply repeats them, each with its id."""

    private: bool
    ack: bool
    self_broadcast: bool
    presence: bool
    presence_key: str
    tells_replication_ready: bool
    access_token: str | None
    postgres_changes: tuple[dict[str, Any], ...]


def topic_name(topic: str) -> str:
    """The name without the `realtime:` that every channel's topic starts with; raises Refused."""
    if not topic.startswith(TOPIC_PREFIX):
        raise Refused("UnmatchedTopic", f"unmatched topic: it must start with {TOPIC_PREFIX}")
    name = topic.removeprefix(TOPIC_PREFIX)
    if not name:
        raise Refused("TopicNameRequired", "You must provide a topic name")
    if len(name) > LONGEST_TOPIC or not storable(name):
        raise Refused(
            "InvalidTopic", f"a topic is text of at most {LONGEST_TOPIC} characters, without U+0000"
        )
    return name


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold this text: no U+0000 and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def parse_join(payload: dict[str, Any]) -> JoinConfig:
    """Read a join's payload; raises Refused for what hosted Realtime does not know or we do not do."""
    config = _object(payload, "config")
    broadcast = _object(config, "broadcast")
    presence = _object(config, "presence")
    if broadcast.get("replay"):
        raise Refused(
            "UnableToReplayMessages", "replay is not implemented here: read missed rows from their table"
        )
    changes = config.get("postgres_changes")
    changes = [] if changes is None else changes
    if not isinstance(changes, list) or not all(isinstance(one, dict) for one in changes):
        raise Refused("InvalidJoinPayload", "config.postgres_changes must be a list of objects")
    if len(changes) > MOST_BINDINGS:
        raise Refused("InvalidJoinPayload", f"config.postgres_changes has more than {MOST_BINDINGS} entries")
    token = payload.get("access_token") or payload.get("user_token")
    key = presence.get("key") or ""
    if token is not None and not isinstance(token, str):
        raise Refused("InvalidJoinPayload", "access_token must be a string")
    if not isinstance(key, str):
        raise Refused("InvalidJoinPayload", "config.presence.key must be a string")
    return JoinConfig(
        private=_flag(config, "private"),
        ack=_flag(broadcast, "ack"),
        self_broadcast=_flag(broadcast, "self"),
        presence=_flag(presence, "enabled"),
        presence_key=key,
        tells_replication_ready=_flag(broadcast, "replication_ready"),
        access_token=token,
        postgres_changes=tuple(changes),
    )


def parse_binding(change: dict[str, Any]) -> Binding:
    """Read one postgres_changes entry; raises Refused with hosted Realtime's message."""
    schema, table, filter_text = change.get("schema"), change.get("table"), change.get("filter")
    event, columns = change.get("event"), change.get("select")
    if schema is None and table is None:
        raise _malformed(
            "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: "
            + json.dumps(change)
        )
    names = [schema if schema is not None else "public", table if table is not None else "*"]
    if not all(isinstance(name, str) and storable(name) for name in names):
        raise _malformed("`schema` and `table` must be strings")
    if columns is not None and not (
        isinstance(columns, list) and all(isinstance(one, str) for one in columns)
    ):
        raise _malformed("Error parsing `select` params: expected a list of column name strings")
    if columns and "*" in names:
        raise _malformed(
            "Column selection is not supported for wildcard subscriptions. "
            "Provide an explicit schema and table name."
        )
    if filter_text is not None and not isinstance(filter_text, str):
        raise _malformed("Error parsing `filter` params: expected a string")
    try:
        filters = parse_filters(filter_text or "")
    except FilterError as error:
        raise _malformed(f"Error parsing `filter` params: {error}") from error
    action = event.upper() if isinstance(event, str) else "*"
    return Binding(
        event=action if action in _EVENTS else "*",
        schema=names[0],
        table=names[1],
        filters=filters,
        columns=tuple(columns) if columns else None,
    )


def _malformed(message: str) -> Refused:
    return Refused("RealtimeDisabledForConfiguration", message)


def _object(container: dict[str, Any], name: str) -> dict[str, Any]:
    value = container.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused("InvalidJoinPayload", f"{name} must be an object")
    return value


def _flag(container: dict[str, Any], name: str) -> bool:
    value = container.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refused("InvalidJoinPayload", f"{name} must be true or false")
    return bool(value)
