"""A Supabase in a process of its own, over real HTTP: `python -m local_supabase`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, HMACAlgorithm

from tests.database import DashboardDatabase
from tests.panel_process import PROJECT, free_port

START_TIMEOUT = 30.0  # seconds
PUBLISHABLE_KEY = "sb_publishable_x"
SECRET = "the-jwt-secret-of-a-hosted-project-0123456789"
KEY_ID = "imported-key"
SHARED_KEY_ID = "shared"


def es256_key() -> tuple[str, str]:
    """A private key as the panel is given it, and the set with its public half as PostgREST is."""
    document = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    private = {**document, "kid": KEY_ID, "alg": "ES256", "use": "sig"}
    public = {name: value for name, value in private.items() if name != "d"}
    # A project keeps its shared secret beside an imported key: Auth signs with it here.
    shared = {**HMACAlgorithm.to_jwk(SECRET, as_dict=True), "kid": SHARED_KEY_ID, "alg": "HS256"}
    return json.dumps(private), json.dumps({"keys": [public, shared]})


class SupabaseProcess:
    """REST, Auth and Realtime of one database, at a port that stays the same over restarts."""

    def __init__(
        self,
        database: DashboardDatabase,
        log: Path,
        *,
        jwt_secret: str = SECRET,
        schemas: str = "public,dashboard",
        port: int | None = None,
        command: tuple[str, ...] = ("-m", "local_supabase"),
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._environ = {
            "PATH": os.environ["PATH"],
            "PGRST_DB_URI": database.authenticator_uri,
            "PGRST_DB_SCHEMAS": schemas,
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_MAX_ROWS": "1000",
            "PGRST_JWT_SECRET": jwt_secret,
            "PGRST_SERVER_PORT": str(self.port),
            "LOCAL_SUPABASE_ADMIN_URI": database.superuser_uri,
        }

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=PROJECT, env=self._environ, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"local_supabase ended at start:\n{self._log.read_text()}")
            try:
                httpx.get(f"{self.url}/auth/v1/health", timeout=2).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError(f"local_supabase does not answer:\n{self._log.read_text()}")

    def __enter__(self) -> SupabaseProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def kill(self) -> None:
        """kill -9: the project is away."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it properly."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    def create_auth_user(self, email: str, password: str) -> None:
        """An account of Supabase Auth with a confirmed e-mail, made as a project's administrator makes it."""
        claims = {"role": "service_role", "exp": int(time.time()) + 60}
        token = jwt.encode(claims, SECRET, "HS256", {"kid": SHARED_KEY_ID})
        httpx.post(
            f"{self.url}/auth/v1/admin/users",
            json={"email": email, "password": password, "email_confirm": True},
            headers={"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {token}"},
            timeout=10,
        ).raise_for_status()
