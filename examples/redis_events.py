"""A bot tells the same by Redis. REDIS_URL=redis://127.0.0.1:6379/0 python redis_events.py

The stream holds what the panel has not read yet, so the bot waits for nobody. `maxlen` bounds it: what is
older is dropped, read or not. With a `key` field beside `event`, an entry belongs to that key's salon.
"""

import json
import os
from datetime import UTC, datetime

import redis

stream = redis.Redis.from_url(os.environ["REDIS_URL"])


def tell(kind: str, name: str, **more: object) -> None:
    """One event of the task."""
    event = {"run_id": "task-7", "kind": kind, "name": name, "at": datetime.now(UTC).isoformat(), **more}
    stream.xadd("agentp:events", {"event": json.dumps(event)}, maxlen=100_000)


tell("user_input", "question", result="A haircut on Friday?")
tell("tool_call", "find_slots", arguments={"day": "2026-03-06"}, result=["10:00", "12:30"])
tell("agent", "Booker", result="Friday at 10:00 is free.")
