"""Migration files: `YYYYMMDDHHMMSS_name.sql`, applied in the order of their names."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "supabase" / "migrations"
_FILE_NAME = re.compile(r"(?P<version>\d{14})_(?P<name>[a-z0-9_]+)\.sql")
_NOT_COMPARED = re.compile(r"[\s;]+")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its 14-digit version, its name, its SQL."""

    version: str
    name: str
    sql: str

    def __str__(self) -> str:
        return f"{self.version}_{self.name}"

    @property
    def fingerprint(self) -> str:
        """What tells whether an applied file was changed since."""
        return fingerprint([self.sql])


def read_migrations(folder: Path) -> list[Migration]:
    """All files of the folder, oldest first. Raises `ValueError` for a name that the CLI would pass over."""
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"{path.name}: a migration is named YYYYMMDDHHMMSS_name.sql")
        migrations.append(Migration(match["version"], match["name"], path.read_text(encoding="utf-8")))
    return migrations


def fingerprint(statements: Iterable[str]) -> str:
    """Hash of SQL, the same for a whole file and for its statements as the CLI splits and trims them."""
    return hashlib.sha256(_NOT_COMPARED.sub("", "".join(statements)).encode()).hexdigest()
