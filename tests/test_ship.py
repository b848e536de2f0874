"""What is shipped: the image holds what runs and no more, and the services get what they need and no more."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with Prefect

from config import Settings
from jobs.timetable import WORK_POOL

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "agent-p-panel" in service["image"]}
OPEN_TO_PEOPLE = {"panel", "panel-embedded"}

SETTINGS = {name.upper() for name in Settings.model_fields}
ELSEWHERE = {"MIGRATE_DATABASE_URL", "REDIS_PASSWORD", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
"""Names of the migrate command and of other people's images."""
READ_BY_OPENTELEMETRY = {"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME"}
SET_BY_THE_IMAGE = {"HOST", "PORT", "DATA_DIR"}
ONLY_EMBEDDED = {"DEMO", "JOBS"}
SECRET = re.compile(r"PASSWORD|SECRET|AUTH_STRING|KEY$|TOKEN$|HEADERS$|^MIGRATE_|REDIS_URL$")


def environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}


class TestImage:
    def test_both_stages_stand_on_the_same_minor_version(self) -> None:
        bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
        assert len(bases) == 2
        assert set(bases) == {"python:3.11-slim"}

    def test_runs_as_a_user_without_rights_or_shell(self) -> None:
        users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
        assert users == ["10001:10001"]
        assert "/usr/sbin/nologin" in DOCKERFILE
        after = DOCKERFILE.partition("\nUSER ")[2]
        assert "RUN " not in after

    def test_installs_only_what_the_lock_names_by_hash(self) -> None:
        install = re.search(r"^RUN python -m pip (?:.*\\\n)*.*", DOCKERFILE, re.MULTILINE)
        assert install is not None
        assert {"--require-hashes", "--only-binary", "/tmp/requirements.lock"} <= set(install[0].split())
        assert "apt-get" not in DOCKERFILE

    def test_is_asked_for_its_health_and_ends_on_a_signal(self) -> None:
        assert re.search(r"^HEALTHCHECK .*\\\n.*/healthz", DOCKERFILE, re.MULTILINE)
        assert "STOPSIGNAL SIGTERM" in DOCKERFILE
        assert 'CMD ["python", "main.py"]' in DOCKERFILE

    def test_listens_to_the_outside_and_keeps_its_data_on_a_volume(self) -> None:
        assert "HOST=0.0.0.0" in DOCKERFILE
        assert "DATA_DIR=/data" in DOCKERFILE
        assert "VOLUME /data" in DOCKERFILE

    def test_holds_every_module_and_nothing_private(self) -> None:
        for path in [
            *ROOT.glob("*.py"),
            *ROOT.glob("*/__init__.py"),
            *ROOT.glob("supabase/migrations/*.sql"),
        ]:
            name = str(path.relative_to(ROOT))
            wanted = not name.startswith(("tests/", "benchmarks/"))
            assert in_image(name) is wanted, name
        for name in [
            ".env",
            ".git/config",
            ".data/secret",
            "demo/.env",
            "Makefile",
            "jobs/__pycache__/x.pyc",
        ]:
            assert not in_image(name), name
        assert in_image("requirements.lock")


def in_image(name: str) -> bool:
    """Whether .dockerignore lets a file in: the last line that fits the file or a folder above it decides."""
    let_in = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        rule = line.removeprefix("!").rstrip("/")
        if rule and not rule.startswith("#") and fits(rule, name):
            let_in = line.startswith("!")
    return let_in


def fits(rule: str, name: str) -> bool:
    parts = name.split("/")
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    if rule.startswith("**/"):
        return any(fnmatch.fnmatch(part, rule.removeprefix("**/")) for part in parts)
    return any(rule.count("/") == path.count("/") and fnmatch.fnmatch(path, rule) for path in above)


