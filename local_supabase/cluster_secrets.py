"""Passwords and keys of one embedded cluster, generated once and kept in a file that only its owner reads."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True, repr=False)
class ClusterSecrets:
    """What the embedded Supabase generates for itself; never printed (no repr)."""

    superuser_password: str
    postgres_password: str
    authenticator_password: str
    jwt_secret: str


def load_secrets(path: Path) -> ClusterSecrets:
    """Read the secrets, creating the file (or the entries that an older version did not know) first."""
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    names = [field.name for field in fields(ClusterSecrets)]
    result = ClusterSecrets(**{name: known.get(name) or secrets.token_urlsafe(32) for name in names})
    if asdict(result) != known:
        _write_whole(path, json.dumps(asdict(result), indent=1))
    return result


def _write_whole(path: Path, text: str) -> None:
    # Flushed and renamed: after a power cut there is the old file or the new one, never half of one.
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
