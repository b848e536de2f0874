"""Which media type an answer gets: the first accepted one that is built in, or that the database makes."""

from dataclasses import dataclass

from local_supabase.rest.errors import no_media_type
from local_supabase.rest.media import ANY, ARRAY, CSV, JSON, OCTET_STREAM, SINGULAR, MediaType
from local_supabase.rest.requests import Context
from local_supabase.rest.schema_cache import Function, MediaHandler, SchemaCache

VENDORED = (SINGULAR, ARRAY)


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The media type of an answer, and the aggregate that makes it; None where it is built in."""

    media_type: MediaType
    handler: MediaHandler | None = None

    @property
    def is_binary(self) -> bool:
        """Whether the statement answers the body in hexadecimal digits."""
        return self.handler is not None and self.handler.returns_bytes


def negotiated(context: Context, cache: SchemaCache, table: tuple[str, str] | None) -> Negotiated:
    """The form of rows, of `table` where they are of one; raises RestError (406)."""
    own = table if context.query.selects_everything else None
    for one in context.accepted:
        if one.name in VENDORED:
            return Negotiated(one)
        for key in ((own, ANY), (own, one.name)) if own else ():
            if key in cache.handlers:
                return _made(cache.handlers[key])
        if one.name != ANY and (None, one.name) in cache.handlers:
            return _made(cache.handlers[None, one.name])
        if one.name in (ANY, JSON):
            return Negotiated(MediaType(JSON))
        if one.name == CSV:
            return Negotiated(one)
    raise no_media_type([str(one) for one in context.accepted])


def negotiated_call(context: Context, cache: SchemaCache, function: Function) -> Negotiated:
    """The form of what a function returns: its own, if it returns one value of a media type's domain."""
    own = function.media_type if function.returns_scalar and context.query.selects_everything else None
    for one in context.accepted if own else ():
        if one.name in VENDORED:
            return Negotiated(one)
        if own == ANY:
            return Negotiated(MediaType(OCTET_STREAM))
        if one.name == own:
            return Negotiated(one)
        if one.name in (ANY, JSON, CSV):
            break
    table = (function.schema, function.result_name) if function.returns_composite else None
    return negotiated(context, cache, table)


def _made(handler: MediaHandler) -> Negotiated:
    return Negotiated(MediaType(OCTET_STREAM if handler.media_type == ANY else handler.media_type), handler)
