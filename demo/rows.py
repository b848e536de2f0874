"""From a dialogue's steps to rows of the bot's tables: what is written, whoever writes it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from demo.dialogue import Dialogue
from demo.people import Client, to_json
from demo.salons import FOUNDED, Salon
from demo.steps import Closed, Moved, Remembered, Said, Step, Traced
from demo.wishes import Subscribed, Wished

Row = tuple[Any, ...]

# Tables in the order in which their rows may be written; the first column is the key.
# fmt: off
COLUMNS: dict[str, tuple[str, ...]] = {
    "tenants_v2": ("id", "name", "slug", "is_active", "metadata", "created_at", "updated_at"),
    "clients_v2": (
        "id", "tenant_id", "telegram_chat_id", "whatsapp_id", "phone", "yclients_client_id", "full_name",
        "meta", "created_at", "updated_at",
    ),
    "active_sessions_v2": (
        "session_id", "tenant_id", "user_id", "current_step", "intent", "state_data", "entities",
        "dialog_context", "created_at", "updated_at", "last_activity_at",
    ),
    "conversation_sessions_v2": (
        "id", "session_id", "tenant_id", "user_id", "channel", "started_at", "ended_at", "duration_sec",
        "final_status", "final_intent", "final_summary", "summary", "booking_id", "booking_source",
        "booking_status", "booking_datetime", "booking_amount", "booking_currency", "messages_count",
        "agent_messages_count", "user_messages_count", "meta", "created_at",
    ),
    "recent_history_v2": (
        "id", "tenant_id", "user_id", "session_id", "role", "channel", "message", "meta", "created_at",
    ),
    "wishlist_v2": (
        "id", "tenant_id", "user_id", "item_type", "item_id", "source", "comment", "status", "meta",
        "created_at", "updated_at", "processed_at",
    ),
    "user_ltm_v2": (
        "id", "tenant_id", "user_id", "preferred_staff_id", "preferred_service_id", "preferred_time",
        "language", "allow_notifications", "ltm_data", "created_at", "updated_at",
    ),
    "agent_trajectories_v2": (
        "id", "tenant_id", "session_id", "user_id", "step_type", "step_order", "correlation_id",
        "payload", "status", "error_code", "error_message", "created_at",
    ),
    "guardian_subscriptions_v2": (
        "id", "tenant_id", "user_id", "channel", "target_type", "target_id", "event_type", "is_active",
        "schedule", "meta", "created_at", "updated_at",
    ),
}
# fmt: on

# Tables of which a day may find rows that another day, or the pretend bot, has written; the later state wins.
MERGED = {"clients_v2": None, "user_ltm_v2": "tenant_id, user_id", "active_sessions_v2": "session_id"}


def on_conflict(table: str) -> str:
    """Give the clause for rows that are there already."""
    key = MERGED.get(table)
    if key is None:
        return "on conflict do nothing"
    columns = ", ".join(
        f"{column} = excluded.{column}" for column in COLUMNS[table] if column not in {"id", key}
    )
    return f"on conflict ({key}) do update set {columns} where {table}.updated_at <= excluded.updated_at"


_DAY_ZERO = date(2020, 1, 1).toordinal()
_SLOTS, _SLOT = 8, 1_000_000
BOT_SLOT = 3  # slots 0 to 2 of each day are the salons'; the rest is for rows that the database numbers
ROWS_PER_DIALOGUE = 100


def row_ids(day: date, slot: int, number: int = 0) -> int:
    """Give the first row id of a dialogue: ids grow by day, and each salon has a share of each day."""
    return ((day.toordinal() - _DAY_ZERO) * _SLOTS + slot) * _SLOT + number * ROWS_PER_DIALOGUE


def tenant_row(salon: Salon) -> Row:
    """Give the salon's row; its metadata holds fake secrets."""
    return (salon.tenant_id, salon.name, salon.slug, True, to_json(salon.metadata), FOUNDED, FOUNDED)


