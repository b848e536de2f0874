// A text of any length: its beginning, and more of it as often as it is asked for.
import { cut } from "agent_values";

const MORE = 20000; // characters that one press adds

export default {
  template: `
    <div :class="['agent-text', { 'is-mono': isMono }]">
      <bdi>{{ shown }}</bdi><template v-if="left">…</template>
      <button v-if="left" type="button" class="agent-more" @click="most += ${MORE}">{{ more }}</button>
    </div>`,
  props: { text: String, told: Object, format: Object, isMono: Boolean, first: { type: Number, default: 2000 } },
  data() {
    return { most: this.first };
  },
  computed: {
    shown() {
      return cut(this.text, this.most);
    },
    left() {
      return this.text.length - this.shown.length;
    },
    more() {
      return this.told.more.replace("{count}", () => this.format.number(this.left));
    },
  },
  watch: {
    text() {
      this.most = this.first;
    },
  },
};
