"""Phoenix channel frames on the wire, in both serialisations that Supabase clients ask for with `vsn`.

V1 is an object `{topic, event, payload, ref, join_ref}`, V2 an array `[join_ref, ref, topic, event, payload]`
(Phoenix: `Phoenix.Socket.V1.JSONSerializer`, `Phoenix.Socket.V2.JSONSerializer`).
"""

import json
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

Version = Literal["1.0.0", "2.0.0"]
VERSIONS: tuple[Version, ...] = ("1.0.0", "2.0.0")

Ref = str | int | None


class FrameError(ValueError):
    """The text is not a Phoenix frame; the message says what it should have been."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message from a client."""

    topic: str
    event: str
    payload: dict[str, Any]
    ref: Ref
    join_ref: Ref


def decode(text: str, version: Version) -> Frame:
    """Read one client frame; raises FrameError for anything that is not one."""
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # RecursionError: brackets nested by the thousand
        raise FrameError("a frame must be JSON text of moderate depth") from error
    if version == "1.0.0":
        if not isinstance(data, dict):
            raise FrameError("a frame must be an object {topic, event, payload, ref, join_ref}")
        join_ref, ref = data.get("join_ref"), data.get("ref")
        topic, event, payload = data.get("topic"), data.get("event"), data.get("payload")
    else:
        if not isinstance(data, list) or len(data) != 5:
            raise FrameError("a frame must be an array [join_ref, ref, topic, event, payload]")
        join_ref, ref, topic, event, payload = data
    if not isinstance(topic, str) or not isinstance(event, str):
        raise FrameError("topic and event must be strings")
    if payload is None:
        payload = {}
    if not isinstance(payload, dict):
        raise FrameError("payload must be an object")
    return Frame(topic, event, payload, _ref(ref), _ref(join_ref))


def encode(
    version: Version,
    topic: str,
    event: str,
    payload_json: str,
    *,
    ref: Ref = None,
    join_ref: Ref = None,
) -> str:
    """Write one server frame; the payload is JSON text already, so that a fan-out encodes it once."""
    if version == "1.0.0":  # as hosted, V1 leaves join_ref out
        return (
            f'{{"ref":{json.dumps(ref)},"topic":{json.dumps(topic)},'
            f'"event":{json.dumps(event)},"payload":{payload_json}}}'
        )
    return (
        f"[{json.dumps(join_ref)},{json.dumps(ref)},{json.dumps(topic)},{json.dumps(event)},{payload_json}]"
    )


def to_json(payload: dict[str, Any]) -> str:
    """Write a client's payload back as JSON text; raises FrameError for numbers beyond JSON's."""
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: only an escape can carry it
        text = json.dumps(payload, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise FrameError("a number is out of range, or the payload is too deep") from error
    return text


def reply_json(status: Literal["ok", "error"], response: dict[str, Any]) -> str:
    """The payload of a `phx_reply`."""
    return json.dumps({"status": status, "response": response})


def system_json(extension: str, status: Literal["ok", "error"], message: str, channel: str) -> str:
    """The payload of a `system` event: how hosted Realtime tells a channel of its state."""
    return json.dumps({"extension": extension, "status": status, "message": message, "channel": channel})


def _ref(value: object) -> Ref:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise FrameError("ref and join_ref must be strings or null")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
