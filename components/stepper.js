// To the record before and after this one, by link or key. Keys are not taken from fields, menus and dialogs.
const STEPS = { ArrowLeft: 0, KeyK: 0, ArrowRight: 1, KeyJ: 1 };
const TYPING = "input, textarea, select, [contenteditable]";
const OPEN_LAYER = ".q-menu, .q-dialog";

export default {
  template: `
    <nav class="stepper" :aria-label="name">
      <component v-for="way in ways" ref="ways" :is="way.href ? 'a' : 'span'" :href="way.href || null"
        :class="['button', 'button-quiet', 'stepper-way', { 'is-off': !way.href }]" :aria-disabled="!way.href || null"
        :aria-label="way.label" :aria-keyshortcuts="way.href ? way.keys : null" :title="way.title">
        <q-icon :name="way.icon" class="icon" aria-hidden="true" />
      </component>
    </nav>`,
  props: { name: String, ways: Array },
  mounted() {
    document.addEventListener("keydown", this.step);
  },
  unmounted() {
    document.removeEventListener("keydown", this.step);
  },
  methods: {
    step(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
      if (event.target.closest?.(TYPING) || document.querySelector(OPEN_LAYER)) return;
      // by the key's place: with a Cyrillic layout the letters are others
      const way = this.ways[STEPS[event.code]];
      if (!way?.href) return;
      event.preventDefault();
      this.$el.children[STEPS[event.code]].click();
    },
  },
};
