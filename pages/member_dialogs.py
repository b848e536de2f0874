"""What can be done to a member of the salon, each asked for in a dialog."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from auth import new_reset_token, reset_path
from components.buttons import button
from components.confirm import confirm
from components.dialog import dialog
from components.notices import done
from components.submission import Submission
from components.tag import Tag, foreign, tag
from components.viewer import Viewer, Visit
from components.wording import role_meaning, role_name
from models import Permission, Role, TenantUser
from queries import people
from queries.people import AddedMember

RANKS = (Role.OPERATOR, Role.ADMIN, Role.OWNER, Role.PLATFORM_ADMIN)
"""From the least to the most; `dashboard.role_rank` has the same order."""
LINK_HOURS = 24


def may_manage(viewer: Viewer, member: TenantUser) -> bool:
    """Whether to offer changes of a member; the database decides again when one is sent."""
    is_self = member.user_id == viewer.identity.user_id
    not_above = RANKS.index(member.role) <= RANKS.index(viewer.role)
    return viewer.may(Permission.USERS_MANAGE) and not is_self and not_above


class MemberDialogs:
    """The dialogs of one opened page; `place` is where they live."""

    def __init__(self, viewer: Viewer, visit: Visit, place: Tag) -> None:
        self._viewer = viewer
        self._tr = viewer.tr
        self._refresh = visit.pulse.ring
        self._place = place

    def add(self) -> None:
        """Add a person with a role; one with a new account gets a link to set a password next."""
        tr = self._tr

        async def write(request_id: UUID) -> AddedMember:
            return await people.add_member(
                self._viewer.door,
                request_id,
                email=(email.value or "").strip(),
                full_name=(name.value or "").strip(),
                role=Role(role.value),
            )

        async def added(member: AddedMember) -> None:
            opened.close()
            done(tr.t("{name} was added.", name=member.full_name))
            await self._refresh()
            if member.is_new_account:
                self.password_link(member)

        with self._place.clear(), dialog(tr.t("Add a person")) as opened:
            submission = Submission(tr, write, added)
            name = ui.input(tr.t("Name")).classes("field").props("outlined dense autofocus maxlength=200")
            email = ui.input(tr.t("E-mail")).classes("field")
            email.props("outlined dense type=email autocomplete=off maxlength=254")
            role = self._role_choice(Role.OPERATOR)
            submission.problem_place()
            for field in (name, email):
                field.on("keydown.enter", submission.send, [])
            with tag("div", classes="dialog-actions"):
                button(tr.t("Cancel"), opened.close)
                submission.on(button(tr.t("Add"), weight="primary"))

    def change_role(self, member: TenantUser) -> None:
        """Give a member another role."""
        tr = self._tr

        async def write(request_id: UUID) -> None:
            await people.change_role(self._viewer.door, request_id, member.user_id, Role(role.value))

        async def changed(_: None) -> None:
            opened.close()
            done(tr.t("The role was changed."))
            await self._refresh()

        with self._place.clear(), dialog(tr.t("Change the role")) as opened:
            foreign(member.full_name, "strong")
            submission = Submission(tr, write, changed)
            role = self._role_choice(member.role)
            submission.problem_place()
            with tag("div", classes="dialog-actions"):
                button(tr.t("Cancel"), opened.close)
                submission.on(button(tr.t("Change"), weight="primary"))

    def switch_off(self, member: TenantUser) -> None:
        """Switch an account off."""
        self._set_active(member, is_active=False)

    def switch_on(self, member: TenantUser) -> None:
        """Switch an account on."""
        self._set_active(member, is_active=True)

    def remove(self, member: TenantUser) -> None:
        """Take a member out of the salon."""
        tr = self._tr

        async def write(request_id: UUID) -> None:
            await people.remove_member(self._viewer.door, request_id, member.user_id)

        with self._place.clear():
            confirm(
                tr,
                title=tr.t("Remove {name} from the salon?", name=member.full_name),
                consequence=tr.t(
                    "They can no longer open {salon}. The account stays, and you can add them again.",
                    salon=self._viewer.tenant.name,
                ),
                action=tr.t("Remove"),
                finished=tr.t("{name} was removed.", name=member.full_name),
                write=write,
                on_done=self._refresh,
            )

    def password_link(self, member: TenantUser) -> None:
        """Make a link with which a member sets a password, and show it this once."""
        tr = self._tr
        token, token_hash = new_reset_token()

        async def write(request_id: UUID) -> str:
            expires_at = await people.issue_password_reset(
                self._viewer.door,
                request_id,
                member.user_id,
                token_hash=token_hash,
                valid_minutes=LINK_HOURS * 60,
            )
            return tr.moment(expires_at, self._viewer.tenant.time_zone, "short")

        def made(until: str) -> None:
            with content.clear():
                self._show_link(self._viewer.origin + reset_path(token), until)
                with tag("div", classes="dialog-actions"):
                    button(tr.t("Done"), opened.close)

        with self._place.clear(), dialog(tr.t("One-time password link")) as opened:
            foreign(member.full_name, "strong")
            with tag("div", classes="stack") as content:
                use = tr.n(
                    "Whoever opens the link sets a new password for the account, once, within {count} hour.",
                    "Whoever opens the link sets a new password for the account, once, within {count} hours.",
                    LINK_HOURS,
                )
                text = use + " " + tr.t("An earlier link stops working.")
                tag("p", text, "dialog-text")
                submission = Submission(tr, write, made)
                submission.problem_place()
                with tag("div", classes="dialog-actions"):
                    button(tr.t("Cancel"), opened.close)
                    submission.on(button(tr.t("Make the link"), weight="primary"))

    def _show_link(self, address: str, until: str) -> None:
        tr = self._tr
        tag("p", tr.t("Hand this over yourself. It is shown only now, and works until {time}.", time=until))
        with tag("div", classes="secret"):
            field = ui.input(value=address).classes("field grow").props("outlined dense readonly")
            field.props["aria-label"] = tr.t("One-time password link")
            button(tr.t("Copy"), lambda: self._copy(address), weight="primary", icon="content_copy")

    def _copy(self, address: str) -> None:
        ui.clipboard.write(address)
        done(self._tr.t("Copied."))

    def _set_active(self, member: TenantUser, *, is_active: bool) -> None:
        tr = self._tr

        async def write(request_id: UUID) -> None:
            await people.set_user_active(self._viewer.door, request_id, member.user_id, is_active=is_active)

        if is_active:
            title = tr.t("Switch the account of {name} on?", name=member.full_name)
            consequence = tr.t("They can sign in again, with the role that they have.")
            action, finished = tr.t("Switch on"), tr.t("The account was switched on.")
        else:
            title = tr.t("Switch the account of {name} off?", name=member.full_name)
            consequence = tr.t(
                "They are signed out everywhere at once and cannot sign in until you switch it on."
            )
            action, finished = tr.t("Switch off"), tr.t("The account was switched off.")
        with self._place.clear():
            confirm(
                tr,
                title=title,
                consequence=consequence,
                action=action,
                finished=finished,
                write=write,
                on_done=self._refresh,
                weight="primary" if is_active else "danger",
            )

    def _role_choice(self, value: Role) -> ui.radio:
        tr = self._tr
        highest = min(RANKS.index(self._viewer.role), RANKS.index(Role.OWNER))
        options = {
            role.value: f"{role_name(role, tr)}: {role_meaning(role, tr)}" for role in RANKS[: highest + 1]
        }
        with tag("fieldset", classes="roles"):
            tag("legend", tr.t("Role"), "muted")
            return ui.radio(options, value=value.value).props("dense")
