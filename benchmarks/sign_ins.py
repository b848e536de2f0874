"""How many people can sign in a second: bcrypt, session record, audit row and all."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.report import distribution, figure
from benchmarks.virtual_tab import VirtualTab
from demo.accounts import DEMO_ACCOUNTS
from tests.panel_process import PanelProcess

AT_ONCE = 4
SIGN_INS = 40
SIGNED_IN = 303


async def measure(data_dir: Path) -> None:
    """Sign in again and again as the demo people, four at a time."""
    with PanelProcess(data_dir, DEMO="1") as panel:
        queue = iter([DEMO_ACCOUNTS[number % len(DEMO_ACCOUNTS)] for number in range(SIGN_INS)])
        milliseconds: list[float] = []

        async def one_after_another() -> None:
            for account in queue:
                async with VirtualTab(panel.url) as tab:
                    began = time.perf_counter()
                    status = await tab.sign_in(account.email, account.password)
                    milliseconds.append((time.perf_counter() - began) * 1000)
                    if status != SIGNED_IN:
                        raise RuntimeError(f"Sign-in answered {status}")

        began = time.perf_counter()
        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
        figure("sign-ins a second", SIGN_INS / (time.perf_counter() - began), "1/s")
        distribution(f"one sign-in, {AT_ONCE} at a time", milliseconds)
