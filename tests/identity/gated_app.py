"""A small NiceGUI application behind the gate, run by the browser tests in a process of its own.

Its one page uses what ours use: components, a chart, icons, a click that reaches the server, sub-pages.
"""

from __future__ import annotations

import os
from pathlib import Path

import httpx
from nicegui import app, ui
from nicegui.client import Client

from auth import Auth, current_identity
from config import load_settings
from data import Supabase
from identity.gate import Gate
from identity.passwords import Passwords
from identity.tokens import TokenMinter
from local_supabase.app import LocalSupabase
from local_supabase.settings import Settings as LocalSettings
from tests.identity.panel import SECRET

local = LocalSupabase(
    LocalSettings(
        db_uri=os.environ["AUTHENTICATOR_URI"],
        schemas=("dashboard",),
        anon_role="anon",
        jwt_secret=SECRET,
        superuser_uri=os.environ["SUPERUSER_URI"],
    )
)
supabase = Supabase("http://supabase.local", "anon", transport=httpx.ASGITransport(local.rest_and_auth))
auth = Auth(load_settings(os.environ), supabase, TokenMinter.from_secret(SECRET), passwords=Passwords(cost=4))


@ui.page("/")
async def page(client: Client) -> None:
    signed_in = await current_identity(client)

    def end(reason: str) -> None:
        client.open(f"/sign-in?notice={reason}")

    client.on_delete(auth.watch(signed_in, client.id, end))
    ui.add_head_html('<script defer src="/static/connection.js"></script>')
    ui.label(f"Hello {signed_in.identity.email}").classes("text-lg p-4")
    clicks = ui.label("0 clicks")
    ui.button("Click", icon="add", on_click=lambda: clicks.set_text("1 click"))
    ui.plotly({"data": [{"type": "bar", "x": [1, 2], "y": [3, 4]}], "layout": {}, "config": {}})
    ui.table(columns=[{"name": "a", "label": "A", "field": "a"}], rows=[{"a": "<b>1</b>"}])
    ui.select(["one", "two"], value="one")
    ui.sub_pages({"/": lambda: ui.label("first"), "/clients": lambda: ui.label("second")})


async def start() -> None:
    await local.start()
    await auth.start()


async def stop() -> None:
    await auth.stop()
    await supabase.aclose()
    await local.stop()


app.on_startup(start)
app.on_shutdown(stop)
app.add_middleware(Gate, auth=auth)
app.add_static_files("/static", Path(__file__).parents[2] / "static")
app.routes.extend(auth.routes())
ui.run(host="127.0.0.1", port=int(os.environ["PORT"]), reload=False, show=False, show_welcome_message=False)
