"""The signed-in person: who they are here, how the panel looks to them, and the way out."""

from __future__ import annotations

from components.buttons import leaving_link
from components.menu import menu
from components.preferences import Preferences
from components.tag import foreign, icon, tag
from components.viewer import Person
from components.wording import role_name
from models import Role


class UserMenu:
    """A round button with initials, and the menu behind it."""

    def __init__(self, person: Person, preferences: Preferences) -> None:
        self._tr = tr = person.tr
        name = person.identity.full_name or person.identity.email
        with tag("button", classes="avatar-button") as opener:
            opener.attribute("aria-label", tr.t("Account of {name}", name=name))
            tag("span", initials(name), "avatar").props("aria-hidden=true")
            with menu(opener, tr.t("Account of {name}", name=name), align_right=True).classes("user-menu"):
                with tag("div", classes="menu-head"):
                    foreign(name, "menu-title")
                    foreign(person.identity.email, "menu-detail")
                    self._role = tag("span", classes="badge")
                tag("hr", classes="menu-line")
                preferences.controls()
                tag("hr", classes="menu-line")
                with leaving_link("", "/account/password", "menu-link"):
                    icon("key")
                    tag("span", tr.t("Change password"))
                # A plain form: a socket cannot take the session's cookie away, an answer to a POST can.
                with tag("form").props("method=post action=/sign-out"), tag("button", classes="menu-link"):
                    icon("logout")
                    tag("span", tr.t("Sign out"))

    def show_role(self, role: Role | None) -> None:
        """Say what the person is in the salon that is open."""
        self._role.set_text(role_name(role, self._tr) if role else "")
        self._role.set_visibility(role is not None)


def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    words = name.partition("@")[0].replace(".", " ").split()
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join(letters[:2]).upper() or "?"
