// The whole prompt of a model call in its four parts. What is closed is not drawn, and of a long history a window.
import AgentMessage from "agent_message";
import AgentPart from "agent_part";
import AgentValue from "agent_value";
import { splitPrompt } from "agent_prompt_split";

const LATEST = 8; // messages of the history at first, from the last one of a person on
const PIECE = 100;

export default {
  components: { AgentMessage, AgentPart, AgentValue },
  template: `
    <div class="agent-prompt">
      <agent-part v-for="part in parts" :key="part.key" :name="part.name" :note="part.note" :is-empty="!part.count"
        :is-open="part.isOpen">
        <button v-if="part.before" type="button" class="agent-more" @click="showBefore(part.key)">
          {{ told.earlier.replace("{count}", format.number(part.before)) }}</button>
        <template v-for="item in part.items" :key="item.at">
          <agent-message v-if="item.place" :message="item.message" :place="item.place" :told="told" :format="format"
            :is-open="item.isOpen" />
          <agent-part v-else :name="item.name" :note="format.number(item.size)" level="h5">
            <agent-value :value="item.value" :told="told.value" :format="format" :name="item.name" />
          </agent-part>
        </template>
        <button v-if="part.after" type="button" class="agent-more" @click="showAfter(part.key)">
          {{ told.value.more.replace("{count}", format.number(part.after)) }}</button>
      </agent-part>
    </div>`,
  props: { payload: null, told: Object, format: Object },
  data: () => ({ windows: {} }),
  created() {
    this.split = splitPrompt(this.payload);
    const { history, last } = this.split;
    const start = Math.max(0, Math.min(history.items.length - LATEST, last < 0 ? Infinity : last));
    this.windows = {
      system: [0, PIECE], context: [0, PIECE], tools: [0, PIECE], history: [start, start + PIECE],
    };
  },
  computed: {
    parts() {
      return ["system", "context", "history", "tools"].map((key) => this.partOf(key));
    },
  },
  methods: {
    partOf(key) {
      const { items, size } = this.split[key];
      const [from, until] = this.windows[key];
      const isHistory = key === "history";
      const shown = items.slice(from, until).map((item, index) => {
        const at = from + index;
        const isOpen = isHistory ? at === this.split.last : key === "system" && items.length === 1;
        return Object.freeze({ ...item, at, isOpen });
      });
      const note = items.length
        ? this.told.part_size.replace("{count}", this.format.number(items.length)).replace("{size}", this.format.number(size))
        : this.told.none;
      return Object.freeze({
        key, name: this.told.parts[key], note, count: items.length, items: Object.freeze(shown), isOpen: isHistory,
        before: from, after: Math.max(0, items.length - until),
      });
    },
    showBefore(key) {
      const [from, until] = this.windows[key];
      this.windows[key] = [Math.max(0, from - PIECE), until];
    },
    showAfter(key) {
      const [from, until] = this.windows[key];
      this.windows[key] = [from, until + PIECE];
    },
  },
};
