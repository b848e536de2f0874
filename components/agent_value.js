// Whatever an agent told, under a name: a tree where it is JSON or the text of JSON, else a text.
import AgentCopy from "agent_copy";
import AgentJson from "agent_json";
import AgentLongText from "agent_long_text";
import { jsonIn } from "agent_values";

export default {
  components: { AgentCopy, AgentJson, AgentLongText },
  template: `
    <agent-json v-if="tree !== undefined" :value="tree" :told="told" :name="name" :format="format" />
    <div v-else class="agent-json">
      <div class="agent-value-head">
        <h4 class="agent-value-name">{{ name }}</h4>
        <agent-copy :text="() => text" :told="told" :label="told.copy_of.replace('{name}', () => name)" />
      </div>
      <agent-long-text class="agent-block" :text="text" :told="told" :format="format" :is-mono="isMono" />
    </div>`,
  props: { value: null, told: Object, name: String, format: Object, isMono: Boolean, isPlain: Boolean },
  computed: {
    tree() {
      if (this.isPlain) return undefined;
      if (typeof this.value === "object" && this.value !== null) return this.value;
      return jsonIn(this.value);
    },
    text() {
      return String(this.value);
    },
  },
};
