// Everything that an event of no kind of its own tells: what went in, what came out, and its attributes.
import AgentPart from "agent_part";
import AgentValue from "agent_value";

const PLACES = ["arguments", "input", "result", "prompt", "answer", "parameters"];

export default {
  components: { AgentPart, AgentValue },
  template: `
    <section class="agent-group">
      <h3 class="agent-group-name visually-hidden">{{ told.content }}</h3>
      <agent-value v-for="place in places" :key="place" :value="payload[place]" :told="told.value" :format="format"
        :name="told.places[place]" />
      <p v-if="!places.length && event.summary" class="agent-text agent-block"><bdi>{{ event.summary }}</bdi></p>
      <p v-if="!places.length && !event.summary && !attributes" class="agent-note">{{ told.nothing }}</p>
      <agent-part v-if="attributes" :name="told.attributes" :note="format.number(attributes)" level="h3"
        :is-open="!places.length">
        <agent-value :value="payload.attributes" :told="told.value" :format="format" :name="told.attributes" />
      </agent-part>
    </section>`,
  props: { event: Object, told: Object, format: Object },
  computed: {
    payload() {
      return this.event.payload ?? {};
    },
    places() {
      return PLACES.filter((place) => this.payload[place] !== undefined && this.payload[place] !== null);
    },
    attributes() {
      return Object.keys(this.payload.attributes ?? {}).length;
    },
  },
};
