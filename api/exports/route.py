"""`GET /s/<tenant>/dialogues/export.csv` and `.xlsx`: the dialogues of the whole filter, one a row.

Takes the query of the list's own address. The gate in front asks for a session, this route for the
permission, and the database for both again, at each read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import date
from http import HTTPStatus
from typing import Protocol, get_args
from uuid import UUID, uuid4

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.exports.cells import MOST_ROWS
from api.exports.dialogue_file import DialogueFile, file_name
from api.exports.layout import Format, dialogues_layout
from api.exports.slots import Slots
from api.exports.writing import WriterFailedError, Writing
from components import period as periods
from data import Door
from errors import AppError, Invalid, NotAllowed, NotFound, Unexpected
from i18n import Translator
from models import Identity, Permission, Tenant
from queries import dialogues, exports
from queries.dialogue_filters import Filters
from queries.dialogues import Place

logger = logging.getLogger(__name__)

AT_ONCE = 2
PREPARE_SECONDS = 900
SEND_SECONDS = 3600
"""However slow the way to the browser: then the place is for somebody else."""


class Reader(Protocol):
    """The signed-in person in the salon."""

    @property
    def identity(self) -> Identity: ...  # noqa: D102

    @property
    def tenant(self) -> Tenant: ...  # noqa: D102

    @property
    def tr(self) -> Translator: ...  # noqa: D102

    @property
    def door(self) -> Door: ...  # noqa: D102

    @property
    def today(self) -> date: ...  # noqa: D102

    def may(self, permission: Permission) -> bool: ...  # noqa: D102


Enter = Callable[[Request, UUID], Awaitable[Reader]]
"""Who makes a request, in a salon. Raises `NotFound` for a salon that is not theirs."""
Refuse = Callable[[Request, AppError], Response]


class DialogueExport:
    """The exports of one process. `refuse` makes the page that says why there is none."""

    def __init__(self, enter: Enter, refuse: Refuse, *, at_once: int = AT_ONCE) -> None:
        self._enter = enter
        self._refuse = refuse
        self._slots = Slots(at_once)

    def route(self) -> Route:
        """To be mounted at the root of the application."""
        route = Route("/s/{tenant_id}/dialogues/export.{format}", self, methods=["GET"])
        route.methods = {"GET"}  # without HEAD: it would write a file for nobody
        return route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or a page that says why not."""
        request = Request(scope, receive)
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(PREPARE_SECONDS):
                    file, pen = await self._prepare(request, stack)
            except ClientDisconnect:
                await Response(status_code=HTTPStatus.NO_CONTENT)(scope, receive, send)
                return
            except AppError as problem:
                await self._refuse(request, problem)(scope, receive, send)
                return
            except (WriterFailedError, OSError):  # TimeoutError is one of them
                defect = Unexpected()
                extra = {"error_id": defect.error_id}
                logger.exception("Error %s: an export could not be made", defect.error_id, extra=extra)
                await self._refuse(request, defect)(scope, receive, send)
                return
            async with asyncio.timeout(SEND_SECONDS):
                await file.send(request, send, pen)

    async def _prepare(self, request: Request, stack: AsyncExitStack) -> tuple[DialogueFile, Writing]:
        file_format = _format(request)
        reader = await self._enter(request, _tenant_id(request))
        if not reader.may(Permission.DIALOGUES_READ):
            raise NotAllowed("You may not do this.", advice="Ask an owner of the salon for the right to.")
        period = periods.parse(request.query_params, reader.today, has_all_time=True)
        filters = Filters.from_query(request.query_params, period)
        place = Place.from_query(request.query_params)
        stack.enter_context(self._slots.taken_by(reader.identity.user_id))
        rows = await dialogues.count(reader.door, filters)
        if file_format == "xlsx" and rows > MOST_ROWS:
            raise _too_many(rows, reader.tr)
        # on record before anything leaves the house
        await exports.note(reader.door, uuid4(), file_format, filters, rows)
        file = DialogueFile(
            dialogues_layout(file_format, reader.tenant.time_zone, reader.tr),
            dialogues.every(reader.door, filters, place.sort),
            file_name(reader.tenant, filters.period, reader.today, file_format),
        )
        return file, await file.prepare(request, stack)


def _format(request: Request) -> Format:
    formats: tuple[Format, ...] = get_args(Format)
    for known in formats:
        if request.path_params["format"] == known:
            return known
    raise NotFound("There is no such page.", advice="Check the address, or go on from the overview.")


def _tenant_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["tenant_id"])
    except ValueError:
        raise NotFound(
            "There is no such salon, or you are not a member of it.",
            code="no_such_salon",
            advice="Check the address, or choose one of your salons above.",
        ) from None


def _too_many(rows: int, tr: Translator) -> Invalid:
    return Invalid(
        "A sheet of Excel holds {most} rows; these are {count}.",
        code="too_many_rows",
        advice="Choose a shorter period, or export as CSV.",
        most=tr.number(MOST_ROWS),
        count=tr.number(rows),
    )
