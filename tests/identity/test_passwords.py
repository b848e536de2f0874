from __future__ import annotations

import asyncio

import pytest

from errors import AppError, Invalid, TooMany
from identity import passwords
from identity.passwords import COMMON, Passwords, check_new
from tests.identity.fakes import recorded_checks


@pytest.fixture
def fast() -> Passwords:
    return Passwords(cost=4)


class TestVerify:
    async def test_only_the_right_password_opens(self, fast: Passwords) -> None:
        password_hash = await fast.hash("correct horse battery")
        assert await fast.verify("correct horse battery", password_hash)
        assert not await fast.verify("correct horse batterz", password_hash)
        assert not await fast.verify("", password_hash)

    async def test_nobody_has_the_password_of_an_unknown_account(self, fast: Passwords) -> None:
        assert not await fast.verify("anything at all", None)

    async def test_an_unknown_account_costs_the_same_work(
        self, fast: Passwords, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        costs = recorded_checks(monkeypatch)
        known = await fast.hash("correct horse battery")
        await fast.verify("wrong", known)
        await fast.verify("wrong", None)
        assert costs == ["$2b$04$", "$2b$04$"]

    async def test_a_long_password_is_wrong_and_not_cut(self, fast: Passwords) -> None:
        password_hash = await fast.hash("x" * 72)
        assert await fast.verify("x" * 72, password_hash)
        assert not await fast.verify("x" * 73, password_hash)
        assert not await fast.verify("x" * 1_000_000, password_hash)

    async def test_composed_and_decomposed_letters_are_one_password(self, fast: Passwords) -> None:
        assert await fast.verify("и\u0306од и вода 1", await fast.hash("йод и вода 1"))

    async def test_nul_does_not_end_a_password(self, fast: Passwords) -> None:
        assert not await fast.verify("secret-1\x00b", await fast.hash("secret-1\x00a"))

    async def test_a_rush_is_turned_away(self, fast: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passwords, "MOST_WAITING", 3)
        tries = [fast.verify("wrong", None) for _ in range(6)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(answer, TooMany) for answer in answers) == 3
        assert not await fast.verify("wrong", None)


class TestNewPassword:
    @pytest.mark.parametrize(
        ("password", "code"),
        [
            ("short", "password_short"),
            ("я" * 37, "password_long"),
            ("x" * 73, "password_long"),
            ("1234567890", "password_common"),
            ("Anna@Salon.test", "password_common"),
            ("aaaaaaaaaaaa", "password_common"),
            ("Йцукенгшщз", "password_common"),
        ],
    )
    def test_refused_with_what_is_wrong(self, password: str, code: str) -> None:
        with pytest.raises(Invalid) as refusal:
            check_new(password, password, email="anna@salon.test")
        assert refusal.value.code == code

    def test_the_two_have_to_be_the_same(self) -> None:
        with pytest.raises(AppError, match="differ"):
            check_new("correct horse", "correct house", email="anna@salon.test")

    @pytest.mark.parametrize(
        "password", ["correct horse", "я люблю кофе!", "🐈🐈🐈 и один кот", "x y z " * 12]
    )
    def test_accepted(self, password: str) -> None:
        check_new(password, password, email="anna@salon.test")

    def test_the_list_of_common_ones_holds_only_what_could_be_entered(self) -> None:
        assert all(len(one) >= passwords.MIN_CHARACTERS for one in COMMON)
