"""The door to Supabase, with a server in its place that answers as told."""

import json
import logging
from collections.abc import Callable
from datetime import date
from uuid import UUID

import httpx
import pytest

import data
from data import Supabase
from errors import (
    AppError,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    SignInRequired,
    Unavailable,
    Unexpected,
)
from models import Model

Handler = Callable[[httpx.Request], httpx.Response]


class Row(Model):
    number: int


def rows(*numbers: int) -> list[dict[str, int]]:
    return [{"number": number} for number in numbers]


def refusal(code: str, message: str = "", status: int = 400, **more: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": message, **more})


def door(handler: Handler) -> data.Door:
    supabase = Supabase("http://project.invalid", "publishable", transport=httpx.MockTransport(handler))
    return supabase.door(lambda: "token-of-the-person")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "RETRY_PAUSES", (0.0, 0.0))


async def test_a_request_carries_key_token_and_schema() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=rows(1))

    assert await door(answer).rows(
        "numbers", Row, where={"number": "gte.1"}, order="number.desc", limit=5
    ) == [Row(number=1)]
    assert seen[0].headers["authorization"] == "Bearer token-of-the-person"
    assert seen[0].headers["apikey"] == "publishable"
    assert seen[0].headers["accept-profile"] == "dashboard"
    assert dict(seen[0].url.params) == {
        "select": "*",
        "number": "gte.1",
        "order": "number.desc",
        "limit": "5",
    }


async def test_the_token_is_asked_for_at_each_call() -> None:
    tokens = iter(["first", "second"])
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json=[])

    supabase = Supabase("http://project.invalid", "key", transport=httpx.MockTransport(answer))
    person = supabase.door(lambda: next(tokens))
    await person.rows("numbers", Row)
    await person.rows("numbers", Row)
    assert seen == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("cap", [100, 250, 1000])
async def test_every_row_is_read_however_short_the_server_cuts(cap: int) -> None:
    everything = list(range(1, 1235))

    def answer(request: httpx.Request) -> httpx.Response:
        after = int(request.url.params.get("number", "gt.0").removeprefix("gt."))
        return httpx.Response(200, json=rows(*[n for n in everything if n > after][:cap]))

    found = [row.number async for row in door(answer).every("numbers", Row, key="number")]
    assert found == everything


