// Two runs beside each other: what they add up to, and their steps in order, where the same ones stand on one line.
import { aligned } from "agent_alignment";
import { iconOf, toneOf, wordOf } from "agent_rows";

const PAGE = 1000;
const MOST = 2000; // steps of a run that are compared
const FIGURES = ["status", "duration_ms", "events", "model_calls", "tool_calls", "failures", "tokens_input", "tokens_output", "cost"];

export default {
  template: `
    <section class="agent-compare" :aria-label="told.name">
      <a class="link agent-back" :href="linkTo()" @click.exact.prevent.stop="$emit('leave')">
        <q-icon name="arrow_back" class="icon" aria-hidden="true" />{{ told.back }}
      </a>
      <div v-if="problem" class="state card" role="alert">
        <q-icon name="cloud_off" class="icon" aria-hidden="true" />
        <p class="state-title">{{ problem.message || told.away }}</p>
        <p class="muted">{{ problem.advice }}</p>
        <button type="button" class="button" @click="read">{{ told.again }}</button>
      </div>
      <div v-else-if="!both" class="agent-loading card" role="status" :aria-label="told.loading">
        <div v-for="number in 8" class="skeleton"></div>
      </div>
      <template v-else>
        <div class="card card-flush agent-table-box">
          <table class="table">
            <thead><tr><th>{{ told.figure }}</th>
              <th v-for="(one, at) in both" :key="at" class="number">
                <a class="link" :href="linkTo(one.run.run_id)" @click.exact.prevent.stop="$emit('choose', one.run.run_id)"><bdi>{{ one.run.name }}</bdi></a>
                <div class="muted tabular">{{ format.brief(one.run.started_at) }}</div>
              </th><th class="number">{{ told.difference }}</th></tr></thead>
            <tbody><tr v-for="line in figures" :key="line.name">
              <th scope="row">{{ line.label }}</th>
              <td v-for="(text, at) in line.texts" :key="at" class="number tabular">{{ text }}</td>
              <td class="number tabular">{{ line.difference }}</td>
            </tr></tbody>
          </table>
        </div>
        <p v-if="isCut" class="muted">{{ told.cut.replace("{count}", format.number(most)) }}</p>
        <div class="card card-flush">
          <p class="agent-compare-line is-head"><span v-for="(one, at) in both" :key="at"><bdi>{{ one.run.name }}</bdi></span></p>
          <ol class="agent-compare-steps">
            <li v-for="(pair, at) in shownPairs" :key="at" :class="['agent-compare-line', { 'is-odd': !pair[0] || !pair[1] }]">
              <span v-for="(step, side) in pair" :key="side">
                <template v-if="step">
                  <q-icon :name="iconOf(step.kind)" class="icon agent-icon" aria-hidden="true" />
                  <a :href="linkTo(both[side].run.run_id, step.seq)" class="agent-compare-name"><bdi>{{ step.name }}</bdi></a>
                  <span v-if="step.status !== 'done'" :class="['agent-status', 'tone-' + toneOf(step.status)]">{{ wordOf(told.statuses, step.status) }}</span>
                  <span class="muted tabular">{{ step.duration_ms === undefined ? "" : format.duration(step.duration_ms) }}</span>
                </template>
                <span v-else class="muted">{{ told.missing }}</span>
              </span>
            </li>
          </ol>
          <button v-if="pairs.length > shownPairs.length" type="button" class="button agent-more" @click="most_shown += 200">{{ told.more }}</button>
        </div>
      </template>
    </section>`,
  props: { runs: String, told: Object, format: Object, load: Function, linkTo: Function },
  emits: ["choose", "leave"],
  data: () => ({ both: undefined, pairs: [], problem: undefined, isCut: false, most: MOST, most_shown: 200 }),
  computed: {
    shownPairs() {
      return this.pairs.slice(0, this.most_shown);
    },
    figures() {
      return FIGURES.map((name) => {
        const values = this.both.map(({ run }) => run[name]);
        return { name, label: this.told.figures[name], texts: this.both.map(({ run }) => this.text(name, run)), difference: this.differ(name, values) };
      });
    },
  },
  created() {
    this.ids = this.runs.split(",").slice(0, 2);
    if (this.ids.length === 2 && this.ids.every(Boolean)) this.read();
    else this.$emit("leave"); // the address names no two
  },
  methods: {
    iconOf,
    toneOf,
    wordOf,
    async read() {
      this.problem = this.both = undefined;
      try {
        const both = await Promise.all(this.ids.map(this.whole));
        this.isCut = both.some(({ run, steps }) => steps.length >= MOST && run.events > steps.length);
        this.pairs = Object.freeze(aligned(...both.map(({ steps }) => steps)));
        this.both = Object.freeze(both);
      } catch (problem) {
        this.problem = problem;
      }
    },
    async whole(id) {
      const run = await this.load(`/runs/${encodeURIComponent(id)}`);
      const steps = [];
      for (let after = 0; steps.length < MOST; ) {
        const page = await this.load(`/runs/${encodeURIComponent(id)}/events?cursor=${after}&limit=${PAGE}`);
        steps.push(...page.events.filter((event) => event.phase !== "begun"));
        if (!page.next_cursor) break;
        after = page.next_cursor;
      }
      return { run, steps: steps.slice(0, MOST) };
    },
    text(name, run) {
      const value = run[name];
      if (name === "status") return wordOf(this.told.statuses, value);
      if (name === "duration_ms") return this.format.duration(value ?? 0);
      if (name === "cost") return run.cost_is_known ? this.format.money(Number(value ?? 0), run.currency ?? "USD") : this.told.unknown;
      return this.format.number(value ?? 0);
    },
    differ(name, [one, other]) {
      if (name === "status") return "";
      if (name === "cost" && this.both.some(({ run }) => !run.cost_is_known)) return "—";
      const by = Number(other ?? 0) - Number(one ?? 0);
      if (!by) return "=";
      const sign = by > 0 ? "+" : "−";
      const size = Math.abs(by);
      if (name === "duration_ms") return sign + this.format.duration(size);
      if (name === "cost") return sign + this.format.money(size, this.both[0].run.currency ?? "USD");
      return sign + this.format.number(size);
    },
  },
};
