"""A whole list as a file: complete, harmless to open, and never in the way of others."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import httpx
import psutil
import pytest

from api.exports import route
from api.exports.cells import MOST_ROWS
from api.exports.layout import dialogues_layout
from api.exports.writing import PROJECT
from errors import Invalid
from i18n import translator
from tests.api.serving import Exports, FakeDoor, dialogue_row
from tests.api.xlsx_reading import moment, sheet
from tests.waiting import until

HOSTILE = (
    "=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1",
    'quote "inside"', "two\nlines", "semi;colon,comma", "<b>&amp;</b>", "<r><t>rich</t></r>", "_x0041_",
    "nul\x00bell\x07\x1b\ufffe", "\U0001f484",
)  # fmt: skip
FORMULAS = HOSTILE[:9]
Table = Sequence[Sequence[str | float | None]]


async def fetch(exports: Exports, file_format: str, **query: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.get(f"{exports.url}.{file_format}", params=query)


def csv_rows(answer: httpx.Response, separator: str = ",") -> list[list[str]]:
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def writers() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if is_writer(one)]


def is_writer(process: psutil.Process) -> bool:
    try:
        return "api.exports.writer" in process.cmdline()
    except psutil.Error:
        return False  # it has just ended


async def test_a_row_of_csv_says_what_the_dialogue_is() -> None:
    row = dialogue_row(1, booking_amount=-1500.5, staff_id=None, status="strange")
    async with Exports(FakeDoor([row])).running() as exports:
        answer = await fetch(exports, "csv", period="all")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf"), "else Excel takes it for another encoding"
    heading, only = csv_rows(answer)
    found = dict(zip(heading, only, strict=True))
    assert len(found) == len(heading), "each heading is its own"
    assert found == {
        "Started": "2026-03-15T23:29:00+03:00",
        "Ended": "2026-03-15T23:30:00+03:00",
        "Last activity": "2026-03-15T23:30:00+03:00",
        "Client": "Клиент 1",
        "Channel": "Telegram",
        "Status": "strange",
        "Request": "Booking",
        "Came as far as": "Booking made",
        "Left at": "",
        "Services": "Стрижка; Укладка",
        "Specialist": "",
        "Booking": "Confirmed",
        "How booked": "by the bot",
        "Visit": "2026-03-20T12:00:00+03:00",
        "Amount": "-1500.5",
        "Currency": "RUB",
        "Messages": "10",
        "Replies": "5",
        "First reply, seconds": "1.25",
        "Mood": "Positive",
        "Tags": "vip",
        "Dialogue number": "00000000-0000-0000-0000-000000000001",
        "Client number": "00000000-0000-0000-0000-000000002711",
    }


async def test_xlsx_says_the_same_with_true_dates_and_numbers() -> None:
    rows = [dialogue_row(1), dialogue_row(2, booking_at="1850-01-01T00:00:00+00:00", booking_amount=10**12)]
    async with Exports(FakeDoor(rows)).running() as exports:
        as_csv = csv_rows(await fetch(exports, "csv"))
        answer = await fetch(exports, "xlsx")
    assert answer.headers["content-length"] == str(len(answer.content))
    heading, first, second = sheet(answer.content)
    assert heading == as_csv[0]
    found = dict(zip(as_csv[0], first, strict=False))
    assert moment(found["Started"]) == datetime.fromisoformat("2026-03-15T23:29"), "the salon's clock"
    assert (found["Amount"], found["Messages"], found["First reply, seconds"]) == (1500.5, 10, 1.25)
    assert (found["Client"], found["Left at"], found["Status"]) == ("Клиент 1", None, "Booked")
    late = dict(zip(as_csv[0], second, strict=False))
    assert str(late["Visit"]).startswith("1850-01-01T"), "no spreadsheet has such a date"
    assert late["Amount"] == 1e12


async def test_russian_csv_is_written_as_russian_spreadsheets_read_it() -> None:
    async with Exports(FakeDoor([dialogue_row(1)]), locale="ru").running() as exports:
        heading, only = csv_rows(await fetch(exports, "csv"), ";")
        table = sheet((await fetch(exports, "xlsx")).content)
    found = dict(zip(heading, only, strict=True))
    assert (found["Клиент"], found["Сумма"], found["Статус"]) == ("Клиент 1", "1500,5", "С записью")
    assert table[0] == heading


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
async def test_nothing_that_clients_wrote_is_computed_or_breaks_the_file(file_format: str) -> None:
    rows = [
        dialogue_row(number, client_name=text, services=[text], tags=[text], status=text, staff_id=text)
        for number, text in enumerate(HOSTILE, 1)
    ]
    async with Exports(FakeDoor(rows)).running() as exports:
        answer = await fetch(exports, file_format)
    table: Table = csv_rows(answer) if file_format == "csv" else sheet(answer.content)
    heading, *found = table
    assert len(found) == len(HOSTILE)
    for text, row in zip(HOSTILE, found, strict=True):
        for column in ("Client", "Services", "Status", "Specialist"):
            cell = row[heading.index(column)]
            assert isinstance(cell, str)
            assert not set(cell) & set("\x00\x07\x1b\ufffe")
            if file_format == "csv" and text in FORMULAS:
                assert cell.startswith("'"), text
            elif file_format == "csv" and "\x00" not in text:
                assert cell == text
            elif "\x00" not in text and "\r" not in text:
                assert cell.replace("_x005F_", "_").lstrip(" ") == text.lstrip(" ")


async def test_every_text_of_csv_is_quoted() -> None:
    """A program that parts at another character must not find a cell that begins with a formula."""
    row = dialogue_row(1, client_name="a;=1+1,=1+1\t=1+1")
    async with Exports(FakeDoor([row])).running() as exports:
        answer = await fetch(exports, "csv")
    line = answer.text.splitlines()[1]
    for separator in ",;\t":
        for cell in next(csv.reader([line], delimiter=separator)):
            assert not cell.startswith("=")


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
async def test_all_rows_of_all_pages_come_once_and_in_order(file_format: str) -> None:
    door = FakeDoor([dialogue_row(number) for number in range(1, 3001)])
    async with Exports(door).running() as exports:
        answer = await fetch(exports, file_format, sort="-messages", status="booked", period="7d")
    table: Table = csv_rows(answer) if file_format == "csv" else sheet(answer.content)
    place = table[0].index("Client")
    assert [row[place] for row in table[1:]] == [f"Клиент {number}" for number in range(1, 3001)]
    assert len(door.asked) > 3, "in pages"
    for asked in door.asked:
        assert asked["sort"] == "-messages"
        assert '"status": ["booked"]' in asked["filters"]
        assert '"from_day": "2026-03-09"' in asked["filters"]


async def test_the_file_is_a_download_that_nobody_keeps() -> None:
    async with Exports(FakeDoor([]), slug='Салон "Ромашка"/../x').running() as exports:
        answer = await fetch(exports, "csv", **{"from": "2026-03-01", "to": "2026-03-10"})
        everything = await fetch(exports, "csv", period="all")
    assert len(csv_rows(answer)) == 1, "an empty list is a heading"
    headers = answer.headers
    name = "x_dialogues_2026-03-01_2026-03-10.csv"
    assert headers["content-disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert "x_dialogues_all_2026-03-15.csv" in everything.headers["content-disposition"]
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_an_export_is_on_record_before_it_leaves() -> None:
    door = FakeDoor([dialogue_row(1)], breaks_after=0)
    async with Exports(door).running() as exports:
        answer = await fetch(exports, "csv", period="all", q="маникюр")
    assert answer.status_code == 422
    (noted,) = door.noted
    assert (noted["format"], noted["filters"], noted["rows"]) == ("csv", {"q": "маникюр"}, 1)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("csv?period=nonsense", 422),
        ("csv?stage=9", 422),
        ("csv?sort=name", 422),
        ("pdf", 404),
    ],
)
async def test_nonsense_is_refused_before_anything_is_read(path: str, status: int) -> None:
    door = FakeDoor([dialogue_row(1)])
    async with Exports(door).running() as exports, httpx.AsyncClient() as client:
        answer = await client.get(f"{exports.url}.{path}")
    assert answer.status_code == status
    assert door.asked == door.noted == []


async def test_what_the_database_refuses_is_told() -> None:
    door = FakeDoor(refusal=Invalid("No word to look for.", code="search_empty"))
    async with Exports(door).running() as exports:
        answer = await fetch(exports, "xlsx", q="!")
    assert (answer.status_code, answer.text.split(":")[0]) == (422, "search_empty")


async def test_more_rows_than_a_sheet_holds_are_refused_for_xlsx_only() -> None:
    async with Exports(FakeDoor([], total=MOST_ROWS + 1)).running() as exports:
        refused = await fetch(exports, "xlsx")
        assert (await fetch(exports, "csv")).status_code == 200
    assert refused.status_code == 422
    assert refused.text.startswith("too_many_rows")


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
async def test_what_breaks_halfway_does_not_look_complete(file_format: str) -> None:
    door = FakeDoor([dialogue_row(number) for number in range(1, 3001)], breaks_after=2)
    async with Exports(door).running() as exports:
        if file_format == "csv":
            with pytest.raises(httpx.RemoteProtocolError):
                await fetch(exports, "csv")
        else:
            assert (await fetch(exports, "xlsx")).status_code == 422, "nothing was sent yet"
        await until(lambda: not writers())
        door.breaks_after = None
        assert (await fetch(exports, file_format)).status_code == 200, "the place is free again"


async def test_a_writer_that_dies_is_no_complete_file() -> None:
    door = FakeDoor([dialogue_row(number) for number in range(1, 3001)], gate=asyncio.Event())
    async with Exports(door).running() as exports:
        csv_task = asyncio.create_task(fetch(exports, "csv", **{"as": "anna"}))
        xlsx_task = asyncio.create_task(fetch(exports, "xlsx", **{"as": "boris"}))
        await until(lambda: len(writers()) == 2)
        for writer in writers():
            writer.kill()
        assert door.gate is not None
        door.gate.set()
        try:
            answer = await csv_task
        except httpx.RemoteProtocolError:
            pass  # broken off after its beginning was sent
        else:
            assert answer.status_code == 500, "nothing had been sent yet"
        assert (await xlsx_task).status_code == 500


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
async def test_a_browser_that_goes_away_leaves_nothing_behind(
    file_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    door = FakeDoor([dialogue_row(number) for number in range(1, 3001)], gate=asyncio.Event())
    async with Exports(door).running() as exports:
        leaving = asyncio.create_task(fetch(exports, file_format))
        await until(lambda: bool(writers()) and bool(os.listdir(tmp_path)))
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert door.gate is not None
        door.gate.set()
        await until(lambda: not writers() and not os.listdir(tmp_path))
        assert len(door.asked) < 5, "the rest is not read for nobody"
        assert (await fetch(exports, file_format)).status_code == 200


async def test_one_at_a_time_for_a_person_and_a_few_for_all() -> None:
    door = FakeDoor([dialogue_row(number) for number in range(1, 1001)], gate=asyncio.Event())
    async with Exports(door, at_once=2).running() as exports:
        running = [asyncio.create_task(fetch(exports, "csv", **{"as": name})) for name in ("anna", "boris")]
        await until(lambda: len(writers()) == 2)
        again = await fetch(exports, "csv", **{"as": "anna"})
        third = await fetch(exports, "xlsx", **{"as": "clara"})
        assert door.gate is not None
        door.gate.set()
        for task in running:
            assert (await task).status_code == 200
        assert (await fetch(exports, "xlsx", **{"as": "clara"})).status_code == 200
    assert (again.status_code, again.text.split(":")[0]) == (429, "too_many")
    assert (third.status_code, third.text.split(":")[0]) == (503, "exports_busy")


async def test_an_export_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "PREPARE_SECONDS", 0.5)
    monkeypatch.setattr(route, "SEND_SECONDS", 0.5)
    door = FakeDoor([dialogue_row(number) for number in range(1, 3001)], gate=asyncio.Event())
    async with Exports(door).running() as exports:
        assert (await fetch(exports, "xlsx")).status_code == 500
        door.asked.clear()
        monkeypatch.setattr(route, "PREPARE_SECONDS", 60)  # time to begin, however busy it is
        with pytest.raises(httpx.RemoteProtocolError):
            await fetch(exports, "csv")
        await until(lambda: not writers())


async def test_nothing_known_is_an_empty_cell() -> None:
    unknown = dict.fromkeys(
        (
            "client_id", "client_name", "channel", "started_at", "ended_at", "last_activity_at", "intent",
            "booking_status", "booking_source", "booking_at", "booking_amount", "booking_currency",
            "messages_count", "replies_count", "sentiment", "staff_id", "first_reply_ms",
        )
    )  # fmt: skip
    row = dialogue_row(1, services=[], tags=[], **unknown)
    async with Exports(FakeDoor([row])).running() as exports:
        heading, only = csv_rows(await fetch(exports, "csv"))
        table = sheet((await fetch(exports, "xlsx")).content)
    known = {name for name, value in zip(heading, only, strict=True) if value}
    assert known == {"Status", "Came as far as", "Dialogue number"}
    assert sum(cell is not None for cell in table[1]) == len(known)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
async def test_a_writer_whose_panel_was_killed_leaves_nothing_behind(
    file_format: Literal["csv", "xlsx"], tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    layout = dialogues_layout(file_format, "UTC", translator("en"))
    lines = [json.dumps(layout), json.dumps([dialogue_row(1)])]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "api.exports.writer", str(folder)],
        input="\n".join(lines).encode() + b"\n",
        capture_output=True,
        timeout=30,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode != 0
    assert not folder.exists()
