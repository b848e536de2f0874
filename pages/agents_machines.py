"""The machines that models run on: which are up, what they hold in memory, and since when one is not known.

They are of the installation, not of a salon: who steers agents sees them, and who runs the panel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from babel.units import format_unit

from components import states
from components.durations import duration
from components.machine_cards import MachineCard, MachineCards, ModelLine
from components.tag import tag
from components.viewer import Viewer
from components.wording import clock_time
from i18n import Translator
from machines.ollama import LoadedModel, Look, Problem
from machines.watch import Machine, MachineWatch
from models import Permission, Role

SETTING = "OLLAMA_HOSTS"
_OF_THE_INSTALLATION = frozenset({Role.PLATFORM_ADMIN, Role.OPERATOR})
_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
_STEP = 1024


def may_see(viewer: Viewer) -> bool:
    """Whether the machines are any of the person's business."""
    return viewer.role in _OF_THE_INSTALLATION and viewer.may(Permission.RUNS_READ)


def build(viewer: Viewer, watch: MachineWatch) -> None:
    """Draw the machines, for whom they are; for anybody else, nothing at all."""
    if not may_see(viewer):
        return
    tr = viewer.tr
    with tag("section", classes="machines-part") as part:
        part.attribute("aria-label", tr.t("Machines"))
        tag("h2", tr.t("Machines"), "card-title")
        if not watch.machines():
            with tag("div", classes="card"):
                states.empty(
                    tr.t("No model hosts are watched"),
                    tr.t(
                        "Give the addresses of Ollama hosts in the setting {setting}, separated by commas.",
                        setting=SETTING,
                    ),
                    picture="dns",
                )
            return
        MachineCards(
            tr.t("Machines"), lambda: [_card(machine, viewer) for machine in watch.machines()], watch.attend
        )


def _card(machine: Machine, viewer: Viewer) -> MachineCard:
    tr, now = viewer.tr, viewer.now()
    if machine.is_up is None:
        return MachineCard(machine.address, tr.t("Looking…"), "plain", "", (), (), (), "", is_old=False)
    look = machine.last
    return MachineCard(
        address=machine.address,
        state=tr.t("Up") if machine.is_up else tr.t("Unknown"),
        tone="good" if machine.is_up else "warn",
        note="" if machine.is_up else _what_is_wrong(machine, viewer, now),
        facts=() if look is None else _facts(look, tr),
        models=() if look is None else [_model(model, viewer, now) for model in look.loaded or ()],
        spark=tuple(sample.vram for sample in machine.samples),
        spoken=tr.t("GPU memory over the last looks"),
        is_old=not machine.is_up,
    )


def _facts(look: Look, tr: Translator) -> Sequence[tuple[str, str]]:
    unknown = tr.t("not told")
    sessions = None if look.loaded is None else len(look.loaded)
    return (
        (tr.t("Running sessions"), unknown if sessions is None else tr.number(sessions)),
        (tr.t("GPU memory"), unknown if look.vram is None else _bytes(look.vram, tr)),
        (tr.t("Main memory"), unknown if look.ram is None else _bytes(look.ram, tr)),
        (tr.t("GPU load"), unknown if look.gpu_load is None else tr.percent(look.gpu_load, 0)),
        (tr.t("Installed models"), unknown if look.installed is None else tr.number(look.installed)),
        (tr.t("Version"), look.version),
    )


def _model(model: LoadedModel, viewer: Viewer, now: datetime) -> ModelLine:
    tr, until = viewer.tr, model.unloads_at
    if model.size is None:
        size = tr.t("size not told")
    elif model.size_vram is None:
        size = _bytes(model.size, tr)
    else:
        size = tr.t(
            "{size}, {share} on the GPU",
            size=_bytes(model.size, tr),
            share=tr.percent(min(1.0, model.size_vram / model.size) if model.size else 0, 0),
        )
    if until is None:
        return ModelLine(model.name, size, "")
    # one that is kept for ever is told to be unloaded in centuries
    is_for_ever = (until - now).days > 3650
    words = (
        tr.t("stays loaded")
        if is_for_ever
        else tr.t("until {time}", time=clock_time(tr, until, now, viewer.tenant.time_zone))
    )
    return ModelLine(model.name, size, words)


def _what_is_wrong(machine: Machine, viewer: Viewer, now: datetime) -> str:
    tr, zone = viewer.tr, viewer.tenant.time_zone
    reasons = {
        Problem.SILENT: tr.t("It does not answer."),
        Problem.REFUSED: tr.t("It answers, but not as an Ollama host does."),
        Problem.REDIRECTED: tr.t("It leads to another address, which is not followed."),
        Problem.TOO_LARGE: tr.t("Its answer is too large."),
        Problem.NONSENSE: tr.t("Its answer cannot be read."),
    }
    words = [tr.t("Unknown since {time}.", time=clock_time(tr, machine.unknown_since or now, now, zone))]
    if machine.problem is not None:
        words.append(reasons[machine.problem])
    if machine.seen_at is not None:
        age = max(0, round((now - machine.seen_at).total_seconds() * 1000))
        words.append(tr.t("These are its last values, {age} old.", age=duration(age, tr)))
    return " ".join(words)


def _bytes(count: int, tr: Translator) -> str:
    value, place = float(count), 0
    while value >= _STEP and place < len(_UNITS) - 1:
        value, place = value / _STEP, place + 1
    digits = 1 if 0 < value < 10 and place else 0
    return format_unit(round(value, digits), f"digital-{_UNITS[place]}", "short", locale=tr.locale)
