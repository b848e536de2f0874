"""The salon's time zone, currency and working hours, and how the panel looks to the reader."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from nicegui import ui

from components import choices
from components.buttons import button, leaving_link, link
from components.notices import done
from components.select_field import select_field
from components.submission import Submission
from components.tag import foreign, tag
from components.viewer import Viewer, Visit, salon_url
from components.wording import role_meaning, role_name
from models import Permission
from queries import tenants


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    with tag("div", classes="sections"):
        _salon(viewer)
        _account(viewer, visit)
        if viewer.may(Permission.TENANT_CONFIGURE):
            _agents(viewer, visit)


def _salon(viewer: Viewer) -> None:
    tr, tenant = viewer.tr, viewer.tenant
    with tag("section", classes="card section"):
        tag("h2", tr.t("Salon"), "card-title")
        foreign(tenant.name, "section-name")
        if not viewer.may(Permission.TENANT_CONFIGURE):
            _fact(tr.t("Time zone"), tenant.time_zone)
            _fact(tr.t("Currency"), tenant.currency)
            _fact(tr.t("Working hours"), f"{tenant.opens_at:%H:%M} – {tenant.closes_at:%H:%M}")
            tag("p", tr.t("An owner or administrator of the salon can change these."), "muted")
            return
        tag("p", tr.t("Days and figures on every page follow these two."), "muted")
        zones = choices.time_zones(tr.locale, viewer.now(), tenant.time_zone)
        zone = select_field(tr.t("Time zone"), zones, tenant.time_zone)
        currency = select_field(tr.t("Currency"), choices.currencies(tr.locale), tenant.currency)
        about_hours = tr.t("Bookings that the bot makes outside working hours are counted on the overview.")
        tag("p", about_hours, "muted")
        opens = _time(tr.t("Opens at"), tenant.opens_at)
        closes = _time(tr.t("Closes at"), tenant.closes_at)

        async def write(request_id: UUID) -> None:
            wanted = tenants.Settings(
                time_zone=str(zone.value or ""),
                currency=str(currency.value or ""),
                opens_at=str(opens.value or ""),
                closes_at=str(closes.value or ""),
            )
            await tenants.save_settings(viewer.door, request_id, wanted)

        def saved(_: None) -> None:
            done(tr.t("Saved. Every page shows the salon by these settings now."))

        submission = Submission(tr, write, saved)
        submission.problem_place()
        submission.on(button(tr.t("Save"), weight="primary"))


def _account(viewer: Viewer, visit: Visit) -> None:
    tr, identity = viewer.tr, viewer.identity
    with tag("section", classes="card section"):
        tag("h2", tr.t("You"), "card-title")
        foreign(identity.full_name, "section-name")
        _fact(tr.t("E-mail"), identity.email)
        _fact(tr.t("Role in this salon"), role_name(viewer.role, tr))
        tag("p", role_meaning(viewer.role, tr), "muted")
        visit.preferences.controls()
        leaving_link(tr.t("Change password"), "/account/password", "button button-quiet")


def _agents(viewer: Viewer, visit: Visit) -> None:
    tr = viewer.tr
    with tag("section", classes="card section"):
        tag("h2", tr.t("Agents"), "card-title")
        about = tr.t(
            "Keys for agents and other programs; what is kept of what they send, what is removed, and what "
            "calls of models cost."
        )
        tag("p", about, "muted")
        address = salon_url(viewer.tenant.tenant_id, "access", visit.period.query)
        link(tr.t("Keys and rules"), address, "button button-quiet")


def _time(label: str, value: time) -> ui.input:
    field = ui.input(label, value=value.isoformat("minutes")).classes("field")
    field.props("type=time outlined dense stack-label")
    return field


def _fact(name: str, value: str) -> None:
    with tag("div", classes="fact"):
        tag("span", name, "muted")
        foreign(value)
