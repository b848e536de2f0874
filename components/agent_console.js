// The operators' console: the run that is looked at, its events and what one of them says. It reads the same API as
// machines do; the server keeps nothing of it. The address says what is shown.
import { apiOf } from "agent_api";
import approvals from "agent_approvals";
import commands from "agent_commands";
import compare from "agent_compare";
import detail from "agent_detail";
import feed from "agent_feed";
import graph from "agent_graph";
import history from "agent_history";
import plan from "agent_plan";
import rail from "agent_rail";
import sequence from "agent_sequence";
import stop from "agent_stop";
import time from "agent_time";
import { formatsOf, tellRun, toneOf, wordOf } from "agent_rows";
import { RunStore } from "agent_store";

const LOOKING = 1000; // milliseconds between two looks at which runs there are, however often somebody rings
const RECENT = 30; // runs beside the one that is looked at
const MOVING = 250; // milliseconds that an event is looked at before the address says so
const AHEAD = 2; // events that are fetched before they are asked for
const KEPT = 60; // whole events that are not read again
const VIEWS = ["feed", "plan", "sequence", "graph", "time"];
const COMMANDS = 20;

export default {
  components: {
    "agent-approvals": approvals, "agent-commands": commands, "agent-compare": compare, "agent-detail": detail,
    "agent-feed": feed, "agent-graph": graph, "agent-history": history, "agent-plan": plan, "agent-rail": rail,
    "agent-sequence": sequence, "agent-stop": stop, "agent-time": time,
  },
  template: `
    <div class="agents">
      <agent-compare v-if="shown.compare" :runs="shown.compare" :told="told.compare" :format="format" :load="api.load"
        :link-to="linkTo" @choose="choose" @leave="compareRuns()" />
      <agent-history v-else-if="isHistory" :told="told.history" :format="format" :load="api.load" :link-to="linkTo"
        @choose="choose" @compare="compareRuns" />
      <template v-else>
        <div v-if="problem" class="state card" role="alert">
          <q-icon name="cloud_off" class="icon" aria-hidden="true" />
          <p class="state-title">{{ problem.message || told.away[0] }}</p>
          <p class="muted">{{ problem.advice || told.away[1] }}</p>
          <button type="button" class="button" @click="look">{{ told.again }}</button>
        </div>
        <div v-else-if="!runs" class="agent-loading card" role="status" :aria-label="told.loading">
          <div v-for="number in 8" class="skeleton"></div>
        </div>
        <div v-else-if="!runs.length && !shown.run" class="state card" role="status">
          <q-icon name="smart_toy" class="icon" aria-hidden="true" />
          <p class="state-title">{{ told.empty[0] }}</p>
          <p class="muted">{{ told.empty[1] }}</p>
          <a class="button" :href="access">{{ told.to_keys }}</a>
        </div>
        <template v-else>
        <p v-if="isControlBlind" class="stale" role="status">
          <q-icon name="cloud_off" class="icon" aria-hidden="true" /><span class="grow">{{ told.blind }}</span>
        </p>
        <agent-approvals :asked="asks" :words="told" :format="format" :send="api.send" :link-to="linkTo"
          :may-decide="control" @show="showApproval" @decided="lookAtControl" />
        <div :class="['agent-desk', { 'has-event': shown.event }]">
          <div v-if="tab === 'active'" class="agent-side">
            <agent-rail :runs="runs" :open="shown.run" :told="told.rail" :format="format" :link-to="linkTo" @choose="choose" />
            <agent-stop v-if="control && runs.some(isGoingOn)" path="/runs/stop" :label="told.stop.all"
              :question="told.stop.ask_all" :told="told.stop" :away="told.away[0]" :send="api.send" @sent="lookAtControl" />
          </div>
          <main class="agent-main card card-flush">
            <header class="agent-head">
              <a v-if="tab === 'history'" class="link agent-back" :href="linkTo()" @click.exact.prevent.stop="choose()">
                <q-icon name="arrow_back" class="icon" aria-hidden="true" />{{ told.all_runs }}
              </a>
              <div class="agent-title">
                <h2><bdi>{{ run?.name ?? "…" }}</bdi></h2>
                <span v-if="run" :class="['pill-badge', 'tone-' + toneOf(run.status)]">{{ wordOf(told.statuses, run.status) }}</span>
                <span v-if="isCut" class="muted agent-cut" role="status">
                  <q-icon name="cloud_off" class="icon" aria-hidden="true" />{{ told.cut }}
                </span>
                <agent-stop v-if="control && isActive" :key="shown.run" :path="'/runs/' + shown.run + '/stop'"
                  :label="told.stop.one" :question="told.stop.ask_one" :told="told.stop" :away="told.away[0]"
                  :send="api.send" @sent="lookAtControl" />
              </div>
              <p v-if="run" class="agent-line muted tabular">{{ line }}</p>
              <div v-if="run" class="agent-ways">
                <div class="segmented" role="group" :aria-label="told.view">
                  <button v-for="view in views" :key="view" type="button" :aria-pressed="String(view === shown.view)"
                    @click="move({ view }, false)">{{ told.views[view] }}</button>
                </div>
              </div>
            </header>
            <div v-if="notice" class="state" role="status">
              <q-icon :name="notice.icon" class="icon" aria-hidden="true" />
              <p class="state-title">{{ notice.words[0] }}</p>
              <p class="muted">{{ notice.words[1] }}</p>
            </div>
            <template v-else-if="store">
              <agent-feed v-show="shown.view === 'feed'" ref="feed" :store="store" :version="version"
                :selected="shown.event" :told="told.feed" :format="format" @open="open" @near="fetchAhead" />
              <div v-if="shown.view !== 'feed' && run" class="agent-view">
                <agent-plan v-if="shown.view === 'plan'" :store="store" :version="version" :told="told.plan"
                  :format="format" :load="api.load" :may-add="control && isActive" :added="added"
                  :add-problem="addProblem" @open="open" @add="addTask" />
                <component v-else :is="'agent-' + shown.view" :key="shown.view" :store="store" :version="version"
                  :told="told[shown.view]" :format="format" :load="api.load" @open="open" />
              </div>
            </template>
            <agent-commands :commands="commands" :told="told.commands" :away="told.away[0]" :format="format"
              :send="api.send" :may-resend="control" @sent="lookAtControl" />
          </main>
          <aside v-if="shown.event" class="agent-aside card" :aria-label="told.event">
            <button type="button" class="button agent-close" @click="open()">
              <q-icon name="close" class="icon" aria-hidden="true" />{{ told.close }}
            </button>
            <agent-detail v-if="store" :event="event" :problem="eventProblem" :store="store" :version="version"
              :told="told.detail" :format="format" :salon-url="salonUrl" @open="open" @again="readEvent" />
          </aside>
        </div>
        </template>
      </template>
    </div>`,
  props: {
    tenant: String, words: String, locale: String, zone: String, tab: String, asked: String, rung: Number, access: String,
    control: Boolean,
  },
  data: () => ({
    runs: undefined, problem: undefined, store: undefined, version: 0, run: undefined, state: "loading", isCut: false,
    shown: {}, asks: [], commands: [], event: undefined, eventProblem: undefined, added: 0, addProblem: "", views: VIEWS,
    isControlBlind: false,
  }),
  computed: {
    isHistory() {
      return this.tab === "history" && !this.shown.run;
    },
    isActive() {
      return this.isGoingOn(this.run);
    },
    salonUrl() {
      return `/s/${this.tenant}`;
    },
    line() {
      return tellRun(this.run, this.told.line, this.format);
    },
    notice() {
      if (this.state === "gone") return { icon: "search_off", words: this.told.gone };
      if (this.state === "refused") return { icon: "lock", words: this.told.refused };
      if (this.state === "away") return { icon: "cloud_off", words: this.told.away };
      return undefined;
    },
  },
  watch: {
    rung: "look",
    "shown.event": "readEvent",
    "shown.run": "lookAtControl",
    tab(tab) {
      if (tab === "active") this.look();
    },
  },
  created() {
    this.told = Object.freeze(JSON.parse(this.words));
    this.format = Object.freeze(formatsOf(this.locale, this.zone, this.told.units));
    this.api = Object.freeze(apiOf(this.tenant));
    this.whole = new Map();
    this.fetching = new Map();
    this.shown = this.fromAddress(this.asked);
    if (this.shown.run) this.watchRun();
    if (this.shown.event) this.readEvent();
    if (!this.isHistory) this.look();
    this.lookAtControl();
  },
  unmounted() {
    clearTimeout(this.moving);
    clearTimeout(this.looking);
    this.store?.end();
  },
  methods: {
    toneOf,
    wordOf,

    // The address ----------------------------------------------------------------------------------------------
    fromAddress(query) {
      const asked = new URLSearchParams(query);
      const event = Number(asked.get("event"));
      return {
        run: asked.get("run") || undefined,
        event: Number.isSafeInteger(event) && event > 0 ? event : undefined,
        view: VIEWS.includes(asked.get("view")) ? asked.get("view") : VIEWS[0],
        compare: asked.get("compare") || undefined,
      };
    },
    linkTo(run, event) {
      const query = new URLSearchParams({ tab: this.tab });
      if (run) query.set("run", run);
      if (event) query.set("event", event);
      if (run && this.shown.view !== VIEWS[0]) query.set("view", this.shown.view);
      return `${location.pathname}?${query}`;
    },
    // the page's own part of this is the server's: it remembers the address for the way back
    move(shown, isNew) {
      this.shown = { ...this.shown, ...shown };
      this.isNewPlace ||= isNew;
      clearTimeout(this.moving);
      this.moving = setTimeout(() => {
        this.$emit("moved", { ...this.shown, isNew: this.isNewPlace });
        this.isNewPlace = false;
      }, isNew ? 0 : MOVING);
    },

    // Runs -----------------------------------------------------------------------------------------------------
    async look() {
      if (this.isHistory) return;
      this.isDue = true;
      if (this.isLooking) return;
      this.isDue = false;
      this.isLooking = true;
      this.looking = setTimeout(() => {
        this.isLooking = false;
        if (this.isDue) this.look();
      }, LOOKING);
      this.lookAtControl();
      try {
        this.runs = Object.freeze((await this.api.load(`/runs?limit=${RECENT}`)).runs);
        this.problem = undefined;
      } catch (problem) {
        if (!this.runs) this.problem = problem;
      }
      if (!this.shown.run && this.runs?.length && this.tab === "active") {
        this.move({ run: this.runs[0].run_id }, false);
        this.watchRun();
      }
    },
    choose(run) {
      this.move({ run, event: undefined, compare: undefined }, true);
      this.watchRun();
    },
    watchRun() {
      this.store?.end();
      this.store = this.run = undefined;
      this.commands = [];
      this.state = "loading";
      if (!this.shown.run) return;
      const store = new RunStore(this.api.load, this.api.stream, this.shown.run, () => {
        if (store.hasEnded) return;
        this.version++;
        this.run = Object.freeze({ ...store.run });
        this.state = store.state;
        this.isCut = store.isCut;
      });
      this.store = store;
      store.begin();
    },
    compareRuns(runs) {
      this.move({ run: undefined, event: undefined, compare: runs?.join(",") }, true);
      this.watchRun();
    },

    // One event ------------------------------------------------------------------------------------------------
    open(event) {
      this.move({ event }, false);
    },
    async readEvent() {
      const { run, event } = this.shown;
      this.eventProblem = undefined;
      if (!run || !event) return;
      const key = `${run}:${event}`;
      if (!this.whole.has(key)) {
        this.event = undefined;
        try {
          await this.fetchEvent(run, event);
        } catch (problem) {
          if (this.isShown(key)) this.eventProblem = problem;
          return;
        }
      }
      if (this.isShown(key)) this.event = this.whole.get(key);
    },
    // once for all who want it
    fetchEvent(run, event) {
      const key = `${run}:${event}`;
      if (!this.fetching.has(key)) {
        const reading = this.api.load(`/runs/${run}/events/${event}`).then((told) => this.keep(key, told));
        this.fetching.set(key, reading.finally(() => this.fetching.delete(key)));
      }
      return this.fetching.get(key);
    },
    // what the pointer is over is likely to be opened; if this fails, opening it reads it again and says so
    fetchAhead(event) {
      const { run } = this.shown;
      if (this.fetching.size >= AHEAD || this.whole.has(`${run}:${event}`)) return;
      this.fetchEvent(run, event).catch(() => undefined);
    },
    isShown(key) {
      return key === `${this.shown.run}:${this.shown.event}`;
    },
    keep(key, event) {
      event.__v_skip = true; // a payload of megabytes is not for Vue to watch
      this.whole.set(key, event);
      if (this.whole.size > KEPT) this.whole.delete(this.whole.keys().next().value);
    },

    // Control --------------------------------------------------------------------------------------------------
    isGoingOn: (run) => run?.status === "running" || run?.status === "waiting",
    async lookAtControl() {
      const of = this.shown.run ? `&run=${this.shown.run}` : "";
      try {
        const [asks, log] = await Promise.all([
          this.api.load("/approvals"),
          this.api.load(`/command-log?limit=${COMMANDS}${of}`),
        ]);
        this.asks = Object.freeze(asks.approvals);
        this.commands = Object.freeze(this.shown.run ? log.commands : []);
        this.isControlBlind = false;
      } catch {
        this.isControlBlind = true;
      }
    },
    showApproval(one) {
      this.move({ run: one.run_id, event: one.seq, view: VIEWS[0] }, true);
      this.watchRun();
    },
    async addTask(text) {
      this.addProblem = "";
      this.request ??= crypto.randomUUID();
      try {
        await this.api.send(`/runs/${this.shown.run}/tasks`, { request_id: this.request, text });
        this.request = undefined;
        this.added++;
        this.lookAtControl();
      } catch (problem) {
        if (problem.status) this.request = undefined;
        this.addProblem = [problem.message || this.told.away[0], problem.advice].filter(Boolean).join(" ");
      }
    },
  },
};
