"""People and machines who never stop asking, and write down whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

from demo.accounts import PASSWORD

PAUSE_SECONDS = 0.1


class Traffic:
    """What is asked at one address, and how it was answered."""

    def __init__(self, url: str, salon: str) -> None:
        self._url = url
        self._salon = salon
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """All of it at once, until the block ends; what is under way then is still awaited."""
        stop = asyncio.Event()
        asked = [
            self._again_and_again("page", self._page, "owner@demo.local", stop),
            self._again_and_again("export", self._export, "admin@demo.local", stop),
            self._again_and_again("sign-in", self._sign_in_and_out, None, stop),
            self._again_and_again("form", self._form, None, stop),
            self._again_and_again("health", self._health, None, stop),
        ]
        tasks = [asyncio.create_task(one) for one in asked]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def _again_and_again(
        self,
        name: str,
        ask: Callable[[httpx.AsyncClient], Awaitable[None]],
        person: str | None,
        stop: asyncio.Event,
    ) -> None:
        headers = {"origin": self._url, "accept": "text/html", "accept-language": "en"}
        async with httpx.AsyncClient(base_url=self._url, headers=headers, timeout=30) as client:
            if person is not None:
                await self._sign_in(client, person)
            while not stop.is_set():
                try:
                    await ask(client)
                except (httpx.HTTPError, AssertionError) as error:
                    self.failed.append(f"{name}: {error!r}")
                self.done[name] += 1
                await asyncio.sleep(PAUSE_SECONDS)

    async def _sign_in(self, client: httpx.AsyncClient, email: str) -> None:
        answer = await client.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/"), answer.status_code

    async def _page(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"/s/{self._salon}/users")
        assert answer.status_code == 200, answer.status_code
        assert "/_nicegui/" in answer.text

    async def _export(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"/s/{self._salon}/dialogues/export.csv?period=all")
        assert answer.status_code == 200, answer.status_code
        assert answer.text.count("\n") > 10

    async def _sign_in_and_out(self, client: httpx.AsyncClient) -> None:
        await self._sign_in(client, "operator@demo.local")
        assert (await client.get("/session")).status_code == 204
        answer = await client.post("/sign-out")
        assert answer.headers["location"].startswith("/sign-in"), answer.status_code
        assert (await client.get("/session")).status_code == 401

    async def _form(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/sign-in", data={"email": "", "password": ""})
        assert answer.status_code == 422, answer.status_code

    async def _health(self, client: httpx.AsyncClient) -> None:
        for path in ("/healthz", "/sign-in"):
            answer = await client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
