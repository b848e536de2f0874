// One run: what it is, its events in the look that was chosen, what people tell its agent, and one event in detail.
import { requestId } from "agent_api";
import commands from "agent_commands";
import detail from "agent_detail";
import feed from "agent_feed";
import graph from "agent_graph";
import plan from "agent_plan";
import sequence from "agent_sequence";
import stop from "agent_stop";
import time from "agent_time";
import { isGoingOn, tellRun, toneOf, wordOf } from "agent_rows";
import { RunStore } from "agent_store";
import { WholeEvents } from "agent_whole_events";

export const VIEWS = ["feed", "plan", "sequence", "graph", "time"];
const COMMANDS = 20;

export default {
  components: {
    "agent-commands": commands, "agent-detail": detail, "agent-feed": feed, "agent-graph": graph, "agent-plan": plan,
    "agent-sequence": sequence, "agent-stop": stop, "agent-time": time,
  },
  template: `
    <section class="agent-main card card-flush" :aria-label="run?.name ?? told.one_run">
      <header class="agent-head">
        <a v-if="back" class="link agent-back" :href="back" @click.exact.prevent.stop="$emit('leave')">
          <q-icon name="arrow_back" class="icon" aria-hidden="true" />{{ told.all_runs }}
        </a>
        <div class="agent-title">
          <h2><bdi>{{ run?.name ?? "…" }}</bdi></h2>
          <span v-if="run" :class="['pill-badge', 'tone-' + toneOf(run.status)]">{{ wordOf(told.statuses, run.status) }}</span>
          <span v-if="isCut" class="muted agent-cut" role="status">
            <q-icon name="cloud_off" class="icon" aria-hidden="true" />{{ told.cut }}
          </span>
          <agent-stop v-if="mayControl && isActive" :path="'/runs/' + id + '/stop'" :label="told.stop.one"
            :question="told.stop.ask_one" :told="told.stop" :away="told.away[0]" :send="api.send" @sent="readCommands" />
          <button v-if="isBeside" type="button" class="row-button agent-leave" :title="told.leave"
            :aria-label="told.leave + ': ' + (run?.name ?? '')" @click="$emit('leave')">
            <q-icon name="close" class="icon" aria-hidden="true" />
          </button>
        </div>
        <p v-if="run" class="agent-line muted tabular">{{ line }}</p>
        <div v-if="run" class="agent-ways">
          <select v-if="isBeside" class="agent-facet" :value="view" :aria-label="told.view"
            @change="$emit('view', $event.target.value)">
            <option v-for="one in views" :value="one">{{ told.views[one] }}</option>
          </select>
          <div v-else class="segmented" role="group" :aria-label="told.view">
            <button v-for="one in views" :key="one" type="button" :aria-pressed="String(one === view)"
              @click="$emit('view', one)">{{ told.views[one] }}</button>
          </div>
        </div>
      </header>
      <div v-if="notice" class="state" role="status">
        <q-icon :name="notice.icon" class="icon" aria-hidden="true" />
        <p class="state-title">{{ notice.words[0] }}</p>
        <p class="muted">{{ notice.words[1] }}</p>
      </div>
      <template v-else>
        <agent-feed v-show="view === 'feed'" :store="store" :version="version" :selected="shown" :told="told.feed"
          :format="format" @open="open" @near="whole.fetchAhead($event)" />
        <div v-if="view !== 'feed' && run" class="agent-view">
          <agent-plan v-if="view === 'plan'" :store="store" :version="version" :told="told.plan" :format="format"
            :load="api.load" :may-add="mayControl && isActive" :added="added" :add-problem="addProblem" @open="open"
            @add="addTask" />
          <component v-else :is="'agent-' + view" :key="view" :store="store" :version="version" :told="told[view]"
            :format="format" :load="api.load" @open="open" />
        </div>
      </template>
      <agent-commands :commands="commands" :is-blind="isBlind" :told="told.commands" :away="told.away[0]"
        :format="format" :send="api.send" :may-resend="mayControl" @sent="readCommands" />
    </section>
    <aside v-if="shown" :class="['agent-aside card', { 'is-left': isRight }]" :aria-label="told.event">
      <button type="button" class="button agent-close" @click="open()">
        <q-icon name="close" class="icon" aria-hidden="true" />{{ told.close }}
      </button>
      <agent-detail :event="event" :problem="eventProblem" :store="store" :version="version" :told="told.detail"
        :format="format" :salon-url="salonUrl" @open="open" @again="readEvent" />
    </aside>`,
  props: {
    id: String, view: String, shown: Number, told: Object, format: Object, api: Object, salonUrl: String, back: String,
    isBeside: Boolean, isRight: Boolean, mayControl: Boolean, rung: Number,
  },
  emits: ["open", "view", "leave"],
  data: () => ({
    version: 0, run: undefined, state: "loading", isCut: false, commands: [], isBlind: false, event: undefined,
    eventProblem: undefined, added: 0, addProblem: "", views: VIEWS,
  }),
  computed: {
    isActive() {
      return isGoingOn(this.run);
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
    rung: "readCommands",
    shown: "readEvent",
  },
  created() {
    const { load, stream } = this.api;
    this.whole = new WholeEvents((seq) => load(`/runs/${this.id}/events/${seq}`));
    this.store = new RunStore(load, stream, this.id, () => {
      this.version++;
      this.run = Object.freeze({ ...this.store.run });
      this.state = this.store.state;
      this.isCut = this.store.isCut;
    });
    this.store.begin();
    this.readEvent();
    this.readCommands();
  },
  unmounted() {
    this.store.end();
  },
  methods: {
    toneOf,
    wordOf,
    open(event) {
      this.$emit("open", event);
    },
    async readEvent() {
      const seq = this.shown;
      this.eventProblem = undefined;
      this.event = this.whole.known(seq);
      if (!seq || this.event) return;
      try {
        const event = await this.whole.fetch(seq);
        if (seq === this.shown) this.event = event;
      } catch (problem) {
        if (seq === this.shown) this.eventProblem = problem;
      }
    },
    async readCommands() {
      const number = (this.reading = (this.reading ?? 0) + 1); // an answer that is overtaken is of no use
      try {
        const { commands } = await this.api.load(`/command-log?limit=${COMMANDS}&run=${this.id}`);
        if (number !== this.reading) return;
        this.commands = Object.freeze(commands);
        this.isBlind = false;
      } catch {
        this.isBlind ||= number === this.reading;
      }
    },
    async addTask(text) {
      this.addProblem = "";
      this.request ??= requestId();
      try {
        await this.api.send(`/runs/${this.id}/tasks`, { request_id: this.request, text });
        this.request = undefined;
        this.added++;
        this.readCommands();
      } catch (problem) {
        if (problem.status) this.request = undefined;
        this.addProblem = [problem.message || this.told.away[0], problem.advice].filter(Boolean).join(" ");
      }
    },
  },
};
