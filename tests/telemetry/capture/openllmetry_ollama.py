"""OpenLLMetry's instrumentation of the Ollama client: an answer, a tool call, an error."""

from __future__ import annotations

from contextlib import suppress

import ollama
from exporting import tracer_provider
from fake_models import fake_models
from opentelemetry.instrumentation.ollama import OllamaInstrumentor
from receiver import capture
from tools import WEATHER

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather in Riga?"}]

if __name__ == "__main__":
    with capture("openllmetry-ollama") as address, fake_models() as models:
        provider = tracer_provider(address, "local-agent")
        OllamaInstrumentor().instrument(tracer_provider=provider)
        client = ollama.Client(models)
        client.chat("llama3", MESSAGES, options={"temperature": 0.2})
        client.chat("llama3", MESSAGES, tools=[WEATHER])
        with suppress(ollama.ResponseError):
            client.chat("broken", MESSAGES)
        provider.shutdown()