def client_row(salon: Salon, client: Client) -> Row:
    """Give the client's row."""
    c = client
    at = c.created_at
    return (
        c.client_id,
        salon.tenant_id,
        c.telegram_chat_id,
        c.whatsapp_id,
        c.phone,
        c.yclients_client_id,
        c.full_name,
        c.meta,
        at,
        at,
    )


def active_row(dialogue: Dialogue, at: datetime) -> Row:
    """Give the dialogue's row among the active sessions as it stands at `at`."""
    d, plan = dialogue, dialogue.plan
    step, messages, latest = "start", 0, d.started_at
    for event in d.steps:
        if event.at > at:
            break
        if isinstance(event, Moved):
            step = event.step
        elif isinstance(event, Said):
            messages += 1
            latest = event.at
    state: dict[str, Any] = {"messages": messages, "retries": 0}
    if d.variant < 0.3:
        state |= {
            "slots_offered": [t.isoformat() for t in (plan.visit_at, *plan.other_times)],
            "channel": d.client.channel,
        }
    entities = (
        None
        if d.variant > 0.85
        else {"service": plan.services[0].kind.title, "staff": plan.staff.name, "date": None}
    )
    context = None if d.variant > 0.6 else {"last_question": step, "language": d.client.language}
    return (
        d.session_id, d.salon.tenant_id, d.client.client_id, step, plan.intent if messages > 1 else None,
        to_json(state), entities and to_json(entities), context and to_json(context), d.started_at,
        latest, latest,
    )  # fmt: skip


def dialogue_rows(dialogue: Dialogue) -> Iterator[tuple[Step, str, Row]]:
    """Give `(step, table, row)` for each row that the dialogue adds, in order of time.

    The active session's row, which comes, changes and goes, is `active_row`; waiting-list items are as
    first written.
    """
    written: dict[str, int] = {}
    for step in dialogue.steps:
        found = _WRITERS.get(type(step))
        if found is not None:
            table, write = found
            order = written[table] = written.get(table, -1) + 1
            row_id = None if dialogue.first_row_id is None else dialogue.first_row_id + order
            yield step, table, write(dialogue, step, row_id, order)


def _message(d: Dialogue, said: Said, row_id: int | None, order: int) -> Row:
    meta = "{}" if d.variant < 0.7 else f'{{"message_id": {1000 + order}}}'
    # The live bot never filled session_id here, so neither does the demo.
    return (
        row_id,
        d.salon.tenant_id,
        d.client.client_id,
        None,
        said.role,
        d.message_channel,
        said.text,
        meta,
        said.at,
    )


def _trace(d: Dialogue, traced: Traced, row_id: int | None, order: int) -> Row:
    code, message = traced.error or (None, None)
    session_id = None if d.variant < 0.03 else d.session_id
    return (
        row_id, d.salon.tenant_id, session_id, d.client.client_id, traced.kind, order,
        f"{d.session_id}:{traced.turn}",
        to_json(traced.payload), "error" if code else "done", code, message, traced.at,
    )  # fmt: skip


def _wish(d: Dialogue, wish: Wished, row_id: int | None, order: int) -> Row:
    return (
        row_id, d.salon.tenant_id, d.client.client_id, wish.item_type, wish.item_id, wish.source,
        wish.comment,
        "pending", to_json(wish.meta), wish.at, wish.at, None,
    )  # fmt: skip


def processed(row: Row, status: str, at: datetime) -> Row:
    """Give a waiting-list row as it is once it was dealt with."""
    return (*row[:7], status, *row[8:10], at, at)


def _subscription(d: Dialogue, watch: Subscribed, row_id: int | None, order: int) -> Row:
    return (
        row_id, d.salon.tenant_id, d.client.client_id, d.client.channel, watch.target_type, watch.target_id,
        watch.event_type, watch.is_active, to_json(watch.schedule), to_json(watch.meta), watch.at, watch.at,
    )  # fmt: skip


