"""The embedded PostgreSQL: one cluster in one folder, reached only through a private Unix socket.

Layout of the folder, made 0700: `cluster/` the data directory, `socket/` the Unix socket,
`secrets.json` the generated passwords, `lock` the proof that one panel at a time uses the folder.
"""

import atexit
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from local_supabase.bootstrap import bootstrap_script
from local_supabase.cluster_config import AUTHENTICATION_FILE, server_configuration
from local_supabase.cluster_creation import create_cluster
from local_supabase.cluster_errors import ClusterError
from local_supabase.cluster_lock import FolderLock
from local_supabase.cluster_process import Postmaster, log_tail, stop_left_over
from local_supabase.cluster_secrets import ClusterSecrets, load_secrets
from local_supabase.cluster_user import server_user
from local_supabase.postgres_binaries import binary

SUPERUSER = "supabase_admin"
DATABASE = "postgres"
SQL_TIMEOUT = 120.0  # seconds for one run of set-up SQL
LONGEST_SOCKET_PATH = 107  # bytes that sockaddr_un holds on Linux (103 on macOS; the fallback path fits both)


class Cluster:
    """PostgreSQL 16 over `data_dir`.

    `start` belongs on the main thread: on Linux the server stops when the *thread* that started it ends.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self.cluster_dir = self.data_dir / "cluster"
        self._secrets_file = self.data_dir / "secrets.json"
        self._lock = FolderLock(self.data_dir / "lock")
        self._postmaster: Postmaster | None = None
        self._secrets: ClusterSecrets | None = None

    # -- life cycle --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server, creating the cluster if there is none; returns when it takes connections.

        Raises `FolderInUse` when another process runs on the same folder, `ClusterError` when PostgreSQL will
        not start there.
        """
        if self.is_running():
            return
        self.stop()  # what is left of a server that died
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            self._start_locked()
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    def _start_locked(self) -> None:
        user = server_user(self.cluster_dir, binary("postgres"))
        if not (self.cluster_dir / "PG_VERSION").exists():
            create_cluster(self.cluster_dir, user, SUPERUSER, self.secrets().superuser_password)
        elif not self._secrets_file.exists():
            raise ClusterError(
                f"{self._secrets_file} is gone, and with it the way into the database: restore it"
            )
        else:
            # After `kill -9` of the panel its server may still be writing its last checkpoint.
            stop_left_over(self.cluster_dir)
        user.own_folder(self.socket_dir)
        configuration = server_configuration(self.socket_dir)
        (self.cluster_dir / "postgresql.conf").write_text(configuration, encoding="utf-8")
        (self.cluster_dir / "pg_hba.conf").write_text(AUTHENTICATION_FILE, encoding="utf-8")
        self._postmaster = Postmaster.launch(self.cluster_dir, user)
        self._postmaster.wait_until_ready()

    def relaunch(self) -> None:
        """Begin to start this object's server anew, which has died; `is_ready` tells the end.

        On the thread of `start`, like it; it takes milliseconds. Never makes a new cluster. Raises `OSError`,
        or `ClusterError` where `start` would.
        """
        if self._postmaster is None or self._postmaster.is_alive():
            raise ClusterError("only a server that has died can be started anew")
        user = server_user(self.cluster_dir, binary("postgres"))
        self._postmaster = Postmaster.launch(self.cluster_dir, user)

    def stop(self) -> None:
        """Stop the server, rolling back open transactions and writing a checkpoint, and free the folder."""
        atexit.unregister(self.stop)
        if self._postmaster is not None:
            self._postmaster.stop()
            self._postmaster = None
            if self.socket_dir.parent != self.data_dir and not any(self.socket_dir.iterdir()):
                self.socket_dir.rmdir()
        self._lock.release()

    def is_running(self) -> bool:
        """Whether the server that this object started is still alive."""
        return self._postmaster is not None and self._postmaster.is_alive()

    def is_ready(self) -> bool:
        """Whether that server takes connections."""
        return self._postmaster is not None and self._postmaster.is_ready()

    def log_tail(self, characters: int) -> str:
        """The end of what the server wrote at its last start."""
        return log_tail(self.cluster_dir, characters)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- reaching it -------------------------------------------------------------------------------------

    @property
    def socket_dir(self) -> Path:
        """Folder of the Unix socket; in the system's temporary one when sockets cannot have such a path."""
        folder = self.data_dir / "socket"
        # libpq and asyncpg read a comma as the start of another host.
        if len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH and "," not in str(folder):
            return folder
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"local-supabase-{digest}"

    def secrets(self) -> ClusterSecrets:
        """The cluster's generated passwords and JWT secret, created on first use."""
        if self._secrets is None:
            self._secrets = load_secrets(self._secrets_file)
        return self._secrets

    def uri(self, user: str, password: str, database: str = DATABASE) -> str:
        """Connection string for asyncpg and libpq: the host is the socket's folder."""
        user, password, database = (quote(part, safe="") for part in (user, password, database))
        return f"postgresql://{user}:{password}@/{database}?{urlencode({'host': str(self.socket_dir)})}"

    def superuser_uri(self, database: str = DATABASE) -> str:
        """Connection string of the superuser `supabase_admin`."""
        return self.uri(SUPERUSER, self.secrets().superuser_password, database)

    def create_database(self, name: str, *, template: str = "template0", owner: str = SUPERUSER) -> None:
        """Create database `name` as a copy of `template`. Raises `ClusterError` when it exists."""
        names = [quote_identifier(part) for part in (name, template, owner)]
        self.run_sql("create database {} template {} owner {}".format(*names))

    def drop_database(self, name: str) -> None:
        """Drop database `name`, ending its connections, and whoever follows it by a replication slot."""
        literal = "'" + name.replace("'", "''") + "'"
        self.run_sql(
            f"{_END_FOLLOWERS.format(database=literal)}"
            f" drop database if exists {quote_identifier(name)} with (force);"
        )

    def bootstrap(self, database: str = DATABASE) -> None:
        """Give `database` what a hosted Supabase project has before its first migration; repeatable."""
        secrets = self.secrets()
        passwords = {"authenticator": secrets.authenticator_password, "postgres": secrets.postgres_password}
        self.run_sql(bootstrap_script(passwords), database)

    def run_sql(self, sql: str, database: str = DATABASE) -> str:
        """Run `sql` as the superuser and return psql's unaligned output; for set-up outside an event loop."""
        # Text by standard input and the password by the environment: neither shows in a process list.
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]
        environment = {
            "PATH": os.defpath,
            "PGHOST": str(self.socket_dir),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": self.secrets().superuser_password,
            "PGDATABASE": database,
            "PGCLIENTENCODING": "UTF8",
        }
        result = subprocess.run(  # noqa: S603 - our own program, no shell
            [str(binary("psql")), *options],
            input=sql, capture_output=True, text=True, check=False, timeout=SQL_TIMEOUT, env=environment,
        )  # fmt: skip
        if result.returncode != 0:
            raise ClusterError(result.stderr.strip())
        return result.stdout


_END_FOLLOWERS = """
do $$ begin
  for attempt in 1..100 loop
    perform pg_terminate_backend(active_pid) from pg_replication_slots
    where database = {database} and active_pid is not null;
    exit when not found;
    perform pg_sleep(0.05);
  end loop;
end $$;
"""


@contextmanager
def temporary_cluster() -> Iterator[Cluster]:
    """A started cluster in a private temporary folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="local-supabase-") as folder, Cluster(Path(folder)) as cluster:
        yield cluster


def quote_identifier(name: str) -> str:
    """Quote `name` as an SQL identifier. Raises `ValueError` for what PostgreSQL cannot hold."""
    if not name or "\x00" in name or len(name.encode()) > 63:
        raise ValueError(f"not usable as an SQL name: {name!r}")
    return '"' + name.replace('"', '""') + '"'
