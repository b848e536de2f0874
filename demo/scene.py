"""A demo dialogue while it is being written: a clock, two voices and the steps so far."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from demo.chance import Chance
from demo.people import Client
from demo.plan import Plan
from demo.salons import SALONS, Salon
from demo.services import Service
from demo.steps import Closed, Moved, Remembered, Said, Step, Traced
from demo.texts import VOICES, spoken_daypart, spoken_price, spoken_time


class Scene:
    """Writes the steps of one dialogue; each method moves the clock on as people and bots would."""

    def __init__(
        self,
        chance: Chance,
        salon: Salon,
        client: Client,
        plan: Plan,
        started_at: datetime,
        *,
        traces: bool,
        patience: float,
    ) -> None:
        self.chance, self.salon, self.client, self.plan, self.at = chance, salon, client, plan, started_at
        self.steps: list[Step] = [Moved(started_at, "start")]
        self._traces, self._patience = traces, patience
        self._turn = 0
        self._said = {"user": 0, "assistant": 0}
        self._spoken = started_at
        self._today = started_at.astimezone(salon.zone).date()
        self._phrases = VOICES[client.language, client.gender]
        self._values = {
            **_wording(salon.slot, plan.services, client.language),
            "name": f", {client.called}" if client.called and chance.happens(0.6) else "",
            "staff": plan.staff.called(client.language),
            "to_staff": plan.staff.dative,
            "daypart": spoken_daypart(plan.daypart, client.language),
        }

    def client_says(self, moment: str) -> None:
        """Let the client say one of the phrases of that moment."""
        if self._turn:
            self.at += self.chance.wait(7, 210)
        self._turn += 1
        text = self._say("user", moment)
        if self._traces:
            self._trace("user_input", {"channel": self.client.channel, "characters": len(text)})

    def bot_says(self, moment: str, tool: str | None = None) -> None:
        """Let the bot answer, having asked `tool` first."""
        if tool:
            self._use(tool)
        self._think()
        self.at += self.chance.wait(0.8, 6)
        self._say("assistant", moment)

    def admin_says(self, moment: str) -> None:
        """Let a person of the salon answer in the bot's stead, minutes later."""
        self._wait_minutes(3, 22)
        self._say("assistant", moment)

    def offer(self) -> None:
        """Settle the times that the next phrases speak of."""
        times = [
            spoken_time(at, self._today, self.client.language)
            for at in (self.plan.visit_at, *self.plan.other_times)
        ]
        self._values |= {"when": times[0], "slots": "; ".join(times)}

    def move(self, step: str) -> None:
        """Bring the active session to `step`."""
        self.steps.append(Moved(self.at, step))

    def add(self, step: Step) -> None:
        """Add a step of another kind."""
        self.steps.append(step)

    def remember(self) -> None:
        """Let the bot keep what the booking taught it about the client."""
        self.steps.append(Remembered(self.at))

    def silence(self) -> None:
        """Let the client answer no more; the bot may ask once."""
        if self.chance.happens(0.6):
            self._wait_minutes(12, 25)
            self._say("assistant", "ping")
        self._wait_minutes(30, 120)

    def close(self) -> Closed:
        """Archive the dialogue: later than it ended, as the bot waits for a last word that does not come."""
        self.at += self.chance.wait(20, 400)
        ended_at = None if self.chance.happens(0.015) else self._spoken + timedelta(seconds=1)
        closed = Closed(
            self.at, ended_at, self.chance.happens(0.05), self._said["user"], self._said["assistant"]
        )
        self.steps.append(closed)
        return closed

    def _wait_minutes(self, shortest: int, longest: int) -> None:
        seconds = self.chance.between(60 * shortest, 60 * longest)
        self.at += timedelta(milliseconds=round(1000 * seconds * self._patience))

    def _say(self, role: str, moment: str) -> str:
        text = self.chance.pick(self._phrases[moment]).format_map(self._values)
        self.steps.append(Said(self.at, role, text))
        self._said[role] += 1
        self._spoken = self.at
        return text

    def _think(self) -> None:
        """Log what the model did for this turn; sizes in tokens, latency in milliseconds."""
        drawn = self.chance.random()
        latency = 400 + int(1800 * drawn * drawn)
        self.at += timedelta(milliseconds=latency)
        if self._traces:
            size, words = 900 + 240 * self._turn + int(180 * drawn), 24 + int(drawn * 1370) % 137
            payload = {
                "model": "gpt-4o-mini",
                "input_tokens": size,
                "output_tokens": words,
                "latency_ms": latency,
            }
            self._trace("model_response", payload)

    def _use(self, tool: str) -> None:
        """Log a call of `tool`; now and then YClients does not answer the first time."""
        drawn = self.chance.random()
        began, failed, duration = self.at, drawn > 0.98, 120 + int(900 * drawn * drawn)
        self.at += timedelta(milliseconds=duration + 10_000 * failed)
        if not self._traces:
            return
        plan = self.plan
        arguments = {"staff_id": plan.staff.staff_id, "service_ids": [s.service_id for s in plan.services]}
        self._trace("tool_call", {"tool": tool, "arguments": arguments}, at=began)
        if failed:
            error = ("yclients_timeout", "No answer from YClients within 10 s; asked again")
            self._trace("tool_result", {"tool": tool, "duration_ms": 10_000}, error)
        self._trace("tool_result", {"tool": tool, "duration_ms": duration, "found": 1 + int(drawn * 73) % 9})

    def _trace(
        self,
        kind: str,
        payload: dict[str, Any],
        error: tuple[str, str] | None = None,
        at: datetime | None = None,
    ) -> None:
        self.steps.append(Traced(at or self.at, self._turn, kind, payload, error))


@lru_cache(maxsize=8192)
def _wording(slot: int, services: tuple[Service, ...], language: str) -> dict[str, object]:
    """Word what all dialogues about these services at this salon mention."""
    salon = SALONS[slot]
    link = {"ru": " и ", "de": " und "}.get(language, " and ")
    asked = link.join(service.asked_for(language) for service in services)
    title = " + ".join(service.title(language) for service in services)
    category = services[0].kind.category
    able = [staff.called(language) for staff in salon.staff if category in staff.skills]
    return {
        "salon": salon.name,
        "service": asked,
        "plain": (title[0].lower() + title[1:]) if language == "ru" else asked,
        "title": title,
        "price": spoken_price(sum((service.price for service in services), Decimal(0)), salon.currency),
        "minutes": sum(service.kind.minutes for service in services),
        "staff_list": ", ".join(able[:3]),
        "address": salon.address,
        "opens": salon.opens,
        "closes": salon.closes,
    }
