"""The people of the salon: who they are, what they may do, and changing that."""

from __future__ import annotations

from collections.abc import Callable

from components import states
from components.buttons import button
from components.menu import menu
from components.table import Table
from components.tag import Tag, foreign, icon, tag
from components.viewer import Viewer, Visit
from components.widget import Widget
from components.wording import role_meaning, role_name
from models import Permission, TenantUser
from pages.member_dialogs import MemberDialogs, may_manage
from queries import people


def build(viewer: Viewer, visit: Visit) -> None:
    """Draw the page."""
    tr = viewer.tr
    # Dialogs live in a place of their own: in the table's, they would vanish when it is drawn anew.
    dialogs = MemberDialogs(viewer, visit, tag("div", classes="dialogs"))
    with tag("div", classes="toolbar"):
        tag("p", tr.t("Everybody who can open this salon in the panel."), "page-about muted grow")
        if viewer.may(Permission.USERS_MANAGE):
            button(tr.t("Add a person"), dialogs.add, weight="primary", icon="person_add")
    Widget(
        viewer,
        visit,
        lambda: people.members(viewer.door),
        lambda members: _draw(viewer, dialogs, members),
        height="320px",
    )


def _draw(viewer: Viewer, dialogs: MemberDialogs, members: list[TenantUser]) -> None:
    tr = viewer.tr
    with tag("div", classes="card card-flush"):
        if not members:
            states.empty(
                tr.t("Nobody is in this salon yet"),
                tr.t("Add its owner first; owners add the others."),
                picture="group",
            )
            return
        columns = [tr.t("Name"), tr.t("Role"), tr.t("Account"), tr.t("Last seen"), tr.t("Actions")]
        table = Table(tr.t("People"), columns)
        for member in members:
            _row(viewer, dialogs, table, member)


def _row(viewer: Viewer, dialogs: MemberDialogs, table: Table, member: TenantUser) -> None:
    tr = viewer.tr
    is_self = member.user_id == viewer.identity.user_id
    with table.row():
        with table.cell("cell-main"), tag("div", classes="stack"):
            with tag("span"):
                foreign(member.full_name, "strong")
                if is_self:
                    tag("span", tr.t("you"), "badge")
            foreign(member.email, "muted")
        with table.cell():
            tag("span", role_name(member.role, tr)).attribute("title", role_meaning(member.role, tr))
        with table.cell():
            if member.is_active:
                tag("span", tr.t("on"), "status status-good")
            else:
                tag("span", tr.t("switched off"), "status status-off")
        seen = (
            tr.moment(member.last_seen_at, viewer.tenant.time_zone, "short") if member.last_seen_at else "—"
        )
        table.text(seen, "muted nowrap tabular")
        with table.cell("cell-actions"):
            if may_manage(viewer, member):
                _actions(viewer, dialogs, member)


def _actions(viewer: Viewer, dialogs: MemberDialogs, member: TenantUser) -> None:
    tr = viewer.tr
    with tag("button", classes="row-button") as opener:
        name = tr.t("Actions for {name}", name=member.full_name)
        opener.attribute("aria-label", name)
        icon("more_horiz")
        with menu(opener, name, align_right=True).props("auto-close"):
            _action(tr.t("Change the role"), "badge", lambda: dialogs.change_role(member))
            if member.is_active:
                _action(tr.t("One-time password link"), "key", lambda: dialogs.password_link(member))
                _action(tr.t("Switch the account off"), "block", lambda: dialogs.switch_off(member))
            else:
                _action(tr.t("Switch the account on"), "check_circle", lambda: dialogs.switch_on(member))
            _action(tr.t("Remove from the salon"), "person_remove", lambda: dialogs.remove(member)).classes(
                "is-danger"
            )


def _action(words: str, picture: str, act: Callable[[], None]) -> Tag:
    with tag("button", classes="menu-link").props("type=button") as made:
        icon(picture)
        tag("span", words)
    made.on("click", act, [])
    return made
