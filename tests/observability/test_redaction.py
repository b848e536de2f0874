"""What must never be read in a log, however it got there."""

from __future__ import annotations

import time

import pytest

from observability.redaction import scrub, scrub_value

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
HOSTILE = {
    "a token": (f"refused: {JWT}", "c2lnbmF0dXJl"),
    "a token without its end": ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOi", "eyJ"),
    "a header": (f"Authorization: Bearer {JWT}", "eyJ"),
    "a header of another kind": ("authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
    "an opaque bearer token": ("sent bearer hunter2hunter2", "hunter2"),
    "headers as a client holds them": ("[(b'apikey', b'hunter2'), (b'accept', b'*/*')]", "hunter2"),
    "headers as a mapping": ("{'apikey': 'hunter2', 'accept': '*/*'}", "hunter2"),
    "headers as JSON": ('{"apikey": "hunter2"}', "hunter2"),
    "JSON in JSON": (r'"{\"password\": \"hunter2 and more\"}"', "hunter2"),
    "a query": ("GET /rest/v1/x?apikey=hunter2&select=*", "hunter2"),
    "a publishable key": ("key sb_publishable_hunter2-hunter2", "hunter2"),
    "a secret key": ("key sb_secret_hunter2hunter2", "hunter2"),
    "an address with a password": ("postgresql://postgres:hunter2@db.abc.co:5432/x", "hunter2"),
    "a password that should have been encoded": ("postgres://me:hun@ter2:/#@db:5432/x", "ter2"),
    "an address of Redis": ("redis://:hunter2@redis:6379/0", "hunter2"),
    "a connection string": ("host=db user=me password=hunter2 dbname=x", "hunter2"),
    "a quoted password": ("password='hunter2 hunter2'", "hunter2"),
    "a cookie": ("Cookie: agent_p_session=hunter2", "hunter2"),
    "a cookie being set": ("set-cookie: agent_p_session=hunter2; HttpOnly", "hunter2"),
    "an e-mail address": ("no such user: anna.smirnova+x@salon.example", "smirnova"),
    "a constraint": ("Key (phone, name)=(+79990001122, Anna) already exists", "Anna"),
    "a row": ("Failing row contains (17, Anna (VIP), +79990001122, null).", "+7999"),
    "a value of a model": (
        "name\n  Input should be valid [type=int, input_value='Anna', input_type=str]",
        "Anna",
    ),
}
HARMLESS = (
    "Applied 44 migrations, up to 20261121106000_live_feed",
    "Sign-in refused for o***@demo.local from 127.0.0.1: wrong_password",
    "Realtime is at http://127.0.0.1:46819",
    "GET /s/{tenant_id}/{page} 200 in 12.1 ms",
    "Nobody can sign in yet: open /setup. From another machine, the code is ABCDEFGH12345678",
    "The database does not answer; open pages stay until their sessions expire",
    'File "/app/data.py", line 12, in _read',
)


@pytest.mark.parametrize("name", HOSTILE)
def test_secrets_and_people_are_taken_out(name: str) -> None:
    text, secret = HOSTILE[name]
    assert secret in text
    assert secret not in scrub(text)
    assert "[redacted]" in scrub(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert scrub(text) == text


def test_fields_are_looked_through_whatever_they_hold() -> None:
    class Quoting:
        def __str__(self) -> str:
            return "password=hunter2"

    scrubbed = scrub_value(
        {
            "number": 1,
            "nothing": None,
            "list": ["Bearer hunter2", ("apikey=hunter2",)],
            "object": Quoting(),
            "access_token": "hunter2",
            "X-Api-Key": 12345,
            "anna@salon.example": True,
        }
    )
    assert "hunter2" not in str(scrubbed)
    assert "12345" not in str(scrubbed)
    assert "anna" not in str(scrubbed)
    assert isinstance(scrubbed, dict)
    assert scrubbed["number"] == 1
    assert scrubbed["nothing"] is None


def test_a_long_hostile_text_takes_no_time() -> None:
    began = time.perf_counter()
    for piece in ("://a:", "eyJ", "password=", "Key (", "a@", "input_value=", "x", "'", "Bearer "):
        scrub(piece * (50_000 // len(piece)))
    assert time.perf_counter() - began < 2
