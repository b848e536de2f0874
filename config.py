"""Settings, all from environment variables, all checked before anything starts.

The table in the README is made from these fields; a test keeps it complete. Secrets are `SecretStr`, so that
no log line and no traceback can print them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)


class SettingsError(Exception):
    """The settings do not make sense; the message says which, and what to do."""


def _empty_is_unset(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


OptionalText = Annotated[str | None, BeforeValidator(_empty_is_unset)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_empty_is_unset)]


def _demo_size(value: object) -> object:
    words = {"0": "off", "false": "off", "no": "off", "1": "on", "true": "on", "yes": "on"}
    return words.get(value.lower(), value.lower()) if isinstance(value, str) else value


DemoSize = Annotated[Literal["off", "on", "large"], BeforeValidator(_demo_size)]


MOST_OLLAMA_HOSTS = 16


class Settings(BaseModel):
    """One running panel. Each field is the environment variable of the same name in capitals."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` in a container.")
    port: int = Field(8080, ge=1, le=65535, description="Port to listen on.")
    data_dir: Path = Field(
        Path(".data"), description="Folder of the embedded database and its secrets; one per running panel."
    )
    demo: DemoSize = Field(
        "off",
        description="`1` runs on the demo salons, in a database of their own (embedded only), and every page "
        "says so; `large` gives one of them more than 1,000 dialogues a day.",
    )
    public_url: OptionalText = Field(
        None,
        description="Address that people type, such as `https://panel.example.com`. Needed behind a proxy: "
        "sockets and forms are accepted from this origin only, and `https` makes cookies secure.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Comma-separated addresses or networks of the proxies whose `X-Forwarded-For` and "
        "`-Proto` are believed. With `*` anybody can pretend to have any address.",
    )
    supabase_url: OptionalText = Field(
        None, description="Supabase project, such as `https://abc.supabase.co`. Unset: the embedded Supabase."
    )
    supabase_key: OptionalSecret = Field(
        None, description="The project's publishable (anon) key. Never the secret or service key."
    )
    supabase_jwt_secret: OptionalSecret = Field(
        None, description="The project's HS256 secret, to sign short tokens with. Or set `SUPABASE_JWT_KEY`."
    )
    supabase_jwt_key: OptionalSecret = Field(
        None, description="ES256 private key as a JWK with its `kid`, imported in the project's JWT keys."
    )
    auth_provider: Literal["users", "supabase"] = Field(
        "users",
        description="Who checks passwords: `users` (the panel's own, bcrypt) or `supabase` (Supabase Auth).",
    )
    session_idle_minutes: int = Field(
        720, ge=5, le=43_200, description="A session ends after so many minutes without a click."
    )
    session_hours: int = Field(
        168, ge=1, le=2_160, description="A session ends after so many hours, whatever happens."
    )
    redis_url: OptionalSecret = Field(
        None, description="Redis that several panel processes share for rate limits. Unset: in memory."
    )
    prefect_api_url: OptionalText = Field(
        None,
        description="Prefect server for scheduled jobs, such as `http://prefect:4200/api`. Unset: the "
        "embedded one, if the database is embedded too.",
    )
    prefect_api_auth_string: OptionalSecret = Field(
        None, description="`name:password` of that Prefect server."
    )
    jobs: bool = Field(
        True,
        description="`0` leaves out the embedded Prefect, which takes 230 MB of memory. Without it figures "
        "are right but slower, and what has expired is kept.",
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        le=600,
        description="How long the panel serves on after SIGTERM, while `/readyz` sends new visitors to "
        "another one. `0` ends at once.",
    )
    ingest_workers: int = Field(
        1,
        ge=1,
        le=16,
        description="Processes that read what agents send. Each takes 80 MB of memory while it is used.",
    )
    ingest_requests_per_minute: int = Field(
        6_000, ge=1, description="Requests that one API key may send in a minute."
    )
    ingest_events_per_minute: int = Field(
        1_000_000, ge=1, description="Events that one API key may send in a minute."
    )
    events_redis_url: OptionalSecret = Field(
        None,
        description="Redis that agents' events are read from, such as `redis://redis:6379/0`. Unset: none.",
    )
    events_redis_stream: str = Field(
        "agentp:events",
        min_length=1,
        max_length=200,
        description="The stream in it that events are read from.",
    )
    events_redis_group: str = Field(
        "agentp-panel",
        min_length=1,
        max_length=200,
        description="The consumer group that reads the stream; all panels on one database share it.",
    )
    events_redis_channel: OptionalText = Field(
        None,
        description="A Pub/Sub channel that is read as well. It loses what is sent while nobody listens; the "
        "stream does not.",
    )
    events_redis_key: OptionalSecret = Field(
        None,
        description="API key with the scope `ingest`, whose salon events from Redis belong to. Unset: each "
        "entry of the stream brings its own.",
    )
    commands_webhook_url: OptionalSecret = Field(
        None,
        description="Where commands for agents are pushed to, such as `https://bot.example.com/commands`; "
        "plain `http` to this machine only. Unset: they are not pushed there.",
    )
    commands_webhook_secret: OptionalSecret = Field(
        None, description="What commands to that address are signed with, at least 16 characters."
    )
    commands_redis_url: OptionalSecret = Field(
        None,
        description="Redis in whose stream `agentp:commands` commands are put if there is no webhook. Unset: "
        "agents ask for them.",
    )
    ollama_hosts: OptionalText = Field(
        None,
        description="Ollama hosts that operators see the state of, such as "
        "`http://gpu-1:11434,http://gpu-2:11434`: at most 16 addresses. Unset: none.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe log level."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="`text` for people, `json` for machines: one object a line."
    )
    metrics_token: OptionalSecret = Field(
        None,
        description="What Prometheus has to bring as a bearer token to read `/metrics`, at least 16 "
        "characters. Unset: there is no such page.",
    )
    otel_exporter_otlp_endpoint: OptionalText = Field(
        None,
        description="Collector that OpenTelemetry traces are sent to by OTLP over HTTP, such as "
        "`http://collector:4318`. Other standard `OTEL_` variables count too. Unset: no traces.",
    )

    @field_validator("supabase_url", "public_url", "prefect_api_url", "otel_exporter_otlp_endpoint")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("supabase_key")
    @classmethod
    def _is_not_a_service_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _claims_service_role(value.get_secret_value()):
            raise ValueError(
                "this is a service key, which bypasses every policy; set the publishable (anon) key instead"
            )
        return value

    @field_validator("supabase_jwt_key")
    @classmethod
    def _is_private_jwk(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            key = json.loads(value.get_secret_value())
        except ValueError as error:
            raise ValueError("must be a JSON Web Key, as `supabase gen signing-key` prints it") from error
        if not isinstance(key, dict) or key.get("crv") != "P-256" or not {"d", "kid"} <= key.keys():
            raise ValueError("must be a private P-256 JSON Web Key with `d` and `kid`")
        return value

    @field_validator("supabase_jwt_secret")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters; copy it whole from the project's JWT settings")
        return value

    @field_validator("metrics_token", "commands_webhook_secret")
    @classmethod
    def _is_hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must be at least 16 characters; `openssl rand -hex 32` makes a good one")
        return value

    @field_validator("commands_webhook_url")
    @classmethod
    def _is_safe_to_push_to(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError("must be an address such as https://bot.example.com/commands") from None
        is_here = host in {"127.0.0.1", "::1", "localhost"}
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_here)):
            raise ValueError("must begin with https://; http:// is for this machine only, as 127.0.0.1")
        return value

    @field_validator("ollama_hosts")
    @classmethod
    def _are_hosts(cls, value: str | None) -> str | None:
        addresses = _addresses(value)
        if len(addresses) > MOST_OLLAMA_HOSTS:
            raise ValueError(f"name at most {MOST_OLLAMA_HOSTS} hosts")
        for address in addresses:
            try:
                parts = urlsplit(address)
                host, _ = parts.hostname, parts.port
            except ValueError:
                host = None
            if not host or parts.scheme not in {"http", "https"}:
                raise ValueError("each address must begin with http:// or https:// and name a host")
            if parts.username is not None or parts.query or parts.fragment:
                raise ValueError("an address is shown to operators: leave out passwords and parameters")
        return value

    @field_validator("events_redis_url", "commands_redis_url")
    @classmethod
    def _is_redis_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(
            ("redis://", "rediss://", "unix://")
        ):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @model_validator(mode="after")
    def _events_come_from_somewhere(self) -> Settings:
        if self.events_redis_url is None and (self.events_redis_channel or self.events_redis_key):
            raise ValueError(
                "EVENTS_REDIS_URL is not set, but other EVENTS_REDIS_ settings are: set it, or unset them"
            )
        if self.events_redis_channel is not None and self.events_redis_key is None:
            raise ValueError("EVENTS_REDIS_KEY is missing: messages of a channel bring no key of their own")
        return self

    @model_validator(mode="after")
    def _commands_are_signed(self) -> Settings:
        if (self.commands_webhook_url is None) != (self.commands_webhook_secret is None):
            raise ValueError("set both of COMMANDS_WEBHOOK_URL and COMMANDS_WEBHOOK_SECRET, or neither")
        return self

    @model_validator(mode="after")
    def _belong_together(self) -> Settings:
        if self.supabase_url is None:
            if self.supabase_key or self.supabase_jwt_secret or self.supabase_jwt_key:
                raise ValueError(
                    "SUPABASE_URL is not set, but other SUPABASE_ settings are: set it, or unset them"
                )
            return self
        if self.shows_demo:
            raise ValueError("DEMO=1 works on the embedded database only: unset SUPABASE_URL, or set DEMO=0")
        if self.supabase_key is None:
            raise ValueError("SUPABASE_KEY is missing: copy the publishable (anon) key of the project")
        if (self.supabase_jwt_secret is None) == (self.supabase_jwt_key is None):
            raise ValueError("set exactly one of SUPABASE_JWT_SECRET (HS256) and SUPABASE_JWT_KEY (ES256)")
        return self

    @property
    def embedded(self) -> bool:
        """Whether the panel brings its own Supabase."""
        return self.supabase_url is None

    @property
    def brings_prefect(self) -> bool:
        """Whether the panel brings its own Prefect."""
        return self.jobs and self.embedded and self.prefect_api_url is None

    @property
    def shows_demo(self) -> bool:
        """Whether the salons on the pages are invented."""
        return self.demo != "off"

    @property
    def embedded_database(self) -> str:
        """The name of the embedded database: invented salons have one of their own beside the real one."""
        return "demo" if self.shows_demo else "panel"

    @property
    def ollama_addresses(self) -> tuple[str, ...]:
        """The Ollama hosts to look after, each once."""
        return _addresses(self.ollama_hosts)

    @property
    def api_key(self) -> str:
        """The publishable key of a hosted project, in the clear: for the client only."""
        return self.supabase_key.get_secret_value() if self.supabase_key is not None else ""

    @property
    def secure_cookies(self) -> bool:
        """Whether people reach the panel over TLS."""
        return (self.public_url or "").startswith("https://")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check every setting.

    Raises `SettingsError` with one line per wrong setting; values are never part of the message.
    """
    given = {name: environ[name.upper()] for name in Settings.model_fields if environ.get(name.upper(), "")}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        lines = [_explain(str(part["loc"][0]) if part["loc"] else "", part["msg"]) for part in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def _explain(field: str, problem: str) -> str:
    problem = problem.removeprefix("Value error, ")
    return f"{field.upper()}: {problem}" if field else problem


def _addresses(listed: str | None) -> tuple[str, ...]:
    told = (address.strip().rstrip("/") for address in (listed or "").split(","))
    return tuple(dict.fromkeys(address for address in told if address))


def _claims_service_role(key: str) -> bool:
    if key.startswith("sb_secret_"):
        return True
    import jwt

    try:
        claims = jwt.decode(key, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return False  # a publishable key is opaque
    return bool(claims.get("role") == "service_role")
