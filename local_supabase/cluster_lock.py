"""One process at a time per data folder."""

import fcntl
import os
import time
from pathlib import Path

from local_supabase.cluster_errors import FolderInUse

GRACE = 1.0  # seconds


class FolderLock:
    """An advisory lock that the kernel drops when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise `FolderInUse`."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(descriptor):
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise FolderInUse(
                f"{self._path.parent} is in use by another panel (process {holder or 'unknown'}): "
                "stop that one, or give this one its own DATA_DIR"
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _locked(descriptor: int) -> bool:
    # A holder that was killed this very moment is still being taken down by the kernel.
    deadline = time.monotonic() + GRACE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True
