"""Ordinary texts of a salon's bot and of its agents, which no rule may touch."""

from __future__ import annotations

import base64
import hashlib
import random
import time
import uuid
from dataclasses import replace

import pytest

from telemetry.events import Event, Message, Payload
from telemetry.redaction import Redactor
from tests.telemetry.test_redaction import EVENT, REDACTOR

SALON = (
    "Здравствуйте, Анна! Вы записаны на маникюр с покрытием в пятницу, 27 ноября, в 14:30 к мастеру Ольге.",
    "Стоимость 2 500 ₽, предоплата 500 ₽. Оплатить можно картой, по СБП или наличными.",
    "Мой телефон +7 (999) 123-45-67, запасной 8 800 555 35 35, почта anna.smirnova@example.test.",
    "Промокод ВЕСНА2026 даёт скидку 15 %: введите его в поле «Промокод». Номер заказа 2026-11-0001745.",
    "Пароль: введите его на сайте. Забыли пароль? Нажмите «Восстановить».",
    "Пароль от вайфая спросите у администратора, токен от шкафчика — на ресепшене.",
    "Ключ от кабинета у мастера; секрет ухода: масло жожоба и регулярность.",
    "Базовый маникюр — 1 800 ₽, SPA-педикюр — 3 200 ₽, брови + ресницы: 2 900 ₽.",
    "Basic manicure is $25, a Basic package with gel costs 40 EUR. Bearer of this coupon gets 10% off.",
    "Our secret: a good hand cream. Password? You do not need one. Token: expired. Cookie: a chocolate one.",
    "The signature look = French. Key points: book early; the key=value of a visit is calm.",
    "Authorization: please sign the form at the desk. Secret Garden massage: 60 min, secretary: Maria.",
    "Hello! Your visit #4400123 is confirmed for 2026-11-27T14:30:00+03:00, see https://salon.test/v/4400123?lang=en.",
    "Visit http://localhost:3000/reset?mail=anna@example.test or write to anna@example.test:587.",
    "Order 4111 1111 1111 1112 fails the check, so does 1234567890123456; barcode 4600051000057.",
    "Id 94111111111111111 is too long for a card, and so is 41111111111111111111.",
    'A bearer certificate is not for sale; ask for the token, "gift", at the desk.',
    "required: ['password', 'email'], then (\"name\", 'token', 'visits')",
    "Call +44 20 7946 0958, +5521987654321 or +1 (415) 555-2671 between 10:00-20:00.",
    "def ask(password: str, token: Optional[str] = None, api_key: SecretStr) -> None: ...",
    "client = OpenAI(api_key=os.environ['OPENAI_API_KEY'], token=get_token(), password=self.password)",
    'Use {"password": null, "token": ""} and Authorization: Bearer <your key>, or Bearer ${TOKEN}.',
    "max_tokens=300, tokens: 1500, prompt_tokens=12, next_page_token=abcdef0123456789, tokenizer: cl100k",
    "usage: {'input_tokens': 1200, 'completion_tokens': 45, 'token_count': 9}, cost_per_token=0.0000025",
    "-----BEGIN PUBLIC KEY----- is not a secret, and neither is -----BEGIN CERTIFICATE-----",
    "task-automation, disk-usage, sk-fading-circle sk-circle-container, risk-free-consultation-for-everybody",
    "APFELSTRUDEL and APERITIF in the cafe; ACCORDING TO SKINCARE; Eyjafjallajökull and eyJ are no tokens.",
    "vector [0.4532015112830366, -0.4111111111111111, 5.424000000000015e-05, 1732190000.4532015112830366]",
    's="it\'s" and \'n\' `x` \\"y\\" \\n \\u0026 %26 %3D {} [] <b>',
)


@pytest.mark.parametrize("text", SALON)
def test_ordinary_text_stays_letter_for_letter(text: str) -> None:
    assert REDACTOR.text(text) == (text, 0)


def test_the_same_in_an_event() -> None:
    event: Event = replace(
        EVENT,
        payload=Payload(
            prompt=tuple(Message("user", [{"type": "text", "text": text}]) for text in SALON),
            arguments={"client": {"phone": "+79991234567", "email": "anna@example.test", "visits": 7}},
        ),
    )
    assert REDACTOR.redact(event) == (event, 0)


def test_ids_and_hashes_and_pictures_stay() -> None:
    random_source = random.Random(17)
    for turn in range(1000):
        data = random_source.randbytes(32)
        text = (
            f"trace {data[:16].hex()} span {data[:8].hex()} sha256:{data.hex()} sha1 {data[:20].hex()} "
            f"id={uuid.UUID(bytes=data[:16], version=4)} md5 {hashlib.md5(data).hexdigest()} "
            f'"key": "{data.hex()}", chat:{10**9 + turn * 12345}:{uuid.UUID(bytes=data[16:])} '
            f"etag={base64.b64encode(data).decode()} at={1763717400000 + turn} {1763717400000000000 + turn} "
            f"node:{uuid.UUID(bytes=data[:16])}|tools:{uuid.UUID(bytes=data[16:])} {random_source.random()}"
        )
        assert REDACTOR.text(text) == (text, 0)


def test_a_picture_stays_and_is_looked_through_at_once() -> None:
    picture = base64.b64encode(random.Random(3).randbytes(1_500_000)).decode()
    text = f"data:image/png;base64,{picture}"
    began = time.process_time()
    assert REDACTOR.text(text) == (text, 0)
    assert time.process_time() - began < 0.5


HOSTILE = (
    "a", " ", "0", "4", "4 ", "4111 ", "/", "//", "://", "://a:", "://1:80/", "eyJ", "eyJ.", '"', "\\",
    '\\"', "'", "password=", "password", "token:", 'token:"', 'token:\\"', "token" + " " * 50, "api_key ",
    "api_key:\n", "cookie: a=", "cookie: ", "authorization: ", "authorization: digest ", "(b'cookie', ",
    "pass is ", "Bearer ", "basic", "sig=", "&sig=", "key=", "ghp_", "sk-", "sk-a1", "AKIA",
    "//x/:_authToken=", "123456789:", "-----BEGIN ",
    f"-----BEGIN {'PRIVATE'} KEY-----", f"-----BEGIN {'PRIVATE'} KEY-----\n" + "A" * 64 + "\n",
    "A" * 64 + "\n", f"-----END {'PRIVATE'} KEY-----",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_hostile_text_takes_no_time(piece: str) -> None:
    for tail in ("", "@", "@x:_authToken=npm_1 password='x", '"'):
        text = piece * (60_000 // len(piece)) + tail
        began = time.process_time()
        REDACTOR.text(text)
        assert time.process_time() - began < 0.6


def test_a_text_of_ten_megabytes_is_looked_through() -> None:
    text = "\n".join(SALON[:4]) * 15_000
    key = "AKIA" + "Z7" * 8
    cleaned, count = Redactor().text(text + key)
    assert count == 1
    assert cleaned == text + "[removed: AWS Access Key]"