@pytest.mark.parametrize("cap", [100, 250, 1000])
async def test_a_function_s_rows_are_read_however_short_the_server_cuts(cap: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return httpx.Response(200, json=rows(*range(2100)[offset:][:cap]))

    assert len(await door(answer).read("numbers", Row)) == 2100


async def test_arguments_travel_as_json_has_them_and_none_stays_behind() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    request_id = UUID("00000000-0000-0000-0000-000000000001")
    await door(answer).read("figures", Row, from_day=date(2026, 11, 1), currency=None)
    await door(answer).call("save", request_id=request_id, wanted=True, hashes=["a"], note=None)
    assert dict(seen[0].url.params) == {"from_day": "2026-11-01"}
    assert json.loads(seen[1].content) == {"request_id": str(request_id), "wanted": True, "hashes": ["a"]}


async def test_count_asks_the_database() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "HEAD"
        assert "count=exact" in request.headers["prefer"]
        return httpx.Response(206, headers={"content-range": "0-0/4321"})

    assert await door(answer).count("numbers", where={"number": "gt.1"}) == 4321


@pytest.mark.parametrize(
    ("response", "kind", "code"),
    [
        (refusal("42501", "permission denied", 403), NotAllowed, "not_allowed"),
        (refusal("PGRST301", "JWT expired", 401), SignInRequired, "sign_in_required"),
        (refusal("PGRST303", "JWT expired", 401), SignInRequired, "sign_in_required"),
        (refusal("57014", "canceling statement", 500), Unavailable, "too_slow"),
        (refusal("PGRST002", "no schema cache", 503), Unavailable, "unavailable"),
        (refusal("53300", "too many connections", 503), Unavailable, "unavailable"),
        (httpx.Response(502, text="<html>Bad gateway</html>"), Unavailable, "unavailable"),
        (refusal("22P02", "invalid input syntax"), Invalid, "invalid"),
        (refusal("23514", "check constraint"), Invalid, "invalid"),
        (refusal("23505", "duplicate key", 409), Conflict, "conflict"),
        (refusal("PT403", "not_allowed", 403, details="No.", hint="Ask."), NotAllowed, "not_allowed"),
        (refusal("PT404", "person_not_found", 404, details="No."), NotFound, "person_not_found"),
        (refusal("PT409", "already_member", 409, details="No."), Conflict, "already_member"),
        (refusal("PT422", "email_invalid", 422, details="No."), Invalid, "email_invalid"),
        (refusal("XX000", "internal error", 500), Unexpected, "unexpected"),
        (refusal("PGRST202", "no such function", 404), Unavailable, "not_migrated"),
        (refusal("PGRST205", "no such table", 404), Unavailable, "not_migrated"),
        (refusal("PGRST106", "Invalid schema: dashboard", 406), Unavailable, "schema_not_exposed"),
        (refusal("PGRST301", "No suitable key was found", 401), Unavailable, "token_not_trusted"),
        (httpx.Response(401, json={"message": "Invalid API key"}), Unavailable, "key_refused"),
        (httpx.Response(404, json={"detail": "Not Found"}), Unavailable, "not_supabase"),
        (httpx.Response(404, text="<html>Nothing here</html>"), Unavailable, "not_supabase"),
        (httpx.Response(200, html="<html>Welcome</html>"), Unavailable, "not_supabase"),
        (httpx.Response(540, text="<html>Paused</html>"), Unavailable, "unavailable"),
    ],
)
async def test_a_refusal_becomes_an_application_error(
    response: httpx.Response, kind: type[AppError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        await door(lambda _: response).call("save")
    assert refused.value.code == code


async def test_our_own_refusals_bring_their_sentence_and_the_next_step() -> None:
    answer = refusal("PT409", "last_owner", 409, details="The last owner.", hint="Name another first.")
    with pytest.raises(Conflict) as refused:
        await door(lambda _: answer).call("remove_member")
    assert (refused.value.message, refused.value.advice) == ("The last owner.", "Name another first.")


class Failing:
    """Fails a number of times, then answers."""

    def __init__(self, failures: int, failure: httpx.Response | Exception) -> None:
        self.left = failures
        self.failure = failure
        self.requests = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.left:
            self.left -= 1
            if isinstance(self.failure, Exception):
                raise self.failure
            return self.failure
        return httpx.Response(200, json=rows(7))


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), refusal("PGRST001", "away", 503)])
async def test_a_read_is_tried_again_and_a_write_never(failure: httpx.Response | Exception) -> None:
    server = Failing(2, failure)
    assert await door(server).rows("numbers", Row) == [Row(number=7)]
    assert server.requests == 3
    server = Failing(1, failure)
    with pytest.raises(Unavailable):
        await door(server).call("save")
    assert server.requests == 1


async def test_a_read_gives_up_after_its_tries_and_never_repeats_a_slow_one() -> None:
    away = Failing(99, httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable):
        await door(away).read("figures", Row)
    assert away.requests == 3
    slow = Failing(99, refusal("57014", "canceling statement", 500))
    with pytest.raises(Unavailable):
        await door(slow).read("figures", Row)
    assert slow.requests == 1


async def test_a_row_that_does_not_fit_is_reported_without_its_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = httpx.Response(200, json=[{"number": "what a client wrote"}])
    with caplog.at_level(logging.ERROR), pytest.raises(Unexpected) as refused:
        await door(lambda _: answer).rows("numbers", Row)
    assert refused.value.error_id in caplog.text
    assert "what a client wrote" not in caplog.text


@pytest.mark.parametrize(("status", "kind"), [(403, NotAllowed), (503, Unavailable), (404, Unexpected)])
async def test_a_count_is_refused_without_a_code(status: int, kind: type[AppError]) -> None:
    with pytest.raises(kind):
        await door(lambda _: httpx.Response(status)).count("numbers")


async def test_what_only_the_operator_can_mend_is_asked_once_and_put_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Failing(99, refusal("PGRST106", "Invalid schema: dashboard", 406))
    with pytest.raises(Unavailable):
        await door(server).rows("numbers", Row)
    assert server.requests == 1
    assert "exposed schemas" in caplog.text
