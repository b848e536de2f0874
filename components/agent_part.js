// A part of the detail that folds. What is closed is not drawn.
export default {
  template: `
    <section :class="['agent-part', { 'is-open': isShown }]">
      <component :is="level" class="agent-part-head">
        <button v-if="!isEmpty" type="button" class="agent-part-turn" :aria-expanded="String(isShown)"
          @click="isShown = !isShown">
          <span class="agent-part-name">{{ name }}</span>
          <span v-if="note" class="agent-part-note">{{ note }}</span>
        </button>
        <span v-else class="agent-part-turn is-empty">
          <span class="agent-part-name">{{ name }}</span><span class="agent-part-note">{{ note }}</span>
        </span>
      </component>
      <div v-if="isShown && !isEmpty" class="agent-part-body"><slot></slot></div>
    </section>`,
  props: { name: String, note: String, isOpen: Boolean, isEmpty: Boolean, level: { type: String, default: "h4" } },
  data() {
    return { isShown: this.isOpen };
  },
};
