"""Starting, watching and stopping the server process of a cluster."""

import os
import signal
import subprocess
import time
from pathlib import Path

from local_supabase.cluster_errors import ServerFailure
from local_supabase.cluster_user import OperatingSystemUser
from local_supabase.postgres_binaries import binary

START_TIMEOUT = 60.0  # seconds; crash recovery after a power cut is part of it
STOP_TIMEOUT = 30.0  # seconds for a fast shutdown before the immediate one
POLL_INTERVAL = 0.01  # seconds


class Postmaster:
    """The server's parent process, started by us."""

    def __init__(self, process: subprocess.Popen[bytes], cluster_dir: Path) -> None:
        self._process = process
        self._cluster_dir = cluster_dir

    @classmethod
    def launch(cls, cluster_dir: Path, user: OperatingSystemUser) -> "Postmaster":
        """Start the server, without waiting until it takes connections."""
        # Its own session: Ctrl-C in a terminal reaches the panel only, which stops the server last.
        with (cluster_dir / "startup.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [*user.command_prefix("INT"), str(binary("postgres")), "-D", str(cluster_dir)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            )  # fmt: skip
        return cls(process, cluster_dir)

    def wait_until_ready(self) -> None:
        """Return once the server takes connections. Raises `ServerFailure`."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServerFailure(f"PostgreSQL did not start:\n{log_tail(self._cluster_dir)}")
            if self.is_ready():
                return
            time.sleep(POLL_INTERVAL)
        raise ServerFailure(
            f"PostgreSQL was not ready after {START_TIMEOUT:.0f} s:\n{log_tail(self._cluster_dir)}"
        )

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def is_ready(self) -> bool:
        """Whether the server has said that it takes connections."""
        found = _PidFile.read(self._cluster_dir)
        return found is not None and found.pid == self._process.pid and found.is_ready

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, a checkpoint is written. Falls back to an immediate one."""
        for signal_number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            self._process.send_signal(signal_number)
            try:
                self._process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                continue


class _PidFile:
    """`postmaster.pid`: line 1 is the process, line 2 its data directory, line 8 its state."""

    def __init__(self, lines: list[str]) -> None:
        self.pid = int(lines[0])
        self.data_directory = lines[1]
        self.is_ready = len(lines) > 7 and lines[7].strip() == "ready"

    @classmethod
    def read(cls, cluster_dir: Path) -> "_PidFile | None":
        try:
            lines = (cluster_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        # The server writes the file in steps; less than two lines is a file in the making.
        return cls(lines) if len(lines) > 1 and lines[0].isdigit() else None


def stop_left_over(cluster_dir: Path) -> None:
    """Wait for, or stop, a server that outlived the process that had started it.

    Call it with the folder's lock held. Raises `ServerFailure` when that server will not end.
    """
    found = _PidFile.read(cluster_dir)
    if found is None or not _is_server_of(found.pid, cluster_dir):
        return  # nothing runs; a stale file is PostgreSQL's own business
    for signal_number in (signal.SIGINT, signal.SIGQUIT):
        try:
            os.kill(found.pid, signal_number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + STOP_TIMEOUT
        while time.monotonic() < deadline:
            if not _is_server_of(found.pid, cluster_dir):
                return
            time.sleep(POLL_INTERVAL)
    raise ServerFailure(
        f"an earlier PostgreSQL of {cluster_dir} (process {found.pid}) does not end: stop it by hand"
    )


def _is_server_of(pid: int, cluster_dir: Path) -> bool:
    # The number in the file may by now be any process of the machine: only its command line tells.
    arguments = _command_line(pid)
    return bool(arguments) and Path(arguments[0]).name == "postgres" and str(cluster_dir) in arguments


def _command_line(pid: int) -> list[str]:
    if Path("/proc/self").exists():
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return []
        return [os.fsdecode(part) for part in raw.split(b"\0") if part]
    command = ["ps", "-o", "command=", "-p", str(pid)]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    program, _, rest = listing.stdout.strip().partition(" -D ")
    return [program, "-D", rest] if rest else []


def log_tail(cluster_dir: Path, characters: int = 4000) -> str:
    """The end of what the server wrote at its last start, for error messages."""
    logs = sorted((cluster_dir / "log").glob("*.log"), key=_modified_at)
    # Until the server has a log of its own it writes into the other: what is newer comes last.
    parts = sorted([*(cluster_dir.glob("startup.log")), *logs[-1:]], key=_modified_at)
    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in parts)
    return text[-characters:].strip()


def _modified_at(path: Path) -> int:
    return path.stat().st_mtime_ns
