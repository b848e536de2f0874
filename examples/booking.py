"""What the agents on a framework do, so that their own files show nothing but the framework.

A receptionist's tools, and what a model would have them do: none is asked, so that they run offline.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from panel_client import Run

QUESTION = "Can I come on Friday at three? And please remind the others."
PLAN = ["Find a free time", "Book the visit", "Remind the others"]
OTHERS = 20
STEP_SECONDS = float(os.environ.get("STEP_SECONDS", "1"))
REFUSED = "A person has refused it."


class Booking:
    """The tools. Each says in the plan of the run what it has done."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.tools: list[Callable[..., str]] = [self.find_slots, self.book_visit, self.remind, self.do_task]

    def find_slots(self, day: str) -> str:
        """Tell the free times of a day."""
        self.run.done("Find a free time")
        return f"{day}: 15:00"

    def book_visit(self, client: str, slot: str, price: int, risk: str) -> str:
        """Book a visit. A person has to allow it."""
        self.run.done("Book the visit")
        return f"{client} comes at {slot}, and pays {price}; the risk is {risk}"

    def remind(self, number: int) -> str:
        """Remind one of the others."""
        time.sleep(STEP_SECONDS)
        if number == OTHERS:
            self.run.done("Remind the others")
        return f"Number {number} knows"

    def do_task(self, text: str) -> str:
        """Do what a person has put on the plan."""
        self.run.done(text)
        return "Done"


def next_call(results: list[tuple[str, str]], added: list[str]) -> tuple[str, dict[str, Any]] | None:
    """What a model would call next, after these tools and their results; None when nothing is left to do."""
    called = [name for name, _ in results]
    if "find_slots" not in called:
        return "find_slots", {"day": "Friday"}
    if "book_visit" not in called:
        return "book_visit", {"client": "Anna", "slot": "15:00", "price": 2500, "risk": "low"}
    if ("book_visit", REFUSED) in results:
        return None
    if called.count("remind") < OTHERS:
        return "remind", {"number": called.count("remind") + 1}
    done = called.count("do_task")
    return ("do_task", {"text": added[done]}) if done < len(added) else None
