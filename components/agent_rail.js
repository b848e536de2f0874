// The runs that go on now, and the last ones before them: one is chosen to be looked at, or to be
// watched beside others.
import { isGoingOn, toneOf, wordOf } from "agent_rows";

export default {
  template: `
    <nav class="agent-rail card card-flush" :aria-label="told.name">
      <template v-for="group in groups" :key="group.name">
        <h2 class="agent-rail-head">{{ group.name }}<span class="muted tabular">{{ group.count }}</span></h2>
        <ul class="agent-rail-runs">
          <li v-for="run in group.runs" :key="run.run_id"
            :class="['agent-rail-run', { 'is-open': run.run_id === open, 'is-beside': isBeside(run) }]">
            <a :href="linkTo(run.run_id)" :aria-current="run.run_id === open ? 'true' : undefined"
              @click.exact.prevent.stop="$emit('choose', run.run_id)">
              <span :class="['agent-dot', 'tone-' + toneOf(run.status)]" aria-hidden="true"></span>
              <bdi class="agent-rail-name">{{ run.agent ?? run.name }}</bdi>
              <span class="agent-rail-status muted">{{ wordOf(told.statuses, run.status) }}</span>
              <span class="agent-rail-line muted tabular">{{ format.brief(run.started_at) }} · {{ counts(run) }}</span>
            </a>
            <button type="button" class="row-button agent-rail-beside" :aria-pressed="String(isBeside(run))"
              :disabled="isBeside(run) ? lanes.length === 1 : !lanes.length || lanes.length >= most"
              :title="told.beside" :aria-label="told.beside + ': ' + (run.agent ?? run.name)" @click="$emit('beside', run.run_id)">
              <q-icon :name="isBeside(run) ? 'visibility' : 'splitscreen_add'" class="icon" aria-hidden="true" />
            </button>
          </li>
        </ul>
      </template>
    </nav>`,
  // `lanes` are the runs that are watched, `open` the one of them whose events are opened, `most` how many there may be
  props: {
    runs: Array, open: String, lanes: Array, most: Number, told: Object, format: Object, linkTo: Function,
  },
  emits: ["choose", "beside"],
  computed: {
    groups() {
      const active = this.runs.filter(isGoingOn);
      const ended = this.runs.filter((run) => !isGoingOn(run));
      return [[this.told.active, active], [this.told.ended, ended]]
        .filter(([, runs]) => runs.length)
        .map(([name, runs]) => ({ name, runs, count: this.format.number(runs.length) }));
    },
  },
  methods: {
    toneOf,
    wordOf,
    isBeside(run) {
      return this.lanes.includes(run.run_id);
    },
    counts(run) {
      return [this.format.plural(this.told.events, run.events), this.format.duration(run.duration_ms ?? 0)].join(" · ");
    },
  },
};
