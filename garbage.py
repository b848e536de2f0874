"""Python's garbage collector, set so that it seldom stops the event loop."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 700, 10, 60
"""Thresholds of `gc.set_threshold`.

A look at all objects stops everything for a quarter of a second while two hundred pages are open. With
Python's own 10 as the last of these it came every ten seconds where tabs come and go; now it comes once in a
minute. A tab that was closed leaves about a thousand objects for it.
"""


def settle() -> None:
    """Have the collector pass over all that is loaded by now, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
