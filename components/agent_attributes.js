// What an event tells beside what its kind shows: folded, for it may be much. Nothing of it, and nothing is drawn.
import AgentPart from "agent_part";
import AgentValue from "agent_value";
import { countOf } from "agent_values";

export default {
  components: { AgentPart, AgentValue },
  template: `
    <agent-part v-if="count" :name="told.attributes" :note="format.number(count)" level="h3" :is-open="isOpen">
      <agent-value :value="value" :told="told.value" :format="format" :name="told.attributes" />
    </agent-part>`,
  props: { value: null, told: Object, format: Object, isOpen: Boolean },
  computed: {
    count() {
      return countOf(this.value);
    },
  },
};
