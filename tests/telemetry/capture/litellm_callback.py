"""LiteLLM's own `otel` callback: a completion, a tool call, a fallback from a broken model, a refused key."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from fake_models import KEY, fake_models
from receiver import capture
from tools import WEATHER

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather in Riga?"}]

if __name__ == "__main__":
    with capture("litellm-fallback") as address, fake_models() as models:
        os.environ |= {
            "OTEL_EXPORTER": "otlp_http",
            "OTEL_ENDPOINT": f"{address}/v1/traces",
            "OTEL_SERVICE_NAME": "router",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        import litellm

        litellm.callbacks = ["otel"]
        base = {"api_base": f"{models}/v1", "api_key": KEY, "max_retries": 0}
        router = litellm.Router(
            model_list=[
                {"model_name": "smart", "litellm_params": {"model": "openai/broken", **base}},
                {"model_name": "cheap", "litellm_params": {"model": "openai/gpt-4o-mini", **base}},
                {"model_name": "locked", "litellm_params": {"model": "openai/refused", **base}},
            ],
            fallbacks=[{"smart": ["cheap"]}],
            num_retries=0,
        )
        router.completion("cheap", MESSAGES, tools=[WEATHER], metadata={"session_id": "thread-7"})
        router.completion("smart", MESSAGES, temperature=0.2)
        with suppress(litellm.AuthenticationError):
            router.completion("locked", MESSAGES)
        time.sleep(8)  # it exports every five seconds, and offers no way to wait for it
