// Why this model: what the router chose, among what, and its reason.
import AgentLongText from "agent_long_text";
import { own, shortOf, textOf } from "agent_values";

const SHOWN = 20; // of the models that it did not choose
const NAME = 200; // characters of a model's name
const REASON = 4000;

export default {
  components: { AgentLongText },
  template: `
    <section class="agent-group">
      <h3 class="agent-group-name">{{ told.routing }}</h3>
      <div class="agent-routing">
        <p><bdi class="strong">{{ chosen }}</bdi></p>
        <agent-long-text v-if="reason" :text="reason" :told="told.value" :format="format" :first="${REASON}" />
        <p v-else class="muted">{{ told.no_reason }}</p>
        <p v-if="others.length" class="agent-routing-others">
          <span class="muted">{{ told.instead_of }}</span>
          <bdi v-for="(other, at) in others" :key="at" class="agent-chip">{{ other }}</bdi>
          <span v-if="left" class="muted">+{{ format.number(left) }}</span>
        </p>
      </div>
    </section>`,
  props: { routing: null, told: Object, format: Object },
  computed: {
    chosen() {
      return shortOf(textOf(own(this.routing, "chosen") ?? this.told.unknown), NAME);
    },
    reason() {
      return textOf(own(this.routing, "reason") ?? "");
    },
    all() {
      const told = own(this.routing, "alternatives");
      return Array.isArray(told) ? told.filter((one) => typeof one === "string" && one !== this.chosen) : [];
    },
    others() {
      return Object.freeze(this.all.slice(0, SHOWN).map((one) => shortOf(one, NAME)));
    },
    left() {
      return this.all.length - this.others.length;
    },
  },
};
