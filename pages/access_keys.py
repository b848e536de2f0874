"""The salon's keys: who may come in with which, making one and revoking one."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from components import states
from components.confirm import confirm
from components.menu import menu_action, row_menu
from components.table import Table
from components.tag import Tag, foreign, tag
from components.viewer import Viewer, Visit
from components.widget import Widget
from i18n import Translator
from pages.access_key_dialog import KeyDialog
from pages.access_section import section
from queries import api_keys
from queries.api_keys import ApiKey, Scope


class Keys:
    """A table that is read again when somebody makes or revokes a key. `dialogs` is where dialogs live."""

    def __init__(self, viewer: Viewer, visit: Visit, dialogs: Tag) -> None:
        self._viewer = viewer
        self._visit = visit
        self._dialogs = dialogs
        tr = viewer.tr
        about = tr.t("Agents and other programs come in with a key of their own. Each opens this salon only.")
        place = section(tr.t("Keys"), about, (tr.t("Make a key"), self._make), weight="primary")
        with place:
            Widget(viewer, visit, lambda: api_keys.listed(viewer.door), self._draw, height="160px")

    def _make(self) -> None:
        KeyDialog(self._viewer, self._dialogs, self._visit.pulse.ring)

    def _draw(self, keys: list[ApiKey]) -> None:
        tr = self._viewer.tr
        if not keys:
            states.empty(
                tr.t("No keys yet"),
                tr.t("Make one for each agent, so that one can be revoked without the others."),
                picture="key",
            )
            return
        columns = [tr.t("Key"), tr.t("May"), tr.t("Made"), tr.t("Last used"), tr.t("Actions")]
        table = Table(tr.t("Keys"), columns)
        for key in keys:
            self._row(table, key)

    def _row(self, table: Table, key: ApiKey) -> None:
        tr, zone = self._viewer.tr, self._viewer.tenant.time_zone
        with table.row() as row:
            if key.revoked_at:
                row.classes("is-revoked")
            with table.cell("cell-main"), tag("div", classes="stack"):
                foreign(key.name, "strong")
                tag("span", f"{key.prefix}…", "access-code muted")
            with table.cell():
                tag("span", ", ".join(scope_name(scope, tr) for scope in key.scopes))
            with table.cell(), tag("div", classes="stack access-made"):
                tag("span", tr.moment(key.created_at, zone, "short"), "nowrap tabular")
                if key.created_by:
                    foreign(key.created_by, "muted")
                else:
                    tag("span", tr.t("from the command line"), "muted")
            with table.cell():
                if key.revoked_at:
                    at = tr.moment(key.revoked_at, zone, "short")
                    tag("span", tr.t("revoked on {time}", time=at), "status status-off")
                elif key.last_used_at:
                    tag("span", tr.moment(key.last_used_at, zone, "short"), "status status-good tabular")
                else:
                    tag("span", tr.t("not used yet"), "status")
            with table.cell("cell-actions"):
                if not key.revoked_at:
                    with row_menu(tr.t("Actions for the key {name}", name=key.name)):
                        menu_action(tr.t("Revoke"), "block", partial(self._revoke, key), is_danger=True)

    def _revoke(self, key: ApiKey) -> None:
        tr = self._viewer.tr

        async def write(request_id: UUID) -> None:
            await api_keys.revoke(self._viewer.door, request_id, key.key_id)

        with self._dialogs.clear():
            confirm(
                tr,
                title=tr.t("Revoke the key “{name}”?", name=key.name),
                consequence=tr.t(
                    "Whatever uses {prefix}… is refused within five seconds, for good. "
                    "What it has sent stays.",
                    prefix=key.prefix,
                ),
                action=tr.t("Revoke"),
                finished=tr.t("The key was revoked."),
                write=write,
                on_done=self._visit.pulse.ring,
            )


def scope_name(scope: Scope, tr: Translator) -> str:
    """What a key with the scope may do, in a word or two."""
    return {
        Scope.INGEST: tr.t("send events"),
        Scope.READ: tr.t("read runs"),
        Scope.CONTROL: tr.t("steer agents"),
    }[scope]
