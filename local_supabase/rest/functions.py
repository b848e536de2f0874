"""Finds the function that a call means among those of its name, by the names of the arguments."""

from collections.abc import Collection, Sequence

from local_supabase.rest.errors import RestError
from local_supabase.rest.hints import closest
from local_supabase.rest.media import JSON, OCTET_STREAM, TEXT, XML
from local_supabase.rest.schema_cache import Function, SchemaCache

UNNAMED_TYPES = {JSON: ("json", "jsonb"), TEXT: ("text",), XML: ("xml",), OCTET_STREAM: ("bytea",)}
RAW_NAMES = {TEXT: "text", XML: "xml", OCTET_STREAM: "bytea"}


def find_function(
    cache: SchemaCache, schema: str, name: str, arguments: Collection[str], media_type: str, *, by_post: bool
) -> Function:
    """The one function that takes these arguments; raises RestError (404, or 300 where several do)."""
    overloads = cache.functions.get((schema, name), [])
    given = frozenset(arguments)
    raw = by_post and media_type in RAW_NAMES
    named = [one for one in overloads if _takes(one, given, raw=raw)]
    candidates = named or [one for one in overloads if by_post and _takes_body(one, media_type)]
    if not candidates:
        hint = _hint(cache, schema, name, sorted(given), overloads)
        raise _not_found(f"{schema}.{name}", sorted(given), hint, media_type if by_post else None)
    if len(candidates) > 1:
        raise _ambiguous(candidates)
    return candidates[0]


def takes_whole_body(function: Function) -> bool:
    """Whether the one parameter of the function has no name, so that the body itself is its argument."""
    return len(function.parameters) == 1 and not function.parameters[0].name


def _takes(function: Function, given: frozenset[str], *, raw: bool) -> bool:
    if not function.parameters:
        return not given and not raw
    required = {one.name for one in function.parameters if one.required}
    return required <= given <= {one.name for one in function.parameters}


def _takes_body(function: Function, media_type: str) -> bool:
    return takes_whole_body(function) and function.parameters[0].type in UNNAMED_TYPES.get(media_type, ())


def _ambiguous(candidates: Sequence[Function]) -> RestError:
    described = [
        f"{one.schema}.{one.name}({', '.join(f'{p.name} => {p.type}' for p in one.parameters)})"
        for one in candidates
    ]
    return RestError(
        300,
        "PGRST203",
        f"Could not choose the best candidate function between: {', '.join(described)}",
        None,
        "Try renaming the parameters or the function itself in the database "
        "so function overloading can be resolved",
    )


def _not_found(shown: str, arguments: list[str], hint: str | None, body_type: str | None) -> RestError:
    listed = ", ".join(arguments)
    plural = "s" if len(arguments) > 1 else ""
    searched = f" with parameter{plural} {listed}" if arguments else " without parameters"
    called = f"({listed})" if arguments else " without parameters"
    if body_type in RAW_NAMES:
        called, searched, hint = "", f" with a single unnamed {RAW_NAMES[body_type]} parameter", None
    elif body_type == JSON:
        searched += " or with a single unnamed json/jsonb parameter"
    return RestError(
        404,
        "PGRST202",
        f"Could not find the function {shown}{called} in the schema cache",
        f"Searched for the function {shown}{searched}, but no matches were found in the schema cache.",
        hint,
    )


def _hint(
    cache: SchemaCache, schema: str, name: str, arguments: list[str], overloads: Sequence[Function]
) -> str | None:
    if overloads:
        signatures = [f"({', '.join(sorted(p.name for p in one.parameters))})" for one in overloads]
        found = closest(f"({', '.join(arguments)})", signatures, at_least=0.33)
        meant = None if found is None else name + found
    else:
        meant = closest(name, cache.function_names(schema))
    return f"Perhaps you meant to call the function {schema}.{meant}" if meant else None
