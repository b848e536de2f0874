"""Keys and rules: what is shown, what is sent, and what stays when it is refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from nicegui import ElementFilter, ui
from nicegui.testing import User
from nicegui.testing.user_interaction import UserInteraction

from components.viewer import Route
from errors import Conflict, Invalid, Unavailable
from models import Permission, Role
from pages import access, settings
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import HOSTILE, LAVENDER, NOW, FakeDoor
from tests.pages.presses import press
from tests.waiting import until

PAGE = f"/s/{LAVENDER}/access"
KEY = UUID("30000000-0000-4000-8000-000000000001")
ROUTES = (
    Route("access", access.build, Permission.TENANT_CONFIGURE, "Keys and rules", "key", in_menu=False),
    Route("settings", settings.build, Permission.OVERVIEW_READ, "Settings", "tune"),
)
RULES: dict[str, Any] = {
    "keeps_prompts": True, "prompt_days": 30, "event_days": 90, "patterns": [], "prices": [],
    "currency": "USD", "rates": {},
}  # fmt: skip
PRICE = {"model": "gpt-4o*", "input": 0.15, "output": 0.6, "currency": "EUR"}


def key(name: str = "bot", **values: Any) -> dict[str, Any]:
    """A key as the database tells of it."""
    return {
        "key_id": str(KEY), "name": name, "prefix": "agp_12345678", "scopes": ["ingest"],
        "created_at": NOW.isoformat(), "created_by": "Анна", "last_used_at": None, "revoked_at": None,
    } | values  # fmt: skip


@dataclass
class Door(FakeDoor):
    """Keys and rules from memory; what is saved is told from then on."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, Any] = field(default_factory=lambda: dict(RULES))

    async def read_value(self, function: str, **arguments: Any) -> Any:
        self._ask(function, arguments)
        return list(self.keys) if function == "list_api_keys" else dict(self.rules)

    async def call(self, function: str, **arguments: Any) -> Any:
        await super().call(function, **arguments)
        sent = {name: value for name, value in arguments.items() if name != "request_id"}
        if function == "save_telemetry_rules":
            self.rules = sent
        if function == "create_api_key":
            self.keys = [key(sent["name"], prefix=sent["prefix"], scopes=sent["scopes"]), *self.keys]
            return self.keys[0]
        return key() if function == "revoke_api_key" else dict(self.rules)


async def opened(open_panel: OpenPanel, door: Door, **options: Any) -> User:
    """The page, once it shows what was read."""
    user = await open_panel(door, PAGE, routes=ROUTES, **options)
    await until(lambda: ("telemetry_rules", {}) in door.asked)
    return user


def fill(user: User, label: str, text: str) -> None:
    """Type into the field of that label."""
    with user:
        (one,) = [found for found in ElementFilter(kind=ui.input) if found.props.get("label") == label]
        one.set_value(text)


def submit(user: User, words: str, times: int = 1) -> None:
    """Press the button of these words; of several, the one that came last: that of a dialog."""
    with user:
        button = list(ElementFilter(kind=ui.button, content=words))[-1]
    for _ in range(times):
        UserInteraction(user, {button}, None).click()


def rules_saved(door: Door) -> dict[str, Any]:
    """What was saved, the only time."""
    (sent,) = door.calls("save_telemetry_rules")
    return sent


class TestAccess:
    async def test_is_for_those_who_configure_the_salon(self, open_panel: OpenPanel) -> None:
        user = await open_panel(Door(), PAGE, routes=ROUTES, role=Role.OPERATOR)
        await user.should_see("403")
        await user.should_not_see("Make a key")

    @pytest.mark.parametrize(("role", "offered"), [(Role.ADMIN, True), (Role.OPERATOR, False)])
    async def test_is_reached_from_the_settings(
        self, open_panel: OpenPanel, role: Role, offered: bool
    ) -> None:
        user = await open_panel(Door(), f"/s/{LAVENDER}/settings", routes=ROUTES, role=role)
        await user.should_see("Role in this salon")
        if offered:
            await user.should_see("Keys and rules")
        else:
            await user.should_not_see("Keys and rules")

    async def test_says_why_nothing_is_shown(self, open_panel: OpenPanel) -> None:
        door = Door(problem=Unavailable("The database does not answer.", advice="It is tried again."))
        user = await open_panel(door, PAGE, routes=ROUTES)
        await user.should_see("The database does not answer.")
        await user.should_not_see("No keys yet")


