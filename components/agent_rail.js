// The runs that go on now, and the last ones before them: one is chosen to be looked at, or a second beside it.
import { tellRun, toneOf, wordOf } from "agent_rows";

export default {
  template: `
    <nav class="agent-rail card card-flush" :aria-label="told.name">
      <template v-for="group in groups" :key="group.name">
        <h2 class="agent-rail-head">{{ group.name }}<span class="muted tabular">{{ group.count }}</span></h2>
        <ul class="agent-rail-runs">
          <li v-for="run in group.runs" :key="run.run_id" :class="['agent-rail-run', { 'is-open': run.run_id === open }]">
            <a :href="linkTo(run.run_id)" :aria-current="run.run_id === open ? 'true' : undefined"
              @click.exact.prevent.stop="$emit('choose', run.run_id)">
              <span :class="['agent-dot', 'tone-' + toneOf(run.status)]" aria-hidden="true"></span>
              <bdi class="agent-rail-name">{{ run.agent ?? run.name }}</bdi>
              <span class="agent-rail-status muted">{{ wordOf(told.statuses, run.status) }}</span>
              <span class="agent-rail-line muted tabular">{{ format.brief(run.started_at) }} · {{ counts(run) }}</span>
            </a>
          </li>
        </ul>
      </template>
    </nav>`,
  props: { runs: Array, open: String, told: Object, format: Object, linkTo: Function },
  emits: ["choose"],
  computed: {
    groups() {
      const isActive = (run) => run.status === "running" || run.status === "waiting";
      const active = this.runs.filter(isActive);
      const ended = this.runs.filter((run) => !isActive(run));
      return [[this.told.active, active], [this.told.ended, ended]]
        .filter(([, runs]) => runs.length)
        .map(([name, runs]) => ({ name, runs, count: this.format.number(runs.length) }));
    },
  },
  methods: {
    toneOf,
    wordOf,
    tellRun,
    counts(run) {
      return [this.format.plural(this.told.events, run.events), this.format.duration(run.duration_ms ?? 0)].join(" · ");
    },
  },
};
