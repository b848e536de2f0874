"""An agent that asks before it books, stops when it is told to, and takes tasks from people.

PANEL_URL=http://127.0.0.1:8080 PANEL_KEY=agp_… python steered_agent.py

The key needs the scopes `ingest` and `control`. No framework is needed, and no more than httpx: how events
are told and commands are heard is in panel_client.py.
"""

import os
import time

from panel_client import Run

STEP_SECONDS = float(os.environ.get("STEP_SECONDS", "1"))


def work(run: Run) -> None:
    """The whole task."""
    run.tell("user_input", "Anna writes", source="Anna", result="Can I come on Friday at three?")
    run.tell("tool_call", "find_slots", arguments={"day": "Friday"}, result=["15:00"])
    run.done("Find a free time")
    what = {"client": "Anna", "time": "15:00", "price": 2500, "risk": "low"}
    if run.ask("ask-1", "Book Anna at 15:00", what):
        for number in range(20):
            run.tell("tool_call", f"book, part {number + 1}")
            run.listen()
            time.sleep(STEP_SECONDS)
        run.done("Book it")


if __name__ == "__main__":
    one = Run("receptionist", ["Find a free time", "Book it"])
    with one.working():
        work(one)
