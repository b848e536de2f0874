"""openai-agents through OpenInference: a tool call, and one that needs approval."""

from __future__ import annotations

from agents import Agent, OpenAIChatCompletionsModel, RunConfig, Runner, function_tool
from exporting import tracer_provider
from fake_models import KEY, fake_models
from openai import AsyncOpenAI
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from receiver import capture


@function_tool(name_override="weather")
def weather(city: str) -> str:
    """Tell the weather."""
    return f"Sunny in {city}"


@function_tool(name_override="weather", needs_approval=True)
def guarded_weather(city: str) -> str:
    """Tell the weather, when allowed."""
    return f"Sunny in {city}"


if __name__ == "__main__":
    with fake_models() as models:
        client = AsyncOpenAI(base_url=f"{models}/v1", api_key=KEY, max_retries=0)
        settings = RunConfig(group_id="thread-9", workflow_name="salon")
        model = OpenAIChatCompletionsModel("fake-1", client)
        with capture("openai-agents-tool") as address:
            provider = tracer_provider(address, "salon-agent")
            OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
            agent = Agent("concierge", model=model, tools=[weather])
            Runner.run_sync(agent, "Weather in Riga?", run_config=settings)
            provider.shutdown()
        OpenAIAgentsInstrumentor().uninstrument()
        with capture("openai-agents-approval") as address:
            provider = tracer_provider(address, "salon-agent")
            OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
            agent = Agent("concierge", model=model, tools=[guarded_weather])
            paused = Runner.run_sync(agent, "Weather in Riga?", run_config=settings)
            state = paused.to_state()
            state.approve(paused.interruptions[0])
            Runner.run_sync(agent, state, run_config=settings)
            provider.shutdown()
