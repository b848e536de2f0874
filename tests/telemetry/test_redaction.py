"""What must never be stored, wherever an agent put it; and what must stay as it is, letter for letter.

Every example is put together here: none is a key that was ever valid, and none lies in this file whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector

from telemetry.events import Event, Kind, Message, Payload, Phase, Problem, Routing, Status
from telemetry.redaction import Redactor
from telemetry.redaction_formats import NOT_USED

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EVENT = Event("e1", "s1", Kind.MODEL_CALL, Phase.ENDED, Status.SUCCEEDED, "chat", AT)
REDACTOR = Redactor()


def made(length: int, letters: str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") -> str:
    """Random-looking letters, the same every time, a digit among them."""
    codes = b"".join(hashlib.sha256(bytes([length, turn])).digest() for turn in range(length // 32 + 1))
    return "".join(letters[code % len(letters)] for code in codes)[: length - 1] + "7"


HEX = "0123456789abcdef"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def segment(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


JWT = ".".join((segment({"alg": "HS256", "typ": "JWT"}), segment({"sub": "somebody", "iat": 1}), made(43)))
PEM_BODY = "\n".join(made(64) for _ in range(3)) + "\n" + made(22) + "=="
PEM = f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{PEM_BODY}\n-----END RSA {'PRIVATE'} KEY-----"
HUNTER = "hunter" + "2xyzzy"
BASIC = base64.b64encode(f"anna:{HUNTER}".encode()).decode()
VISA = "4111 1111 " + "1111 1111"
MIR = "2200 0000 " + "0000 0004"

TEXTS: dict[str, tuple[str, str, str]] = {
    "an AWS key": ("refused {}", "AKIA" + made(16, UPPER), "AWS Access Key"),
    "a GitHub token": ("git said {}", "ghp_" + made(36), "GitHub Token"),
    "a GitLab token": ("see {} there", "glpat-" + made(20), "GitLab Token"),
    "a Telegram token": ("https://api.telegram.org/bot{}/sendMessage", "123456789:" + made(35), "Telegram"),
    "a SendGrid key": ("mail {}", f"SG.{made(22)}.{made(43)}", "SendGrid"),
    "a Stripe key": ("pay {}", "sk_" + "live_" + made(24), "Stripe"),
    "a Stripe test key": ("pay {}", "sk_" + "test_" + made(24), "API key"),
    "a Slack token": ("x {}", "xoxb-" + "1234567890-" + made(24, HEX), "Slack"),
    "a Slack webhook": ("x {}", f"https://hooks.slack.com/services/T{made(8)}/B{made(8)}/{made(9)}", "Slack"),
    "a PyPI token": ("x {}", "pypi-" + "AgEIcHlwaS5vcmc" + made(80), "PyPI"),
    "an OpenAI key": ("Incorrect one: {}.", f"sk-{made(20)}T3Blbk" + f"FJ{made(20)}", "OpenAI Token"),
    "an OpenAI project key": ("Incorrect API key: {}", "sk-" + "proj-" + made(60), "API key"),
    "an Anthropic key": ("x-header {}", "sk-" + "ant-api03-" + made(90), "API key"),
    "an OpenRouter key": ("key {}", "sk-" + "or-v1-" + made(64, HEX), "API key"),
    "a LiteLLM key": ("key={}", "sk-" + made(22), "API key"),
    "a Google key": ("no {} no", "AIza" + made(35), "API key"),
    "a Hugging Face token": ("no {} no", "hf_" + made(34), "API key"),
    "a Groq key": ("no {} no", "gsk_" + made(52), "API key"),
    "a Supabase key": ("key {}", "sb_" + "secret_" + made(30), "API key"),
    "a Yandex key": ("Api-Key {}", "AQVN" + made(36), "API key"),
    "a key after an escaped line": (r"line\n{}", "sk-" + "proj-" + made(60), "API key"),
    "a web token": ("refused: {}", JWT, "JSON Web Token"),
    "a web token that was cut": ("got {}", JWT[:70], "JSON Web Token"),
    "a web token that lost its beginning": ("got {}", JWT.partition(".")[2], "JSON Web Token"),
    "a private key": ("before\n{}\nafter", PEM, "private key"),
    "a private key that was cut": ("before\n{}", PEM[:200], "private key"),
    "a private key that lost its beginning": ("{}\nafter", PEM[60:], "private key"),
    "a private key in JSON": ('{{"pem": "{}"}}', PEM.replace("\n", "\\n"), "private key"),
    "a private key in JSON that was cut": ('{{"pem": "{}', PEM[:200].replace("\n", "\\n"), "private key"),
    "a bearer": ("sent Bearer {}", made(30), "authorization"),
    "a bearer in a line": ("Authorization: Bearer {}\nAccept: */*", made(30), "authorization"),
    "a basic header": ("authorization: Basic {}", BASIC, "authorization"),
    "basic credentials": ("tried Basic {} twice", BASIC, "authorization"),
    "a signature of AWS": (
        "Authorization: AWS4-HMAC-SHA256 Credential=x/20261121/eu, SignedHeaders=host, Signature={}",
        made(64, HEX),
        "authorization",
    ),
    "a header of one word": ("'Authorization': '{}'", made(30), "authorization"),
    "headers as a client holds them": ("[(b'apikey', b'{}'), (b'accept', b'*/*')]", HUNTER, "API key"),
    "a cookie": ("Cookie: agent_p={}; theme=dark", made(30), "cookie"),
    "a password": ("password={}", HUNTER, "password"),
    "a password of letters": ("host=db user=me password={} dbname=x", "correcthorse", "password"),
    "a password in YAML": ("db:\n  password: {}\n  port: 5", "correcthorse", "password"),
    "a password in JSON": ('{{"password": "{}"}}', HUNTER + ", and more", "password"),
    "a password in JSON that was cut": ('{{"a": 1, "password": "{}', HUNTER + " and", "password"),
    "a password with a quote": ('{{"password": "{}"}}', r"hunter\"2 andmore", "password"),
    "a password in JSON in JSON": (r'"{{\"password\": \"{}\"}}"', HUNTER + " and more", "password"),
    "a password in JSON in JSON that was cut": (r'"{{\"password\": \"{}", then', HUNTER, "password"),
    "a token in JSON of Go": (r"https://x.test/y?sv=2024\u0026token={}", HUNTER, "token"),
    "a key between escaped quotes": (r"said \u0022{}\u0022", "sk-" + "proj-" + made(60), "API key"),
    "pairs of headers in JSON": ('[["accept", "b"], ["cookie", "{}"]]', HUNTER, "cookie"),
    "a token after an escaped line": (r"one\ntoken={}", HUNTER, "token"),
    "a secret key": ("aws_secret_access_key = {}", made(40), "API key"),
    "a key in Russian": ("API ключ: {}", made(30), "API key"),
    "a password after an escaped line": (r"one\npassword={}", HUNTER, "password"),
    "a password in words": ("my password is {} please", HUNTER, "password"),
    "a Russian password": ("Пароль: {}", HUNTER, "password"),
    "a setting": ("export OPENAI_API_KEY={}", made(30), "API key"),
    "a key in camel case": ("{{ apiKey: '{}' }}", made(30), "API key"),
    "a Python mapping": ("{{'access_token': '{}'}}", made(30), "token"),
    "a number as a key": ('{{"x-api-key": {}}}', "1234567", "API key"),
    "an address of a database": ("postgresql://postgres:{}@db.abc.co:5432/x", HUNTER, "password"),
    "an address of Redis": ("redis://:{}@redis:6379/0", HUNTER, "password"),
    "a password that should have been encoded": ("postgres://me:{}@db:5432/x", "hun@ter2:/#", "password"),
    "an address within an address": (
        "http://localhost:3000/x?to=postgres://u:{}@db", HUNTER, "password",
    ),
    "a signed address of S3": ("https://b.test/x?a=1&X-Amz-Signature={}", made(64, HEX), "signature"),
    "a signed address of Azure": ("https://x.blob.test/y?sv=2024&sig={}&se=1", made(40), "signature"),
    "a signed address in JSON of Go": (r"https://x.test/y?sv=2024\u0026sig={}", made(40), "signature"),
    "a signed address of Google": ("https://x.test/y?X-Goog-Signature={}", made(64, HEX), "signature"),
    "an address with a token": ("https://x.test/y?token={}&page=2", made(30), "token"),
    "a card": ("paid by {} today", VISA, "card number"),
    "a card without gaps": ("paid by {}.", VISA.replace(" ", ""), "card number"),
    "a card with dashes": ("paid by {}, thanks", VISA.replace(" ", "-"), "card number"),
    "a card of Mir": ("оплата картой {}", MIR, "card number"),
    "a card of American Express": ("{}", "3782 822463 " + "10005", "card number"),
    "a card after a number": ("order 5 {}", VISA, "card number"),
    "a card in JSON": ('{{"card": "{}"}}', VISA.replace(" ", ""), "card number"),
    "a card after an escaped line": (r"карта\n{}", VISA.replace(" ", ""), "card number"),
}  # fmt: skip


def test_addresses_in_a_list_keep_their_hosts() -> None:
    text = f"redis://:{HUNTER}@one.test,redis://:{HUNTER}@two.test"
    shown = "redis://:[removed: password]@one.test,redis://:[removed: password]@two.test"
    assert REDACTOR.text(text) == (shown, 2)


def test_every_plugin_of_detect_secrets_is_used_or_named_as_left_out() -> None:
    plugins: Mapping[str, type[object]] = get_mapping_from_secret_type_to_class()
    without_patterns = {kind for kind, each in plugins.items() if not issubclass(each, RegexBasedDetector)}
    assert without_patterns == {"Base64 High Entropy String", "Hex High Entropy String", "Secret Keyword"}
    assert plugins.keys() > NOT_USED


@pytest.mark.parametrize("name", TEXTS)
def test_a_secret_is_taken_out_of_a_text_and_nothing_else_is(name: str) -> None:
    frame, secret, label = TEXTS[name]
    cleaned, count = REDACTOR.text(frame.format(secret))
    assert secret not in cleaned
    assert not any(piece in cleaned for piece in secret.split() if len(piece) > 3)
    assert f"[removed: {label}" in cleaned
    assert count == 1
    begins, _, ends = frame.format("\0").partition("\0")
    for kept in (begins[-5:], ends):
        if not name.startswith(
            ("a header", "a cookie", "a signature", "a bearer in", "a basic h", "a Slack web")
        ):
            assert kept in cleaned or name == "a private key that was cut"
    assert REDACTOR.text(cleaned) == (cleaned, 0)


def everywhere(secret: str) -> dict[str, Event]:
    """An event for every place that a text can lie in."""
    message = Message("user", "hello")

    def payload(**told: Any) -> Event:
        return replace(EVENT, payload=Payload(**told))

    return {
        "name": replace(EVENT, name=secret),
        "source": replace(EVENT, source=secret),
        "node": replace(EVENT, node=secret),
        "model": replace(EVENT, model=secret),
        "provider": replace(EVENT, provider=secret),
        "conversation": replace(EVENT, conversation_id=secret),
        "event_id": replace(EVENT, event_id=secret),
        "step_id": replace(EVENT, step_id=secret),
        "trace_id": replace(EVENT, trace_id=secret),
        "parent_id": replace(EVENT, parent_id=secret),
        "chosen": replace(EVENT, routing=Routing(secret)),
        "reason": replace(EVENT, routing=Routing("a", secret)),
        "alternatives": replace(EVENT, routing=Routing("a", None, ("b", secret))),
        "problem type": replace(EVENT, problem=Problem(secret, "bad")),
        "problem message": replace(EVENT, problem=Problem(None, secret)),
        "stack": replace(EVENT, problem=Problem(None, "bad", secret)),
        "prompt": payload(prompt=(message, Message("user", secret))),
        "part": payload(prompt=(Message("user", [{"type": "text", "text": "a"}, {"parts": [secret]}]),)),
        "role": payload(prompt=(Message(secret, "x"),)),
        "answer": payload(answer=(Message("assistant", secret),)),
        "tool call": payload(
            answer=(Message("assistant", None, ({"id": "1", "name": "f", "arguments": {"a": secret}},)),)
        ),
        "tool call as text": payload(
            answer=(
                Message(
                    "assistant", None, ({"id": "1", "name": "f", "arguments": json.dumps({"a": secret})},)
                ),
            )
        ),
        "arguments": payload(arguments={"deep": [{"deeper": (1, [secret])}]}),
        "result": payload(result=secret),
        "input": payload(input=[secret]),
        "parameters": payload(parameters={"stop": [secret]}),
        "attributes": payload(attributes={"http.url": secret}),
        "a name": payload(attributes={secret: 1}),
        "JSON in JSON": payload(attributes={"input.value": json.dumps({"a": json.dumps({"b": secret})})}),
    }


KEY = "sk-" + "proj-" + made(60)


@pytest.mark.parametrize("place", everywhere(""))
def test_a_secret_is_taken_out_wherever_it_lies(place: str) -> None:
    event = everywhere(f"it said {KEY}, twice")[place]
    cleaned, count = REDACTOR.redact(event)
    assert KEY in repr(event)
    assert KEY[8:] not in repr(cleaned)
    assert "[removed: API key], twice" in repr(cleaned)
    assert count == 1
    assert REDACTOR.redact(cleaned) == (cleaned, 0)
    assert REDACTOR.redact(everywhere("it said nothing")[place])[1] == 0


def test_an_exception_and_its_stack_lose_their_keys() -> None:
    stack = (
        "Traceback (most recent call last):\n"
        '  File "/app/agent.py", line 12, in ask\n'
        f'    client = OpenAI(api_key="{KEY}", timeout=30)\n'
        '  File "/app/db.py", line 3, in connect\n'
        f"    connect('postgresql://bot:{HUNTER}@db:5432/salon')\n"
        "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: "
        f"{KEY}. You can find your key at https://platform.test/keys.'}}}}"
    )
    event = replace(EVENT, problem=Problem("openai.AuthenticationError", f"401: {KEY}", stack))
    cleaned, count = REDACTOR.redact(event)
    assert cleaned.problem is not None
    assert cleaned.problem.stack is not None
    assert count == 4
    assert cleaned.problem.message == "401: [removed: API key]"
    for kept in (
        'File "/app/agent.py", line 12',
        "timeout=30)",
        "@db:5432/salon')",
        "https://platform.test/keys.",
    ):
        assert kept in cleaned.problem.stack
    assert HUNTER not in repr(cleaned)
    assert KEY not in repr(cleaned)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("password", "password"), ("db_password", "password"), ("dbPassword", "password"),
        ("DB_PASS", "password"),
        ("Authorization", "authorization"), ("http.request.header.authorization", "authorization"),
        ("Proxy-Authorization", "authorization"), ("Cookie", "cookie"), ("set-cookie", "cookie"),
        ("api_key", "API key"), ("apiKey", "API key"), ("X-Api-Key", "API key"), ("APIKey", "API key"),
        ("OPENAI_API_KEY", "API key"), ("secret_access_key", "API key"), ("private_key", "API key"),
        ("secret", "secret"), ("client_secret", "secret"), ("clientSecret", "secret"),
        ("credentials", "secret"),
        ("token", "token"), ("access_token", "token"), ("refreshToken", "token"), ("bot_token", "token"),
        ("token_value", "token"), ("cvv", "card"), ("card_number", "card"), ("пароль", "password"),
    ],
)  # fmt: skip
def test_a_field_called_like_a_secret_loses_its_value(name: str, kind: str) -> None:
    for value in ("plain", 12345, ["a", "b"], {"inner": "plain"}):
        event = replace(EVENT, payload=Payload(arguments={"a": [{name: value, "city": "Казань"}]}))
        cleaned, count = REDACTOR.redact(event)
        assert cleaned.payload.arguments == {"a": [{name: f"[removed: {kind}]", "city": "Казань"}]}
        assert count == 1
        assert REDACTOR.redact(cleaned) == (cleaned, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"tokens": 12, "max_tokens": 300, "total_tokens": 5, "tokenizer": "cl100k", "token_count": 7},
        {"gen_ai.usage.input_tokens": 5, "next_page_token": "p2", "nextPageToken": "p2", "eos_token": "</s>"},
        {"cost_per_token": "0.1", "time_to_first_token": 5, "token_type": "bearer", "has_password": True},
        {"password": None, "token": "", "secret": False, "cookies": {}, "api_key": []},
        {
            "secretary": "Анна",
            "passenger": "Ольга",
            "compass": "N",
            "client_key": "anna-17",
            "service_key": "nails",
        },
        {"key": "manicure", "keys": ["a"], "public_key": "p", "author": "Anna", "signature": "French"},
        {"password": {"type": "string", "description": "The password of the client"}},
        {"logprobs": [{"token": "Привет", "logprob": -0.1}]},
        {"required": ["password", "email"], "session_id": "abc", "api_key_id": "k1"},
    ],
)
def test_a_field_called_otherwise_keeps_its_value(fields: dict[str, Any]) -> None:
    event = replace(EVENT, payload=Payload(attributes=fields))
    assert REDACTOR.redact(event) == (event, 0)


def test_names_and_values_in_lists_are_fields_too() -> None:
    told = [["Authorization", "Basic x"], ("cookie", "a"), {"name": "api_key", "value": "b"}, ["accept", "c"]]
    cleaned, count = REDACTOR.redact(replace(EVENT, payload=Payload(input={"headers": told})))
    assert cleaned.payload.input["headers"] == [
        ["Authorization", "[removed: authorization]"],
        ("cookie", "[removed: cookie]"),
        {"name": "api_key", "value": "[removed: API key]"},
        ["accept", "c"],
    ]
    assert count == 3


def test_a_card_as_a_number_is_a_card() -> None:
    number = int(VISA.replace(" ", ""))
    event = replace(EVENT, payload=Payload(arguments={"card": number, "at_ns": 1763717400000000000}))
    cleaned, count = REDACTOR.redact(event)
    assert cleaned.payload.arguments == {"card": "[removed: card number]", "at_ns": 1763717400000000000}
    assert count == 1


def test_two_ids_with_secrets_stay_two() -> None:
    one, _ = REDACTOR.redact(replace(EVENT, conversation_id=KEY))
    two, _ = REDACTOR.redact(replace(EVENT, conversation_id=KEY[:-1] + "8"))
    again, _ = REDACTOR.redact(replace(EVENT, conversation_id=KEY))
    assert one.conversation_id != two.conversation_id
    assert one == again


def test_two_names_with_secrets_stay_two() -> None:
    event = replace(EVENT, payload=Payload(attributes={KEY: 1, KEY[:-1] + "8": 2}))
    cleaned, count = REDACTOR.redact(event)
    assert sorted(cleaned.payload.attributes.values()) == [1, 2]
    assert count == 2


def test_what_is_nested_too_deep_is_removed_unseen() -> None:
    def nested(levels: int) -> Any:
        value: Any = KEY
        for _ in range(levels):
            value = [value]
        return value

    for levels, label in ((150, "API key"), (900, "nested too deep")):
        cleaned, count = REDACTOR.redact(replace(EVENT, payload=Payload(input=nested(levels))))
        assert f"[removed: {label}]" in repr(cleaned.payload.input)
        assert KEY not in repr(cleaned.payload.input)
        assert count == 1


def test_half_a_character_does_no_harm() -> None:
    cleaned, count = REDACTOR.text(f"\ud83d {KEY} \udc00 я")
    assert (cleaned, count) == ("\ud83d [removed: API key] \udc00 я", 1)
