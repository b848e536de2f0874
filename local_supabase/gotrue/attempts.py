"""How often one account's password may be guessed."""

import time
from collections import OrderedDict

ALLOWED_FAILURES = 30
WINDOW = 300.0  # seconds
REMEMBERED_ACCOUNTS = 4096


class FailedAttempts:
    """Counts failures per account in fixed windows; forgets the account it heard of longest ago when full."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_blocked(self, account: str) -> bool:
        """Whether this account has used up its guesses for now."""
        _, failures = self._window(account)
        return failures >= ALLOWED_FAILURES

    def note(self, account: str) -> None:
        """Count one wrong guess."""
        began, failures = self._window(account)
        self._accounts[account] = (began, failures + 1)
        self._accounts.move_to_end(account)
        if len(self._accounts) > REMEMBERED_ACCOUNTS:
            self._accounts.popitem(last=False)

    def forget(self, account: str) -> None:
        """Start afresh after a right password."""
        self._accounts.pop(account, None)

    def _window(self, account: str) -> tuple[float, int]:
        now = time.monotonic()
        began, failures = self._accounts.get(account, (now, 0))
        return (now, 0) if now - began > WINDOW else (began, failures)
