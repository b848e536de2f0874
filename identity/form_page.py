"""One plain form: shown by GET, sent by POST, shown again with what was typed when something is wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from errors import AppError, NotFound
from identity.entry import Entry
from identity.forms import Form, read_form, without_control_characters
from identity.origins import OriginPolicy
from identity.passwords import Passwords
from identity.rate_limits import RateLimits
from identity.rendering import LANGUAGE_FIELD, choose_language, render, render_problem, this_address
from identity.store import SignInStore


@dataclass(frozen=True, slots=True)
class SignInParts:
    """What the forms share."""

    origins: OriginPolicy
    store: SignInStore
    passwords: Passwords
    limits: RateLimits
    entry: Entry


class FormPage(ABC):
    """A form with its route. Problems are answered with the form itself, their status and their text."""

    path: ClassVar[str]
    template: ClassVar[str]
    kept_fields: ClassVar[tuple[str, ...]] = ()
    """What is shown again after a problem; passwords never are."""

    def __init__(self, parts: SignInParts) -> None:
        self.parts = parts

    @abstractmethod
    async def show(self, request: Request) -> Response:
        """Answer GET."""

    @abstractmethod
    async def submit(self, request: Request, form: Form) -> Response:
        """Answer POST; raises `AppError` for what is wrong with it."""

    async def values(self, request: Request) -> dict[str, Any]:
        """What the template needs besides the fields."""
        return {}

    def route(self) -> Route:
        """The route of both methods."""
        return Route(self.path, self._answer, methods=["GET", "POST"])

    async def form_response(
        self, request: Request, typed: Form | None = None, problem: AppError | None = None
    ) -> Response:
        """The form, with what was typed before."""
        source = typed or request.query_params
        fields = {name: without_control_characters(source.get(name, "")) for name in self.kept_fields}
        values = {**fields, **await self.values(request)}
        return render(request, self.template, values, problem=problem)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            try:
                return await self.show(request)
            except AppError as problem:
                return render_problem(request, problem, back=this_address(request))
        form: Form = {}
        try:
            self.parts.origins.check_form(request)
            form = await read_form(request)
            if choose_language(request, form.get(LANGUAGE_FIELD, "")):
                return await self.form_response(request, form)
            return await self.submit(request, form)
        except AppError as problem:
            return await self._again(request, form, problem)

    async def _again(self, request: Request, form: Form, problem: AppError) -> Response:
        if not form or isinstance(problem, NotFound):
            return render_problem(request, problem, back=this_address(request))
        try:
            return await self.form_response(request, form, problem)
        except AppError as greater:
            return render_problem(request, greater, back=this_address(request))
