// Finds rows among those that the browser has: what is typed is looked for at once, Esc takes it back.
export default {
  template: `
    <div class="search-field" role="search">
      <q-icon name="search" class="icon" aria-hidden="true" />
      <input ref="input" type="search" :value="modelValue" :aria-label="told.search" :placeholder="told.search"
        maxlength="200" autocomplete="off" spellcheck="false" @input="put($event.target.value)" @keydown.esc="clear" />
      <button v-if="modelValue" type="button" class="search-clear" :aria-label="told.clear" @click="clear">
        <q-icon name="close" class="icon" aria-hidden="true" />
      </button>
    </div>`,
  props: { modelValue: String, told: Object },
  emits: ["update:modelValue", "choose"],
  methods: {
    put(text) {
      this.$emit("update:modelValue", text);
      this.$emit("choose");
    },
    clear() {
      this.put("");
      this.$refs.input.focus();
    },
  },
};
