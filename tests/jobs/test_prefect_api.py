"""What the panel makes of Prefect's answers."""

from __future__ import annotations

import httpx
import pytest

from errors import AppError, NotFound, NotReady, Unavailable
from jobs import prefect_api
from jobs.prefect_api import Prefect


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefect_api, "RETRY_PAUSES", (0, 0, 0))


def answering(
    *answers: httpx.Response | Exception, auth: str | None = None
) -> tuple[Prefect, list[httpx.Request]]:
    """A server that gives these answers in turn, and then the last one for ever."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = answers[min(len(asked), len(answers)) - 1]
        if isinstance(given, Exception):
            raise given
        return given

    return Prefect("http://prefect.test/api", auth, transport=httpx.MockTransport(answer)), asked


LOCKED = httpx.Response(503, json={"exception_message": "Service Unavailable"})
HUNG_UP = httpx.RemoteProtocolError("Server disconnected without sending a response.")


@pytest.mark.parametrize("first", [LOCKED, HUNG_UP], ids=["locked", "hung up"])
async def test_asks_again_where_nothing_was_done(first: httpx.Response | Exception) -> None:
    prefect, asked = answering(first, first, httpx.Response(200, json={"id": "x"}))
    assert await prefect.post("/deployments/x/create_flow_run", {"idempotency_key": "k"}) == {"id": "x"}
    assert [request.content for request in asked] == [b'{"idempotency_key":"k"}'] * 3


@pytest.mark.parametrize(
    ("answer", "error", "times"),
    [
        (LOCKED, Unavailable, 4),
        (HUNG_UP, Unavailable, 4),
        (httpx.ConnectError("refused"), Unavailable, 1),
        (httpx.ReadTimeout("slow"), Unavailable, 1),
        (httpx.Response(500), Unavailable, 1),
        (httpx.Response(200, text="<html>"), Unavailable, 1),
        (httpx.Response(401), NotReady, 1),
        (httpx.Response(404), NotFound, 1),
    ],
    ids=["locked", "hung up", "refused", "slow", "500", "no JSON", "401", "404"],
)
async def test_says_what_is_wrong(
    answer: httpx.Response | Exception, error: type[AppError], times: int
) -> None:
    prefect, asked = answering(answer)
    with pytest.raises(error):
        await prefect.get("/flow_runs/x")
    assert len(asked) == times


async def test_sends_its_password_and_goes_along_when_the_server_moves() -> None:
    prefect, asked = answering(httpx.Response(204), auth="panel:a:b")
    await prefect.delete("/flow_runs/x")
    prefect.move("http://127.0.0.1:5/api")
    await prefect.delete("/flow_runs/x")
    assert [str(request.url) for request in asked] == [
        "http://prefect.test/api/flow_runs/x",
        "http://127.0.0.1:5/api/flow_runs/x",
    ]
    assert asked[0].headers["authorization"] == "Basic cGFuZWw6YTpi"
