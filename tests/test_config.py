"""Settings are checked before anything starts, and secrets never come out again."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from config import SettingsError, load_settings

SECRET = "a-secret-of-more-than-thirty-two-characters"
HOSTED = {
    "SUPABASE_URL": "https://project.supabase.co/",
    "SUPABASE_KEY": "sb_publishable_abc",
    "SUPABASE_JWT_SECRET": SECRET,
}

REDIS = {"EVENTS_REDIS_URL": "redis://:hidden@redis:6379/0"}
WEBHOOK = {
    "COMMANDS_WEBHOOK_URL": "https://hidden@bot.example.com/commands",
    "COMMANDS_WEBHOOK_SECRET": "hidden-from-everybody",
    "COMMANDS_REDIS_URL": "redis://:hidden@redis:6379/0",
}


def private_jwk() -> str:
    key = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    return json.dumps({**key, "kid": "first"})


def test_nothing_set_is_the_embedded_panel_on_loopback() -> None:
    settings = load_settings({})
    assert settings.embedded
    assert (settings.host, settings.port, settings.demo) == ("127.0.0.1", 8080, "off")


@pytest.mark.parametrize(
    ("said", "meant"), [("0", "off"), ("1", "on"), ("true", "on"), ("False", "off"), ("large", "large")]
)
def test_the_demo_has_sizes(said: str, meant: str) -> None:
    settings = load_settings({"DEMO": said})
    assert settings.demo == meant
    assert settings.shows_demo is (meant != "off")


def test_empty_values_count_as_unset() -> None:
    assert load_settings({"SUPABASE_URL": "", "SUPABASE_KEY": " ", "REDIS_URL": ""}).embedded


@pytest.mark.parametrize(
    ("environ", "brings"),
    [
        ({}, True),
        ({"JOBS": "0"}, False),
        ({"PREFECT_API_URL": "http://prefect:4200/api"}, False),
        (HOSTED, False),
    ],
    ids=["embedded", "switched off", "a server is set", "hosted"],
)
def test_an_embedded_panel_brings_its_own_prefect(environ: dict[str, str], brings: bool) -> None:
    assert load_settings(environ).brings_prefect is brings


def test_a_hosted_project_takes_a_secret_or_a_key() -> None:
    assert load_settings(HOSTED).supabase_url == "https://project.supabase.co"
    with_key = {**HOSTED, "SUPABASE_JWT_SECRET": "", "SUPABASE_JWT_KEY": private_jwk()}
    assert load_settings(with_key).supabase_jwt_key is not None


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"PORT": "70000"}, "PORT"),
        ({"PORT": "eighty"}, "PORT"),
        ({"DEMO": "perhaps"}, "DEMO"),
        ({"AUTH_PROVIDER": "ldap"}, "AUTH_PROVIDER"),
        ({"SUPABASE_URL": "project.supabase.co"}, "SUPABASE_URL: must begin with http"),
        ({"PUBLIC_URL": "panel.example.com"}, "PUBLIC_URL: must begin with http"),
        ({"PREFECT_API_URL": "prefect:4200/api"}, "PREFECT_API_URL: must begin with http"),
        ({"JOBS": "perhaps"}, "JOBS:"),
        ({**HOSTED, "DEMO": "1"}, "DEMO=1 works on the embedded database only"),
        ({**HOSTED, "SUPABASE_KEY": ""}, "SUPABASE_KEY is missing"),
        ({**HOSTED, "SUPABASE_JWT_SECRET": ""}, "exactly one of"),
        ({**HOSTED, "SUPABASE_JWT_KEY": private_jwk()}, "exactly one of"),
        ({**HOSTED, "SUPABASE_JWT_SECRET": "short"}, "SUPABASE_JWT_SECRET: must be at least 32"),
        (
            {**HOSTED, "SUPABASE_JWT_SECRET": "", "SUPABASE_JWT_KEY": "{}"},
            "SUPABASE_JWT_KEY: must be a private",
        ),
        ({**HOSTED, "SUPABASE_JWT_SECRET": "", "SUPABASE_JWT_KEY": "no"}, "SUPABASE_JWT_KEY: must be a JSON"),
        ({"EVENTS_REDIS_URL": "http://redis:6379"}, "EVENTS_REDIS_URL: must begin with redis://"),
        ({"EVENTS_REDIS_KEY": "agp_x"}, "EVENTS_REDIS_URL is not set"),
        (REDIS | {"EVENTS_REDIS_CHANNEL": "events"}, "EVENTS_REDIS_KEY is missing"),
        ({"COMMANDS_REDIS_URL": "redis:6379"}, "COMMANDS_REDIS_URL: must begin with redis://"),
        ({"COMMANDS_WEBHOOK_URL": "https://bot.example.com"}, "set both of COMMANDS_WEBHOOK_URL"),
        ({"COMMANDS_WEBHOOK_SECRET": "s" * 16}, "set both of COMMANDS_WEBHOOK_URL"),
        (WEBHOOK | {"COMMANDS_WEBHOOK_SECRET": "short"}, "COMMANDS_WEBHOOK_SECRET: must be at least 16"),
        (WEBHOOK | {"COMMANDS_WEBHOOK_URL": "http://bot.example.com"}, "http:// is for this machine only"),
        (WEBHOOK | {"COMMANDS_WEBHOOK_URL": "http://127.0.0.1.example.com"}, "COMMANDS_WEBHOOK_URL: must"),
        (WEBHOOK | {"COMMANDS_WEBHOOK_URL": "http://localhost@example.com"}, "COMMANDS_WEBHOOK_URL: must"),
        (WEBHOOK | {"COMMANDS_WEBHOOK_URL": "ftp://127.0.0.1"}, "COMMANDS_WEBHOOK_URL: must"),
        (WEBHOOK | {"COMMANDS_WEBHOOK_URL": "https://"}, "COMMANDS_WEBHOOK_URL: must"),
        (WEBHOOK | {"COMMANDS_WEBHOOK_URL": "https://bot:x/"}, "COMMANDS_WEBHOOK_URL: must be an address"),
        ({"OLLAMA_HOSTS": "gpu-1:11434"}, "OLLAMA_HOSTS: each address must begin with http"),
        (
            {"OLLAMA_HOSTS": "http://gpu-1:11434,ftp://gpu-2"},
            "OLLAMA_HOSTS: each address must begin with http",
        ),
        ({"OLLAMA_HOSTS": "http://gpu-1:port"}, "OLLAMA_HOSTS: each address must begin with http"),
        ({"OLLAMA_HOSTS": "http://me:secret@gpu-1"}, "OLLAMA_HOSTS: an address is shown to operators"),
        ({"OLLAMA_HOSTS": ",".join(f"http://gpu-{n}" for n in range(17))}, "OLLAMA_HOSTS: name at most 16"),
        ({"SUPABASE_KEY": "sb_publishable_abc"}, "SUPABASE_URL is not set"),
        ({**HOSTED, "SUPABASE_KEY": "sb_secret_abc"}, "this is a service key"),
        (
            {**HOSTED, "SUPABASE_KEY": jwt.encode({"role": "service_role"}, SECRET)},
            "this is a service key",
        ),
    ],
)
def test_a_wrong_setting_is_named_and_explained(environ: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_settings(environ)


def test_events_come_from_a_stream_unless_another_is_named() -> None:
    settings = load_settings(REDIS | {"EVENTS_REDIS_STREAM": "", "EVENTS_REDIS_GROUP": "other"})
    assert (settings.events_redis_stream, settings.events_redis_group) == ("agentp:events", "other")
    assert load_settings({}).events_redis_url is None


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_commands_are_pushed_in_the_clear_to_this_machine_only(host: str) -> None:
    settings = load_settings(WEBHOOK | {"COMMANDS_WEBHOOK_URL": f"http://{host}/commands"})
    assert settings.commands_webhook_url is not None


def test_hosts_are_told_each_once_and_in_order() -> None:
    settings = load_settings(
        {"OLLAMA_HOSTS": " http://gpu-2:11434/, http://gpu-1:11434,http://gpu-2:11434 ,,"}
    )
    assert settings.ollama_addresses == ("http://gpu-2:11434", "http://gpu-1:11434")
    assert load_settings({}).ollama_addresses == ()


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"PORT": "0", "SESSION_HOURS": "0"})
    assert {line.split(":")[0] for line in str(refused.value).splitlines()} == {"PORT", "SESSION_HOURS"}


def test_secrets_are_never_printed() -> None:
    shown = f"{load_settings(HOSTED | REDIS | WEBHOOK)!r} {load_settings(HOSTED)}"
    assert SECRET not in shown
    assert "hidden" not in shown
    assert "sb_publishable_abc" not in shown
    with pytest.raises(SettingsError) as refused:
        load_settings({**HOSTED, "SUPABASE_KEY": "sb_secret_hidden", "PORT": "x"})
    assert "sb_secret_hidden" not in str(refused.value)
