"""The script engine: one dialogue as timed steps, which the loader writes at once and the bot in time."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from demo.chance import Chance
from demo.people import Client
from demo.plan import Plan, make_plan
from demo.routes import ROUTES
from demo.salons import NAMESPACE, Salon
from demo.scene import Scene
from demo.steps import Closed, Step


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One session from its first word to its archive row. Steps are in order of time, `closed` the last."""

    session_id: UUID
    salon: Salon
    client: Client
    plan: Plan
    started_at: datetime
    message_channel: str  # what the message rows carry; the bot did not always know
    variant: float  # 0 to 1: chooses among the shapes of JSON that the bot's releases wrote
    steps: tuple[Step, ...]
    closed: Closed
    first_row_id: int | None = None  # None: the database numbers the rows


def play(
    salon: Salon,
    client: Client,
    key: str,
    started_at: datetime,
    *,
    first_row_id: int | None = None,
    traces: bool = True,
    patience: float = 1.0,
) -> Dialogue:
    """Write the whole script of the dialogue named `key`, the same each time for the same arguments.

    `traces=False` spares the steps of the agent's trajectory and changes nothing else. `patience` scales the
    time for which a silent client is waited for.
    """
    chance = Chance("dialogue", salon.slug, key)
    plan = make_plan(chance, salon, client, started_at)
    scene = Scene(chance, salon, client, plan, started_at, traces=traces, patience=patience)
    ROUTES[plan.intent](scene)
    closed = scene.close()
    return Dialogue(
        session_id=uuid5(NAMESPACE, f"session:{salon.slug}:{key}"),
        salon=salon,
        client=client,
        plan=plan,
        started_at=started_at,
        message_channel="unknown" if chance.happens(0.01) else client.channel,
        variant=chance.random(),
        steps=tuple(scene.steps),
        closed=closed,
        first_row_id=first_row_id,
    )


def hastened(dialogue: Dialogue, pace: float, since: datetime) -> Dialogue:
    """Give the dialogue with all that comes after `since` coming `pace` times sooner."""

    def sooner(at: datetime) -> datetime:
        return at if at <= since else since + (at - since) / pace

    steps = [replace(step, at=sooner(step.at)) for step in dialogue.steps[:-1]]
    ended_at = dialogue.closed.ended_at and sooner(dialogue.closed.ended_at)
    closed = replace(dialogue.closed, at=sooner(dialogue.closed.at), ended_at=ended_at)
    return replace(dialogue, steps=(*steps, closed), closed=closed)
