// A task of a person's own for the plan. What was typed stays until it is known to have been taken.
const LENGTH = 500;
const PATIENCE = 10000; // milliseconds until it may be tried again without an answer

export default {
  template: `
    <form class="agent-plan-form" @submit.prevent="add">
      <label class="visually-hidden" :for="id">{{ told.task }}</label>
      <input :id="id" v-model="text" class="agent-plan-field" type="text" :placeholder="told.task" maxlength="${LENGTH}"
        autocomplete="off" :aria-invalid="String(Boolean(problem))" :aria-describedby="id + '-said'" />
      <button type="submit" class="button" :disabled="isBusy || !text.trim()">
        <q-icon name="add" class="icon" aria-hidden="true" />{{ told.add }}</button>
      <p :id="id + '-said'" :class="problem ? 'field-error' : 'muted agent-plan-said'" role="status">{{ problem || said }}</p>
    </form>`,
  props: { told: Object, added: Number, problem: String },
  emits: ["add"],
  data: () => ({ text: "", isBusy: false, said: "", id: "agent-plan-task" }),
  watch: {
    added() {
      this.settle();
      if (this.text.trim() === this.sent) this.text = "";
      this.said = this.told.taken;
    },
    problem() {
      if (this.problem) this.settle();
    },
    text() {
      if (this.text) this.said = "";
    },
  },
  unmounted() {
    clearTimeout(this.waiting);
  },
  methods: {
    add() {
      const text = this.text.trim();
      if (!text || this.isBusy) return; // once, however often it is pressed
      this.sent = text;
      this.said = "";
      this.isBusy = true;
      this.waiting = setTimeout(this.settle, PATIENCE);
      this.$emit("add", text);
    },
    settle() {
      clearTimeout(this.waiting);
      this.isBusy = false;
    },
  },
};
