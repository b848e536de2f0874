// One update of a plan: what was added, removed and changed, when, by whom and why.
const SHOWN = 15; // of each

export default {
  template: `
    <li class="agent-plan-change">
      <p class="agent-plan-change-head">
        <button type="button" class="link tabular" :title="format.moment(change.at)" @click="$emit('open', change.seq)">
          {{ format.time(change.at) }}</button>
        <bdi v-if="change.by">{{ change.by }}</bdi><span v-else class="muted">{{ told.by_unknown }}</span>
        <span v-if="change.isFirst" class="badge">{{ told.first }}</span>
      </p>
      <template v-if="change.state === 'told'">
        <p class="agent-plan-why"><span class="visually-hidden">{{ told.why }}: </span>
          <bdi v-if="change.reason">{{ change.reason }}</bdi><span v-else class="muted">{{ told.no_reason }}</span></p>
        <ul v-if="!change.isSame" class="agent-plan-diff">
          <li v-for="(task, at) in cut(change.changes.added)" :key="'a' + at" class="is-added">
            <span class="agent-plan-sign" aria-hidden="true">+</span><span class="visually-hidden">{{ told.added }}: </span>
            <bdi>{{ task.title }}</bdi></li>
          <li v-if="rest(change.changes.added)" class="muted">{{ rest(change.changes.added) }}</li>
          <li v-for="(task, at) in cut(change.changes.removed)" :key="'r' + at" class="is-removed">
            <span class="agent-plan-sign" aria-hidden="true">−</span><span class="visually-hidden">{{ told.removed }}: </span>
            <bdi>{{ task.title }}</bdi></li>
          <li v-if="rest(change.changes.removed)" class="muted">{{ rest(change.changes.removed) }}</li>
          <li v-for="({ before, after }, at) in cut(change.changes.changed)" :key="'c' + at" class="is-changed">
            <span class="agent-plan-sign" aria-hidden="true">~</span><span class="visually-hidden">{{ told.changed }}: </span>
            <template v-if="before.title !== after.title"><bdi class="is-struck">{{ before.title }}</bdi> → </template>
            <bdi>{{ after.title }}</bdi>
            <span v-if="before.status !== after.status" class="agent-plan-turn">
              <bdi class="muted">{{ statusOf(before.status).status }}</bdi> →
              <bdi :class="['pill-badge', 'tone-' + statusOf(after.status).tone]">{{ statusOf(after.status).status }}</bdi>
            </span></li>
          <li v-if="rest(change.changes.changed)" class="muted">{{ rest(change.changes.changed) }}</li>
          <li v-if="change.changes.isReordered" class="is-changed">
            <span class="agent-plan-sign" aria-hidden="true">↕</span>{{ told.reordered }}</li>
        </ul>
        <p v-else class="muted">{{ told.same }}</p>
      </template>
      <p v-else-if="change.state === 'failed'" class="agent-note">{{ told.failed }}
        <button type="button" class="link" @click="$emit('again')">{{ told.again }}</button></p>
      <div v-else class="skeleton agent-plan-waiting" role="status" :aria-label="told.loading"></div>
    </li>`,
  props: { change: Object, told: Object, format: Object, statusOf: Function },
  emits: ["open", "again"],
  methods: {
    cut: (tasks) => tasks.slice(0, SHOWN),
    rest(tasks) {
      const left = tasks.length - SHOWN;
      return left > 0 ? this.told.and_more.replace("{count}", this.format.number(left)) : "";
    },
  },
};
