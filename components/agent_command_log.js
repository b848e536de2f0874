// What agents of the salon were told, in whichever run: above all what has not reached them, which is sent again here.
import commands from "agent_commands";

const AT_ONCE = 20;

export default {
  components: { "agent-commands": commands },
  template: `
    <section v-if="hasAny || problem" class="agent-command-log card card-flush" :aria-label="told.all">
      <header class="agent-command-log-head">
        <h2>{{ told.all }}</h2>
        <select class="agent-facet" v-model="status" :aria-label="told.status" @change="begin">
          <option value="">{{ told.any_status }}</option>
          <option v-for="(word, one) in told.statuses" :value="one">{{ word }}</option>
        </select>
      </header>
      <p v-if="problem" class="agent-approval-problem agent-command-none" role="alert">
        {{ [problem.message || away, problem.advice].filter(Boolean).join(" ") }}
        <button type="button" class="button" @click="begin">{{ told.again }}</button>
      </p>
      <p v-else-if="!commands.length && !isReading" class="muted agent-command-none">{{ told.none }}</p>
      <agent-commands :commands="commands" :told="told" :away="away" :format="format" :send="send" :link-to="linkTo"
        :may-resend="mayResend" @choose="$emit('choose', $event)" @sent="begin" />
      <button v-if="next" type="button" class="button agent-more" :disabled="isReading" @click="read(next)">{{ told.more }}</button>
    </section>`,
  props: {
    told: Object, away: String, format: Object, load: Function, send: Function, linkTo: Function, mayResend: Boolean,
    rung: Number,
  },
  emits: ["choose"],
  data: () => ({
    commands: [], next: undefined, status: "", problem: undefined, isReading: false, hasAny: false,
  }),
  watch: {
    rung: "begin",
  },
  created() {
    this.asked = 0;
    this.begin();
  },
  methods: {
    begin() {
      return this.read();
    },
    async read(cursor) {
      const number = ++this.asked; // an answer that is overtaken is of no use
      const query = new URLSearchParams({ limit: AT_ONCE });
      if (this.status) query.set("status", this.status);
      if (cursor) query.set("cursor", cursor);
      this.isReading = true;
      try {
        const page = await this.load(`/command-log?${query}`);
        if (number !== this.asked) return;
        this.commands = Object.freeze([...(cursor ? this.commands : []), ...page.commands]);
        this.next = page.next_cursor;
        this.hasAny ||= this.commands.length > 0;
        this.problem = undefined;
      } catch (problem) {
        if (number === this.asked) this.problem = problem;
      } finally {
        if (number === this.asked) this.isReading = false;
      }
    },
  },
};
