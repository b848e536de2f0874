// The states a run goes through: the graph that its agent tells of itself, otherwise the one that its steps have shown.
// Laid out by ourselves; the nodes are buttons, and names of nodes are text, whatever they are.
import { graphIn } from "agent_graph_told";
import { busiest, joined, nodesOf, passagesOf, visitsOf } from "agent_graph_seen";
import { layoutOf, NODE } from "agent_graph_layout";
import { pacedPane } from "agent_pace";
import { isLive, stepsOf } from "agent_span_steps";

const GAP = 500; // milliseconds between two drawings
const MOST_NODES = 200;
const MOST_ASKED = 6; // events that are asked whether they tell the graph
const MAY_TELL = ["agent", "other", "log"];
const LISTED = 100; // ways in the list
const NAMED = 3; // nodes at work that a screen reader is told of
const LONGEST = 120;
const NARROWEST = 260;
const ENDS = { __start__: "begin", __end__: "end" }; // LangGraph's names

export default {
  mixins: [pacedPane(GAP)],
  template: `
    <section class="graph" :aria-label="told.name">
      <div v-if="!nodes.length" class="state" role="status">
        <q-icon name="account_tree" class="icon" aria-hidden="true" />
        <p class="state-title">{{ told.empty[0] }}</p><p class="muted">{{ told.empty[1] }}</p>
      </div>
      <template v-else>
        <p class="graph-origin muted">
          <span :class="['pill-badge', isTold ? 'tone-good' : 'tone-unknown']">
            {{ isTold ? told.own : told.inferred }}
          </span>
          <span>{{ isTold ? told.own_about : told.inferred_about }}</span>
          <span v-if="left" class="strong">{{ left }}</span>
        </p>
        <div class="card card-flush graph-card">
          <div class="graph-box">
            <div :class="['graph-sheet', { 'is-crowded': isCrowded }]" :style="sheet">
              <svg class="graph-edges" :width="width" :height="height" aria-hidden="true">
                <defs>
                  <marker :id="marker" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                    <path d="M 0 0 L 8 4 L 0 8 z" />
                  </marker>
                </defs>
                <path v-for="edge in edges" :key="edge.key" :d="edge.path" :class="edge.css"
                  :marker-end="'url(#' + marker + ')'" />
                <text v-for="edge in counted" :key="edge.key" :x="edge.x" :y="edge.y + 4" text-anchor="middle">
                  {{ edge.label }}
                </text>
              </svg>
              <component v-for="node in nodes" :key="node.name" :is="node.last ? 'button' : 'div'"
                :type="node.last ? 'button' : undefined" :class="node.css" :style="node.style" :title="node.title"
                @click="node.last && $emit('open', node.last)">
                <span class="graph-name">
                  <q-icon v-if="node.icon" :name="node.icon" class="icon" aria-hidden="true" />
                  <bdi>{{ node.label }}</bdi>
                </span>
                <span v-if="node.facts" class="graph-facts tabular">{{ node.facts }}</span>
              </component>
            </div>
          </div>
        </div>
        <details class="graph-ways">
          <summary>{{ told.ways }}</summary>
          <ul>
            <li v-for="way in ways" :key="way.key">
              <bdi>{{ way.from }}</bdi> <span aria-hidden="true">→</span>
              <span class="visually-hidden">{{ told.to }}</span> <bdi>{{ way.to }}</bdi>
              <span class="muted tabular">{{ way.times }}</span>
            </li>
          </ul>
          <p v-if="moreWays" class="muted">{{ moreWays }}</p>
        </details>
      </template>
      <p class="visually-hidden" role="status">{{ said }}</p>
    </section>`,
  data: () => ({
    nodes: [], edges: [], counted: [], ways: [], moreWays: "", left: "", isTold: false, isCrowded: false,
    width: 0, height: 0, said: "",
  }),
  computed: {
    sheet() {
      return { width: `${this.width}px`, height: `${this.height}px` };
    },
  },
  created() {
    this.marker = `graph-arrow-${++made}`;
  },
  mounted() {
    this.size = new ResizeObserver(() => {
      if (Math.abs(this.$el.clientWidth - (this.laidWidth ?? 0)) > 8) this.pace.now();
    });
    this.size.observe(this.$el);
    this.growing = setInterval(() => {
      if (!document.hidden && this.isAnyActive) this.pace.ask();
    }, 1000);
  },
  unmounted() {
    this.isGone = true;
    this.size.disconnect();
    clearInterval(this.growing);
  },
  methods: {
    begin() {
      this.own = this.steps = undefined;
      this.looked = 0; // how far the events were looked through for the agent's own graph
      this.asked = 0;
      this.laid = "";
      this.pace.ask();
    },
    renew() {
      const steps = stepsOf(this.store);
      if (this.steps && this.steps !== steps) {
        this.own = undefined;
        this.looked = this.asked = 0;
      }
      const isNews = this.steps !== steps || this.until !== steps.cursor;
      this.steps = steps;
      this.until = steps.cursor;
      if (isNews || !this.visits) {
        this.visits = visitsOf(steps.all);
        this.passages = passagesOf(this.visits);
        this.lookForOwn();
      }
      this.draw();
    },

    // The agent's own graph ------------------------------------------------------------------------------------
    // It stands in a payload, which is asked for one by one: of the first few events that may tell it.
    async lookForOwn() {
      if (this.own || this.isAsking || this.store.run?.source === "bot") return;
      this.isAsking = true;
      const { events } = this.store;
      try {
        while (!this.own && this.asked < MOST_ASKED && this.looked < events.length && !this.isGone) {
          const event = events[this.looked];
          this.looked += 1;
          if (!event.has_payload || !MAY_TELL.includes(event.kind)) continue;
          this.asked += 1;
          const whole = await this.load(`/runs/${encodeURIComponent(event.run_id)}/events/${event.seq}`);
          if (this.store.events !== events) return;
          this.own = graphIn(whole.payload);
        }
        if (this.own) this.pace.now();
      } catch (problem) {
        console.warn(problem); // what was seen of the run is shown then
      } finally {
        this.isAsking = false;
      }
    },

    // The picture ----------------------------------------------------------------------------------------------
    draw() {
      const live = isLive(this.store.run);
      const now = live ? Math.max(Date.now(), this.steps.to) : this.steps.to;
      const seen = nodesOf(this.visits, now);
      const isDone = this.store.run?.status === "done";
      const inferred = { nodes: seen, edges: this.passages };
      const whole = this.own ? joined(this.own, seen, this.passages, this.visits, isDone) : inferred;
      const shown = busiest(whole.nodes, whole.edges, MOST_NODES);
      this.isTold = Boolean(this.own);
      this.isAnyActive = live && shown.nodes.some((node) => node.active);
      const { number } = this.format;
      const some = this.told.busiest.replace("{shown}", number(shown.nodes.length));
      this.left = shown.nodes.length < whole.nodes.size ? some.replace("{count}", number(whole.nodes.size)) : "";
      this.lay(shown);
      this.nodes = Object.freeze(shown.nodes.map((node) => this.nodeOf(node, live)));
      this.list(shown.edges);
    },
    // Anew only when there is another node or way, or another width: nothing moves under the reader's hand.
    lay({ nodes, edges }) {
      const width = Math.max(NARROWEST, (this.$el?.clientWidth ?? 800) - 2);
      const shape = JSON.stringify([width, nodes.map((node) => node.name), edges.map((edge) => [edge.from, edge.to])]);
      if (shape !== this.laid) {
        this.laid = shape;
        this.laidWidth = this.$el?.clientWidth;
        this.layout = layoutOf(nodes.map((node) => node.name), edges, width);
        this.width = this.layout.width;
        this.isCrowded = this.layout.isCrowded;
        this.height = this.layout.height;
      }
      const times = new Map(edges.map((edge) => [`${edge.from}\u0000${edge.to}`, edge.times]));
      this.edges = Object.freeze(this.layout.edges.map((edge) => {
        const key = `${edge.from}\u0000${edge.to}`;
        const count = times.get(key) ?? 0;
        return {
          key, path: edge.path, x: edge.x, y: edge.y, label: count > 1 ? `×${this.format.number(count)}` : "",
          css: ["graph-edge", { "is-unused": !count }],
        };
      }));
      this.counted = this.edges.length > MOST_NODES ? [] : this.edges.filter((edge) => edge.label);
    },
    nodeOf(node, live) {
      const place = this.layout.places.get(node.name);
      const end = Object.hasOwn(ENDS, node.name) ? ENDS[node.name] : "";
      const state = this.stateOf(node, live);
      const label = end ? this.told[end] : node.name.slice(0, LONGEST);
      const took = node.took > 0 ? this.format.duration(node.took) : "";
      const facts = node.times ? [`${this.format.number(node.times)}×`, took].filter(Boolean).join(" · ") : "";
      const word = state ? this.told.states[state] : end || node.times ? "" : this.told.states.unseen;
      return {
        name: node.name, label, last: node.last, isActive: state === "active", icon: state ? ICONS[state] : "",
        facts: [word, facts].filter(Boolean).join(" · "), title: [label, word, facts].filter(Boolean).join("\n"),
        css: ["graph-node", state ? `is-${state}` : "", { "is-end": end, "is-unseen": !node.times }],
        style: { left: `${place.x}px`, top: `${place.y}px`, width: `${NODE.width}px`, height: `${NODE.height}px` },
      };
    },
    stateOf(node, live) {
      if (node.isWaiting && live) return "waiting";
      if (node.active && live) return "active";
      return node.isFailed ? "failed" : "";
    },
    list(edges) {
      const sorted = [...edges].sort((one, other) => other.times - one.times);
      this.ways = Object.freeze(sorted.slice(0, LISTED).map(({ from, to, times }) => ({
        key: `${from}\u0000${to}`, from: this.labelOf(from), to: this.labelOf(to),
        times: times ? `× ${this.format.number(times)}` : this.told.states.unseen,
      })));
      const rest = sorted.length - LISTED;
      this.moreWays = rest > 0 ? this.told.more.replace("{count}", this.format.number(rest)) : "";
      const active = this.nodes.filter((node) => node.isActive).map((node) => node.label).slice(0, NAMED).join(", ");
      this.said = active ? this.told.now.replace("{names}", () => active) : "";
    },
    labelOf(name) {
      return Object.hasOwn(ENDS, name) ? this.told[ENDS[name]] : name.slice(0, LONGEST);
    },
  },
};

const ICONS = { active: "play_circle", waiting: "hourglass_top", failed: "error" };

let made = 0;
