"""A real panel starts, ends and dies; what it started ends with it, and what it was told stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.panel_process import PROJECT, PanelProcess

EMAIL, PASSWORD = "first@salon.example", "a-long-first-password"
GONE_SECONDS = 10


@pytest.fixture
def panel(tmp_path: Path) -> PanelProcess:
    """An empty panel that is not started, with all that it may bring along."""
    return PanelProcess(tmp_path / "data", DEMO="0", JOBS="1")


def send(panel: PanelProcess, path: str, **fields: str) -> httpx.Response:
    return httpx.post(panel.url + path, data=fields, headers={"Origin": panel.url}, timeout=20)


def set_up(panel: PanelProcess) -> None:
    answer = send(panel, "/setup", email=EMAIL, full_name="The First", password=PASSWORD, repeated=PASSWORD)
    assert answer.status_code == 303, answer.text


def assert_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=GONE_SECONDS)
    assert alive == []


def test_ctrl_c_and_sigterm_leave_no_process_and_no_complaint(panel: PanelProcess) -> None:
    for end in (panel.stop, panel.terminate):
        panel.start()
        family = panel.family()
        assert len(family) > 5, "PostgreSQL and its workers are there"
        assert any("prefect" in one.cmdline() for one in family)
        assert end() == 0
        assert_gone(family)
    assert "Traceback" not in panel.log.read_text()


def test_a_killed_panel_loses_nothing_that_was_committed(panel: PanelProcess) -> None:
    panel.start()
    set_up(panel)
    family = panel.family()
    panel.kill()
    assert_gone(family)
    panel.start()
    try:
        assert send(panel, "/sign-in", email=EMAIL, password=PASSWORD).status_code == 303
        assert httpx.get(f"{panel.url}/setup").headers["location"].startswith("/sign-in")
    finally:
        panel.stop()


@pytest.mark.long
def test_two_panels_run_side_by_side_and_never_on_one_folder(panel: PanelProcess, tmp_path: Path) -> None:
    with panel, PanelProcess(tmp_path / "other", DEMO="0") as other:
        set_up(panel)
        assert send(panel, "/sign-in", email=EMAIL, password=PASSWORD).status_code == 303
        assert send(other, "/sign-in", email=EMAIL, password=PASSWORD).status_code != 303
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        third = subprocess.run(
            [sys.executable, "main.py"],
            cwd=PROJECT,
            env={**inherited, "DATA_DIR": str(panel.data_dir), "PORT": str(other.port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert third.returncode == 2
        assert "Traceback" not in third.stderr
        assert str(panel.data_dir) in third.stderr


def test_wrong_settings_end_the_start_with_a_sentence() -> None:
    refused = subprocess.run(
        [sys.executable, "main.py"],
        cwd=PROJECT,
        env={"PATH": os.defpath, "PORT": "none", "SUPABASE_KEY": "sb_secret_x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert "PORT:" in refused.stderr
    assert "service key" in refused.stderr
    assert "Traceback" not in refused.stderr
