"""The embedded cluster: who gets in, what it survives, what it leaves behind."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from local_supabase.cluster_errors import ClusterError, FolderInUse, ServerFailure
from local_supabase.cluster_process import Postmaster
from local_supabase.postgres import LONGEST_SOCKET_PATH, Cluster, quote_identifier

PARENT = """
import sys, time
from pathlib import Path
from local_supabase.postgres import Cluster
cluster = Cluster(Path(sys.argv[1]))
cluster.start()
cluster.run_sql("create table if not exists kept (n int); insert into kept values (1)")
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def parent(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that started a cluster in `folder` and holds a committed row in it."""
    process = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def server_processes(folder: Path) -> list[int]:
    """The server of `folder` and its children, all of them while it runs."""
    parents = {}
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if f"-D\0{folder / 'cluster'}" in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found + [pid for pid, parent in parents.items() if parent in found]


def alive(pids: list[int]) -> list[int]:
    command_lines = {pid: Path(f"/proc/{pid}/cmdline") for pid in pids}
    return [pid for pid, path in command_lines.items() if path.exists() and path.read_bytes()]


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# -- who gets in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["supabase_admin", "postgres", "authenticator"])
async def test_no_role_gets_in_without_its_password(cluster: Cluster, user: str) -> None:
    for password in ("", "wrong"):
        with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InterfaceError)):
            await asyncpg.connect(cluster.uri(user, password))


async def test_listens_on_a_private_socket_only(cluster: Cluster) -> None:
    assert cluster.run_sql("show listen_addresses").strip() == ""
    rules = cluster.run_sql("select distinct type, auth_method from pg_hba_file_rules")
    assert rules.strip() == "local|scram-sha-256"
    for folder in (cluster.data_dir, cluster.cluster_dir, cluster.socket_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_secrets_are_generated_once_and_stay_private(folder: Path) -> None:
    folder.mkdir()
    first = Cluster(folder).secrets()
    assert Cluster(folder).secrets() == first
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert first.jwt_secret not in repr(first)
    assert len({first.jwt_secret, first.superuser_password, first.authenticator_password}) == 3
    assert len(first.jwt_secret) >= 32


def test_secrets_known_to_an_older_version_are_kept(folder: Path) -> None:
    folder.mkdir()
    (folder / "secrets.json").write_text('{"superuser_password": "old"}')
    assert Cluster(folder).secrets().superuser_password == "old"


@pytest.mark.parametrize("name", ["", "nul\x00", "я" * 32])
def test_unusable_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not usable"):
        quote_identifier(name)


async def test_database_names_are_quoted(cluster: Cluster) -> None:
    name = 'a "b" я/?&'
    cluster.create_database(name)
    connection = await asyncpg.connect(cluster.superuser_uri(name))
    assert await connection.fetchval("select current_database()") == name
    await connection.close()
    cluster.drop_database(name)


# -- what it holds ---------------------------------------------------------------------------------------


def test_cyrillic_folds_case(cluster: Cluster) -> None:
    answer = cluster.run_sql(
        "select lower('ЁЛКА'), upper('ёж'), 'Анна' ilike 'аННА', 'Анна' ~* 'аНна', initcap('ольга')"
    )
    assert answer.strip() == "ёлка|ЁЖ|t|t|Ольга"


def test_is_durable_logical_and_utc(cluster: Cluster) -> None:
    """As it is written for everybody: tests' own cluster waits for no disk."""
    written = cluster.run_sql(
        "select name, setting from pg_file_settings where sourcefile like '%/postgresql.conf'"
        " and name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name"
    )
    assert written.split() == ["fsync|on", "synchronous_commit|on"]
    answer = cluster.run_sql(
        "select current_setting('wal_level'), current_setting('timezone'), "
        "current_setting('server_encoding'), current_setting('server_version_num')::int / 10000"
    )
    assert answer.strip() == "logical|UTC|UTF8|16"


def test_errors_of_statements_stay_out_of_the_log(folder: Path) -> None:
    with Cluster(folder) as cluster:
        with pytest.raises(ClusterError, match="secret-of-a-client"):
            cluster.run_sql("select 'secret-of-a-client'::int")
        logs = "".join(path.read_text() for path in (cluster.cluster_dir / "log").iterdir())
    assert "ready to accept connections" in logs
    assert "secret-of-a-client" not in logs


def test_a_second_start_is_quick_and_keeps_everything(folder: Path) -> None:
    with Cluster(folder) as cluster:
        cluster.run_sql("create table kept (n int); insert into kept values (7)")
    begun = time.monotonic()
    with Cluster(folder) as cluster:
        assert time.monotonic() - begun < 1.0
        assert cluster.run_sql("select n from kept").strip() == "7"
        processes = server_processes(folder)
        assert len(processes) > 5
    assert not cluster.is_running()
    assert alive(processes) == []


# -- where it may live -----------------------------------------------------------------------------------


def test_root_runs_it_unprivileged_even_under_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with Cluster(closed / "data") as cluster:
        pid = int((cluster.cluster_dir / "postmaster.pid").read_text().split()[0])
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        assert cluster.run_sql("select 1").strip() == "1"
    uid = os.geteuid() or pwd.getpwnam("nobody").pw_uid
    assert set(status["Uid"].split()) == {str(uid)}
    assert int(status["CapEff"], 16) & ~0b110 == 0  # nothing beyond passing through folders
    assert status["NoNewPrivs"] == "1"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_folder_of_another_account_keeps_its_owner(folder: Path) -> None:
    with Cluster(folder) as cluster:
        pass
    if os.geteuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, 12345, 12345)
    owner = cluster.cluster_dir.stat().st_uid
    with Cluster(folder) as again:
        assert again.run_sql("select 1").strip() == "1"
        assert {path.stat().st_uid for path in (again.cluster_dir / "base").rglob("*")} == {owner}


