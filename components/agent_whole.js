// Everything that an event of no kind of its own tells: what went in, what came out, and its attributes.
import AgentAttributes from "agent_attributes";
import AgentValue from "agent_value";
import { countOf } from "agent_values";

const PLACES = ["arguments", "input", "result", "prompt", "answer", "parameters"];

export default {
  components: { AgentAttributes, AgentValue },
  template: `
    <section class="agent-group">
      <h3 class="agent-group-name visually-hidden">{{ told.content }}</h3>
      <agent-value v-for="place in places" :key="place" :value="payload[place]" :told="told.value" :format="format"
        :name="told.places[place]" />
      <p v-if="!places.length && event.summary" class="agent-text agent-block"><bdi>{{ event.summary }}</bdi></p>
      <p v-if="!places.length && !event.summary && !hasAttributes" class="agent-note">{{ told.nothing }}</p>
      <agent-attributes :value="payload.attributes" :told="told" :format="format" :is-open="!places.length" />
    </section>`,
  props: { event: Object, told: Object, format: Object },
  computed: {
    payload() {
      return this.event.payload ?? {};
    },
    places() {
      return PLACES.filter((place) => this.payload[place] !== undefined && this.payload[place] !== null);
    },
    hasAttributes() {
      return countOf(this.payload.attributes) > 0;
    },
  },
};
