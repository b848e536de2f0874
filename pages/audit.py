"""Who did what in the salon, latest first."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from components import states
from components.buttons import link
from components.table import Table
from components.tag import foreign, tag
from components.viewer import Viewer, Visit, salon_url
from components.widget import Widget
from errors import Invalid
from models import AuditEntry, Permission
from pages.audit_words import action_name, detail_words
from queries import audit, people

Page = tuple[list[AuditEntry], bool, Mapping[UUID, str]]


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page. `?before=<number>` shows the entries older than that one."""
    before = _before(visit.query.get("before"))
    zone = viewer.tenant.time_zone
    about = (
        viewer.tr.t("Kept by the database, where nobody can change it"),
        viewer.tr.t("time zone {zone}", zone=zone),
    )
    tag("p", " · ".join(about), "page-about muted")

    async def read() -> Page:
        entries, has_older = await audit.page(viewer.door, before)
        names: dict[UUID, str] = {}
        if viewer.may(Permission.USERS_READ):
            names = {member.user_id: member.full_name for member in await people.members(viewer.door)}
        return entries, has_older, names

    Widget(viewer, visit, read, lambda page: _draw(viewer, visit, before, page), height="480px")


def _draw(viewer: Viewer, visit: Visit, before: int | None, page: Page) -> None:
    tr = viewer.tr
    entries, has_older, names = page
    newest = salon_url(viewer.tenant.tenant_id, visit.page, visit.period.query)
    if not entries and before is None:
        with tag("div", classes="card"):
            states.empty(tr.t("Nothing has been done yet"), tr.t("Sign-ins and changes will be listed here."))
        return
    if not entries:
        with tag("div", classes="card"):
            states.no_match(
                tr.t("There is nothing older"),
                tr.t("This was the end."),
                action=(tr.t("To the latest"), newest),
            )
        return
    with tag("div", classes="card card-flush"):
        table = Table(
            tr.t("Audit log"), [tr.t("Time"), tr.t("Who"), tr.t("What"), tr.t("Details"), tr.t("Address")]
        )
        for entry in entries:
            _row(viewer, table, entry, names)
    with tag("nav", classes="pager").attribute("aria-label", tr.t("Pages of the log")):
        if before is not None:
            link(tr.t("To the latest"), newest, "button button-quiet")
        if has_older:
            query = {**visit.period.query, "before": str(entries[-1].audit_id)}
            link(tr.t("Older"), salon_url(viewer.tenant.tenant_id, visit.page, query), "button button-quiet")


def _row(viewer: Viewer, table: Table, entry: AuditEntry, names: Mapping[UUID, str]) -> None:
    tr = viewer.tr
    with table.row():
        table.text(tr.moment(entry.occurred_at, viewer.tenant.time_zone), "nowrap tabular")
        with table.cell():
            if entry.actor_name:
                foreign(entry.actor_name)
            else:
                tag("span", tr.t("nobody signed in"), "muted")
        table.text(action_name(entry.action, tr))
        with table.cell("muted"):
            foreign(detail_words(entry, names, tr))
        with table.cell("muted tabular nowrap"):
            foreign(entry.address or "—")


def _before(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(
            "The address asks for a place in the log that does not exist.",
            code="audit_place_unknown",
            advice="Open the log from the menu.",
        )
    return int(text)
