// A JSON value as a tree that folds. What is drawn is a flat list of the open rows: however deep or large the value
// is, the document holds what has been opened of it. Keys and texts are text.
import { toRaw } from "vue";

import AgentCopy from "agent_copy";
import { fold, rowsOf, showMore, treeOf } from "agent_json_rows";
import { textOf } from "agent_values";

const INDENTED = 10; // levels that move a row to the side; deeper ones say their number

export default {
  components: { AgentCopy },
  template: `
    <div class="agent-json">
      <div class="agent-value-head">
        <h4 class="agent-value-name">{{ name }}</h4>
        <agent-copy :text="whole" :told="told" :label="told.copy_of.replace('{name}', () => name)" />
      </div>
      <ul class="agent-json-rows" :aria-label="name">
        <li v-for="row in rows" :key="row.id" :style="{ '--depth': indent(row) }" class="agent-json-row">
          <span v-if="row.depth > ${INDENTED}" class="agent-json-depth" aria-hidden="true">{{ row.depth }}</span>
          <button v-if="row.isRest" type="button" class="agent-more" @click="more(row)">{{ moreOf(row.left) }}</button>
          <button v-else-if="row.isFold" type="button" class="agent-json-fold" :aria-expanded="String(row.isOpen)"
            @click="turn(row)" @keydown.right.prevent="row.isOpen || turn(row)"
            @keydown.left.prevent="row.isOpen && turn(row)">
            <bdi v-if="row.isNamed" class="agent-json-key">{{ row.name }}</bdi>
            <span class="agent-json-count">{{ countOf(row) }}</span>
          </button>
          <template v-else>
            <bdi v-if="row.isNamed" class="agent-json-key">{{ row.name }}</bdi>
            <bdi :class="['agent-json-value', 'is-' + row.type]">{{ row.text }}<template v-if="row.left">…</template></bdi>
            <button v-if="row.left" type="button" class="agent-more" @click="more(row)">{{ moreOf(row.left) }}</button>
          </template>
        </li>
      </ul>
    </div>`,
  props: { value: null, told: Object, name: String, format: Object },
  data: () => ({ rows: [] }),
  watch: {
    value() {
      this.plant();
    },
  },
  created() {
    this.plant();
  },
  methods: {
    plant() {
      this.tree = treeOf(toRaw(this.value)); // neither is for Vue to watch
      this.rows = rowsOf(this.tree);
    },
    indent(row) {
      return Math.min(row.depth, INDENTED);
    },
    countOf(row) {
      const count = this.format.number(row.count);
      return row.type === "array" ? `[${count}]` : `{${count}}`;
    },
    moreOf(left) {
      return this.told.more.replace("{count}", () => this.format.number(left));
    },
    turn(row) {
      fold(row.node);
      this.rows = rowsOf(this.tree);
    },
    more(row) {
      showMore(row.node);
      this.rows = rowsOf(this.tree);
    },
    whole() {
      return textOf(this.value);
    },
  },
};
