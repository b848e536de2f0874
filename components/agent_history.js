// All runs, newest first: found by name and status, or by what is in their events; one is opened, two are compared.
import found from "agent_found";
import { toneOf, wordOf } from "agent_rows";

const AT_ONCE = 50;
const TYPING = 250; // milliseconds
const STATUSES = ["running", "waiting", "done", "error", "stopped"];

export default {
  components: { "agent-found": found },
  template: `
    <section class="agent-history" :aria-label="told.name">
      <div class="agent-tools">
        <div class="search-field" role="search">
          <q-icon name="search" class="icon" aria-hidden="true" />
          <input type="search" v-model="search" :aria-label="told.search" :placeholder="told.search" maxlength="200"
            autocomplete="off" spellcheck="false" @input="type" />
        </div>
        <select class="agent-facet" v-model="status" :aria-label="told.status" @change="begin">
          <option value="">{{ told.any_status }}</option>
          <option v-for="one in allStatuses" :value="one">{{ wordOf(told.statuses, one) }}</option>
        </select>
        <button type="button" class="button" :disabled="chosen.length !== 2" @click="$emit('compare', chosen)">
          <q-icon name="compare_arrows" class="icon" aria-hidden="true" />{{ told.compare }}
        </button>
      </div>
      <div class="card card-flush">
        <div v-if="problem" class="state" role="alert">
          <q-icon name="cloud_off" class="icon" aria-hidden="true" />
          <p class="state-title">{{ problem.message || told.away }}</p>
          <p class="muted">{{ problem.advice }}</p>
          <button type="button" class="button" @click="begin">{{ told.again }}</button>
        </div>
        <div v-else-if="!runs" class="agent-loading" role="status" :aria-label="told.loading">
          <div v-for="number in 8" class="skeleton"></div>
        </div>
        <p v-else-if="!runs.length && sought" class="agent-found-none muted" role="status">{{ told.none }}</p>
        <div v-else-if="!runs.length" class="state" role="status">
          <q-icon :name="isFiltered ? 'search_off' : 'smart_toy'" class="icon" aria-hidden="true" />
          <p class="state-title">{{ isFiltered ? told.none : told.empty[0] }}</p>
          <p v-if="!isFiltered" class="muted">{{ told.empty[1] }}</p>
        </div>
        <div v-else class="agent-table-box">
          <table class="table agent-table">
            <thead><tr>
              <th><span class="visually-hidden">{{ told.choose }}</span></th>
              <th>{{ told.run }}</th><th>{{ told.status }}</th><th>{{ told.began }}</th>
              <th class="number">{{ told.lasted }}</th><th class="number">{{ told.events_column }}</th>
              <th class="number">{{ told.tokens }}</th><th class="number">{{ told.cost }}</th>
            </tr></thead>
            <tbody>
              <tr v-for="run in runs" :key="run.run_id">
                <td><input type="checkbox" :value="run.run_id" v-model="chosen" :aria-label="told.choose_one + ' ' + run.name"
                  :disabled="chosen.length === 2 && !chosen.includes(run.run_id)" /></td>
                <td class="agent-run-cell">
                  <a class="link" :href="linkTo(run.run_id)" @click.exact.prevent.stop="$emit('choose', run.run_id)"><bdi>{{ run.name }}</bdi></a>
                  <bdi v-if="run.agent && run.agent !== run.name" class="muted">{{ run.agent }}</bdi>
                </td>
                <td><span :class="['pill-badge', 'tone-' + toneOf(run.status)]">{{ wordOf(told.statuses, run.status) }}</span></td>
                <td class="tabular agent-nowrap">{{ format.brief(run.started_at) }}</td>
                <td class="number tabular agent-nowrap">{{ format.duration(run.duration_ms ?? 0) }}</td>
                <td class="number tabular">{{ format.number(run.events) }}</td>
                <td class="number tabular">{{ format.number(run.tokens_input + run.tokens_output) }}</td>
                <td class="number tabular agent-nowrap">{{ costOf(run) }}</td>
              </tr>
            </tbody>
          </table>
        </div>
      </div>
      <button v-if="next" type="button" class="button agent-more" :disabled="isReading" @click="more">{{ told.more }}</button>
      <agent-found v-if="sought" :words="sought" :status="status" :told="told.found" :format="format" :load="load"
        :link-to="linkTo" />
    </section>`,
  props: { told: Object, format: Object, load: Function, linkTo: Function },
  emits: ["choose", "compare"],
  data: () => ({
    runs: undefined, next: undefined, problem: undefined, search: "", sought: "", status: "", chosen: [], isReading: false,
    allStatuses: STATUSES,
  }),
  computed: {
    isFiltered() {
      return Boolean(this.search.trim() || this.status);
    },
  },
  created() {
    this.asked = 0;
    this.begin();
  },
  unmounted() {
    clearTimeout(this.typing);
  },
  methods: {
    toneOf,
    wordOf,
    costOf(run) {
      const amount = this.format.money(Number(run.cost ?? 0), run.currency ?? "USD");
      if (run.cost_is_known) return run.model_calls ? amount : "—";
      return Number(run.cost) > 0 ? this.told.at_least.replace("{amount}", () => amount) : this.told.unknown;
    },
    type() {
      clearTimeout(this.typing);
      this.typing = setTimeout(this.begin, TYPING);
    },
    begin() {
      this.sought = this.search.trim();
      return this.read();
    },
    more() {
      return this.read(this.next);
    },
    async read(cursor) {
      const number = ++this.asked; // an answer that is overtaken is of no use
      const query = new URLSearchParams({ limit: AT_ONCE });
      for (const [name, value] of Object.entries({ status: this.status, search: this.search.trim(), cursor })) {
        if (value) query.set(name, value);
      }
      this.isReading = true;
      try {
        const page = await this.load(`/runs?${query}`);
        if (number !== this.asked) return;
        this.runs = Object.freeze([...(cursor ? this.runs : []), ...page.runs]);
        this.chosen = this.chosen.filter((chosen) => this.runs.some((run) => run.run_id === chosen));
        this.next = page.next_cursor;
        this.problem = undefined;
      } catch (problem) {
        if (number === this.asked) this.problem = problem;
      } finally {
        if (number === this.asked) this.isReading = false;
      }
    },
  },
};