def _memory(d: Dialogue, remembered: Remembered, row_id: int | None, order: int) -> Row:
    """The client's memory after this booking, from client and day alone: the latest booking decides."""
    client, plan = d.client, d.plan
    months = (remembered.at - client.created_at).days // 30
    interval = 18 + int(client.favourite * 30)
    data: dict[str, Any] = {}
    if d.variant < 0.95:
        last = remembered.at - timedelta(days=interval) if months else None
        data = {
            "booking_stats": {f"staff_{plan.staff.staff_id}": 1 + months},
            "last_visit_date": last and last.astimezone(d.salon.zone).date().isoformat(),
            "avg_visit_interval": interval if months else None,
        }
    return (
        client.client_id.int >> 80, d.salon.tenant_id, client.client_id, str(plan.staff.staff_id),
        str(plan.services[0].service_id), None if d.variant > 0.8 else plan.daypart,
        None if client.favourite < 0.1 else client.language, client.favourite < 0.92, to_json(data),
        client.created_at, remembered.at,
    )  # fmt: skip


def _archive(d: Dialogue, closed: Closed, row_id: int | None, order: int) -> Row:
    plan = d.plan
    duration = closed.ended_at and int((closed.ended_at - d.started_at).total_seconds())
    visit = plan.visit_at if plan.booking_status else None
    summary = _summary(d)
    return (
        row_id, d.session_id, d.salon.tenant_id, d.client.client_id, d.client.channel, d.started_at,
        closed.ended_at,
        duration, plan.final_status, None if d.variant > 0.97 else plan.intent,
        None if 0.4 < d.variant < 0.5 else summary, summary if d.variant < 0.2 else None,
        plan.booking_id, plan.booking_source, plan.booking_status, visit, plan.amount, plan.currency,
        closed.user_messages + closed.agent_messages, closed.agent_messages, closed.user_messages,
        to_json(_archive_meta(d)), closed.at,
    )  # fmt: skip


def _summary(d: Dialogue) -> str:
    plan = d.plan
    service = ", ".join(service.kind.title for service in plan.services)
    if plan.booking_status == "confirmed":
        return f"{service}; мастер {plan.staff.name}; визит {plan.visit_at:%d.%m %H:%M}."
    if plan.booking_status == "cancelled":
        return f"Запись отменена клиентом: {service}."
    return f"{_WHY.get(plan.ending, 'Вопрос решён без записи')}: {service}."


_WHY = {
    "ghost": "Клиент поздоровался и не ответил",
    "service_selection": "Клиент не выбрал услугу",
    "staff_selection": "Клиент не выбрал мастера",
    "time_selection": "Клиент не выбрал время",
    "price_too_high": "Клиента не устроила цена",
    "no_slots": "Не нашлось подходящего времени",
    "escalated": "Вопрос передан администратору",
}


def _archive_meta(d: Dialogue) -> dict[str, Any]:
    """The archive's JSON in one of the shapes that releases of the bot wrote, a few of them odd."""
    plan = d.plan
    if d.variant < 0.01:
        return {}
    titles = [service.kind.title for service in plan.services]
    meta: dict[str, Any] = {"sentiment": plan.sentiment, "drop_off_stage": plan.drop_off_stage}
    if d.variant < 0.6:
        meta["services_mentioned"] = titles
    else:
        meta["services_selected"] = titles if plan.booking_status else []
    if plan.booking_status:
        meta |= {"staff_id": plan.staff.staff_id, "selected_datetime": plan.visit_at.isoformat()}
    if d.variant > 0.99:
        meta |= {"sentiment": None, "debug": {"flags": [1, None, "x"], "": {}}}
    elif d.variant > 0.98:
        meta |= {"sentiment": 0.4, "staff_id": str(plan.staff.staff_id)}
    return meta


_WRITERS: dict[type, tuple[str, Callable[[Dialogue, Any, int | None, int], Row]]] = {
    Said: ("recent_history_v2", _message),
    Traced: ("agent_trajectories_v2", _trace),
    Wished: ("wishlist_v2", _wish),
    Subscribed: ("guardian_subscriptions_v2", _subscription),
    Remembered: ("user_ltm_v2", _memory),
    Closed: ("conversation_sessions_v2", _archive),
}
