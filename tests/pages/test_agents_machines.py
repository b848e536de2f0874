"""The machines: up, unknown since when with their last values, and for whom they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from nicegui import ElementFilter
from nicegui.testing import User

from components.machine_cards import MachineCard, MachineCards
from components.viewer import Route, Viewer, Visit
from machines.ollama import LoadedModel, Look, Problem
from machines.watch import Machine, MachineWatch, Sample
from models import Permission, Role
from pages import agents_machines
from tests.pages.conftest import OpenPanel
from tests.pages.fakes import HOSTILE, LAVENDER, NOW, FakeDoor

PAGE = f"/s/{LAVENDER}/agents"
ADDRESS = "http://gpu-1:11434"
GIGABYTE = 2**30
LOOK = Look(
    version="0.6.2",
    loaded=(
        LoadedModel(
            name=HOSTILE, size=8 * GIGABYTE, size_vram=6 * GIGABYTE, expires_at=NOW + timedelta(minutes=5)
        ),
        LoadedModel(name="kept", size=0, size_vram=0, expires_at=NOW.replace(year=2318)),
    ),
    installed=12,
)
UP = Machine(
    ADDRESS, is_up=True, last=LOOK, seen_at=NOW, samples=(Sample(NOW, None), Sample(NOW, 6 * GIGABYTE))
)
DOWN = replace(
    UP,
    is_up=False,
    problem=Problem.SILENT,
    seen_at=NOW - timedelta(minutes=3),
    unknown_since=NOW - timedelta(minutes=2),
)


class Watch(MachineWatch):
    """One whose machines a test sets."""

    def __init__(self, *machines: Machine) -> None:
        super().__init__([machine.address for machine in machines])
        self.shown = machines
        self.viewers = 0

    def machines(self) -> tuple[Machine, ...]:
        return self.shown

    def attend(self, on_news):  # type: ignore[no-untyped-def]
        self.viewers += 1
        self.tell = on_news

        def leave() -> None:
            self.viewers -= 1

        return leave


async def opened(
    open_panel: OpenPanel, watch: MachineWatch, role: Role = Role.OPERATOR, locale: str = "en"
) -> User:
    def build(viewer: Viewer, _: Visit) -> None:
        agents_machines.build(viewer, watch)

    def elsewhere(viewer: Viewer, _: Visit) -> None:
        pass

    routes = (
        Route("agents", build, Permission.RUNS_READ, "Agents", "smart_toy"),
        Route("other", elsewhere, Permission.RUNS_READ, "Other", "bolt"),
    )
    return await open_panel(FakeDoor(), PAGE, routes=routes, role=role, locale=locale)


def card(user: User) -> MachineCard:
    with user:
        (cards,) = ElementFilter(kind=MachineCards)
    (only,) = cards.props["cards"]
    assert isinstance(only, MachineCard)
    return only


async def test_a_machine_tells_what_it_holds(open_panel: OpenPanel) -> None:
    user = await opened(open_panel, Watch(UP))
    await user.should_see(ADDRESS)
    seen = card(user)
    assert (seen.state, seen.tone, seen.note, seen.is_old) == ("Up", "good", "", False)
    assert dict(seen.facts) == {
        "Running sessions": "2",
        "GPU memory": "6 GB",
        "Main memory": "2 GB",
        "GPU load": "not told",
        "Installed models": "12",
        "Version": "0.6.2",
    }
    assert [(model.name, model.size, model.until) for model in seen.models] == [
        (HOSTILE, "8 GB, 75% on the GPU", "until 11:35:00\u202fPM"),
        ("kept", "0 byte, 0% on the GPU", "stays loaded"),
    ]
    assert seen.spark == (None, 6 * GIGABYTE)


async def test_a_dead_machine_is_unknown_since_then_with_its_last_values(open_panel: OpenPanel) -> None:
    user = await opened(open_panel, Watch(DOWN))
    await user.should_see("Unknown since 11:28:00\u202fPM. It does not answer.")
    seen = card(user)
    assert (seen.state, seen.is_old, dict(seen.facts)["GPU memory"]) == ("Unknown", True, "6 GB")
    assert seen.note.endswith("These are its last values, 3 min old.")


async def test_a_machine_that_was_never_seen_has_no_values(open_panel: OpenPanel) -> None:
    never = Machine(ADDRESS, is_up=False, problem=Problem.NONSENSE, unknown_since=NOW)
    user = await opened(open_panel, Watch(never))
    await user.should_see("Its answer cannot be read.")
    assert (card(user).facts, card(user).models, card(user).spark) == ((), (), ())


async def test_what_a_host_does_not_tell_is_not_zero(open_panel: OpenPanel) -> None:
    mute = Look(version="0.1", loaded=None, installed=None)
    user = await opened(open_panel, Watch(replace(UP, last=mute)))
    await user.should_see("0.1")
    assert {value for label, value in card(user).facts if label != "Version"} == {"not told"}


async def test_news_comes_into_the_open_page_until_it_is_left(open_panel: OpenPanel) -> None:
    watch = Watch(Machine(ADDRESS))
    user = await opened(open_panel, watch)
    await user.should_see("Looking…")
    watch.shown = (UP,)
    watch.tell()
    await user.should_see("0.6.2")
    assert watch.viewers == 1
    await user.open(f"/s/{LAVENDER}/other")
    await user.should_not_see(ADDRESS)


async def test_without_hosts_says_which_setting_to_give(open_panel: OpenPanel) -> None:
    user = await opened(open_panel, Watch())
    await user.should_see("No model hosts are watched")
    await user.should_see("OLLAMA_HOSTS")


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.PLATFORM_ADMIN, True), (Role.OPERATOR, True), (Role.OWNER, False), (Role.ADMIN, False)],
)
async def test_machines_are_for_those_who_run_them(open_panel: OpenPanel, role: Role, sees: bool) -> None:
    user = await opened(open_panel, Watch(UP), role)
    if sees:
        await user.should_see(ADDRESS)
    else:
        await user.should_not_see(ADDRESS)
        await user.should_not_see("Machines")
