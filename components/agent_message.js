// One message of a prompt: a line that opens to all of it.
import AgentCopy from "agent_copy";
import AgentLongText from "agent_long_text";
import AgentValue from "agent_value";
import { callsOf, partsOf, previewOf, roleOf, sizeOfMessage } from "agent_prompt_split";
import { own, shortOf, textOf } from "agent_values";

const NAME = 60; // characters of a role, or of a part's type

export default {
  components: { AgentCopy, AgentLongText, AgentValue },
  template: `
    <article :class="['agent-message', { 'is-open': isShown }]">
      <div class="agent-message-head">
        <button type="button" class="agent-message-turn" :aria-expanded="String(isShown)" @click="isShown = !isShown">
          <span class="agent-message-place">{{ place }}</span>
          <bdi class="agent-message-role">{{ role }}</bdi>
          <bdi v-if="!isShown" class="agent-message-preview">{{ preview }}</bdi>
          <span class="agent-part-note">{{ size }}</span>
        </button>
        <agent-copy v-if="isShown" :text="whole" :told="told.value" :label="told.copy_message" />
      </div>
      <div v-if="isShown" class="agent-message-body">
        <template v-for="(part, at) in parts" :key="at">
          <agent-long-text v-if="part.text !== undefined" :text="part.text" :told="told.value" :format="format" />
          <agent-value v-else :value="part.value" :told="told.value" :format="format" :name="partName(part)" />
        </template>
        <button v-if="left" type="button" class="agent-more" @click="most += 50">{{ more }}</button>
        <agent-value v-if="calls.length" :value="calls" :told="told.value" :format="format" :name="told.tool_calls" />
        <p v-if="!parts.length && !calls.length" class="muted">{{ told.empty }}</p>
      </div>
    </article>`,
  props: { message: null, place: Number, told: Object, format: Object, isOpen: Boolean },
  data() {
    return { isShown: this.isOpen, most: 50 };
  },
  computed: {
    role() {
      return shortOf(roleOf(this.message), NAME) || this.told.no_role;
    },
    preview() {
      return previewOf(this.message);
    },
    size() {
      return this.format.number(sizeOfMessage(this.message));
    },
    all() {
      return Object.freeze(partsOf(this.message));
    },
    parts() {
      return Object.freeze(this.all.slice(0, this.most));
    },
    left() {
      return this.all.length - this.parts.length;
    },
    more() {
      return this.told.value.more.replace("{count}", () => this.format.number(this.left));
    },
    calls() {
      return Object.freeze(callsOf(this.message));
    },
  },
  methods: {
    partName(part) {
      return typeof part.name === "string" && part.name ? shortOf(part.name, NAME) : this.told.part;
    },
    whole() {
      const parts = this.all;
      const isText = !this.calls.length && parts.every((part) => part.text !== undefined);
      return isText ? parts.map((part) => part.text).join("\n") : textOf(own(this.message, "content") ?? this.message);
    },
  },
};
