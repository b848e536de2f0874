"""The plain pages: server-rendered, without script or socket, in the visitor's language and colours."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from errors import AppError, NoRoom, NotReady, TooMany, Unavailable
from i18n import LOCALES, Translator, preferred_locale, translator
from identity.headers import FORMS_POLICY
from identity.visitor import Visitor
from models import Identity, LocaleName, ThemeName

LANGUAGE_COOKIE = "lang"
LANGUAGE_FIELD = "lang"
"""What a form's language buttons send; pages without a form have it in their links."""
THEME_COOKIE = "theme"
_YEAR_SECONDS = 365 * 24 * 3600
_DATABASE_PAUSE_SECONDS = 5

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    request: Request, template: str, values: Mapping[str, Any], *, problem: AppError | None = None
) -> Response:
    """A page; a problem decides the status and is told at its top."""
    words = visitors_words(request)
    page = _templates.get_template(template).render(
        t=words.t,
        locale=words.locale,
        theme=_theme(request),
        languages=_language_links(request, words.locale),
        problem=_told(problem, words) if problem else None,
        wrong_field=problem.params.get("field", "") if problem else "",
        **values,
    )
    headers = {"content-security-policy": FORMS_POLICY, "cache-control": "no-store"}
    if isinstance(problem, TooMany):
        headers["retry-after"] = str(problem.retry_after)
    elif isinstance(problem, Unavailable):
        headers["retry-after"] = str(_DATABASE_PAUSE_SECONDS)
    response = HTMLResponse(page, problem.status if problem else HTTPStatus.OK, headers)
    if _chosen_language(request):
        remember_look(response, request, locale=words.locale)
    return response


def render_problem(request: Request, problem: AppError, *, back: str = "") -> Response:
    """A page that only says what went wrong, and leads back to where it may go right."""
    return render(request, "message.html", {"back": back}, problem=problem)


def choose_language(request: Request, name: str) -> bool:
    """Answer this request in a language, which is remembered; False when there is no such language."""
    known = _known_language(name)
    request.state.chosen_language = known
    return known is not None


def go_to(path: str) -> Response:
    """Lead the browser on with a GET."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def visitors_words(request: Request) -> Translator:
    """The language asked for on the page, else the person's own, else by cookie, else the browser's."""
    person = _person(request)
    chosen = (
        _chosen_language(request)
        or (person.locale if person else None)
        or _known_language(request.cookies.get(LANGUAGE_COOKIE))
    )
    return translator(chosen or preferred_locale(request.headers.get("accept-language", "")))


def this_address(request: Request) -> str:
    """The path and query that were asked for."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def remember_look(
    response: Response, request: Request, *, locale: LocaleName | None = None, theme: ThemeName | None = None
) -> None:
    """Let the browser keep the language and colours for the pages before sign-in."""
    for name, value in ((LANGUAGE_COOKIE, locale), (THEME_COOKIE, theme)):
        if value is not None:
            response.set_cookie(
                name,
                value,
                max_age=_YEAR_SECONDS,
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )


def _told(problem: AppError, words: Translator) -> tuple[str, str]:
    # Inside the frame, what could not be read is read again by itself; a plain page asks the person to.
    may_pass = isinstance(problem, Unavailable) and not isinstance(problem, NoRoom | NotReady)
    advice = "Try again in a moment." if may_pass else problem.advice
    return words.t(problem.message, **problem.params), words.t(advice, **problem.params)


def _chosen_language(request: Request) -> LocaleName | None:
    by_button: LocaleName | None = getattr(request.state, "chosen_language", None)
    return by_button or _known_language(request.query_params.get(LANGUAGE_FIELD))


def _known_language(name: str | None) -> LocaleName | None:
    return next((known for known in LOCALES if known == name), None)


def _theme(request: Request) -> str:
    person = _person(request)
    if person is not None and person.theme is not None:
        return person.theme
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in get_args(ThemeName) else "system"


def _person(request: Request) -> Identity | None:
    visitor: Visitor | None = request.scope.get("state", {}).get("visitor")
    return visitor.person if visitor else None


def _language_links(request: Request, current: LocaleName) -> list[tuple[LocaleName, str, str | None]]:
    """Each language's name and link; the current one has none."""
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != LANGUAGE_FIELD]
    return [
        (name, label, None if name == current else "?" + urlencode([*rest, (LANGUAGE_FIELD, name)]))
        for name, label in LOCALES.items()
    ]
