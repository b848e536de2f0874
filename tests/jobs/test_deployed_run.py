"""The whole way: Prefect server, `python -m jobs deploy`, worker, run, and what the database was asked."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.jobs.fake_database import SECRET, FakeDatabase, fake_database

ROOT = Path(__file__).resolve().parents[2]
PREFECT_LOGIN = "panel:for-this-test-only"
START_SECONDS = 120


@pytest.fixture
def database() -> Iterator[FakeDatabase]:
    with fake_database() as server:
        yield server


@pytest.fixture
def environ(database: FakeDatabase, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a job process, with a Prefect server running behind it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_API_AUTH_STRING": PREFECT_LOGIN,
        "PREFECT_SERVER_API_AUTH_STRING": PREFECT_LOGIN,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
        "SUPABASE_URL": database.url,
        "SUPABASE_KEY": "sb_publishable_x",
        "SUPABASE_JWT_SECRET": SECRET,
    }
    log = tmp_path / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=output, stderr=output) as server,
    ):
        try:
            wait_for_health(f"http://127.0.0.1:{port}/api/health", server, log)
            yield environ
        finally:
            server.terminate()


def wait_for_health(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Three seconds on an idle machine, most of a minute on a busy one."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"The Prefect server did not start within {START_SECONDS} s:\n{log.read_text()[-4000:]}")


def run(environ: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_deployed_job_runs_in_a_worker(environ: dict[str, str], database: FakeDatabase) -> None:
    first = run(environ, "jobs", "deploy")
    again = run(environ, "jobs", "deploy")
    names = [
        "metrics-collector/every-10-minutes", "housekeeping/hourly", "telemetry-retention/every-6-hours",
    ]  # fmt: skip
    assert first == again == "".join(f"Registered {name}\n" for name in names)

    api = httpx.Client(
        base_url=environ["PREFECT_API_URL"], auth=httpx.BasicAuth(*PREFECT_LOGIN.split(":")), timeout=10
    )
    deployment = api.get("/deployments/name/housekeeping/hourly").raise_for_status().json()
    started = api.post(
        f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": {"batch": 50}}
    ).raise_for_status()

    run(environ, "prefect", "worker", "start", "--pool", "panel", "--type", "process", "--run-once")

    ended = api.get(f"/flow_runs/{started.json()['id']}").raise_for_status().json()
    assert ended["state"]["type"] == "COMPLETED", ended["state"]
    # scheduled runs may have come due meanwhile: those ask for other things, or with another batch
    asked = [(path, arguments) for path, _, arguments in database.asked]
    assert asked.count(("/rest/v1/rpc/purge_expired", {"batch": 50})) == 2
    assert {claims["role"] for _, claims, _ in database.asked} == {"dashboard_worker"}


def test_without_a_prefect_server_it_says_what_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs", "deploy"],
        env={
            "SUPABASE_URL": "http://supabase.test",
            "SUPABASE_KEY": "sb_publishable_x",
            "SUPABASE_JWT_SECRET": SECRET,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("PREFECT_API_URL is not set")
