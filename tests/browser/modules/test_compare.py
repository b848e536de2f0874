"""Two runs beside each other, as the address names them."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

SHOW = """async (runs) => {
  const asked = [];
  const load = async (path) => {
    asked.push(path);
    return path.includes("/events") ? { events: [bench.event(1)] } : bench.store([]).run;
  };
  await bench.show("agent_compare", { runs, told: bench.told.compare, load, linkTo: () => "/x" });
  if (!bench.emitted().length) await bench.until(() => bench.find(".agent-compare-steps"));
  return [asked.length, bench.emitted().map(([name]) => name), bench.all(".agent-compare-name").length];
}"""


@pytest.mark.parametrize("runs", ["", "a", "a,", ",a", ","])
async def test_one_run_is_nothing_to_compare(modules: Modules, runs: str) -> None:
    assert await modules.run(SHOW, runs) == [0, ["leave"], 0]


@pytest.mark.parametrize("runs", ["a,b", "a,a", "a,b,c"])
async def test_two_runs_even_if_they_are_one(modules: Modules, runs: str) -> None:
    assert await modules.run(SHOW, runs) == [4, [], 2]
