"""Under which account of the operating system PostgreSQL runs.

PostgreSQL refuses to run as root, which is what many containers and small servers run things as. Then it runs
as `nobody`, with no permission of any of the user's folders widened: where the way to the data or to the
programs leads through a folder closed to others, the server gets the one Linux capability that lets it pass.
"""

import os
import pwd
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_supabase.cluster_errors import ClusterError

UNPRIVILEGED_ACCOUNT = "nobody"
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2


@dataclass(frozen=True, slots=True)
class OperatingSystemUser:
    """The account for the server's processes; `ids` (user, group) is None when that is the present one."""

    ids: tuple[int, int] | None = None
    capability: str | None = None

    def command_prefix(self, signal_when_parent_dies: str) -> list[str]:
        """What to put before a command to run it under this account, and to end it when we are killed."""
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            # No util-linux, so no Linux as a rule: a server that outlives us is stopped by the next start.
            return []
        prefix = [setpriv, "--pdeathsig", signal_when_parent_dies, "--no-new-privs"]
        if self.ids is not None:
            uid, gid = (str(number) for number in self.ids)
            prefix += ["--reuid", uid, "--regid", gid, "--clear-groups"]
            kept = f"-all,+{self.capability}" if self.capability else "-all"
            prefix += ["--inh-caps", kept, "--ambient-caps", kept]
        return prefix

    def own_folder(self, folder: Path) -> None:
        """Make `folder` exist, 0700, owned by this account; `ClusterError` if it is somebody else's."""
        folder.mkdir(mode=0o700, exist_ok=True)
        uid = os.geteuid() if self.ids is None else self.ids[0]
        found = folder.lstat()
        if found.st_uid not in {uid, os.geteuid()} or folder.is_symlink():
            raise ClusterError(f"{folder} belongs to another account (uid {found.st_uid})")
        if self.ids is not None:
            os.chown(folder, *self.ids)
        folder.chmod(0o700)

    @contextmanager
    def readable_file(self, path: Path, text: str) -> Iterator[Path]:
        """A file with a secret for one command of this account, gone afterwards."""
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            if self.ids is not None:
                os.chown(path, *self.ids)
            yield path
        finally:
            path.unlink(missing_ok=True)


def server_user(cluster_dir: Path, program: Path) -> OperatingSystemUser:
    """The present account, or for root the cluster's owner (`nobody` at first) with what it needs.

    Raises `ClusterError` when root cannot give that.
    """
    if os.geteuid() != 0:
        return OperatingSystemUser()
    if shutil.which("setpriv") is None:
        raise ClusterError("PostgreSQL does not run as root and `setpriv` is missing: start as another user")
    account = pwd.getpwnam(UNPRIVILEGED_ACCOUNT)
    ids = account.pw_uid, account.pw_gid
    if cluster_dir.exists() and (owner := cluster_dir.stat()).st_uid != 0:
        ids = owner.st_uid, owner.st_gid
    return OperatingSystemUser(ids, _needed_capability(cluster_dir, program))


def _needed_capability(cluster_dir: Path, program: Path) -> str | None:
    folders = {*cluster_dir.parents, *program.parents}
    program_open = _open_to_others(program, 0o005)
    if program_open and all(_open_to_others(folder, 0o001) for folder in folders):
        return None
    # Executing a file that is closed to others takes the stronger of the two.
    wanted = [("dac_read_search", _CAP_DAC_READ_SEARCH)] if program_open else []
    wanted.append(("dac_override", _CAP_DAC_OVERRIDE))
    permitted = _permitted_capabilities()
    for name, bit in wanted:
        if permitted >> bit & 1:
            return name
    raise ClusterError(
        f"PostgreSQL does not run as root, and other accounts cannot reach {cluster_dir} or {program}: "
        "choose a DATA_DIR whose parent folders others may enter, or start as another user"
    )


def _open_to_others(path: Path, bits: int) -> bool:
    return path.stat().st_mode & bits == bits


def _permitted_capabilities() -> int:
    if sys.platform != "linux":
        return 0
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0
