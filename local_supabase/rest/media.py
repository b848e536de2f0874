"""Media types: what a client accepts, in its order of preference, and how an answer names its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

JSON = "application/json"
CSV = "text/csv"
OPENAPI = "application/openapi+json"
SINGULAR = "application/vnd.pgrst.object+json"
ARRAY = "application/vnd.pgrst.array+json"
URL_ENCODED = "application/x-www-form-urlencoded"
OCTET_STREAM = "application/octet-stream"
GEO_JSON = "application/geo+json"
TEXT = "text/plain"
XML = "text/xml"
ANY = "*/*"
WITH_CHARSET = (JSON, CSV, OPENAPI, SINGULAR, ARRAY, TEXT, XML, GEO_JSON)


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type, without its parameters except for the one that means something here."""

    name: str
    nulls_stripped: bool = False

    def __str__(self) -> str:
        return self.name + (";nulls=stripped" if self.nulls_stripped else "")

    @property
    def content_type(self) -> str:
        """The Content-Type header of an answer of this type."""
        return f"{self}; charset=utf-8" if self.name in WITH_CHARSET else str(self)


@lru_cache(maxsize=256)
def parse_media_type(text: str) -> MediaType:
    """Read one media type; the vendored array type without parameters is plain JSON."""
    name, *parameters = (part.strip() for part in text.split(";"))
    stated = {
        key.strip().lower(): value.strip().strip('"')
        for key, _, value in (p.partition("=") for p in parameters)
    }
    lowered = name.lower()
    if lowered in (SINGULAR, "application/vnd.pgrst.object"):
        return MediaType(SINGULAR, nulls_stripped=stated.get("nulls") == "stripped")
    if lowered in (ARRAY, "application/vnd.pgrst.array"):
        return MediaType(ARRAY, nulls_stripped=True) if stated.get("nulls") == "stripped" else MediaType(JSON)
    if lowered.startswith("application/vnd.pgrst.plan"):
        kind = lowered.rpartition("+")[2] if "+" in lowered else "text"
        target = parse_media_type(stated.get("for", JSON))
        return MediaType(f'application/vnd.pgrst.plan+{kind}; for="{target}"')
    known = (*WITH_CHARSET, URL_ENCODED, OCTET_STREAM, ANY)
    return MediaType(lowered if lowered in known else text.strip())


@lru_cache(maxsize=256)
def accepted_types(header: str | None) -> tuple[MediaType, ...]:
    """The types of an Accept header, best first: by quality, then by how specific they are."""
    if not header:
        return (MediaType(ANY),)
    ranked = []
    for part in header.split(","):
        pieces = [piece.strip() for piece in part.split(";")]
        quality = next((piece[2:] for piece in pieces[1:] if piece.lower().startswith("q=")), "1")
        kept = ";".join(piece for piece in pieces if not piece.lower().startswith("q="))
        specificity = kept.count(";") - kept.count("*")
        ranked.append((_number(quality), specificity, kept))
    ranked.sort(key=lambda one: (-one[0], -one[1]))
    return tuple(parse_media_type(kept) for _, _, kept in ranked)


def first_available(accepted: Sequence[MediaType], produced: Sequence[str]) -> MediaType | None:
    """The type to answer in: the first accepted one on offer; `*/*` takes the first that is produced."""
    for one in accepted:
        if one.name == ANY:
            return MediaType(produced[0])
        if one.name in produced:
            return one
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
