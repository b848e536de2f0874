// A button that copies a text, and says whether it could. `text` is a function: large texts are made when asked for.
const SAID = 4000; // milliseconds for which it says so

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text); // no clipboard without HTTPS, or it is not allowed
  }
}

function copiedBySelection(text) {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  field.setAttribute("readonly", "");
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    before?.focus?.({ preventScroll: true });
  }
}

export default {
  template: `
    <span class="agent-copy">
      <button type="button" class="agent-copy-button" :aria-label="label" :title="label" @click.stop="copy">
        <q-icon :name="icon" class="icon" aria-hidden="true" />
      </button>
      <span :class="state === 'failed' ? 'agent-copy-failed' : 'visually-hidden'" role="status">{{ said }}</span>
    </span>`,
  props: { text: Function, told: Object, label: String, symbol: { type: String, default: "content_copy" } },
  data: () => ({ state: "" }),
  computed: {
    icon() {
      return { done: "check", failed: "error_outline" }[this.state] ?? this.symbol;
    },
    said() {
      return { done: this.told.copied, failed: this.told.not_copied }[this.state] ?? "";
    },
  },
  unmounted() {
    clearTimeout(this.quieting);
  },
  methods: {
    async copy() {
      clearTimeout(this.quieting);
      const text = this.text();
      this.state = text && (await copied(text)) ? "done" : "failed";
      this.quieting = setTimeout(() => {
        this.state = "";
      }, SAID);
    },
  },
};
