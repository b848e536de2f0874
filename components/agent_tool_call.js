// A call of a tool: what it was given, and what came back; of a program, what it wrote and how it ended.
import AgentValue from "agent_value";
import { outputOf } from "agent_output";
import { cut, textOf } from "agent_values";

export default {
  components: { AgentValue },
  template: `
    <section class="agent-group">
      <h3 class="agent-group-name visually-hidden">{{ told.call }}</h3>
      <agent-value v-if="has('arguments')" :value="payload.arguments" :told="told.value" :format="format"
        :name="told.arguments" />
      <p v-else class="agent-note">{{ told.no_arguments }}</p>
      <template v-if="output">
        <p class="agent-exit">
          <span class="agent-value-name">{{ told.exit }}</span>
          <bdi :class="['pill-badge', exitTone]">{{ exit }}</bdi>
        </p>
        <agent-value v-if="output.stdout" :value="output.stdout" is-plain is-mono :told="told.value"
          :format="format" :name="told.stdout" />
        <p v-else-if="output.stdout !== undefined" class="agent-note">{{ told.no_stdout }}</p>
        <agent-value v-if="output.stderr" :value="output.stderr" is-plain is-mono :told="told.value"
          :format="format" class="is-stderr" :name="told.stderr" />
      </template>
      <agent-value v-if="has('result') && !output?.isAll" :value="payload.result" :told="told.value" :format="format"
        :name="told.result" />
      <p v-else-if="!has('result') && !output && event.phase !== 'begun'" class="agent-note">{{ told.no_result }}</p>
    </section>`,
  props: { event: Object, told: Object, format: Object },
  computed: {
    payload() {
      return this.event.payload ?? {};
    },
    output() {
      return Object.freeze(outputOf(this.payload));
    },
    exit() {
      const { exit } = this.output;
      return exit === undefined || exit === null ? this.told.unknown : cut(textOf(exit), 40);
    },
    exitTone() {
      const { exit, isFailed } = this.output;
      return exit === undefined || exit === null ? "tone-unknown" : isFailed ? "tone-bad" : "tone-good";
    },
  },
  methods: {
    has(name) {
      return this.payload[name] !== undefined && this.payload[name] !== null;
    },
  },
};
