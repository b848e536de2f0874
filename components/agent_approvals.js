// What agents ask people for: what is to be done, with what, how risky it is, and until when somebody may answer.
// A question is answered once, whoever is the quicker; the other one is told so. Whoever is about to click must not
// hit another question: new ones come below, and none but the first is open before it is asked for.
import { requestId } from "agent_api";
import json from "agent_json";

const FIRST = 3; // questions that stand there without being asked for
const TICK = 15000; // milliseconds between two looks at what time is left

export default {
  components: { "agent-json": json },
  template: `
    <section v-if="asked.length" class="agent-approvals" :aria-label="told.name">
      <article v-for="one in ordered.slice(0, most)" :key="key(one)" class="agent-approval card" role="group"
        :aria-label="told.asks.replace('{who}', () => one.agent ?? one.run_name)">
        <header class="agent-approval-head">
          <q-icon name="pan_tool" class="icon" aria-hidden="true" />
          <p class="agent-approval-what">
            <span class="muted"><bdi>{{ one.agent ?? one.run_name }}</bdi> {{ told.wants }} </span>
            <strong><bdi>{{ one.name }}</bdi></strong>
          </p>
          <bdi v-if="one.risk" class="pill-badge tone-warn">{{ told.risk.replace("{risk}", () => one.risk) }}</bdi>
          <span class="muted tabular agent-nowrap" :title="format.moment(one.expires_at)">{{ left(one) }}</span>
          <button v-if="ordered.length > 1 || !isOpen(one)" type="button" class="button agent-approval-fold" :aria-expanded="String(isOpen(one))"
            @click="open[key(one)] = !isOpen(one)">{{ isOpen(one) ? told.fold : told.look }}</button>
        </header>
        <template v-if="isOpen(one)">
        <bdi v-if="one.summary && one.arguments === undefined" class="agent-approval-summary">{{ one.summary }}</bdi>
        <agent-json v-if="one.arguments !== undefined" class="agent-approval-json" :value="one.arguments"
          :told="words.detail.value" :name="told.arguments" :format="format" />
        <p v-else class="muted">{{ told.no_arguments }}</p>
        <p v-if="problems[key(one)]" class="agent-approval-problem" role="alert">{{ problems[key(one)] }}</p>
        <div class="agent-approval-answer">
          <a class="link" :href="linkTo(one.run_id, one.seq)" @click.exact.prevent.stop="$emit('show', one)">{{ told.show }}</a>
          <template v-if="mayDecide">
            <input type="text" class="agent-comment" v-model="comments[key(one)]" maxlength="500" autocomplete="off"
              :aria-label="told.comment" :placeholder="told.comment" />
            <button type="button" class="button" :disabled="isSending(one)" @click="decide(one, 'reject')">{{ told.reject }}</button>
            <button type="button" class="button button-primary" :disabled="isSending(one)" @click="decide(one, 'approve')">{{ told.approve }}</button>
          </template>
          <span v-else class="muted">{{ told.may_not }}</span>
        </div>
        </template>
      </article>
      <button v-if="asked.length > most" type="button" class="button agent-more" @click="most = asked.length">
        {{ format.plural(told.more, asked.length - most) }}
      </button>
    </section>`,
  props: {
    asked: Array, words: Object, format: Object, send: Function, linkTo: Function, mayDecide: Boolean,
  },
  emits: ["show", "decided"],
  data: () => ({ order: [], open: {}, comments: {}, problems: {}, sending: {}, now: Date.now(), most: FIRST }),
  computed: {
    told() {
      return this.words.approvals;
    },
    ordered() {
      const asked = new Map(this.asked.map((one) => [this.key(one), one]));
      return this.order.filter((key) => asked.has(key)).map((key) => asked.get(key));
    },
  },
  watch: {
    asked: { handler: "arrange", immediate: true },
  },
  created() {
    this.requests = new Map(); // the same for each try of the same answer: it counts once
    this.ticking = setInterval(() => {
      this.now = Date.now();
    }, TICK);
  },
  unmounted() {
    clearInterval(this.ticking);
  },
  methods: {
    key: (one) => `${one.run_id}:${one.seq}`,
    arrange() {
      const keys = this.asked.map(this.key);
      const known = this.order.filter((key) => keys.includes(key));
      if (!this.order.length && keys.length) this.open[keys[0]] ??= true;
      this.order = [...known, ...keys.filter((key) => !known.includes(key))];
    },
    isOpen(one) {
      return Boolean(this.open[this.key(one)]);
    },
    isSending(one) {
      return Boolean(this.sending[this.key(one)]);
    },
    left(one) {
      const rest = Date.parse(one.expires_at) - this.now;
      if (Number.isNaN(rest)) return "";
      return rest > 0 ? this.told.left.replace("{duration}", this.format.duration(rest)) : this.told.late;
    },
    // who was quicker is told in the reader's language; anything else as the server says it
    say(problem) {
      const { kind, created_by, created_at } = problem.decision ?? {};
      if (!Object.hasOwn(this.told.decided, kind ?? "")) {
        return [problem.message || this.words.away[0], problem.advice].filter(Boolean).join(" ");
      }
      return this.told.decided[kind].replace("{who}", () => created_by ?? "").replace("{at}", () => this.format.moment(created_at));
    },
    async decide(one, decision) {
      const key = this.key(one);
      const name = `${key}:${decision}:${this.comments[key] ?? ""}`;
      if (!this.requests.has(name)) this.requests.set(name, requestId());
      this.sending[key] = true;
      this.problems[key] = "";
      try {
        await this.send(`/runs/${one.run_id}/approvals/${one.seq}`, {
          request_id: this.requests.get(name), decision, comment: this.comments[key]?.trim() || null,
        });
        delete this.comments[key];
        this.$emit("decided", one);
      } catch (problem) {
        this.problems[key] = this.say(problem);
        if (problem.status === 409 || problem.status === 404) this.$emit("decided", one);
      } finally {
        this.sending[key] = false;
      }
    },
  },
};
