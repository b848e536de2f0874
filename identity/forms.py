"""What people type into the plain forms, read within limits and cleaned."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from errors import Invalid, TooLarge

FORM_LIMIT_BYTES = 16_384
MOST_FIELDS = 20
LONGEST_EMAIL = 254
LONGEST_NAME = 120

Form = Mapping[str, str]

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
"""Characters that make the text after them read in another order than it is stored."""


async def read_form(request: Request) -> Form:
    """The fields of a posted form. Raises `TooLarge` and `Invalid`."""
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        raise Invalid("This is not a form that this page sends.", code="form_type")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT_BYTES:
            raise TooLarge("The form is too large.", advice="Shorten what you entered.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Invalid("This is not a form that this page sends.", code="form_type") from error
    return dict(pairs)


def email_of(form: Form) -> str:
    """The e-mail address, as it is compared: without spaces around it, composed, in lower case."""
    email = unicodedata.normalize("NFC", form.get("email", "").strip()).lower()
    if not email:
        raise Invalid("Enter your e-mail address.", code="email_missing", field="email")
    if len(email) > LONGEST_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise Invalid("This is not an e-mail address.", code="email_invalid", field="email")
    return email


def name_of(form: Form) -> str:
    """A person's name, in any script; characters that hide or reorder text are refused."""
    name = " ".join(unicodedata.normalize("NFC", form.get("full_name", "")).split())
    if not name:
        raise Invalid("Enter your name.", code="name_missing", field="full_name")
    is_plain = name == without_control_characters(name) and _BIDI_CONTROLS.isdisjoint(name)
    if len(name) > LONGEST_NAME or not is_plain:
        raise Invalid(
            "This name is too long, or has characters in it that cannot be shown.", field="full_name"
        )
    return name


def password_of(form: Form, field: str = "password") -> str:
    """A password, to the letter."""
    password = form.get(field, "")
    if not password:
        raise Invalid("Enter the password.", code="password_missing", field=field)
    return password


def without_control_characters(text: str) -> str:
    """What can be shown of a text; NUL and its like have no place in HTML."""
    return "".join(character for character in text if unicodedata.category(character) != "Cc")
