// The to-do list of an agent as it stands, and how it came to be so: at each update what was added, removed and
// changed, by whom and why. What updates hold is read when it is shown.
import AgentPlanChange from "agent_plan_change";
import AgentPlanForm from "agent_plan_form";
import { compare, isChanged } from "agent_plan_changes";
import { PlanUpdates } from "agent_plan_updates";

const PIECE = 10; // updates of the history that are shown at first, and that one press adds
const TASKS = 200;
const EXAMPLE = `{"run_id": "task-7", "kind": "plan_update", "name": "plan",
 "result": {"reason": "…", "tasks": [{"id": "1", "title": "…", "status": "pending"}]}}`;
const ICONS = {
  pending: "radio_button_unchecked", in_progress: "timelapse", completed: "check_circle", cancelled: "cancel", failed: "error",
};

export default {
  components: { AgentPlanChange, AgentPlanForm },
  template: `
    <section class="agent-plan" :aria-label="told.name">
      <agent-plan-form v-if="mayAdd" :told="told" :added="added" :problem="addProblem" @add="(text) => $emit('add', text)" />
      <div v-if="state === 'empty'" class="state">
        <q-icon name="checklist" class="icon" aria-hidden="true" />
        <p class="state-title">{{ told.empty[0] }}</p>
        <p class="muted">{{ told.empty[1] }}</p>
        <pre class="agent-plan-example" :aria-label="told.example" role="note">{{ example }}</pre>
      </div>
      <div v-else-if="state === 'unkept'" class="state">
        <q-icon name="checklist" class="icon" aria-hidden="true" />
        <p class="state-title">{{ told.unkept[0] }}</p>
        <p class="muted">{{ told.unkept[1] }}</p>
      </div>
      <div v-else-if="state === 'loading'" class="agent-loading" role="status" :aria-label="told.loading">
        <div v-for="number in 5" class="skeleton" :style="{ width: 40 + (number * 37) % 50 + '%' }"></div>
      </div>
      <div v-else-if="state === 'failed'" class="state" role="alert">
        <q-icon name="cloud_off" class="icon" aria-hidden="true" />
        <p class="state-title">{{ problem.message }}</p>
        <p v-if="problem.advice" class="muted">{{ problem.advice }}</p>
        <button type="button" class="button" @click="again">{{ told.again }}</button>
      </div>
      <template v-else>
        <section class="agent-plan-now">
          <div class="agent-plan-head">
            <h2 class="agent-group-name">{{ told.now }}</h2>
            <span v-if="current.tasks.length" class="muted tabular">{{ progress }}</span>
            <button type="button" class="link agent-plan-when" @click="$emit('open', current.seq)">{{ current.when }}</button>
          </div>
          <p v-if="problem" class="agent-note">{{ told.older }}
            <button type="button" class="link" @click="again">{{ told.again }}</button></p>
          <progress v-if="current.tasks.length" class="agent-plan-progress" :max="current.tasks.length" :value="current.done"
            :aria-label="told.progress"></progress>
          <p v-else class="agent-note">{{ told.no_tasks }}</p>
          <ol class="agent-plan-tasks">
            <li v-for="(task, at) in shownTasks" :key="at" :class="['agent-plan-task', 'is-' + task.look]">
              <q-icon :name="task.icon" class="icon" aria-hidden="true" />
              <span class="agent-plan-text"><bdi class="agent-plan-title">{{ task.title }}</bdi>
                <bdi v-if="task.by" class="muted agent-plan-by">{{ task.by }}</bdi></span>
              <bdi :class="['pill-badge', 'tone-' + task.tone]">{{ task.status }}</bdi>
            </li>
          </ol>
          <button v-if="tasksLeft" type="button" class="agent-more" @click="most += ${TASKS}">
            {{ told.more.replace("{count}", format.number(tasksLeft)) }}</button>
        </section>
        <section class="agent-plan-history">
          <h2 class="agent-group-name">{{ told.history }}</h2>
          <ol class="agent-plan-changes">
            <agent-plan-change v-for="change in changes" :key="change.key" :change="change" :told="told" :format="format"
              :status-of="statusOf" @open="(seq) => $emit('open', seq)" @again="again" />
          </ol>
          <button v-if="earlier" type="button" class="button agent-plan-earlier" @click="showEarlier">
            {{ told.earlier.replace("{count}", format.number(earlier)) }}</button>
        </section>
      </template>
    </section>`,
  props: {
    store: Object, version: Number, told: Object, format: Object, load: Function,
    mayAdd: Boolean, added: Number, addProblem: String,
  },
  emits: ["open", "add"],
  data: () => ({ state: "loading", problem: undefined, current: undefined, changes: [], earlier: 0, most: TASKS }),
  computed: {
    shownTasks() {
      const shown = this.current.tasks.slice(0, this.most);
      return Object.freeze(shown.map((task) => Object.freeze({ ...task, ...this.statusOf(task.status) })));
    },
    tasksLeft() {
      return this.current.tasks.length - this.shownTasks.length;
    },
    progress() {
      const { done, tasks } = this.current;
      const number = this.format.number;
      return this.told.done_of.replace("{done}", number(done)).replace("{all}", number(tasks.length));
    },
  },
  watch: {
    version: "look",
  },
  created() {
    this.example = EXAMPLE;
    this.look();
  },
  unmounted() {
    this.updates?.want([]);
    this.isGone = true;
  },
  methods: {
    statusOf(status) {
      const isKnown = status !== undefined && Object.hasOwn(this.told.statuses, status);
      const [word, tone] = isKnown ? this.told.statuses[status] : [status ?? this.told.unknown, "unknown"];
      return { status: word, tone, look: isKnown ? status : "other", icon: isKnown ? ICONS[status] : "help_outline" };
    },
    look() {
      const { events, run } = this.store;
      const isOther = this.readOf !== events || this.runId !== run?.run_id || this.updates.read > events.length;
      if (isOther) {
        this.updates?.want([]);
        const updates = new PlanUpdates((path) => this.load(path), () => this.updates === updates && this.draw());
        this.updates = updates; // not for Vue to watch
        this.shown = PIECE;
        this.most = TASKS;
      }
      this.readOf = events;
      this.runId = run?.run_id;
      if (this.updates.take(events) || isOther) this.draw();
    },
    draw() {
      if (this.isGone) return;
      const counted = this.updates.counted();
      const newest = counted.slice(-this.shown - 1).toReversed(); // one more, to compare the oldest with
      this.updates.want(newest);
      if (!counted.length) {
        this.state = this.updates.list.some((update) => !update.isFailed) ? "unkept" : "empty";
        return;
      }
      const latest = newest.find((update) => update.plan);
      if (latest) this.current = this.currentOf(latest);
      // of those that are newer than what is shown
      this.problem = newest.slice(0, latest ? newest.indexOf(latest) : 1).find((update) => update.state === "failed")?.problem;
      this.state = latest ? "told" : this.problem ? "failed" : "loading";
      this.changes = Object.freeze(newest.slice(0, this.shown).map((update, at) => this.changeOf(update, newest[at + 1])));
      this.earlier = counted.length - this.changes.length;
    },
    currentOf(update) {
      const event = update.events.at(-1);
      const done = update.plan.tasks.filter((task) => task.status === "completed").length;
      const when = this.told.as_of.replace("{time}", () => this.format.time(event.at));
      return Object.freeze({ seq: event.seq, when, done, tasks: update.plan.tasks });
    },
    changeOf(update, before) {
      const event = update.events.at(-1);
      const { plan, state } = update;
      const base = { key: update.key, seq: event.seq, at: event.at, state, by: plan?.by ?? event.source };
      // unread or failed before it: what changed cannot be said yet
      if (!plan || (before && !before.plan)) {
        return Object.freeze({ ...base, state: plan ? before.state : state });
      }
      // what has been compared is kept: neither of the two changes any more
      if (update.comparedWith !== before || !update.changes) {
        update.changes = Object.freeze(compare(before?.plan.tasks ?? [], plan.tasks));
        update.comparedWith = before;
      }
      const isSame = !isChanged(update.changes);
      return Object.freeze({ ...base, state: "told", reason: plan.reason, changes: update.changes, isSame, isFirst: !before });
    },
    showEarlier() {
      this.shown += PIECE;
      this.draw();
    },
    again() {
      this.updates.retry();
      this.draw();
    },
  },
};