class TestKeys:
    async def test_are_listed_with_what_became_of_them(self, open_panel: OpenPanel) -> None:
        door = Door(
            keys=[
                key(HOSTILE, scopes=["ingest", "read", "control"]),
                key("used", last_used_at=(NOW - timedelta(hours=1)).isoformat()),
                key("old", created_by=None, revoked_at=NOW.isoformat()),
            ]
        )
        user = await opened(open_panel, door)
        for text in (
            HOSTILE, "send events, read runs, steer agents", "agp_12345678…", "not used yet", "used",
            "3/15/26, 10:30\u202fPM", "from the command line", "revoked on 3/15/26, 11:30\u202fPM",
        ):  # fmt: skip
            await user.should_see(text)
        with user:
            assert len(list(ElementFilter(content="Revoke"))) == 2, "the one that is revoked has no menu"

    async def test_says_what_to_do_without_any(self, open_panel: OpenPanel) -> None:
        user = await opened(open_panel, Door(), locale="ru")
        await user.should_see("Ключей пока нет")

    async def test_one_is_made_once_and_shown_once(self, open_panel: OpenPanel) -> None:
        door = Door(write_seconds=0.02)
        user = await opened(open_panel, door)
        user.find("Make a key").click()
        await user.should_see("Who will use it")
        fill(user, "Who will use it", " bot ")
        with user:
            for box in ElementFilter(kind=ui.checkbox):
                box.set_value("Steer" not in box.text)
        submit(user, "Make the key", times=3)
        await user.should_see("Copy the key now", retries=10)
        (sent,) = door.calls("create_api_key")
        assert (sent["name"], sent["scopes"]) == ("bot", ["ingest", "read"])
        with user:
            shown, environment = [str(one.value) for one in ElementFilter(kind=ui.textarea)]
        assert hashlib.sha256(shown.encode()).hexdigest() == sent["key_hash"]
        assert shown.startswith(sent["prefix"])
        assert shown not in str(sent)
        assert f"x-api-key={shown}" in environment
        assert "OTEL_EXPORTER_OTLP_ENDPOINT=http://test\n" in environment

        user.find("Done").click()
        await user.should_see(f"{sent['prefix']}…")
        with user:
            assert not any(one.value for one in ElementFilter(kind=ui.dialog)), "it is shown this once"

    @pytest.mark.parametrize(("role", "scopes"), [(Role.OWNER, 3), (Role.ADMIN, 2)])
    async def test_hand_on_only_what_their_maker_may(
        self, open_panel: OpenPanel, role: Role, scopes: int
    ) -> None:
        user = await opened(open_panel, Door(), role=role)
        user.find("Make a key").click()
        await user.should_see("Who will use it")
        with user:
            assert len(list(ElementFilter(kind=ui.checkbox))) == scopes

    async def test_keep_what_was_typed_when_one_is_refused(self, open_panel: OpenPanel) -> None:
        door = Door(
            refusal=Conflict("The salon has as many keys as there may be.", code="too_many_keys", advice="")
        )
        user = await opened(open_panel, door, locale="ru")
        user.find("Создать ключ").click()
        await user.should_see("Кто будет пользоваться")
        fill(user, "Кто будет пользоваться", "бот записи")
        submit(user, "Создать")
        await user.should_see("У салона уже столько ключей, сколько может быть.")
        await user.should_see(kind=ui.input, content="бот записи")

    async def test_are_revoked_after_a_question(self, open_panel: OpenPanel) -> None:
        door = Door(keys=[key()], write_seconds=0.02)
        user = await opened(open_panel, door)
        await user.should_see("agp_12345678…")
        press(user, "Revoke")
        await user.should_see("Whatever uses agp_12345678… is refused within five seconds, for good.")
        assert door.calls("revoke_api_key") == []
        submit(user, "Revoke", times=3)
        await until(lambda: user.notify.messages)
        (sent,) = door.calls("revoke_api_key")
        assert sent["key_id"] == KEY
        assert user.notify.messages == ["The key was revoked."]


