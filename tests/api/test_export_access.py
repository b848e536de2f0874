"""Who may take dialogues out of the panel: the real gate, the real database, two salons."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.api.xlsx_reading import sheet
from tests.database import DashboardDatabase, copy_of
from tests.hosted.supabase_process import PUBLISHABLE_KEY, SECRET, SupabaseProcess
from tests.identity.panel import PASSWORD, PASSWORD_HASH
from tests.panel_process import PanelProcess
from tests.sql.syncing import synced
from tests.sql.world import MARKS, PEOPLE, SALON_A, SALON_B, World

EXPORT = f"/s/{SALON_A}/dialogues/export"
DIALOGUES = 5


@dataclass(frozen=True)
class House:
    """A running panel and its database."""

    panel: PanelProcess
    database: DashboardDatabase

    @contextmanager
    def visitor(self, name: str | None) -> Iterator[httpx.Client]:
        """A signed-in person, or (None) anybody."""
        headers = {"origin": self.panel.url, "accept-language": "en"}
        with httpx.Client(base_url=self.panel.url, headers=headers, timeout=20) as client:
            if name is not None:
                salon = PEOPLE[name][1]
                email = f"{name}@{MARKS[salon] if salon else 'nowhere'}.example"
                answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
                assert answer.status_code == 303, answer.text
            yield client


@pytest.fixture(scope="module")
async def house(
    migrated_template: DashboardDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """Salon A has some dialogues, salon B one."""
    database = copy_of(migrated_template)
    connection = await asyncpg.connect(database.superuser_uri)
    try:
        world = World(connection, {})
        for salon, mark in MARKS.items():
            await world.add_salon(salon, f"Salon {mark}")
        for name, (role, tenant) in PEOPLE.items():
            await world.add_person(name, role, tenant, MARKS[tenant] if tenant else "")
        await connection.execute("update dashboard.users set password_hash = $1", PASSWORD_HASH)
        now = datetime.now(UTC)
        for number in range(DIALOGUES):
            await world.archive(SALON_A, now - timedelta(hours=number), final_status=f"marked-a-{number}")
        await world.archive(SALON_B, now, final_status="marked-b")
        await synced(connection, batch=100)
    finally:
        await connection.close()
    folder = tmp_path_factory.mktemp("exports")
    with (
        SupabaseProcess(database, folder / "supabase.log") as supabase,
        PanelProcess(
            Path(folder / "panel"),
            SUPABASE_URL=supabase.url,
            SUPABASE_KEY=PUBLISHABLE_KEY,
            SUPABASE_JWT_SECRET=SECRET,
        ) as panel,
    ):
        yield House(panel, database)


@pytest.mark.parametrize("name", ["owner_a", "operator_a", "platform"])
def test_members_get_all_dialogues_of_their_salon_and_no_other(house: House, name: str) -> None:
    with house.visitor(name) as visitor:
        answer = visitor.get(f"{EXPORT}.csv")
        table = sheet(visitor.get(f"{EXPORT}.xlsx").content)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    expected = [f"marked-a-{number}" for number in range(DIALOGUES)]
    assert [row["Status"] for row in rows] == expected
    assert [row[table[0].index("Status")] for row in table[1:]] == expected
    assert "marked-b" not in answer.text


@pytest.mark.parametrize("name", ["owner_b", "operator_b", "outsider"])
def test_nobody_else_learns_that_the_salon_exists(house: House, name: str) -> None:
    with house.visitor(name) as visitor:
        answer = visitor.get(f"{EXPORT}.csv")
        nowhere = visitor.get(EXPORT.replace("aaaa", "cccc") + ".csv")
    assert answer.status_code == nowhere.status_code == 404
    assert "content-disposition" not in answer.headers
    assert answer.text.replace("aaaa", "cccc") == nowhere.text
    assert "marked-a" not in answer.text


def test_who_is_not_signed_in_is_led_to_the_form_and_back(house: House) -> None:
    with house.visitor(None) as visitor:
        as_page = visitor.get(f"{EXPORT}.csv?status=done", headers={"accept": "text/html"})
        as_program = visitor.get(f"{EXPORT}.csv", headers={"accept": "*/*"})
    assert as_page.status_code == 303
    assert "export.csv%3Fstatus%3Ddone" in as_page.headers["location"]
    assert as_program.status_code == 401


def test_only_get_makes_a_file(house: House) -> None:
    with house.visitor("owner_a") as visitor:
        assert visitor.head(f"{EXPORT}.csv").status_code == 405
        assert visitor.post(f"{EXPORT}.csv").status_code == 405


def test_a_refusal_is_a_page_in_the_readers_language(house: House) -> None:
    with house.visitor("owner_a") as visitor:
        visitor.cookies.set("lang", "ru")
        answer = visitor.get(f"{EXPORT}.csv?period=all&q=%21%21")
    assert answer.status_code == 422
    assert '<html lang="ru"' in answer.text


async def test_each_export_is_in_the_audit_log(house: House) -> None:
    with house.visitor("admin_a") as visitor:
        visitor.get(f"{EXPORT}.csv?period=all&status=marked-a-1")
    connection = await asyncpg.connect(house.database.superuser_uri)
    try:
        row = await connection.fetchrow(
            "select tenant_id, actor_name, details from dashboard.audit_log"
            " where action = 'dialogues.exported' and actor_name like 'admin_a%'"
        )
    finally:
        await connection.close()
    assert row is not None
    assert row["tenant_id"] == SALON_A
    details = json.loads(row["details"])
    assert details == {"format": "csv", "filters": {"status": ["marked-a-1"]}, "rows": 1}
