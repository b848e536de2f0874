"""Server settings of the embedded cluster, written anew at each start so that an upgrade brings its own."""

from pathlib import Path

# No host line at all: the socket is the only way in, and on it every role proves itself by password.
AUTHENTICATION_FILE = """\
local all all scram-sha-256
local replication all scram-sha-256
"""

# Every password here is 256 random bits, so key stretching would add nothing but CPU time per new connection.
SCRAM_ITERATIONS = "scram_iterations=64"

_SETTINGS = {
    # Who may come and how
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "scram_iterations": SCRAM_ITERATIONS.removeprefix("scram_iterations="),
    "max_connections": "60",
    "superuser_reserved_connections": "3",
    # A lost client must not hold locks for ever.
    "idle_in_transaction_session_timeout": "60s",
    # Memory and workers for one small machine; queries here are short, so parallel plans cost more than they
    # give (and would need more shared memory than a container's 64 MB).
    "shared_buffers": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_parallel_workers_per_gather": "0",
    "max_worker_processes": "4",
    "jit": "off",
    "random_page_cost": "1.1",
    # Durable, and readable by Realtime. An abandoned slot may not fill the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_level": "logical",
    "max_wal_senders": "5",
    "max_replication_slots": "5",
    "max_slot_wal_keep_size": "256MB",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    # One file per weekday, overwritten a week later. Statements and their errors can carry people's data: the
    # caller gets those, the log does not (`log` ranks above `error` here).
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    # The same answers whatever the machine's own settings
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "iso, mdy",
    "default_text_search_config": "pg_catalog.english",
    "lc_messages": "C",
}


def server_configuration(socket_dir: Path) -> str:
    """Text of `postgresql.conf`."""
    settings = {**_SETTINGS, "unix_socket_directories": _quote_directory(socket_dir)}
    return "".join(f"{name} = '{_escape(value)}'\n" for name, value in settings.items())


def _quote_directory(path: Path) -> str:
    # The setting is a list: a folder with a comma or a space in its name needs double quotes.
    return '"' + str(path).replace('"', '""') + '"'


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
