"""`/metrics` lets in who brings the token, and nobody else."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.applications import Starlette

from api.metrics import metrics_route
from config import SettingsError, load_settings
from observability.metrics import Metrics

TOKEN = "пароль-of-the-scraper"


async def ask(token: str | None, brought: bytes | None = None) -> httpx.Response:
    app = Starlette(routes=[metrics_route(Metrics(), SecretStr(token) if token else None)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://panel.test") as scraper:
        headers = {} if brought is None else {b"Authorization": brought}
        return await scraper.get("/metrics", headers=headers)


async def test_without_a_setting_there_is_no_such_page() -> None:
    for brought in (None, b"Bearer ", b"Bearer None"):
        got = await ask(None, brought)
        assert (got.status_code, got.text) == (404, "Not Found")


@pytest.mark.parametrize(
    "brought",
    [b"", b"Bearer", b"Bearer ", b"Bearer wrong", TOKEN.encode(), b"Basic " + TOKEN.encode(), b"Bearer \xff"],
    ids=["none", "scheme", "empty", "wrong", "bare", "basic", "bytes"],
)
async def test_the_wrong_token_is_turned_away(brought: bytes) -> None:
    got = await ask(TOKEN, brought)
    assert got.status_code == 401
    assert got.headers["WWW-Authenticate"].startswith("Bearer")
    assert "panel_" not in got.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_the_right_token_gets_the_figures(scheme: str) -> None:
    got = await ask(TOKEN, f"{scheme} {TOKEN}".encode())
    assert got.status_code == 200
    assert got.headers["Content-Type"].startswith("text/plain; version=")
    assert got.headers["Cache-Control"] == "no-store"
    assert "panel_build_info" in {family.name for family in text_string_to_metric_families(got.text)}


def test_a_token_that_can_be_guessed_is_refused_at_start() -> None:
    with pytest.raises(SettingsError, match="METRICS_TOKEN: must be at least 16"):
        load_settings({"METRICS_TOKEN": "0123456789abcde"})
    assert load_settings({"METRICS_TOKEN": " "}).metrics_token is None