class TestServices:
    def test_are_the_documented_ones(self) -> None:
        documented = re.findall(
            r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8"), re.MULTILINE
        )
        assert sorted(SERVICES) == sorted(documented)
        assert {name for name, service in SERVICES.items() if service.get("profiles")} == {"panel-embedded"}

    def test_only_the_panel_has_a_port_and_only_for_this_host(self) -> None:
        assert {name for name, service in SERVICES.items() if "ports" in service} == OPEN_TO_PEOPLE
        for name in OPEN_TO_PEOPLE:
            assert SERVICES[name]["ports"] == ["${PANEL_BIND:-127.0.0.1}:${PANEL_PORT:-8080}:8080"]

    @pytest.mark.parametrize("name", ["prefect", "prefect-db", "redis"])
    def test_what_only_the_panel_needs_has_no_way_in_or_out(self, name: str) -> None:
        assert SERVICES[name]["networks"] == ["backend"]
        assert COMPOSE["networks"]["backend"] == {"internal": True}

    @pytest.mark.parametrize("name", sorted(OURS))
    def test_run_locked_down(self, name: str) -> None:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in service, "the image's own user has no rights"
        assert "privileged" not in service

    @pytest.mark.parametrize("name", sorted(SERVICES))
    def test_have_a_health_check_of_their_own_or_of_the_image(self, name: str) -> None:
        check = SERVICES[name].get("healthcheck", {})
        if name == "migrate":
            assert check == {"disable": True}, "it ends by itself, with a status"
        elif name in OPEN_TO_PEOPLE:
            assert check == {}, "the image's own, on /healthz"
        else:
            assert check["test"][0] in {"CMD", "CMD-SHELL"}

    def test_wait_for_the_schema_before_they_use_it(self) -> None:
        for name in ["panel", "worker"]:
            assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}

    def test_the_worker_takes_its_jobs_from_the_pool_that_they_are_put_in(self) -> None:
        command = SERVICES["worker"]["command"][-1]
        assert command.startswith("python -m jobs deploy && exec prefect worker start")
        assert f"--pool {WORK_POOL} --type process" in command

    def test_join_the_network_of_a_supabase_on_the_same_host(self) -> None:
        network = COMPOSE["networks"]["supabase"]
        assert network["name"].startswith("${SUPABASE_NETWORK:-")
        assert network["external"] == "${SUPABASE_NETWORK_EXTERNAL:-false}"


class TestEnvironment:
    def test_every_name_is_one_that_somebody_reads(self) -> None:
        for name in SERVICES:
            unknown = {
                variable
                for variable in environment(name)
                if variable not in SETTINGS | ELSEWHERE | READ_BY_OPENTELEMETRY
                and not variable.startswith("PREFECT_")
            }
            assert not unknown, name

    def test_every_prefect_setting_is_one_that_prefect_knows(self) -> None:
        import prefect.settings

        for name in SERVICES:
            for variable in environment(name):
                if variable.startswith("PREFECT_"):
                    assert hasattr(prefect.settings, variable), f"{name}: {variable}"

    def test_the_panel_can_be_given_every_setting(self) -> None:
        assert set(environment("panel")) >= SETTINGS - SET_BY_THE_IMAGE - ONLY_EMBEDDED

    def test_no_secret_has_a_value_here(self) -> None:
        for name in SERVICES:
            for variable, value in environment(name).items():
                if SECRET.search(variable):
                    literal = re.sub(r"\$\{[A-Z_]+:-\}", "", value)
                    assert literal in {"", "redis://:@redis:6379/0"}, f"{name}: {variable}"

    def test_the_password_of_the_database_goes_to_the_migration_only(self) -> None:
        holders = {name for name in SERVICES if "MIGRATE_DATABASE_URL" in environment(name)}
        assert holders == {"migrate"}
        assert set(environment("migrate")) == {"MIGRATE_DATABASE_URL"}

    def test_every_variable_that_compose_asks_for_is_in_the_example(self) -> None:
        asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        named = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
        assert asked - named == {"COMPOSE_PROJECT_NAME"}

    def test_a_forgotten_project_is_refused_and_not_taken_for_the_embedded_one(self) -> None:
        from config import SettingsError, load_settings

        forgotten = re.sub(r"^\$\{SUPABASE_URL:-(.+)\}$", r"\1", environment("panel")["SUPABASE_URL"])
        with pytest.raises(SettingsError, match="SUPABASE_URL"):
            load_settings({"SUPABASE_URL": forgotten})

    @pytest.mark.parametrize(
        ("service", "variable"),
        [("redis", "REDIS_PASSWORD"), ("prefect", "PREFECT_SERVER_API_AUTH_STRING")],
    )
    def test_a_service_does_not_start_without_its_password(self, service: str, variable: str) -> None:
        script = SERVICES[service]["command"][-1]
        assert re.match(rf': "\$\$\{{{variable}:\?set [A-Z_]+ in \.env\}}"', script)
