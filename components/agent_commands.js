// What people have told the agents to do, and how far each of it has come.
const TONES = { queued: "unknown", sent: "live", received: "live", done: "good", failed: "bad", expired: "warn", dead: "bad" };
const AGAIN = ["failed", "expired", "dead"];

export default {
  template: `
    <section v-if="commands.length || isBlind" class="agent-commands" :aria-label="told.name">
      <h3 class="agent-commands-head">{{ told.name }}</h3>
      <p v-if="isBlind" class="agent-approval-problem" role="status">{{ told.blind }}</p>
      <ul>
        <li v-for="one in commands" :key="one.command_id">
          <span class="tabular muted agent-nowrap">{{ format.brief(one.created_at) }}</span>
          <span class="agent-command-what"><strong>{{ told.kinds[one.kind] ?? one.kind }}</strong>
            <bdi v-if="textOf(one)"> {{ textOf(one) }}</bdi>
            <span class="muted" v-if="one.created_by"> · <bdi>{{ one.created_by }}</bdi></span>
            <bdi v-if="one.problem" class="agent-approval-problem"> {{ one.problem }}</bdi></span>
          <span :class="['pill-badge', 'tone-' + (tones[one.status] ?? 'unknown')]">{{ told.statuses[one.status] ?? one.status }}</span>
          <button v-if="mayResend && again.includes(one.status)" type="button" class="button" @click="resend(one)">{{ told.resend }}</button>
        </li>
      </ul>
      <p v-if="problem" class="agent-approval-problem" role="alert">{{ problem }}</p>
    </section>`,
  props: { commands: Array, isBlind: Boolean, told: Object, away: String, format: Object, send: Function, mayResend: Boolean },
  emits: ["sent"],
  data: () => ({ problem: "", tones: TONES, again: AGAIN }),
  methods: {
    textOf: (one) => [one.text ?? one.name, one.comment].filter(Boolean).join(" — "),
    async resend(one) {
      this.problem = "";
      try {
        await this.send(`/command-log/${one.command_id}/resend`, { request_id: crypto.randomUUID() });
        this.$emit("sent");
      } catch (problem) {
        this.problem = [problem.message || this.away, problem.advice].filter(Boolean).join(" ");
      }
    },
  },
};
