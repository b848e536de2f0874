"""Where a form may lead to afterwards: a place in this panel, whatever the address line says."""

from __future__ import annotations

HOME = "/"
_LONGEST = 2000
_FORM_PATHS = ("/sign-in", "/sign-out", "/setup", "/reset/", "/session")


def local_path(wanted: str) -> str:
    """`wanted` if it is a path of this panel, or the first page.

    Browsers take `//host` and `/\\host` for other hosts, and drop tabs and newlines from what they are given.
    """
    if len(wanted) > _LONGEST or not wanted.startswith("/") or wanted.startswith(("//", *_FORM_PATHS)):
        return HOME
    if "\\" in wanted or any(character < " " or character == "\x7f" for character in wanted):
        return HOME
    return wanted
