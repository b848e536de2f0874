"""The client of a dialogue: who it is, and what the bot remembers of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import Locale

from components.buttons import link
from components.dialogue_links import dialogues_url
from components.dialogue_words import Label
from components.tag import foreign, tag
from components.viewer import Viewer
from i18n import Translator
from pages.dialogue_section import Section, fact, foreign_fact, labelled
from queries.dialogue import ClientCard, Dialogue, Memory


def client(viewer: Viewer) -> Section:
    """Who it is."""

    def draw(value: Dialogue) -> None:
        if value.client is not None:
            _draw_client(viewer, value.client)

    return Section(viewer.tr.t("Client"), lambda value: value.client, draw)


def memory(viewer: Viewer) -> Section:
    """What the bot remembers of the client."""

    def part(value: Dialogue) -> object:
        return value.memory and (value.memory, value.staff_names, value.service_names)

    def draw(value: Dialogue) -> None:
        if value.memory is not None:
            _draw_memory(viewer, value.memory, value.staff_names, value.service_names)

    return Section(viewer.tr.t("What the bot remembers"), part, draw)


def _draw_client(viewer: Viewer, card: ClientCard) -> None:
    tr = viewer.tr
    if card.full_name:
        foreign_fact(tr.t("Name"), card.full_name)
    if card.phone:
        foreign_fact(tr.t("Phone"), card.phone)
    elif card.has_phone:
        fact(tr.t("Phone"), tr.t("known; your role does not see it"))
    channels = [
        name for name, has in (("Telegram", card.has_telegram), ("WhatsApp", card.has_whatsapp)) if has
    ]
    fact(tr.t("Writes in"), ", ".join(channels) or "—")
    if card.first_seen_at is not None:
        fact(tr.t("First dialogue"), _moment(viewer, card.first_seen_at))
    if card.last_seen_at is not None:
        fact(tr.t("Last dialogue"), _moment(viewer, card.last_seen_at))
    if card.created_at is not None:
        fact(
            tr.t("Known since"), tr.day(card.created_at.astimezone(ZoneInfo(viewer.tenant.time_zone)).date())
        )
    with tag("div", classes="fact"):
        tag("span", tr.t("Dialogues"), "muted")
        with tag("span"):
            address = dialogues_url(viewer, None, client=card.client_id)
            link(tr.n("{count} dialogue", "{count} dialogues", card.dialogues), address)
    with tag("div", classes="fact"):
        tag("span", tr.t("Bookings"), "muted")
        with tag("span"):
            if card.bookings:
                address = dialogues_url(viewer, None, client=card.client_id, booked=True)
                link(tr.number(card.bookings), address)
            else:
                tag("span", tr.number(0))


def _draw_memory(
    viewer: Viewer, known: Memory, staff: Mapping[str, str], services: Mapping[str, str]
) -> None:
    tr = viewer.tr
    if known.preferred_service_id:
        foreign_fact(
            tr.t("Preferred service"), services.get(known.preferred_service_id, known.preferred_service_id)
        )
    if known.preferred_staff_id:
        foreign_fact(
            tr.t("Preferred specialist"), staff.get(known.preferred_staff_id, known.preferred_staff_id)
        )
    if known.preferred_time:
        labelled(tr.t("Preferred time"), time_label(known.preferred_time, tr))
    if known.language:
        labelled(tr.t("Language"), language_label(known.language, tr))
    if known.allows_notifications is not None:
        fact(tr.t("Notifications"), tr.t("allowed") if known.allows_notifications else tr.t("not wanted"))
    if known.last_visit_date:
        labelled(tr.t("Last visit"), day_label(known.last_visit_date, tr))
    if known.visit_interval_days is not None:
        days = round(known.visit_interval_days)
        fact(tr.t("Comes every"), tr.n("{count} day", "{count} days", days))
    for stat in known.booking_stats:
        visits = tr.n("{count} visit", "{count} visits", int(stat.count))
        person = stat.key.removeprefix("staff_")
        foreign_fact(tr.t("Went to"), f"{staff.get(person, person)}: {visits}")
    for entry in known.more:
        with tag("div", classes="fact"):
            foreign(entry.key, "muted")
            foreign(entry.value)
    if known.updated_at is not None:
        tag("p", tr.t("Remembered on {time}", time=_moment(viewer, known.updated_at)), "dialogue-small muted")


def time_label(preferred: str, tr: Translator) -> Label:
    """A part of the day, as the bot names them."""
    known = {
        "morning": tr.t("in the morning"),
        "day": tr.t("in the daytime"),
        "afternoon": tr.t("in the afternoon"),
        "evening": tr.t("in the evening"),
    }
    return Label(known[preferred]) if preferred in known else Label(preferred, is_foreign=True)


def language_label(code: str, tr: Translator) -> Label:
    """A language by its name; what is no code of one, as it is."""
    name = Locale.parse(tr.locale).languages.get(code.lower())
    return Label(str(name)) if name else Label(code, is_foreign=True)


def day_label(text: str, tr: Translator) -> Label:
    """An ISO day in words; what is none, as it is."""
    try:
        return Label(tr.day(date.fromisoformat(text), "yMMMd"))
    except ValueError:
        return Label(text, is_foreign=True)


def _moment(viewer: Viewer, moment: datetime) -> str:
    return viewer.tr.moment(moment, viewer.tenant.time_zone, "short")