class TestWhatIsKept:
    def days(self, user: User) -> list[ui.number]:
        """The fields: prompts, then runs."""
        with user:
            return list(ElementFilter(kind=ui.number))

    async def test_is_saved_with_everything_else_as_it_is(self, open_panel: OpenPanel) -> None:
        door = Door(rules=RULES | {"prices": [PRICE], "rates": {"EUR": 0.9}})
        user = await opened(open_panel, door)
        await user.should_see("Days to keep runs")
        with user:
            (keeps,) = ElementFilter(kind=ui.switch)
            keeps.set_value(False)
        prompts, events = self.days(user)
        prompts.set_value(7)
        events.set_value(365)
        submit(user, "Save", times=3)
        await until(lambda: user.notify.messages)
        sent = rules_saved(door)
        assert (sent["keeps_prompts"], sent["prompt_days"], sent["event_days"]) == (False, 7, 365)
        assert (sent["prices"], sent["rates"], sent["currency"]) == ([PRICE], {"EUR": 0.9}, "USD")

    @pytest.mark.parametrize("typed", [None, 1.5, 1e12])
    async def test_an_odd_number_of_days_is_refused_and_stays(
        self, open_panel: OpenPanel, typed: float | None
    ) -> None:
        door = Door(
            refusal=Invalid(
                "Events are kept for 1 to 3,650 days.",
                code="event_days_invalid",
                advice="Enter a whole number of days.",
            )
        )
        user = await opened(open_panel, door)
        await user.should_see("Days to keep runs")
        self.days(user)[1].set_value(typed)
        submit(user, "Save")
        await user.should_see("Enter a whole number of days.")
        assert rules_saved(door)["event_days"] == 0
        assert self.days(user)[1].value == typed

    async def test_what_is_typed_outlives_what_somebody_else_saves(self, open_panel: OpenPanel) -> None:
        door = Door(keys=[key()])
        user = await opened(open_panel, door)
        await user.should_see("Days to keep runs")
        self.days(user)[0].set_value(5)
        door.rules = RULES | {"event_days": 60}
        press(user, "Revoke")
        submit(user, "Revoke")  # has the page read again
        await user.should_see("Somebody has changed these meanwhile.", retries=10)
        assert [one.value for one in self.days(user)] == [5, 90]

    async def test_what_somebody_else_saves_is_shown_where_nothing_was_typed(
        self, open_panel: OpenPanel
    ) -> None:
        door = Door(keys=[key()])
        user = await opened(open_panel, door)
        await user.should_see("Days to keep runs")
        door.rules = RULES | {"event_days": 60}
        press(user, "Revoke")
        submit(user, "Revoke")
        await until(lambda: [one.value for one in self.days(user)] == [30, 60])
        await user.should_not_see("Somebody has changed these meanwhile.")


