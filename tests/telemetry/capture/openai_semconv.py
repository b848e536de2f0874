"""OpenTelemetry's own instrumentation of the OpenAI client: on spans, in log records, by the old conventions.

The mode is read once from the environment, so each runs in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

MODES = {
    "openai-span-only": {
        "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only",
    },
    "openai-event-only": {
        "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "event_only",
        "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true",
    },
    "openai-old-conventions": {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"},
}


def scene(name: str) -> None:
    from exporting import logger_provider, tracer_provider
    from fake_models import KEY, fake_models
    from openai import OpenAI, OpenAIError
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
    from receiver import capture
    from tools import WEATHER

    with capture(name) as address, fake_models() as models:
        traces, logs = tracer_provider(address, "booking-agent"), logger_provider(address, "booking-agent")
        OpenAIInstrumentor().instrument(tracer_provider=traces, logger_provider=logs)
        client = OpenAI(base_url=f"{models}/v1", api_key=KEY, max_retries=0)
        messages = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather in Riga?"},
        ]
        with traces.get_tracer("booking").start_as_current_span("handle message"):
            create = client.chat.completions.create
            first = create(model="fake-1", messages=messages, tools=[WEATHER], temperature=0.2)
            messages.append(first.choices[0].message.model_dump(exclude_none=True))
            messages.append({"role": "tool", "tool_call_id": "call_1", "content": "Sunny in Riga"})
            create(model="fake-1", messages=messages, tools=[WEATHER])
            with suppress(OpenAIError):
                create(model="refused", messages=messages[:2])
        traces.shutdown()
        logs.shutdown()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        scene(sys.argv[1])
    else:
        for name, environment in MODES.items():
            subprocess.run([sys.executable, __file__, name], env=os.environ | environment, check=True)
