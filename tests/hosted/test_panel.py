"""The panel in front of a project in another process: from the first wrong setting to the first sign-out."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from data import Supabase
from identity.tokens import TokenMinter
from local_supabase.postgres import Cluster
from models import Identity, Membership, Role, SessionTimes
from queries import tenants
from tests.database import BOT_SCHEMA, DashboardDatabase, bare_database, copy_of
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess, es256_key
from tests.panel_process import PROJECT, PanelProcess, free_port

EMAIL, PASSWORD = "first@salon.test", "a long enough pass phrase"
SALON = UUID("aaaaaaaa-0000-4000-8000-00000000000a")
RECOVERY = 5.0
"""Seconds from the project's answering again to pages that work."""


class Visitor(httpx.Client):
    """A browser without scripts: keeps cookies, and says where its forms come from."""

    def __init__(self, panel: PanelProcess) -> None:
        headers = {"origin": panel.url, "accept": "text/html", "accept-language": "en"}
        super().__init__(base_url=panel.url, headers=headers, timeout=15)

    def send_form(self, path: str, **fields: str) -> httpx.Response:
        return self.post(path, data=fields)


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def run_migrate(database: DashboardDatabase) -> str:
    """`python -m migrate`, as an operator runs it."""
    environ = {"PATH": os.environ["PATH"], "MIGRATE_DATABASE_URL": database.runner_uri}
    done = subprocess.run(
        [sys.executable, "-m", "migrate"],
        cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_smoke(**project: str) -> str:
    """What `make smoke` runs against a project that the environment names."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/hosted/test_smoke.py"],
        cwd=PROJECT, env={"PATH": os.environ["PATH"], "SUPABASE_KEY": PUBLISHABLE_KEY, **project},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


async def add_salon(database: DashboardDatabase) -> None:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        await connection.execute("insert into public.tenants_v2 (id, name) values ($1, 'Salon')", SALON)
    finally:
        await connection.close()


@contextmanager
def some_website(port: int) -> Iterator[None]:
    """What SUPABASE_URL may name by mistake: it answers everything with a page."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html>Welcome</html>"
            self.send_response(HTTPStatus.OK)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The test's output is not a log."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def expect_told(panel: PanelProcess, reason: str, *words: str) -> None:
    """The page and the log say what to do, and a balancer is told to wait."""
    with Visitor(panel) as visitor:
        answers = [visitor.get("/sign-in"), visitor.get("/setup")]
        ready = visitor.get("/readyz")
    assert (ready.status_code, ready.json()["reason"]) == (503, reason)
    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        for word in words:
            assert word in answer.text, answer.text
    log = panel.log.read_text()
    assert all(word in log for word in words), log[-2000:]
    assert "Traceback" not in log


@pytest.mark.long
async def test_an_operator_who_gets_everything_wrong_is_led_to_a_working_panel(
    supabase_cluster: Cluster, tmp_path: Path
) -> None:
    database = bare_database(supabase_cluster)
    connection = await asyncpg.connect(database.runner_uri)
    await connection.execute(BOT_SCHEMA.read_text(encoding="utf-8"))
    await connection.close()
    port, log = free_port(), tmp_path / "supabase.log"
    panel = PanelProcess(
        tmp_path / "panel",
        SUPABASE_URL=f"http://127.0.0.1:{port}",
        SUPABASE_KEY=PUBLISHABLE_KEY,
        SUPABASE_JWT_SECRET=SECRET,
    )
    with ExitStack() as stack:
        stack.callback(panel.terminate)
        with some_website(port):
            panel.start(until="/healthz")
            expect_told(panel, "not_supabase", "is no Supabase", "SUPABASE_URL")
        with SupabaseProcess(database, log, schemas="public", port=port):
            expect_told(panel, "schema_not_exposed", "exposed schemas", "Data API")
        with SupabaseProcess(database, log, jwt_secret="another-secret-0123456789abcdefghijk", port=port):
            expect_told(panel, "token_not_trusted", "SUPABASE_JWT_SECRET")
        supabase = stack.enter_context(SupabaseProcess(database, log, port=port))
        expect_told(panel, "not_migrated", "python -m migrate")
        assert "Applied: " in run_migrate(database)
        assert within(RECOVERY, lambda: panel.says_yes("/readyz")), "without a new start of anything"
        assert run_migrate(database).startswith("Nothing was pending.")
        await add_salon(database)

        with Visitor(panel) as visitor:
            await walk(visitor, database, TokenMinter.from_secret(SECRET), supabase.url, is_own_users=True)
            assert visitor.send_form("/sign-in", email=EMAIL, password=PASSWORD).status_code == 303
            supabase.kill()
            expect_away(visitor)
            supabase.start()
            assert within(RECOVERY, lambda: visitor.get("/").status_code == 200), "and still signed in"


async def test_supabase_auth_and_an_imported_key(
    migrated_template: DashboardDatabase, tmp_path: Path
) -> None:
    database = copy_of(migrated_template)
    await add_salon(database)
    private, public_set = es256_key()
    with ExitStack() as stack:
        supabase = stack.enter_context(
            SupabaseProcess(database, tmp_path / "supabase.log", jwt_secret=public_set)
        )
        supabase.create_auth_user(EMAIL, PASSWORD)
        panel = stack.enter_context(
            PanelProcess(
                tmp_path / "panel",
                SUPABASE_URL=supabase.url,
                SUPABASE_KEY=PUBLISHABLE_KEY,
                SUPABASE_JWT_KEY=private,
                AUTH_PROVIDER="supabase",
            )
        )
        assert "passed" in run_smoke(SUPABASE_URL=supabase.url, SUPABASE_JWT_KEY=private)
        minter = TokenMinter.from_jwk(private)
        with Visitor(panel) as visitor:
            await walk(visitor, database, minter, supabase.url, is_own_users=False)
            second = f"second-{EMAIL}"
            supabase.create_auth_user(second, PASSWORD)
            user_id = await add_member(database, second)
            assert visitor.send_form("/sign-in", email=second, password=PASSWORD).status_code == 303
            assert await linked(database, user_id), "found by the confirmed address"
            await cut_off(database)
            expect_away(visitor)
            database.cluster.run_sql(f'alter database "{database.name}" allow_connections true')
            assert within(RECOVERY, lambda: visitor.get("/").status_code == 200), "and still signed in"


async def walk(
    visitor: Visitor, database: DashboardDatabase, minter: TokenMinter, url: str, *, is_own_users: bool
) -> None:
    """The first administrator is made, looks at the salon, changes it, and signs out."""
    assert visitor.get("/sign-in").headers["location"] == "/setup"
    repeated = {"repeated": PASSWORD} if is_own_users else {}
    made = visitor.send_form("/setup", email=EMAIL, full_name="First", password=PASSWORD, **repeated)
    assert (made.status_code, made.headers.get("location")) == (303, "/"), made.text
    page = visitor.get(f"/s/{SALON}/overview")
    assert page.status_code == 200
    assert "/_nicegui/" in page.text
    await write(database, minter, url)
    thief = httpx.Client(base_url=visitor.base_url, headers=visitor.headers, cookies=visitor.cookies)
    assert visitor.send_form("/sign-out").headers["location"].startswith("/sign-in")
    with thief:
        assert thief.get("/").headers["location"].startswith("/sign-in"), "it ended, not only its cookie"
    wrong = visitor.send_form("/sign-in", email=EMAIL, password="not the password")
    assert wrong.status_code == 401
    again = visitor.send_form("/sign-in", email=EMAIL, password=PASSWORD)
    assert again.headers["location"] == "/"
    assert visitor.send_form("/sign-out").status_code == 303


async def write(database: DashboardDatabase, minter: TokenMinter, url: str) -> None:
    """A change through the door that pages use, as the person who was just made."""
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        user_id = await connection.fetchval("select user_id from dashboard.users where email = $1", EMAIL)
        supabase = Supabase(url, PUBLISHABLE_KEY)
        door = supabase.door(minter.token_source(administrator(user_id), SALON))
        await tenants.save_settings(door, uuid4(), tenants.Settings("Asia/Kolkata", "INR", "09:00", "21:00"))
        salon = await tenants.one(door, SALON)
        assert salon is not None
        assert (salon.time_zone, salon.currency) == ("Asia/Kolkata", "INR")
        await supabase.aclose()
    finally:
        await connection.close()


def administrator(user_id: UUID) -> Identity:
    now = datetime.now(UTC)
    soon = now + timedelta(hours=1)
    return Identity(
        user_id=user_id,
        email=EMAIL,
        full_name="First",
        session=SessionTimes(created_at=now, last_seen_at=now, idle_expires_at=soon, expires_at=soon),
        memberships=(Membership(tenant_id=None, role=Role.PLATFORM_ADMIN),),
    )


def expect_away(visitor: Visitor) -> None:
    """Pages say that the database is away and when to come back; the process itself is well."""
    time.sleep(2.1)  # what was known of the session may be believed for two seconds
    for path in ("/", f"/s/{SALON}/overview", "/sign-in", "/readyz"):
        answer = visitor.get(path)
        assert answer.status_code == 503, path
        assert path == "/readyz" or "The database does not answer." in answer.text
    assert visitor.get("/session").status_code == 503
    assert visitor.get("/healthz").status_code == 200


async def cut_off(database: DashboardDatabase) -> None:
    """The database ends all connections and takes no new ones."""
    database.cluster.run_sql(f'alter database "{database.name}" allow_connections false')
    database.cluster.run_sql(
        f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database.name}'"
    )


async def add_member(database: DashboardDatabase, email: str) -> UUID:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        user_id: UUID = await connection.fetchval(
            "insert into dashboard.users (email, full_name) values ($1, 'Second') returning user_id", email
        )
        await connection.execute(
            "insert into dashboard.memberships (user_id, tenant_id, role) values ($1, $2, 'owner')",
            user_id, SALON,
        )  # fmt: skip
        return user_id
    finally:
        await connection.close()


async def linked(database: DashboardDatabase, user_id: UUID) -> bool:
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        return bool(
            await connection.fetchval(
                "select auth_user_id is not null from dashboard.users where user_id = $1", user_id
            )
        )
    finally:
        await connection.close()
