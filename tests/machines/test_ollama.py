"""What is understood of a host's answers, and what is not believed."""

from __future__ import annotations

import asyncio
import gzip
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from machines import ollama
from machines.ollama import LARGEST_ANSWER, Look, MachineError, Ollama, Problem
from tests.machines.host import ADDRESS, GIGABYTE, Host, model


async def look_at(host: Host) -> Look:
    asked = Ollama(ADDRESS, transport=host)
    try:
        return await asked.look()
    finally:
        await asked.aclose()


async def problem_of(host: Host) -> Problem:
    with pytest.raises(MachineError) as caught:
        await look_at(host)
    return caught.value.problem


class TestLook:
    async def test_tells_what_is_loaded_and_where(self) -> None:
        host = Host(model(), model("qwen3:4b", 5 * GIGABYTE, 2 * GIGABYTE))
        look = await look_at(host)
        assert (look.version, look.installed) == ("0.6.2", 2)
        assert look.loaded is not None
        assert [(one.name, one.size, one.size_vram, one.ram) for one in look.loaded] == [
            ("llama3:8b", 8 * GIGABYTE, 8 * GIGABYTE, 0),
            ("qwen3:4b", 5 * GIGABYTE, 2 * GIGABYTE, 3 * GIGABYTE),
        ]
        assert (look.vram, look.ram) == (10 * GIGABYTE, 3 * GIGABYTE)
        assert look.loaded[0].unloads_at == datetime(2026, 11, 20, 9, 5, 0, 123456, tzinfo=UTC)
        assert host.asked == ["/api/version", "/api/ps", "/api/tags"]

    async def test_of_an_idle_host_is_zero_and_not_unknown(self) -> None:
        look = await look_at(Host())
        assert (look.loaded, look.vram, look.ram) == ((), 0, 0)

    async def test_never_tells_a_gpu_load_that_nobody_told(self) -> None:
        assert (await look_at(Host(model()))).gpu_load is None

    async def test_of_an_old_host_without_the_path_says_that_it_does_not_tell(self) -> None:
        host = Host()
        host.answers["/api/ps"] = (404, b"404 page not found")
        look = await look_at(host)
        assert (look.loaded, look.vram, look.ram, look.installed) == (None, None, None, 2)

    async def test_of_a_model_without_sizes_knows_no_sum(self) -> None:
        look = await look_at(Host(model(), {"name": "strange"}))
        assert (look.vram, look.ram) == (None, None)

    @pytest.mark.parametrize("until", ["0001-01-01T00:00:00Z", None])
    async def test_of_a_model_that_stays_has_no_end(self, until: str | None) -> None:
        look = await look_at(Host(model(expires_at=until)))
        assert look.loaded is not None
        assert look.loaded[0].unloads_at is None

    async def test_takes_null_for_an_empty_list(self) -> None:
        host = Host()
        host.answers["/api/ps"] = (200, {"models": None})
        assert (await look_at(host)).loaded == ()


class TestDisbelief:
    @pytest.mark.parametrize(
        "body",
        [
            b"<html>It works!</html>",
            b"",
            b"[]",
            b'{"models": 5}',
            b'{"models": [{"name": 5}]}',
            b'{"models": [{"name": "x", "size": -1}]}',
            b'{"models": [{"name": "x", "size": 1e999}]}',
            b'{"models": [{"name": "x", "expires_at": "soon"}]}',
            b"[" * 100_000,
            b"\xff\xfe",
        ],
        ids=str,
    )
    async def test_what_is_no_answer_is_nonsense(self, body: bytes) -> None:
        host = Host()
        host.answers["/api/ps"] = (200, body)
        assert await problem_of(host) is Problem.NONSENSE

    async def test_a_name_without_end_is_cut(self) -> None:
        look = await look_at(Host(model("x" * 100_000)))
        assert look.loaded is not None
        assert len(look.loaded[0].name) == ollama.LONGEST_NAME

    async def test_a_huge_answer_is_not_read_to_its_end(self) -> None:
        host = Host()
        host.answers["/api/tags"] = (200, b'{"models": [' + b" " * (50 * LARGEST_ANSWER))
        assert await problem_of(host) is Problem.TOO_LARGE
        assert host.sent < 2 * LARGEST_ANSWER

    async def test_a_packed_answer_is_not_unpacked(self) -> None:
        host = Host()
        host.headers = {"content-encoding": "gzip"}
        host.answers["/api/version"] = (200, gzip.compress(b" " * 10_000_000))
        assert await problem_of(host) is Problem.NONSENSE

    async def test_it_is_not_told_what_it_would_have_us_remember(self) -> None:
        host = Host()
        host.headers = {"set-cookie": "a=b; Path=/"}
        ollama = Ollama(ADDRESS, transport=host)
        for _ in range(2):
            await ollama.look()
        await ollama.aclose()
        assert host.cookies == set()

    @pytest.mark.parametrize("status", [401, 403, 500, 503])
    async def test_a_refusal_is_one(self, status: int) -> None:
        host = Host()
        host.answers["/api/version"] = (status, b"{}")
        assert await problem_of(host) is Problem.REFUSED

    async def test_a_server_of_another_kind_is_no_host(self) -> None:
        host = Host()
        host.answers = dict.fromkeys(host.answers, (404, b"not found"))
        assert await problem_of(host) is Problem.REFUSED

    async def test_a_redirect_is_not_followed(self) -> None:
        host = Host()
        host.headers = {"location": "http://169.254.169.254/latest/meta-data"}
        host.answers["/api/version"] = (302, b"")
        assert await problem_of(host) is Problem.REDIRECTED
        assert host.asked == ["/api/version"]

    @pytest.mark.parametrize(
        "error",
        [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x"), OSError("x")],
        ids=lambda error: type(error).__name__,
    )
    async def test_who_is_not_reached_is_silent(self, error: Exception) -> None:
        host = Host()
        host.answers["/api/ps"] = error
        assert await problem_of(host) is Problem.SILENT

    async def test_a_slow_host_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ollama, "SECONDS", 0.1)
        host = Host()
        host.seconds = 30
        began = time.monotonic()
        assert await problem_of(host) is Problem.SILENT
        assert time.monotonic() - began < 5


async def test_a_host_that_drips_over_a_real_socket_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time for a read, and the whole never does."""
    monkeypatch.setattr(ollama, "SECONDS", 0.5)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port: Any = server.sockets[0].getsockname()[1]
    asked = Ollama(f"http://127.0.0.1:{port}")
    try:
        with pytest.raises(MachineError) as caught:
            await asked.look()
        assert caught.value.problem is Problem.SILENT
    finally:
        await asked.aclose()
        server.close()
