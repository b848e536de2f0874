"""How machines come in, and what becomes of what they tell: keys and rules. Reached from the settings."""

from __future__ import annotations

from collections.abc import Callable

from components.buttons import link
from components.tag import icon, tag
from components.viewer import Viewer, Visit, salon_url
from components.widget import Widget
from pages.access_kept import Kept
from pages.access_keys import Keys
from pages.access_patterns import Patterns
from pages.access_prices import Prices
from pages.access_rates import Rates
from pages.access_rules import OpenRules
from queries.telemetry_rules import Rules


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    tr = viewer.tr
    with tag("nav", classes="page-about").attribute("aria-label", tr.t("Where this page is")):
        address = salon_url(viewer.tenant.tenant_id, "settings", visit.period.query)
        with link("", address, "link back-link"):
            icon("arrow_back")
            tag("span", tr.t("Settings"))
    dialogs = tag("div", classes="dialogs")
    with tag("div", classes="access"):
        Keys(viewer, visit, dialogs)
        rules = OpenRules(viewer, visit, dialogs)
        Widget(viewer, visit, rules.read, lambda _: _draw(rules), height="480px")


def _draw(rules: OpenRules) -> Callable[[Rules], None]:
    with tag("div", classes="access"):
        parts = (Kept(rules), Patterns(rules), Prices(rules), Rates(rules))

    def show(_: Rules) -> None:
        for part in parts:
            part.show()

    return show
