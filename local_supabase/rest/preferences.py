"""The Prefer header (RFC 7240): what of it is understood, and what was applied."""

from collections.abc import Collection
from dataclasses import dataclass

from local_supabase.rest.errors import RestError

CHOICES = {
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "return": ("representation", "minimal", "headers-only"),
    "count": ("exact", "planned", "estimated"),
    "tx": ("commit", "rollback"),
    "missing": ("default", "null"),
    "handling": ("strict", "lenient"),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """Preferences by PostgREST's names (`returned` is its `return`); None where none was stated."""

    resolution: str | None = None
    returned: str | None = None
    count: str | None = None
    tx: str | None = None
    missing: str | None = None
    handling: str | None = None
    timezone: str | None = None
    max_affected: int | None = None
    invalid: tuple[str, ...] = ()

    @property
    def is_strict(self) -> bool:
        """Whether a preference that is not understood refuses the request."""
        return self.handling == "strict"

    def require_valid(self) -> None:
        """Raise RestError if the client wants strict handling and something was not understood."""
        if self.invalid and self.is_strict:
            raise RestError(
                400,
                "PGRST122",
                "Invalid preferences given with handling=strict",
                f"Invalid preferences: {', '.join(self.invalid)}",
            )

    def applied(self, *names: str) -> list[tuple[str, str]]:
        """The Preference-Applied header over those of `names` that were stated; no header without any."""
        stated = {
            "resolution": self.resolution,
            "missing": self.missing,
            "return": self.returned,
            "count": self.count,
            "tx": self.tx,
            "handling": self.handling,
            "timezone": self.timezone,
            "max-affected": self.max_affected if self.is_strict else None,
        }
        always = ("count", "tx", "handling", "timezone")
        values = [
            f"{name}={value}"
            for name, value in stated.items()
            if value is not None and (name in always or name in names)
        ]
        return [("Preference-Applied", ", ".join(values))] if values else []


NONE = Preferences()


def parse_preferences(header: str, *, tx_override: bool, time_zones: Collection[str]) -> Preferences:
    """Read the Prefer header, repeated ones joined by commas; the first statement of a preference counts."""
    stated = [part.strip() for part in header.split(",")]
    found: dict[str, str] = {}
    invalid = []
    for text in stated:
        name, _, value = text.partition("=")
        if value in CHOICES.get(name, ()) or (name == "timezone" and value in time_zones):
            found.setdefault(name, value)
        elif name == "max-affected" and "=" in text:
            if value.isdecimal():
                found.setdefault(name, value)
        else:
            invalid.append(text)
    return Preferences(
        resolution=found.get("resolution"),
        returned=found.get("return"),
        count=found.get("count"),
        tx=found.get("tx") if tx_override else None,
        missing=found.get("missing"),
        handling=found.get("handling"),
        timezone=found.get("timezone"),
        max_affected=int(found["max-affected"]) if "max-affected" in found else None,
        invalid=tuple(invalid),
    )
