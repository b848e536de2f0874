// What went wrong: its type and message, and the stack with the innermost line in sight, one block for each cause.
import AgentCopy from "agent_copy";
import { splitCauses } from "agent_causes";
import { cut } from "agent_values";

const BLOCKS = 20; // causes of causes that are shown
const PIECE = 40000; // characters of the stack at first, and that one press adds

export default {
  components: { AgentCopy },
  template: `
    <section class="agent-group agent-problem">
      <div class="agent-value-head">
        <h3 class="agent-group-name">{{ told.problem }}</h3>
        <agent-copy :text="whole" :told="told.value" :label="told.copy_problem" />
      </div>
      <div class="agent-problem-what">
        <p v-if="event.problem_type" class="agent-problem-type"><bdi>{{ event.problem_type }}</bdi></p>
        <p v-if="event.problem" class="agent-problem-message"><bdi>{{ event.problem }}</bdi></p>
        <p v-if="!event.problem && !event.problem_type" class="muted">{{ told.no_problem }}</p>
      </div>
      <template v-for="(block, at) in blocks" :key="at">
        <p v-if="at" class="agent-problem-joint">
          <q-icon name="subdirectory_arrow_right" class="icon" aria-hidden="true" />
          {{ block.relation === "during" ? told.during : told.caused_by }}
        </p>
        <pre ref="stacks" class="agent-stack" tabindex="0" role="region" :aria-label="stackName(at)"
          :data-end="block.isLast || undefined">{{ block.before }}<strong>{{ block.innermost }}</strong>{{ block.after
          }}</pre>
      </template>
      <button v-if="left" type="button" class="agent-more" @click="most += ${PIECE}">
        {{ told.value.more.replace("{count}", format.number(left)) }}</button>
    </section>`,
  props: { event: Object, stack: String, told: Object, format: Object },
  data: () => ({ most: PIECE }),
  computed: {
    shown() {
      return cut(this.stack ?? "", this.most);
    },
    left() {
      return (this.stack ?? "").length - this.shown.length;
    },
    blocks() {
      return Object.freeze(splitCauses(this.shown).slice(0, BLOCKS));
    },
  },
  mounted() {
    for (const box of this.$refs.stacks ?? []) {
      if (box.dataset.end) box.scrollTop = box.scrollHeight;
    }
  },
  methods: {
    stackName(at) {
      return at ? `${this.told.stack} ${at + 1}` : this.told.stack;
    },
    whole() {
      const { problem_type: type, problem } = this.event;
      return [[type, problem].filter(Boolean).join(": "), this.stack].filter(Boolean).join("\n\n");
    },
  },
};
