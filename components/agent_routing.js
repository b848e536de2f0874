// Why this model: what the router chose, among what, and its reason.
import { own, textOf } from "agent_values";

const SHOWN = 20; // of the models that it did not choose

export default {
  template: `
    <section class="agent-group">
      <h3 class="agent-group-name">{{ told.routing }}</h3>
      <div class="agent-routing">
        <p><bdi class="strong">{{ chosen }}</bdi></p>
        <p><bdi v-if="reason">{{ reason }}</bdi><span v-else class="muted">{{ told.no_reason }}</span></p>
        <p v-if="others.length" class="agent-routing-others">
          <span class="muted">{{ told.instead_of }}</span>
          <bdi v-for="(other, at) in others" :key="at" class="agent-chip">{{ other }}</bdi>
          <span v-if="left" class="muted">+{{ left }}</span>
        </p>
      </div>
    </section>`,
  props: { routing: null, told: Object },
  computed: {
    chosen() {
      return textOf(own(this.routing, "chosen") ?? this.told.unknown);
    },
    reason() {
      return textOf(own(this.routing, "reason") ?? "");
    },
    all() {
      const told = own(this.routing, "alternatives");
      return Array.isArray(told) ? told.filter((one) => typeof one === "string" && one !== this.chosen) : [];
    },
    others() {
      return Object.freeze(this.all.slice(0, SHOWN));
    },
    left() {
      return this.all.length - this.others.length;
    },
  },
};
