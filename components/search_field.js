// A search field that keeps what is typed: the server is told after a pause or at Enter, and never types into it
// while the reader does.
const TYPING = "input, textarea, select, [contenteditable]";
const OPEN_LAYER = ".q-menu, .q-dialog";

export default {
  template: `
    <form class="search-field" role="search" @submit.prevent="send">
      <q-icon name="search" class="icon" aria-hidden="true" />
      <input ref="input" type="search" v-model="text" :aria-label="label" :placeholder="placeholder"
        :maxlength="longest" autocomplete="off" spellcheck="false" enterkeyhint="search" aria-keyshortcuts="/"
        @input="wait" @keydown.esc="clear" />
      <button v-if="text" type="button" class="search-clear" :aria-label="clear_label" @click="clear">
        <q-icon name="close" class="icon" aria-hidden="true" />
      </button>
      <kbd v-else class="search-key wide-only" aria-hidden="true">/</kbd>
    </form>`,
  props: { value: String, label: String, placeholder: String, clear_label: String, longest: Number, pause: Number },
  data() {
    return { text: this.value, sent: this.value, timer: undefined };
  },
  mounted() {
    document.addEventListener("keydown", this.reach);
  },
  unmounted() {
    clearTimeout(this.timer);
    document.removeEventListener("keydown", this.reach);
  },
  methods: {
    wait(event) {
      clearTimeout(this.timer);
      if (!event.isComposing) this.timer = setTimeout(this.send, this.pause);
    },
    send() {
      clearTimeout(this.timer);
      this.timer = undefined;
      const wanted = this.text.trim();
      if (wanted === this.sent) return;
      this.sent = wanted;
      this.$emit("search", wanted);
    },
    clear(event) {
      if (!this.text) return;
      event.preventDefault();
      this.text = "";
      this.send();
      this.$refs.input.focus();
    },
    show(text) {
      if (this.timer !== undefined) return;
      this.text = this.sent = text;
    },
    reach(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target.closest?.(TYPING) || document.querySelector(OPEN_LAYER)) return;
      // by the key's place too: with a Cyrillic layout it types a full stop
      if (event.key !== "/" && (event.code !== "Slash" || event.shiftKey)) return;
      event.preventDefault();
      this.$refs.input.select();
    },
  },
};
