"""What the embedded Supabase is told at start, under PostgREST's own environment names where one exists."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_supabase.database_uri import database_uri

TX_ENDS = ("commit", "commit-allow-override", "rollback", "rollback-allow-override")
OPENAPI_MODES = ("follow-privileges", "ignore-privileges", "disabled")
APP_SETTING_PREFIX = "PGRST_APP_SETTINGS_"
FORMER_NAMES = {  # PostgREST still takes these, the present name first
    "PGRST_DB_SCHEMA": "PGRST_DB_SCHEMAS",
    "PGRST_MAX_ROWS": "PGRST_DB_MAX_ROWS",
    "PGRST_PRE_REQUEST": "PGRST_DB_PRE_REQUEST",
    "PGRST_ROLE_CLAIM_KEY": "PGRST_JWT_ROLE_CLAIM_KEY",
    "PGRST_ROOT_SPEC": "PGRST_DB_ROOT_SPEC",
    "PGRST_SECRET_IS_BASE64": "PGRST_JWT_SECRET_IS_BASE64",
}
SECRET_KEY_PREFIX = "sb_secret_"  # noqa: S105 - how such keys begin
SHORTEST_SECRET_KEY = 30  # characters, the prefix included


class SettingsError(ValueError):
    """A setting that cannot be used; the message names the variable and what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one server.

    `superuser_uri` serves only Realtime's decoding and Auth's own tables; `secret_key` is the opaque API key
    that stands for the role service_role; `admin_port` is where /live and /ready are told.
    """

    db_uri: str
    schemas: tuple[str, ...] = ("public",)
    anon_role: str | None = None
    jwt_secret: str | None = None
    jwt_secret_is_base64: bool = False
    jwt_aud: str | None = None
    jwt_role_claim_key: str = ".role"
    max_rows: int | None = 1000
    pre_request: str | None = None
    extra_search_path: tuple[str, ...] = ("public",)
    tx_end: str = "commit"
    host: str = "127.0.0.1"
    port: int = 3000
    pool_size: int = 10
    aggregates_enabled: bool = False
    root_spec: str | None = None
    openapi_mode: str = "follow-privileges"
    cors_allowed_origins: tuple[str, ...] = ()
    app_settings: tuple[tuple[str, str], ...] = ()
    superuser_uri: str | None = None
    secret_key: str | None = None
    signup_enabled: bool = False
    admin_host: str | None = None
    admin_port: int | None = None

    def __post_init__(self) -> None:
        if not self.schemas:
            raise SettingsError("PGRST_DB_SCHEMAS names no schema: give at least one, such as public")
        if self.tx_end not in TX_ENDS:
            raise SettingsError(f"PGRST_DB_TX_END is {self.tx_end!r}: write one of {', '.join(TX_ENDS)}")
        if self.openapi_mode not in OPENAPI_MODES:
            raise SettingsError(
                f"PGRST_OPENAPI_MODE is {self.openapi_mode!r}: write one of {', '.join(OPENAPI_MODES)}"
            )
        if self.pool_size < 1:
            raise SettingsError(f"PGRST_DB_POOL is {self.pool_size}: at least 1 connection is needed")
        if self.max_rows is not None and self.max_rows < 0:
            raise SettingsError(f"PGRST_DB_MAX_ROWS is {self.max_rows}: write a count of rows, 0 or more")
        if self.admin_port is not None and self.admin_port == self.port != 0:
            raise SettingsError("PGRST_ADMIN_SERVER_PORT is PGRST_SERVER_PORT: give it a port of its own")
        key = self.secret_key
        if key is not None and not (key.startswith(SECRET_KEY_PREFIX) and len(key) >= SHORTEST_SECRET_KEY):
            raise SettingsError(
                f"LOCAL_SUPABASE_SECRET_KEY must begin with {SECRET_KEY_PREFIX} and have at least "
                f"{SHORTEST_SECRET_KEY} characters"
            )

    def secret_bytes(self) -> bytes | None:
        """The JWT secret as key material, decoded where it is declared to be base64."""
        if self.jwt_secret is None:
            return None
        if not self.jwt_secret_is_base64:
            return self.jwt_secret.encode()
        text = self.jwt_secret.strip().replace("-", "+").replace("_", "/").replace(".", "=")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except binascii.Error as error:
            raise SettingsError(
                "PGRST_JWT_SECRET is not base64, though PGRST_JWT_SECRET_IS_BASE64 says so"
            ) from error

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings of the standalone server; raises SettingsError with what to write instead."""
        former = {new: environ[old] for old, new in FORMER_NAMES.items() if old in environ}
        environ = former | dict(environ)
        uri = _uri(environ, "PGRST_DB_URI")
        if uri is None:
            raise SettingsError(
                "PGRST_DB_URI is not set: give the PostgreSQL URL of the login role, "
                "such as postgresql://authenticator:secret@localhost:5432/app"
            )
        if environ.get("PGRST_SERVER_UNIX_SOCKET"):
            raise SettingsError(
                "PGRST_SERVER_UNIX_SOCKET is not served here: unset it and use PGRST_SERVER_PORT"
            )
        secret = environ.get("PGRST_JWT_SECRET") or None
        if secret and secret.startswith("@"):
            secret = _secret_file(Path(secret[1:]))
        return cls(
            db_uri=uri,
            schemas=_names(environ.get("PGRST_DB_SCHEMAS") or "public"),
            anon_role=environ.get("PGRST_DB_ANON_ROLE") or None,
            jwt_secret=secret,
            jwt_secret_is_base64=_flag(environ, "PGRST_JWT_SECRET_IS_BASE64"),
            jwt_aud=environ.get("PGRST_JWT_AUD") or None,
            jwt_role_claim_key=environ.get("PGRST_JWT_ROLE_CLAIM_KEY") or ".role",
            max_rows=_number(environ, "PGRST_DB_MAX_ROWS", None),
            pre_request=environ.get("PGRST_DB_PRE_REQUEST") or None,
            extra_search_path=_names(environ.get("PGRST_DB_EXTRA_SEARCH_PATH", "public")),
            tx_end=environ.get("PGRST_DB_TX_END") or "commit",
            host=environ.get("PGRST_SERVER_HOST") or "127.0.0.1",
            port=_number(environ, "PGRST_SERVER_PORT", 3000) or 0,
            pool_size=_number(environ, "PGRST_DB_POOL", 10) or 0,
            aggregates_enabled=_flag(environ, "PGRST_DB_AGGREGATES_ENABLED"),
            root_spec=environ.get("PGRST_DB_ROOT_SPEC") or None,
            openapi_mode=environ.get("PGRST_OPENAPI_MODE") or "follow-privileges",
            cors_allowed_origins=_names(environ.get("PGRST_SERVER_CORS_ALLOWED_ORIGINS", "")),
            app_settings=tuple(
                ("app.settings." + name.removeprefix(APP_SETTING_PREFIX).lower(), value)
                for name, value in environ.items()
                if name.startswith(APP_SETTING_PREFIX)
            ),
            superuser_uri=_uri(environ, "LOCAL_SUPABASE_ADMIN_URI"),
            secret_key=environ.get("LOCAL_SUPABASE_SECRET_KEY") or None,
            signup_enabled=_flag(environ, "LOCAL_SUPABASE_SIGNUP"),
            admin_host=environ.get("PGRST_ADMIN_SERVER_HOST") or None,
            admin_port=_number(environ, "PGRST_ADMIN_SERVER_PORT", None),
        )


def _uri(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        return database_uri(text)
    except ValueError as error:
        # The text is not repeated: it may hold a password.
        raise SettingsError(
            f"{name} is not a PostgreSQL URL ({error}): write postgresql://user:password@host:5432/database, "
            "with characters such as @ and / in the password percent-encoded"
        ) from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _number(environ: Mapping[str, str], name: str, default: int | None) -> int | None:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal():
        raise SettingsError(f"{name} is {text!r}: write a whole number, 0 or more")
    return int(text)


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip().lower()
    if text in ("", "false", "no", "off", "0"):
        return False
    if text in ("true", "yes", "on", "1"):
        return True
    raise SettingsError(f"{name} is {text!r}: write true or false")


def _secret_file(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(
            f"PGRST_JWT_SECRET names the file {path}, which cannot be read: {error}"
        ) from error
