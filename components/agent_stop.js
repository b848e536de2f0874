// The way to stop a run, or all of a salon: one button, which asks once more what is about to be done.
import { requestId } from "agent_api";

export default {
  template: `
    <div class="agent-stop">
      <button v-if="!isAsking" ref="button" type="button" class="button agent-stop-button" :title="label" @click="ask">
        <q-icon name="stop_circle" class="icon" aria-hidden="true" /><span class="agent-stop-label">{{ label }}</span>
      </button>
      <div v-else class="agent-stop-asked" role="alertdialog" :aria-label="label" @keydown.esc="keep">
        <span>{{ question }}</span>
        <button ref="yes" type="button" class="button button-danger" :disabled="isSending" @click="stop">{{ told.yes }}</button>
        <button type="button" class="button" :disabled="isSending" @click="keep">{{ told.no }}</button>
      </div>
      <p v-if="answer" :class="['agent-stop-answer', { 'is-problem': isProblem }]" role="status">{{ answer }}</p>
    </div>`,
  props: { path: String, label: String, question: String, told: Object, away: String, send: Function },
  emits: ["sent"],
  data: () => ({ isAsking: false, isSending: false, isProblem: false, answer: "" }),
  methods: {
    ask() {
      this.answer = "";
      this.request = requestId(); // however often the button is clicked, it is one stop
      this.isAsking = true;
      this.$nextTick(() => this.$refs.yes?.focus());
    },
    keep() {
      this.isAsking = false;
      this.$nextTick(() => this.$refs.button?.focus());
    },
    async stop() {
      this.isSending = true;
      try {
        await this.send(this.path, { request_id: this.request, comment: null });
        this.isProblem = false;
        this.answer = this.told.sent;
        this.isAsking = false;
        this.$emit("sent");
      } catch (problem) {
        this.isProblem = true;
        this.answer = [problem.message || this.away, problem.advice].filter(Boolean).join(" ");
        if (problem.status) this.isAsking = false; // a server that did not answer may be asked again
      } finally {
        this.isSending = false;
      }
    },
  },
};
