// All that is known of one event: its head, what its kind has to show, and ways to the events around it. What an
// agent told is text, never markup; what is closed is not drawn.
import AgentApproval from "agent_approval";
import AgentAround from "agent_around";
import AgentCopy from "agent_copy";
import AgentModelCall from "agent_model_call";
import AgentProblem from "agent_problem";
import AgentRouting from "agent_routing";
import AgentToolCall from "agent_tool_call";
import AgentWhole from "agent_whole";
import { iconOf, toneOf, wordOf } from "agent_rows";
import { Neighbours } from "agent_neighbours";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ALONE = Object.freeze({ halves: [], children: [], more: 0 });
const BODIES = {
  model_call: "agent-model-call",
  tool_call: "agent-tool-call",
  approval_request: "agent-approval",
  approval_decision: "agent-approval",
};

export default {
  components: {
    AgentApproval, AgentAround, AgentCopy, AgentModelCall, AgentProblem, AgentRouting, AgentToolCall, AgentWhole,
  },
  template: `
    <section class="agent-detail" :aria-label="told.name" :aria-busy="String(!event && !problem)">
      <div v-if="problem" class="state" role="alert">
        <q-icon name="cloud_off" class="icon" aria-hidden="true" />
        <p class="state-title">{{ problem.message }}</p>
        <p v-if="problem.advice" class="muted">{{ problem.advice }}</p>
        <button type="button" class="button" @click="$emit('again')">{{ told.again }}</button>
      </div>
      <div v-else-if="!event" class="agent-loading" role="status" :aria-label="told.loading">
        <div v-for="number in 6" class="skeleton" :style="{ width: 30 + (number * 37) % 60 + '%' }"></div>
      </div>
      <div v-else class="agent-detail-all" :key="event.run_id + ':' + event.seq">
        <header class="agent-detail-head">
          <q-icon :name="iconOf(event.kind)" class="icon agent-detail-icon" aria-hidden="true" />
          <h2 class="agent-detail-name"><bdi>{{ event.name }}</bdi></h2>
          <div class="agent-detail-ways">
            <button type="button" class="row-button" :disabled="!around.previous" :title="told.previous"
              :aria-label="told.previous" @click="open(around.previous)">
              <q-icon name="arrow_upward" class="icon" aria-hidden="true" /></button>
            <button type="button" class="row-button" :disabled="!around.next" :title="told.next" :aria-label="told.next"
              @click="open(around.next)"><q-icon name="arrow_downward" class="icon" aria-hidden="true" /></button>
            <agent-copy :text="permalink" :told="told.value" :label="told.permalink" symbol="link" />
          </div>
          <p class="agent-detail-about muted">
            <span :class="['pill-badge', 'tone-' + toneOf(event.status)]">{{ wordOf(told.statuses, event.status) }}</span>
            <span>{{ wordOf(told.kinds, event.kind) }}</span>
            <span v-for="[name, value] in about" :key="name">
              <span class="visually-hidden">{{ name }}: </span><bdi>{{ value }}</bdi></span>
            <span v-if="event.iteration !== undefined">{{ told.round.replace("{count}", format.number(event.iteration)) }}</span>
            <time :datetime="event.at" :title="format.moment(event.at)">{{ format.time(event.at) }}</time>
            <span v-if="event.duration_ms !== undefined">{{ format.duration(event.duration_ms) }}</span>
          </p>
        </header>
        <p v-if="event.removed > 0" class="agent-note agent-removed">
          <q-icon name="shield" class="icon" aria-hidden="true" />
          {{ told.removed.replace("{count}", format.number(event.removed)) }}
        </p>
        <agent-problem v-if="hasProblem" :event="event" :stack="stack" :told="told" :format="format" />
        <agent-routing v-if="isRouted" :routing="event.payload.routing" :told="told" :format="format" />
        <component :is="body" :event="event" :told="told" :format="format" v-bind="decided" />
        <agent-around :event="event" :around="around" :dialogue="dialogue" :told="told" :format="format"
          @open="(seq) => $emit('open', seq)" />
      </div>
    </section>`,
  props: {
    store: Object, version: Number, told: Object, format: Object,
    event: Object, problem: Object, salonUrl: String,
  },
  emits: ["open", "again"],
  data: () => ({ around: ALONE, dialogue: "" }),
  computed: {
    about() {
      const told = [[this.told.source, this.event.source], [this.told.node, this.event.node]];
      return told.filter(([, value]) => value !== undefined && value !== "");
    },
    stack() {
      const told = this.event.payload?.stack;
      return typeof told === "string" ? told : undefined;
    },
    hasProblem() {
      const { problem, problem_type: type, status } = this.event;
      return Boolean(problem || type || this.stack || status === "error");
    },
    isRouted() {
      return this.event.kind !== "model_call" && Boolean(this.event.payload?.routing);
    },
    body() {
      return Object.hasOwn(BODIES, this.event.kind) ? BODIES[this.event.kind] : "agent-whole";
    },
    decided() {
      if (this.body !== "agent-approval") return {};
      return { decision: this.around.decision, onOpen: (seq) => this.$emit("open", seq) };
    },
  },
  watch: {
    event: "turn",
    version: "look",
  },
  created() {
    this.turn();
  },
  unmounted() {
    clearTimeout(this.turning);
  },
  methods: {
    iconOf, toneOf, wordOf,
    turn() {
      // the event is drawn first: to look through a hundred thousand others takes longer than to draw it
      clearTimeout(this.turning);
      this.around = ALONE;
      this.said = "";
      if (this.event?.kind === "approval_request") this.look();
      else this.turning = setTimeout(this.look);
    },
    look() {
      clearTimeout(this.turning);
      const { events, run } = this.store;
      const id = run?.conversation_id;
      this.dialogue = typeof id === "string" && UUID.test(id) ? `${this.salonUrl}/dialogue?id=${id}` : "";
      if (!this.event) return;
      const known = this.known;
      const isOther = known?.event !== this.event || this.readOf !== events || known.read > events.length;
      if (isOther) this.known = new Neighbours(this.event); // not for Vue to watch
      this.readOf = events;
      this.known.take(events);
      const around = this.known.told();
      const said = this.saidOf(around);
      if (said === this.said) return; // nothing new is drawn while other steps go on
      this.said = said;
      this.around = around;
    },
    saidOf({ parent, halves, children, more, previous, next, decision }) {
      const seqs = [this.event, parent, previous, next, decision, ...children].map((event) => event?.seq);
      return [this.event.run_id, halves.length, more, ...seqs].join();
    },
    open(event) {
      if (event) this.$emit("open", event.seq);
    },
    permalink() {
      const address = new URL(location.href);
      address.searchParams.set("run", this.event.run_id);
      address.searchParams.set("event", this.event.seq);
      return address.href;
    },
  },
};