class TestPatterns:
    async def test_one_is_tried_before_it_is_saved(self, open_panel: OpenPanel) -> None:
        saved = {"name": "Contract", "pattern": r"No \d+"}
        door = Door(rules=RULES | {"patterns": [saved]})
        user = await opened(open_panel, door)
        user.find("Add a pattern").click()
        await user.should_see("A text to try it on")
        fill(user, "What it finds", "Card")
        fill(user, "Pattern (RE2)", "LC-[")
        with user:
            (sample,) = ElementFilter(kind=ui.textarea)
            sample.set_value("<b>LC-123, No 5 and password=hunter22")
        await user.should_see("The pattern “Card” is no RE2 expression: missing ]: [", retries=20)
        fill(user, "Pattern (RE2)", "LC-[0-9]+")
        await user.should_see("3 places are removed. This is stored:", retries=20)
        await user.should_see(
            "<b>[removed: own pattern], [removed: own pattern] and password=[removed: password]"
        )
        assert door.written == []
        submit(user, "Save")
        await until(lambda: user.notify.messages)
        assert rules_saved(door)["patterns"] == [saved, {"name": "Card", "pattern": "LC-[0-9]+"}]
        await user.should_see("LC-[0-9]+")

    async def test_one_that_is_no_expression_is_not_sent(self, open_panel: OpenPanel) -> None:
        door = Door()
        user = await opened(open_panel, door, locale="ru")
        user.find("Добавить шаблон").click()
        await user.should_see("Текст для проверки")
        fill(user, "Что находит", "Всё")
        fill(user, "Шаблон (RE2)", "x*")
        submit(user, "Сохранить")
        await user.should_see("Шаблон «Всё» находится везде, даже в пустоте.")
        assert door.written == []
        await user.should_see(kind=ui.input, content="x*")

    async def test_one_is_changed_in_its_place_and_removed(self, open_panel: OpenPanel) -> None:
        saved = [{"name": name, "pattern": name} for name in ("first", "second", HOSTILE)]
        door = Door(rules=RULES | {"patterns": saved})
        user = await opened(open_panel, door)
        await user.should_see(HOSTILE)
        press(user, "Change")
        fill(user, "Pattern (RE2)", "1st")
        submit(user, "Save")
        await until(lambda: len(user.notify.messages) == 1)
        changed = [{"name": "first", "pattern": "1st"}, *saved[1:]]
        assert door.rules["patterns"] == changed
        press(user, "Remove")
        await user.should_see("What it finds is stored from now on. What it has removed stays removed.")
        submit(user, "Remove")
        await until(lambda: len(user.notify.messages) == 2)
        assert door.rules["patterns"] == changed[1:]


class TestPrices:
    async def test_one_is_added_with_what_was_typed(self, open_panel: OpenPanel) -> None:
        door = Door(rules=RULES | {"prices": [PRICE]})
        user = await opened(open_panel, door, locale="ru")
        await user.should_see("Нет курса EUR: суммы, для которых он нужен, неизвестны.")
        user.find("Добавить цену").click()
        await user.should_see("За миллион токенов")
        fill(user, "Модель", "local/*")
        fill(user, "Вход", "1 000,5")
        submit(user, "Сохранить")
        await user.should_see("Выход: ничего не введено.")
        fill(user, "Выход", "1e3")
        submit(user, "Сохранить")
        await user.should_see("Выход: это не число от 0.")
        assert door.written == []
        fill(user, "Выход", "0")
        submit(user, "Сохранить", times=3)
        await until(lambda: user.notify.messages)
        added = {"model": "local/*", "input": 1000.5, "output": 0.0, "currency": "USD"}
        assert rules_saved(door)["prices"] == [PRICE, added]
        await user.should_see("1\xa0000,5")
        await user.should_see("как вход")

    async def test_the_first_that_fits_counts_and_their_order_is_changed(self, open_panel: OpenPanel) -> None:
        other = PRICE | {"model": "gpt-*", "cache_read": 0.075}
        door = Door(rules=RULES | {"prices": [PRICE, other]})
        user = await opened(open_panel, door)
        await user.should_see("0.075")
        press(user, "Move up")
        await user.should_see("It will be tried before gpt-4o*, from now on.")
        submit(user, "Move up")
        await until(lambda: user.notify.messages)
        assert rules_saved(door)["prices"] == [other, PRICE]


class TestRates:
    async def test_one_is_set_and_the_currency_of_costs(self, open_panel: OpenPanel) -> None:
        door = Door(rules=RULES | {"currency": "RUB"})
        user = await opened(open_panel, door)
        await user.should_see("There is no rate of RUB: costs that need it are unknown.")
        user.find("Add a rate").click()
        await user.should_see("Rate of exchange")
        fill(user, "One US dollar is", "92,5")
        submit(user, "Save")
        await until(lambda: len(user.notify.messages) == 1)
        assert door.rules["rates"] == {"RUB": 92.5}
        await user.should_see("92.5\xa0RUB")
        await user.should_not_see("There is no rate of RUB")

        submit(user, "Change")
        await user.should_see("Currency of costs")
        with user:
            (currency,) = ElementFilter(kind=ui.select)
            currency.set_value("EUR")
        submit(user, "Save")
        await until(lambda: len(user.notify.messages) == 2)
        assert door.rules["currency"] == "EUR"
        await user.should_see("There is no rate of EUR")
