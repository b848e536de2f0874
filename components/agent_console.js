// The operators' console: which runs there are, what their agents ask, and the runs that are looked at. It reads the
// same API as machines do; the server keeps nothing of it. The address says what is shown.
import { apiOf } from "agent_api";
import approvals from "agent_approvals";
import commandLog from "agent_command_log";
import compare from "agent_compare";
import history from "agent_history";
import rail from "agent_rail";
import agentRun, { VIEWS } from "agent_run";
import { formatsOf, isGoingOn } from "agent_rows";
import stop from "agent_stop";

const LOOKING = 1000; // milliseconds between two looks at which runs there are, however often somebody rings
const RECENT = 30; // runs beside the one that is looked at
const MOVING = 250; // milliseconds that an event is looked at before the address says so
const MOST_BESIDE = 4; // runs that are watched at once

export default {
  components: {
    "agent-approvals": approvals, "agent-command-log": commandLog, "agent-compare": compare, "agent-history": history,
    "agent-rail": rail, "agent-run": agentRun, "agent-stop": stop,
  },
  template: `
    <div class="agents">
      <agent-compare v-if="compared" :runs="compared" :told="told.compare" :format="format" :load="api.load"
        :link-to="linkTo" @choose="choose" @leave="compareRuns()" />
      <template v-else-if="isHistory">
        <agent-history :told="told.history" :format="format" :load="api.load" :link-to="linkTo" @choose="choose"
          @compare="compareRuns" />
        <agent-command-log :told="told.commands" :away="told.away[0]" :format="format" :load="api.load" :send="api.send"
          :link-to="linkTo" :may-resend="control" :rung="rung_commands" @choose="choose" />
      </template>
      <div v-else-if="problem" class="state card" role="alert">
        <q-icon name="cloud_off" class="icon" aria-hidden="true" />
        <p class="state-title">{{ problem.message || told.away[0] }}</p>
        <p class="muted">{{ problem.advice || told.away[1] }}</p>
        <button type="button" class="button" @click="look">{{ told.again }}</button>
      </div>
      <div v-else-if="!runs" class="agent-loading card" role="status" :aria-label="told.loading">
        <div v-for="number in 8" class="skeleton"></div>
      </div>
      <div v-else-if="!runs.length && !lanes.length" class="state card" role="status">
        <q-icon name="smart_toy" class="icon" aria-hidden="true" />
        <p class="state-title">{{ told.empty[0] }}</p>
        <p class="muted">{{ told.empty[1] }}</p>
        <a class="button" :href="access">{{ told.to_keys }}</a>
      </div>
      <template v-else>
        <p v-if="isBlind" class="stale" role="status">
          <q-icon name="cloud_off" class="icon" aria-hidden="true" /><span class="grow">{{ told.blind }}</span>
        </p>
        <agent-approvals :asked="asks" :words="told" :format="format" :send="api.send" :link-to="linkTo"
          :may-decide="control" @show="showApproval" @decided="spoken" />
        <div :class="['agent-desk', { 'has-event': shownEvent, 'is-beside': isBeside }]">
          <div v-if="tab === 'active'" class="agent-side">
            <agent-rail :runs="runs" :open="shownRun" :lanes="laneIds" :most="mostBeside" :told="told.rail" :format="format"
              :link-to="linkTo" @choose="choose" @beside="putBeside" />
            <agent-stop v-if="control && runs.some(isGoingOn)" path="/runs/stop" :label="told.stop.all"
              :question="told.stop.ask_all" :told="told.stop" :away="told.away[0]" :send="api.send" @sent="spoken" />
          </div>
          <div class="agent-lanes">
            <agent-run v-for="(lane, place) in lanes" :key="lane.run" :id="lane.run" :view="lane.view"
              :shown="lane.run === shownRun ? shownEvent : undefined" :told="told" :format="format" :api="api"
              :salon-url="salonUrl" :back="tab === 'history' ? linkTo() : undefined" :is-beside="isBeside" :is-right="place >= lanes.length / 2"
              :may-control="control" :rung="rung_commands + said" @open="open(lane, $event)" @view="showAs(lane, $event)"
              @leave="isBeside ? putBeside(lane.run) : choose()" />
          </div>
        </div>
      </template>
    </div>`,
  props: {
    tenant: String, words: String, locale: String, zone: String, tab: String, asked: String, rung_runs: Number,
    rung_commands: Number, access: String, control: Boolean,
  },
  data: () => ({
    runs: undefined, problem: undefined, lanes: [], shownRun: undefined, shownEvent: undefined, compared: undefined,
    asks: [], isBlind: false, said: 0, mostBeside: MOST_BESIDE,
  }),
  computed: {
    isHistory() {
      return this.tab === "history" && !this.lanes.length;
    },
    isBeside() {
      return this.lanes.length > 1;
    },
    laneIds() {
      return this.lanes.map((lane) => lane.run);
    },
    salonUrl() {
      return `/s/${this.tenant}`;
    },
  },
  watch: {
    rung_runs: "look",
    rung_commands: "readAsks",
    isHistory: "look",
    compared: "look",
  },
  created() {
    this.told = Object.freeze(JSON.parse(this.words));
    this.format = Object.freeze(formatsOf(this.locale, this.zone, this.told.units));
    this.api = Object.freeze(apiOf(this.tenant));
    this.readAddress();
    this.look();
  },
  unmounted() {
    clearTimeout(this.moving);
    clearTimeout(this.looking);
  },
  methods: {
    isGoingOn,

    // The address ----------------------------------------------------------------------------------------------
    readAddress() {
      const asked = new URLSearchParams(this.asked);
      const event = Number(asked.get("event"));
      const runs = new Set((asked.get("runs") ?? "").split(",").filter(Boolean).slice(0, MOST_BESIDE));
      const run = asked.get("run") || [...runs][0];
      const view = VIEWS.includes(asked.get("view")) ? asked.get("view") : VIEWS[0];
      this.shownRun = run;
      this.shownEvent = run && Number.isSafeInteger(event) && event > 0 ? event : undefined;
      this.compared = asked.get("compare") || undefined;
      if (run) this.lanes = (runs.has(run) ? [...runs] : [run]).map((one) => ({ run: one, view }));
    },
    linkTo(run, event) {
      const query = new URLSearchParams({ tab: this.tab });
      if (run) query.set("run", run);
      if (event) query.set("event", event);
      const view = this.lanes.find((lane) => lane.run === this.shownRun)?.view;
      if (run && view && view !== VIEWS[0]) query.set("view", view);
      return `${location.pathname}?${query}`;
    },
    // the page's own part of this is the server's: it remembers the address for the way back
    move(isNew) {
      this.isNewPlace ||= isNew;
      clearTimeout(this.moving);
      this.moving = setTimeout(() => {
        this.$emit("moved", {
          run: this.shownRun,
          runs: this.isBeside ? this.laneIds.join(",") : undefined,
          event: this.shownEvent,
          view: this.lanes.find((lane) => lane.run === this.shownRun)?.view,
          compare: this.compared,
          isNew: this.isNewPlace,
        });
        this.isNewPlace = false;
      }, isNew ? 0 : MOVING);
    },

    // Which runs are looked at ---------------------------------------------------------------------------------
    watchOnly(run) {
      const view = this.lanes.find((lane) => lane.run === this.shownRun)?.view ?? VIEWS[0];
      this.lanes = run ? [{ run, view }] : [];
      this.shownRun = run;
      this.shownEvent = undefined;
    },
    choose(run) {
      this.compared = undefined;
      if (!this.isBeside || !this.laneIds.includes(run)) this.watchOnly(run);
      else if (run !== this.shownRun) [this.shownRun, this.shownEvent] = [run, undefined];
      this.move(true);
    },
    // one more run to watch, or one less
    putBeside(run) {
      if (!this.laneIds.includes(run)) this.lanes.push({ run, view: VIEWS[0] });
      else {
        this.lanes = this.lanes.filter((lane) => lane.run !== run);
        if (this.shownRun === run) [this.shownRun, this.shownEvent] = [this.lanes[0].run, undefined];
      }
      this.move(true);
    },
    compareRuns(runs) {
      this.watchOnly();
      this.compared = runs?.join(",");
      this.move(true);
    },
    open(lane, event) {
      [this.shownRun, this.shownEvent] = [lane.run, event];
      this.move(false);
    },
    showAs(lane, view) {
      lane.view = view;
      if (this.shownRun !== lane.run) [this.shownRun, this.shownEvent] = [lane.run, undefined];
      this.move(false);
    },
    showApproval(one) {
      if (!this.laneIds.includes(one.run_id)) this.watchOnly(one.run_id);
      this.lanes.find((lane) => lane.run === one.run_id).view = VIEWS[0];
      [this.shownRun, this.shownEvent] = [one.run_id, one.seq];
      this.move(true);
    },

    // What is read here ----------------------------------------------------------------------------------------
    async look() {
      if (this.isHistory || this.compared) return;
      this.isDue = true;
      if (this.looking) return;
      this.isDue = false;
      this.looking = setTimeout(() => {
        this.looking = undefined;
        if (this.isDue) this.look();
      }, LOOKING);
      this.readAsks();
      try {
        this.runs = Object.freeze((await this.api.load(`/runs?limit=${RECENT}`)).runs);
        this.problem = undefined;
      } catch (problem) {
        if (!this.runs) this.problem = problem;
      }
      if (!this.lanes.length && this.runs?.length && this.tab === "active") {
        this.watchOnly(this.runs[0].run_id);
        this.move(false);
      }
    },
    // somebody here has just told the agents something
    spoken() {
      this.said++;
      this.readAsks();
    },
    async readAsks() {
      if (this.isHistory || this.compared) return;
      try {
        this.asks = Object.freeze((await this.api.load("/approvals")).approvals);
        this.isBlind = false;
      } catch {
        this.isBlind = true;
      }
    },
  },
};
