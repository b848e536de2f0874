"""A disk that is full, the database's or the panel's: what is to be saved is refused, and reading goes on.

A server that really runs out of room says SQLSTATE 53100; here a trigger says it.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from components.wording import write_error_texts
from data import Supabase
from errors import AppError, NoRoom, Unavailable
from i18n import translator
from identity.store import SignInStore
from identity.tokens import TokenMinter
from tests.api.serving import Exports, FakeDoor, dialogue_row
from tests.database import DashboardDatabase
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess
from tests.panel_process import PanelProcess

EMAIL, PASSWORD = "first@salon.test", "a long enough pass phrase"
SMALL_BYTES = 64 * 1024


@asynccontextmanager
async def refusing(database: DashboardDatabase, sqlstate: str) -> AsyncIterator[None]:
    """Whatever has to be put on record is refused by the server, in mid-transaction."""
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        await connection.execute(
            f"""create or replace function public.refuse_rows() returns trigger language plpgsql as $$
            begin
              raise exception 'could not extend file: No space left on device' using errcode = '{sqlstate}';
            end $$;
            create trigger refuse_rows before insert on dashboard.audit_log
            for each statement execute function public.refuse_rows()"""
        )
        yield
    finally:
        await connection.execute("drop trigger if exists refuse_rows on dashboard.audit_log")
        await connection.close()


@contextmanager
def small_files_only() -> Iterator[None]:
    """No file of this process and its children grows beyond some KB, as on a disk with so much left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_write_says_what_is_amiss_and_what_to_do(
    dashboard_database: DashboardDatabase, tmp_path: Path
) -> None:
    cases: dict[str, tuple[type[AppError], str, str]] = {
        "53100": (NoRoom, "database_full", "more disk space"),
        "25006": (NoRoom, "database_read_only", "disk is nearly full"),
        "53200": (Unavailable, "database_memory", "Try again in a moment."),
        "53300": (Unavailable, "unavailable", "Try again in a moment."),
        "57P03": (Unavailable, "unavailable", "Try again in a moment."),
    }
    with SupabaseProcess(dashboard_database, tmp_path / "supabase.log") as project:
        supabase = Supabase(project.url, PUBLISHABLE_KEY)
        minter = TokenMinter.from_secret(SECRET, supabase.clock)
        store = SignInStore(supabase.door(minter.machine_source("dashboard_auth")))
        for sqlstate, (kind, code, word) in cases.items():
            async with refusing(dashboard_database, sqlstate):
                with pytest.raises(kind) as refusal:
                    await store.note_failure(EMAIL, "127.0.0.1", "unknown_account")
                assert type(refusal.value) is kind, sqlstate
                assert refusal.value.code == code
                assert word in write_error_texts(refusal.value, translator("en"))[1]
                assert not await store.has_users(), "reads go on"
        await store.note_failure(EMAIL, "127.0.0.1", "unknown_account")
        await supabase.aclose()


@pytest.mark.long
async def test_a_panel_on_a_full_database_is_read_and_says_why_nobody_can_sign_in(
    dashboard_database: DashboardDatabase, tmp_path: Path
) -> None:
    with SupabaseProcess(dashboard_database, tmp_path / "supabase.log") as project:
        panel = PanelProcess(
            tmp_path / "panel",
            SUPABASE_URL=project.url,
            SUPABASE_KEY=PUBLISHABLE_KEY,
            SUPABASE_JWT_SECRET=SECRET,
        )
        headers = {"origin": panel.url, "accept": "text/html", "accept-language": "en"}
        with panel, httpx.Client(base_url=panel.url, headers=headers, timeout=20) as visitor:
            person = {"email": EMAIL, "full_name": "First", "password": PASSWORD, "repeated": PASSWORD}
            async with refusing(dashboard_database, "53100"):
                refused = visitor.post("/setup", data=person)
                assert refused.status_code == 503
                assert "no room left" in refused.text
                assert "more disk space" in refused.text
                assert f'value="{EMAIL}"' in refused.text, "nothing typed is lost"
            assert visitor.post("/setup", data=person).status_code == 303
            async with refusing(dashboard_database, "53100"):
                assert visitor.get("/").status_code == 200
                assert visitor.get("/session").status_code == 204
                assert visitor.get("/readyz").status_code == 200
                with httpx.Client(base_url=panel.url, headers=headers, timeout=20) as other:
                    refused = other.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
                assert refused.status_code == 503
                assert "no room left" in refused.text
            with httpx.Client(base_url=panel.url, headers=headers, timeout=20) as other:
                assert other.post("/sign-in", data={"email": EMAIL, "password": PASSWORD}).status_code == 303
        assert "Traceback" not in panel.log.read_text()


async def test_an_export_without_room_for_its_file_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    door = FakeDoor([dialogue_row(number) for number in range(1, 3001)])
    async with Exports(door).running() as exports, httpx.AsyncClient(timeout=30) as client:
        with small_files_only():
            refused = await client.get(f"{exports.url}.xlsx")
            whole = await client.get(f"{exports.url}.csv")
        assert (refused.status_code, refused.text.split(":")[0]) == (503, "panel_full")
        assert "make room for temporary files" in refused.text
        assert list(tmp_path.iterdir()) == []
        assert whole.text.count("\n") == 3001, "which needs no file"
        assert (await client.get(f"{exports.url}.xlsx")).status_code == 200
