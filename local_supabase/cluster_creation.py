"""Making the data directory of a new cluster, whole or not at all."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from local_supabase.cluster_config import SCRAM_ITERATIONS
from local_supabase.cluster_errors import ClusterError
from local_supabase.cluster_user import OperatingSystemUser
from local_supabase.postgres_binaries import binary

UNFINISHED = "unfinished-"  # start of the name of a cluster that is being made
REMOVE_TIMEOUT = 10.0  # seconds


def create_cluster(cluster_dir: Path, user: OperatingSystemUser, superuser: str, password: str) -> None:
    """Make `cluster_dir`, in UTF-8, with passwords for all. Raises `ClusterError` with what initdb said."""
    # Built beside its final place and renamed when whole: an interrupted start leaves no half cluster. Every
    # try has its own name, since the last one's processes may still be ending.
    for left_over in cluster_dir.parent.glob(f"{UNFINISHED}*"):
        _remove(left_over)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=cluster_dir.parent))
    user.own_folder(unfinished)
    with user.readable_file(cluster_dir.parent / "initial-password", password) as password_file:
        result = subprocess.run(  # noqa: S603 - our own program, no shell
            [
                *user.command_prefix("KILL"), str(binary("initdb")),
                "--pgdata", str(unfinished), "--username", superuser, "--pwfile", str(password_file),
                "--auth", "scram-sha-256", "--set", SCRAM_ITERATIONS,
                # The wheel has no ICU; the C library's C.UTF-8 folds the case of every alphabet.
                "--encoding", "UTF8", "--locale", "C.UTF-8",
            ],
            capture_output=True, text=True, check=False, cwd="/", env={"PATH": os.defpath, "LC_ALL": "C"},
        )  # fmt: skip
    if result.returncode != 0:
        raise ClusterError(f"initdb failed in {unfinished}:\n{result.stdout}{result.stderr}".rstrip())
    unfinished.rename(cluster_dir)


def _remove(folder: Path) -> None:
    # A process of the interrupted start may write a moment longer than its parent lived.
    deadline = time.monotonic() + REMOVE_TIMEOUT
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
