// What people have told the agents to do, and how far each of it has come.
import { requestId } from "agent_api";
import { wordOf } from "agent_rows";

const TONES = { queued: "unknown", sent: "live", received: "live", done: "good", failed: "bad", expired: "warn", dead: "bad" };
const AGAIN = ["failed", "expired", "dead"];

export default {
  template: `
    <section v-if="commands.length || isBlind" class="agent-commands" :aria-label="told.name">
      <h3 v-if="!linkTo" class="agent-commands-head">{{ told.name }}</h3>
      <p v-if="isBlind" class="agent-approval-problem" role="status">{{ told.blind }}</p>
      <ul>
        <li v-for="one in commands" :key="one.command_id">
          <span class="tabular muted agent-nowrap">{{ format.brief(one.created_at) }}</span>
          <span class="agent-command-what"><strong>{{ wordOf(told.kinds, one.kind) }}</strong>
            <bdi v-if="textOf(one)"> {{ textOf(one) }}</bdi>
            <span v-if="linkTo && one.run_id"> · <a class="link" :href="linkTo(one.run_id)"
              @click.exact.prevent.stop="$emit('choose', one.run_id)"><bdi>{{ one.run_name ?? told.run }}</bdi></a></span>
            <span class="muted" v-if="one.created_by"> · <bdi>{{ one.created_by }}</bdi></span>
            <bdi v-if="one.problem" class="agent-approval-problem"> {{ one.problem }}</bdi></span>
          <span :class="['pill-badge', 'tone-' + (tones[one.status] ?? 'unknown')]">{{ wordOf(told.statuses, one.status) }}</span>
          <button v-if="mayResend && again.includes(one.status)" type="button" class="button" :disabled="sending === one.command_id"
            @click="resend(one)">{{ told.resend }}</button>
        </li>
      </ul>
      <p v-if="problem" class="agent-approval-problem" role="alert">{{ problem }}</p>
    </section>`,
  // with `linkTo` they are of many runs, and each says of which
  props: {
    commands: Array, isBlind: Boolean, told: Object, away: String, format: Object, send: Function, linkTo: Function,
    mayResend: Boolean,
  },
  emits: ["choose", "sent"],
  data: () => ({ problem: "", sending: undefined, tones: TONES, again: AGAIN }),
  created() {
    this.requests = new Map(); // the same for each try of sending one again: it counts once
  },
  methods: {
    wordOf,
    textOf: (one) => [one.text ?? one.name, one.comment].filter(Boolean).join(" — "),
    async resend({ command_id: id, attempts }) {
      this.problem = "";
      const name = `${id}:${attempts}`;
      if (!this.requests.has(name)) this.requests.set(name, requestId());
      this.sending = id;
      try {
        await this.send(`/command-log/${id}/resend`, { request_id: this.requests.get(name) });
        this.$emit("sent");
      } catch (problem) {
        this.problem = [problem.message || this.away, problem.advice].filter(Boolean).join(" ");
      } finally {
        this.sending = undefined;
      }
    },
  },
};
