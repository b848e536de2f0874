"""Settings from the environment."""

import pytest

from local_supabase.settings import Settings, SettingsError

URI = "postgresql://authenticator@localhost/app"


def test_names_and_defaults() -> None:
    settings = Settings.from_environ({"PGRST_DB_URI": URI})
    assert (settings.schemas, settings.max_rows, settings.tx_end, settings.port) == (
        ("public",),
        None,
        "commit",
        3000,
    )
    full = Settings.from_environ(
        {
            "PGRST_DB_URI": URI,
            "PGRST_DB_SCHEMAS": "api, other",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_JWT_SECRET": "x" * 32,
            "PGRST_DB_MAX_ROWS": "7",
            "PGRST_DB_PRE_REQUEST": "api.guard",
            "PGRST_DB_EXTRA_SEARCH_PATH": "",
            "PGRST_DB_TX_END": "rollback",
            "PGRST_SERVER_PORT": "0",
            "PGRST_DB_AGGREGATES_ENABLED": "true",
            "PGRST_DB_ROOT_SPEC": "api.root",
            "PGRST_OPENAPI_MODE": "disabled",
            "PGRST_APP_SETTINGS_HOST": "here",
            "LOCAL_SUPABASE_ADMIN_URI": "postgresql://admin@localhost/app",
        }
    )
    assert full.schemas == ("api", "other")
    assert (full.anon_role, full.max_rows, full.pre_request, full.port) == ("anon", 7, "api.guard", 0)
    assert (full.extra_search_path, full.tx_end, full.aggregates_enabled) == ((), "rollback", True)
    assert (full.root_spec, full.openapi_mode) == ("api.root", "disabled")
    assert full.app_settings == (("app.settings.host", "here"),)
    assert full.superuser_uri == "postgresql://admin@localhost/app"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "PGRST_DB_URI is not set"),
        ({"PGRST_DB_URI": URI, "PGRST_DB_MAX_ROWS": "many"}, "PGRST_DB_MAX_ROWS is 'many'"),
        ({"PGRST_DB_URI": URI, "PGRST_DB_TX_END": "later"}, "PGRST_DB_TX_END is 'later'"),
        ({"PGRST_DB_URI": URI, "PGRST_OPENAPI_MODE": "open"}, "PGRST_OPENAPI_MODE is 'open'"),
        ({"PGRST_DB_URI": URI, "PGRST_DB_SCHEMAS": " , "}, "names no schema"),
        ({"PGRST_DB_URI": URI, "PGRST_DB_POOL": "0"}, "at least 1 connection"),
        ({"PGRST_DB_URI": URI, "PGRST_DB_AGGREGATES_ENABLED": "maybe"}, "write true or false"),
        ({"PGRST_DB_URI": URI, "PGRST_JWT_SECRET": "@/does/not/exist"}, "cannot be read"),
        ({"PGRST_DB_URI": "host=db password=hush"}, "PGRST_DB_URI is not a PostgreSQL URL"),
        ({"PGRST_DB_URI": "postgresql://me:p:w@db:x/app"}, "a port is not a number"),
        ({"PGRST_DB_URI": URI, "LOCAL_SUPABASE_ADMIN_URI": "mysql://db"}, "LOCAL_SUPABASE_ADMIN_URI is not"),
        ({"PGRST_DB_URI": URI, "PGRST_SERVER_UNIX_SOCKET": "/tmp/s"}, "PGRST_SERVER_UNIX_SOCKET"),
        ({"PGRST_DB_URI": URI, "PGRST_ADMIN_SERVER_PORT": "3000"}, "a port of its own"),
        ({"PGRST_DB_URI": URI, "LOCAL_SUPABASE_SECRET_KEY": "sb_secret_short"}, "at least 30 characters"),
        ({"PGRST_DB_URI": URI, "LOCAL_SUPABASE_SECRET_KEY": "x" * 40}, "must begin with sb_secret_"),
    ],
)
def test_bad_settings_say_what_to_do(environ: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Settings.from_environ(environ)


@pytest.mark.parametrize(
    ("given", "for_asyncpg"),
    [
        ("postgres://me:p%40%2Fw@db:5433/app?sslmode=disable", None),
        ("postgresql://me@[::1]:5432,db:1/app", None),
        ("postgresql:///app?host=%2Frun%2Fsockets&user=me", None),
        ("postgresql://me@db/app?connect_timeout=5&keepalives=1", "postgresql://me@db/app"),
        (
            "postgresql://me@db/app?connect_timeout=5&options=-c%20jit=off",
            "postgresql://me@db/app?options=-c+jit%3Doff",
        ),
    ],
)
def test_urls_keep_all_but_what_only_libpq_knows(given: str, for_asyncpg: str | None) -> None:
    assert Settings.from_environ({"PGRST_DB_URI": given}).db_uri == (for_asyncpg or given)


def test_former_names_count_where_the_present_one_is_missing() -> None:
    environ = {
        "PGRST_DB_URI": URI,
        "PGRST_DB_SCHEMA": "api",
        "PGRST_MAX_ROWS": "5",
        "PGRST_DB_PRE_REQUEST": "now",
        "PGRST_PRE_REQUEST": "then",
    }
    settings = Settings.from_environ(environ)
    assert (settings.schemas, settings.max_rows, settings.pre_request) == (("api",), 5, "now")


def test_a_secret_may_be_base64() -> None:
    settings = Settings(
        URI, jwt_secret="cmVhbGx5cmVhbGx5cmVhbGx5cmVhbGx5dmVyeXNhZmU=", jwt_secret_is_base64=True
    )
    assert settings.secret_bytes() == b"reallyreallyreallyreallyverysafe"
    with pytest.raises(SettingsError, match="not base64"):
        Settings(URI, jwt_secret="%%%", jwt_secret_is_base64=True).secret_bytes()
