"""A request as the server understands it before the database is asked: what it names, as whom, and how."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from local_supabase.rest.errors import (
    RestError,
    embedding_refused,
    invalid_function_method,
    invalid_path,
    not_embedded,
    unknown_schema,
    unsupported_method,
)
from local_supabase.rest.media import MediaType, accepted_types
from local_supabase.rest.preferences import Preferences
from local_supabase.rest.query_string import decoded_text
from local_supabase.rest.query_types import Filter, LogicTree, Query, SelectField
from local_supabase.settings import Settings
from local_supabase.tokens import Claims

TABLE_METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")
FUNCTION_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
ROOT_METHODS = ("GET", "HEAD", "OPTIONS")
CONTENT_METHODS = ("POST", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; repeated headers are joined with commas."""

    method: str
    path: str
    raw_query: bytes
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_read(self) -> bool:
        """Whether the method may only read."""
        return self.method in ("GET", "HEAD")

    def parts(self) -> list[str]:
        """The decoded parts of the path; none for the root."""
        raw = self.path.removeprefix("/").encode("latin-1", "replace")
        return [decoded_text(part) for part in raw.split(b"/")] if raw else []

    def cookies(self) -> dict[str, str]:
        """The cookies by name; none where the header cannot be read."""
        header = self.headers.get("cookie")
        if not header:
            return {}
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(header)
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names: a table, a function, or the root (neither)."""

    table: str | None = None
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """A request with what was worked out of it; the handlers take it from here."""

    request: Request
    target: Target
    claims: Claims
    signed_in: bool
    schema: str
    profile_header: list[tuple[str, str]]
    preferences: Preferences
    query: Query
    settings: Settings = field(repr=False)

    @property
    def accepted(self) -> tuple[MediaType, ...]:
        """The media types that the client accepts, best first."""
        return accepted_types(self.request.headers.get("accept"))

    @property
    def trees(self) -> tuple[LogicTree, ...]:
        """All filters and groups, under one AND."""
        return (*self.query.filters, *self.query.logic)

    def selected(self, name: str) -> tuple[SelectField, ...]:
        """The selected fields; raises RestError for embedding, and for aggregates where they are off."""
        fields = []
        for item in self.query.select:
            if not isinstance(item, SelectField):
                raise embedding_refused(name, item.name, self.schema)
            if item.aggregate and not self.settings.aggregates_enabled:
                raise RestError(400, "PGRST123", "Use of aggregate functions is not allowed")
            fields.append(item)
        relations = [*self.query.embedded, *(term.relation for term in self.query.order if term.relation)]
        if relations:
            raise not_embedded(relations[0])
        return tuple(fields)


def fields_of(trees: Iterable[LogicTree]) -> list[str]:
    """The names of the fields that filters look at."""
    names: list[str] = []
    for tree in trees:
        names += [tree.field.name] if isinstance(tree, Filter) else fields_of(tree.members)
    return names


def target_of(request: Request, settings: Settings) -> Target:
    """What the path names; raises RestError for paths and methods that lead nowhere."""
    allowed: tuple[str, ...]
    match request.parts():
        case []:
            described_by = settings.root_spec if request.is_read else None
            allowed = ROOT_METHODS
            target = Target(function=described_by.rpartition(".")[2] if described_by else None)
        case [table]:
            allowed, target = TABLE_METHODS, Target(table=table)
        case ["rpc", function]:
            if request.method not in FUNCTION_METHODS:
                raise invalid_function_method(request.method)
            return Target(function=function)
        case _:
            raise invalid_path()
    if request.method not in allowed:
        raise unsupported_method(request.method)
    return target


def schema_of(request: Request, settings: Settings) -> tuple[str, list[tuple[str, str]]]:
    """The schema that the profile header asks for, and the header that tells it back; raises RestError."""
    name = "content-profile" if request.method in CONTENT_METHODS else "accept-profile"
    asked = request.headers.get(name)
    if asked is not None and asked not in settings.schemas:
        raise unknown_schema(asked, settings.schemas)
    schema = asked or settings.schemas[0]
    negotiated = asked is not None or len(settings.schemas) > 1
    return schema, [("Content-Profile", schema)] if negotiated else []


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The token of the Authorization header; None where there is no bearer token at all."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
