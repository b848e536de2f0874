"""Who checks passwords: the panel itself, or Supabase Auth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from identity.passwords import Passwords
from identity.store import SignInStore
from identity.supabase_auth import SupabaseAuth


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whose password it is; or nobody's, and why, for the audit log only."""

    user_id: UUID | None
    reason: str = ""


class PasswordCheck(Protocol):
    """Decides whether an e-mail address and a password belong to an active person."""

    async def check(self, email: str, password: str) -> Verdict:
        """Give the verdict; raises `Unavailable` or `TooMany` when there is none to give."""


class OwnUsers:
    """Passwords of `dashboard.users`. Known and unknown accounts cost the same steps."""

    def __init__(self, store: SignInStore, passwords: Passwords) -> None:
        self._store = store
        self._passwords = passwords

    async def check(self, email: str, password: str) -> Verdict:
        """Compare with the stored hash."""
        account = await self._store.find_account(email)
        matches = await self._passwords.verify(password, account.password_hash if account else None)
        if account is None:
            return Verdict(None, "unknown_account")
        if not matches:
            return Verdict(None, "wrong_password")
        return Verdict(account.user_id) if account.is_active else Verdict(None, "inactive_account")


class SupabaseUsers:
    """Passwords of Supabase Auth, for people who are in `dashboard.users` as well."""

    def __init__(self, store: SignInStore, supabase_auth: SupabaseAuth) -> None:
        self._store = store
        self._supabase_auth = supabase_auth

    async def check(self, email: str, password: str) -> Verdict:
        """Ask Supabase Auth, then look for the person."""
        user = await self._supabase_auth.check(email, password)
        if user is None:
            return Verdict(None, "wrong_password")
        if user.email_confirmed_at is None or user.email.casefold() != email.casefold():
            return Verdict(None, "unconfirmed_email")
        if user.has_second_factor:
            # The panel cannot ask for it, and one factor of two is not a sign-in.
            return Verdict(None, "second_factor")
        user_id = await self._store.link_account(user.id, email)
        return Verdict(user_id, "" if user_id else "unknown_account")
