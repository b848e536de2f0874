"""A module for tests: tells what it is told of its environment, then each new value of FRESH, for ever."""

import os
import sys
import time

sys.stdout.write(f"{sorted(os.environ)} {sys.argv[1:]} {os.isatty(0)}\n")
told = None
while True:
    if os.environ.get("FRESH") != told:
        told = os.environ["FRESH"]
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    time.sleep(0.01)
