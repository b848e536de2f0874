"""What the garbage collector is told."""

from __future__ import annotations

import gc

import garbage


def test_what_is_loaded_is_passed_over_and_what_comes_is_still_collected() -> None:
    before = gc.get_threshold()
    loaded = len(gc.get_objects())
    try:
        garbage.settle()
        assert gc.get_freeze_count() > loaded / 2
        assert gc.get_threshold() == (700, 10, 60)
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        assert gc.collect() >= 1
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