def test_a_socket_folder_that_somebody_else_made_is_not_used(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    (folder / "socket").symlink_to(tmp_path)
    with pytest.raises(ClusterError, match="belongs to another account"):
        Cluster(folder).start()


def test_a_long_path_moves_the_socket_only(tmp_path: Path) -> None:
    folder = tmp_path / ("a-folder-with-a-long-name-" * 4) / "data"
    with Cluster(folder) as cluster:
        assert len(os.fsencode(cluster.socket_dir / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
        assert stat.S_IMODE(cluster.socket_dir.stat().st_mode) == 0o700
        assert cluster.run_sql("select 1").strip() == "1"
        socket_dir = cluster.socket_dir
    assert not socket_dir.exists()


def test_a_path_with_quotes_commas_and_cyrillic(tmp_path: Path) -> None:
    with Cluster(tmp_path / 'сало\'н, "1" \\') as cluster:
        assert cluster.run_sql("select 1").strip() == "1"


def test_two_folders_run_side_by_side(tmp_path: Path) -> None:
    with Cluster(tmp_path / "one") as one, Cluster(tmp_path / "two") as two:
        assert one.run_sql("select 1").strip() == two.run_sql("select 1").strip()


def test_a_folder_in_use_is_refused_and_left_alone(folder: Path, parent: subprocess.Popen[str]) -> None:
    with pytest.raises(FolderInUse, match=f"process {parent.pid}"):
        Cluster(folder).start()
    os.kill(parent.pid, 0)
    assert Cluster(folder).run_sql("select n from kept").strip() == "1"


# -- what it survives ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_panel_takes_its_server_along(
    folder: Path, parent: subprocess.Popen[str], number: signal.Signals
) -> None:
    processes = server_processes(folder)
    assert len(processes) > 5
    parent.send_signal(number)
    parent.wait()
    assert until(lambda: alive(processes) == [])


def test_a_new_start_right_after_a_kill_loses_nothing(folder: Path, parent: subprocess.Popen[str]) -> None:
    parent.kill()
    with Cluster(folder) as cluster:
        assert cluster.run_sql("select n from kept").strip() == "1"


def test_a_server_that_outlived_its_parent_is_replaced(folder: Path) -> None:
    orphan = Cluster(folder)
    orphan.start()
    orphan.run_sql("create table kept (n int); insert into kept values (7)")
    orphan._lock.release()  # as the kernel does for a dead parent
    with Cluster(folder) as cluster:
        assert cluster.run_sql("select n from kept").strip() == "7"
        assert not orphan.is_running()


def test_a_stale_process_number_hits_nobody_else(folder: Path) -> None:
    with Cluster(folder) as cluster:
        pid_file = (cluster.cluster_dir / "postmaster.pid").read_text().splitlines()
    bystander = subprocess.Popen(["sleep", "60"])
    (cluster.cluster_dir / "postmaster.pid").write_text("\n".join([str(bystander.pid), *pid_file[1:]]) + "\n")
    try:
        with Cluster(folder) as again:
            assert again.run_sql("select 1").strip() == "1"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_crashed_server_can_be_started_again(folder: Path) -> None:
    with Cluster(folder) as cluster:
        cluster.run_sql("create table kept (n int); insert into kept values (7)")
        os.kill(int((cluster.cluster_dir / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert until(lambda: not cluster.is_running())
        cluster.start()
        assert cluster.run_sql("select n from kept").strip() == "7"


def test_lost_passwords_are_said_and_not_made_up(folder: Path) -> None:
    with Cluster(folder):
        pass
    (folder / "secrets.json").unlink()
    with pytest.raises(ClusterError, match="restore it"):
        Cluster(folder).start()


def test_an_interrupted_first_start_is_begun_again(folder: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.DEVNULL)
    assert until(lambda: len(list(folder.glob("unfinished-*/base/*/*"))) > 20)
    process.kill()
    with Cluster(folder) as cluster:
        assert cluster.run_sql("select 1").strip() == "1"
    process.wait()
    assert list(folder.glob("unfinished-*")) == []


def test_a_refused_start_tells_what_the_server_said(folder: Path) -> None:
    with Cluster(folder) as cluster:
        pass
    (cluster.cluster_dir / "global" / "pg_control").unlink()
    with pytest.raises(ServerFailure, match="pg_control"):
        cluster.start()
    assert server_processes(folder) == []
    with pytest.raises(ServerFailure):  # and the folder was freed
        Cluster(folder).start()


def test_a_server_that_is_never_ready_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cluster(folder) as cluster:
        pass
    monkeypatch.setattr("local_supabase.cluster_process.START_TIMEOUT", 0.0)
    with pytest.raises(ServerFailure, match="not ready after"):
        cluster.start()
    assert server_processes(folder) == []


def test_a_server_deaf_to_the_polite_signal_is_stopped_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local_supabase.cluster_process.STOP_TIMEOUT", 3.0)
    deaf = "trap '' INT; echo ready; read nothing"
    process = subprocess.Popen(["sh", "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    Postmaster(process, folder).stop()
    assert process.returncode == -signal.SIGQUIT
    process.stdin.close()
    process.stdout.close()
