// A call of a model: what it cost, what it was asked with, what it answered, and why it was this one.
import AgentAnswer from "agent_answer";
import AgentAttributes from "agent_attributes";
import AgentFacts from "agent_facts";
import AgentPrompt from "agent_prompt";
import AgentRouting from "agent_routing";
import AgentValue from "agent_value";
import { restOf } from "agent_prompt_split";
import { countOf, isObject } from "agent_values";

const perSecond = (event) =>
  event.tokens_output > 0 && event.duration_ms > 0 ? event.tokens_output / (event.duration_ms / 1000) : undefined;

export default {
  components: { AgentAnswer, AgentAttributes, AgentFacts, AgentPrompt, AgentRouting, AgentValue },
  template: `
    <agent-facts :facts="facts" />
    <agent-routing v-if="payload.routing" :routing="payload.routing" :told="told" :format="format" />
    <section class="agent-group">
      <h3 class="agent-group-name">{{ told.prompt }}</h3>
      <agent-prompt v-if="hasPrompt" :payload="payload" :told="told" :format="format" />
      <p v-else class="agent-note">{{ told.no_prompt }}</p>
    </section>
    <section v-if="event.phase !== 'begun' || hasAnswer" class="agent-group">
      <h3 class="agent-group-name">{{ told.answer }}</h3>
      <agent-answer v-if="hasAnswer" :messages="payload.answer" :told="told" :format="format" />
      <agent-value v-else-if="hasResult" :value="payload.result" :told="told.value" :format="format" :name="told.raw" />
      <p v-else class="agent-note">{{ told.no_answer }}</p>
    </section>
    <section v-if="parameters || attributes" class="agent-group">
      <agent-value v-if="parameters" :value="parameters" :told="told.value" :format="format" :name="told.parameters" />
      <agent-attributes :value="attributes" :told="told" :format="format" />
    </section>`,
  props: { event: Object, told: Object, format: Object },
  computed: {
    payload() {
      return this.event.payload ?? {};
    },
    hasPrompt() {
      return Array.isArray(this.payload.prompt) && this.payload.prompt.length > 0;
    },
    hasAnswer() {
      return Array.isArray(this.payload.answer) && this.payload.answer.length > 0;
    },
    hasResult() {
      return this.payload.result !== undefined && this.payload.result !== null;
    },
    parameters() {
      return this.rest(this.payload.parameters);
    },
    attributes() {
      return this.rest(this.payload.attributes);
    },
    facts() {
      const { event, told, format } = this;
      const unknown = event.phase === "begun" ? told.not_yet : told.unknown;
      const fact = (name, value, note) => ({ name, value: value ?? unknown, isFaint: value === undefined, note });
      const number = (value) => (value === undefined ? undefined : format.number(value));
      const part = (name, value) => (value === undefined ? [] : [name.replace("{count}", () => number(value))]);
      const input = [...part(told.cached, event.tokens_cache_read), ...part(told.written, event.tokens_cache_write)];
      const speed = perSecond(event);
      return Object.freeze([
        fact(told.model, event.model),
        fact(told.provider, event.provider),
        fact(told.input_tokens, number(event.tokens_input), input.join(", ")),
        fact(told.output_tokens, number(event.tokens_output), part(told.reasoning, event.tokens_reasoning).join(", ")),
        fact(told.cost, event.cost === undefined ? undefined : format.money(event.cost, event.currency)),
        fact(told.latency, event.duration_ms === undefined ? undefined : format.duration(event.duration_ms)),
        fact(told.speed, speed === undefined ? undefined : format.number(Number(speed.toFixed(1)))),
      ]);
    },
  },
  methods: {
    rest(given) {
      // what the prompt's parts show already is not shown twice
      return this.hasPrompt && isObject(given) ? restOf(given) : countOf(given) ? given : undefined;
    },
  },
};
