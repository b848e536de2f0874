"""The signed-in person: who they are here, how the panel looks to them, and the way out."""

from __future__ import annotations

from components.buttons import leaving_link
from components.lazy_menu import LazyMenu
from components.preferences import Preferences
from components.tag import foreign, icon, tag
from components.viewer import Person
from components.wording import role_name
from models import Role


class UserMenu:
    """A round button with initials, and the menu behind it."""

    def __init__(self, person: Person, preferences: Preferences) -> None:
        self._tr = tr = person.tr
        self._person = person
        self._preferences = preferences
        self._role: Role | None = None
        self._name = person.identity.full_name or person.identity.email
        words = tr.t("Account of {name}", name=self._name)
        with tag("button", initials(self._name), "avatar") as opener:
            opener.attribute("aria-label", words)
            LazyMenu(tr, opener, words, self._read_role, self._draw, align_right=True)

    def show_role(self, role: Role | None) -> None:
        """Say what the person is in the salon that is open."""
        self._role = role

    async def _read_role(self) -> Role | None:
        return self._role

    def _draw(self, role: Role | None) -> None:
        tr = self._tr
        with tag("div", classes="user-menu"):
            with tag("div", classes="menu-head"):
                foreign(self._name, "menu-title")
                foreign(self._person.identity.email, "menu-detail")
                if role is not None:
                    tag("span", role_name(role, tr), "badge")
            tag("hr", classes="menu-line")
            self._preferences.controls()
            tag("hr", classes="menu-line")
            with leaving_link("", "/account/password", "menu-link"):
                icon("key")
                tag("span", tr.t("Change password"))
            # A plain form: a socket cannot take the session's cookie away, an answer to a POST can.
            with tag("form").props("method=post action=/sign-out"), tag("button", classes="menu-link"):
                icon("logout")
                tag("span", tr.t("Sign out"))


def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    words = name.partition("@")[0].replace(".", " ").split()
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join(letters[:2]).upper() or "?"
