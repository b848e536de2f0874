// Who said what to whom in a run: a diagram that Mermaid draws, a page of messages at a time, and the same messages as
// a list. What agents wrote enters the diagram's source only by way of agent_sequence_source.
import { Lines } from "agent_message_lines";
import { Messages } from "agent_messages";
import { pacedPane } from "agent_pace";
import { fetchMermaid, HEAD, pictureOf } from "agent_sequence_picture";
import { cssOf, labelOf, lookOf, rowOf, textOf } from "agent_sequence_rows";
import { sourceOf } from "agent_sequence_source";
import { isLive, stepsOf } from "agent_span_steps";

const PAGE = 100; // lines of an older page; the newest one has from half of it on, so that it seldom moves
const HALF = PAGE / 2;
const MOST_PARTICIPANTS = 24; // on a page; the rest stand together
const GAP = 1000; // milliseconds between two drawings
const LONGEST_LABEL = [46, 22]; // of one in the diagram, and of one in a narrow pane
const LONGEST_AGENT = 60;
const NARROW = 640; // pixels
const NEARLY = 24;

export default {
  mixins: [pacedPane(GAP)],
  template: `
    <section class="sequence" :aria-label="told.name">
      <div class="diagram-tools">
        <p class="muted tabular grow">{{ summary }}</p>
        <div class="diagram-buttons">
          <button type="button" class="button diagram-button" :aria-pressed="String(isFolding)" @click="joinOrNot">
            {{ told.fold }}
          </button>
          <span v-if="isPaged" class="sequence-pages">
            <button type="button" class="button diagram-button" :disabled="!hasOlder" @click="turn(-1)">
              {{ told.older }}
            </button>
            <button type="button" class="button diagram-button" :disabled="!hasNewer" @click="turn(1)">
              {{ told.newer }}
            </button>
            <button type="button" class="button diagram-button" :disabled="!hasNewer" @click="toNewest">
              {{ told.newest }}
            </button>
          </span>
        </div>
      </div>
      <div v-if="agents.length" class="sequence-agents" role="group" :aria-label="told.agents">
        <span class="muted">{{ told.agents }}</span>
        <button v-for="one in agents" :key="one.name" type="button" class="sequence-agent"
          :aria-expanded="String(!one.isFolded)" :title="one.isFolded ? told.show_inside : told.hide_inside"
          @click="foldAgent(one.name)">
          <q-icon :name="one.isFolded ? 'chevron_right' : 'expand_more'" class="icon" aria-hidden="true" />
          <bdi>{{ one.label }}</bdi>
        </button>
        <span v-if="moreAgents" class="muted">{{ moreAgents }}</span>
      </div>
      <p v-if="isFailed" class="stale" role="status">{{ told.failed }}</p>
      <div v-if="isEmpty" class="state" role="status">
        <q-icon name="swap_calls" class="icon" aria-hidden="true" />
        <p class="state-title">{{ told.empty[0] }}</p><p class="muted">{{ told.empty[1] }}</p>
      </div>
      <div v-show="!isEmpty" class="sequence-both">
        <div v-show="!isFailed" class="card card-flush sequence-card">
          <div v-if="!heads.length" class="skeleton sequence-wait" role="status" :aria-label="told.loading"></div>
          <div class="sequence-box" ref="box" tabindex="0" role="group" :aria-label="told.picture" @click="pick">
            <div class="sequence-heads" aria-hidden="true" :style="{ width: width + 'px' }">
              <span v-for="head in heads" :key="head.at" :class="['sequence-head', head.css]" :title="head.label"
                :style="{ left: head.left, width: headWidth }">
                <q-icon :name="head.icon" class="icon" /><bdi>{{ head.label }}</bdi>
              </span>
            </div>
            <div class="sequence-picture" ref="picture" aria-hidden="true"></div>
          </div>
        </div>
        <ol ref="list" class="card card-flush sequence-list" :aria-label="told.list" tabindex="0">
          <li v-for="line in lines" :key="line.key">
            <div :class="['sequence-line', line.css]">
              <button type="button" class="sequence-open" @click="$emit('open', line.seq)">
                <span class="sequence-time muted tabular">{{ line.time }}</span>
                <span class="sequence-who">
                  <bdi>{{ line.from }}</bdi> <span aria-hidden="true">{{ line.arrow }}</span>
                  <span class="visually-hidden">{{ told.to }}</span> <bdi>{{ line.to }}</bdi>
                </span>
                <span class="sequence-text">
                  <q-icon v-if="line.icon" :name="line.icon" class="icon" aria-hidden="true" />
                  <span v-if="line.word" class="strong">{{ line.word }}</span> <bdi>{{ line.text }}</bdi>
                </span>
              </button>
              <button v-if="line.times > 1" type="button" class="button diagram-button tabular"
                :aria-expanded="String(line.isOpen)" :aria-label="line.timesLabel" @click="openLine(line)">
                {{ line.timesText }}
              </button>
            </div>
            <ol v-if="line.isOpen" class="sequence-inner">
              <li v-for="one in line.inner" :key="one.key">
                <button type="button" class="sequence-open" @click="$emit('open', one.seq)">
                  <span class="sequence-time muted tabular">{{ one.time }}</span>
                  <span class="sequence-text">
                    <span aria-hidden="true">{{ one.arrow }} </span><bdi>{{ one.text }}</bdi>
                  </span>
                </button>
              </li>
              <li v-if="line.rest" class="muted sequence-rest">{{ line.rest }}</li>
            </ol>
          </li>
        </ol>
      </div>
    </section>`,
  data: () => ({
    summary: "", lines: [], heads: [], agents: [], moreAgents: "", width: 0, headWidth: "", isPaged: false,
    hasOlder: false, hasNewer: false, isFolding: true, isEmpty: false, isFailed: false,
  }),
  created() {
    fetchMermaid().catch(() => {}); // told of when it is to draw
  },
  methods: {
    begin() {
      this.messages = this.made = undefined;
      this.folded = new Set();
      this.opened = new Set();
      this.start = undefined; // of an older page; without one, the newest is shown
      this.source = "";
      this.isFailed = false;
      this.pace.ask();
    },
    again() {
      this.start = undefined;
      this.pace.now();
    },
    read() {
      const steps = stepsOf(this.store);
      if (this.messages?.steps !== steps) {
        this.made = undefined;
        this.messages = new Messages(steps, this.told, this.store.run?.agent || this.told.agent);
      }
      this.messages.read(this.store.events);
    },
    linesNow() {
      const { list, edition } = this.messages;
      if (this.made?.edition !== edition || this.made.isFolding !== this.isFolding) {
        this.made = new Lines(edition, this.folded, this.isFolding);
      }
      this.made.read(list);
      return this.made.all;
    },
    async renew() {
      this.read();
      this.all = this.linesNow();
      const newest = Math.max(0, Math.floor((this.all.length - HALF) / HALF) * HALF);
      if (this.start !== undefined && this.start >= newest) this.start = undefined;
      const start = this.start ?? newest;
      this.first = start;
      const end = this.start === undefined ? this.all.length : Math.min(newest, start + PAGE);
      this.page = this.all.slice(start, end);
      this.isPaged = newest > 0;
      this.hasOlder = start > 0;
      this.hasNewer = this.start !== undefined;
      this.isEmpty = !this.all.length;
      this.summarise(start, end);
      this.list();
      await this.paint();
    },
    summarise(start, end) {
      const number = this.format.number;
      const { page, others } = this.told;
      const from = number(Math.min(start + 1, end));
      const count = number(this.all.length);
      const parts = [page.replace("{from}", from).replace("{to}", number(end)).replace("{count}", count)];
      if (this.messages.others) parts.push(others.replace("{count}", number(this.messages.others)));
      this.summary = this.all.length ? parts.join(" ") : "";
      const inner = [...this.messages.participants.values()].filter((one) => one.inner).map((one) => one.name);
      const most = MOST_PARTICIPANTS;
      const shown = [...new Set([...this.folded, ...inner])].slice(0, most);
      this.agents = shown.map((name) => ({ name, isFolded: this.folded.has(name), label: name.slice(0, LONGEST_AGENT) }));
      this.moreAgents = inner.length > most ? this.told.more.replace("{count}", number(inner.length - most)) : "";
    },

    list() {
      const list = this.$refs.list;
      const below = list ? list.scrollHeight - list.scrollTop - list.clientHeight : 0;
      if (list?.scrollTop > 0 && below < NEARLY) this.$nextTick(() => list.scrollTo(0, list.scrollHeight));
      this.lines = this.page.map((line, at) => {
        const isOpen = this.opened.has(line.messages[0].seq);
        return rowOf(line, this.first + at, isOpen, this.told, this.format);
      });
    },

    // The diagram ----------------------------------------------------------------------------------------------
    // Those that speak on the page, the user first, then in the order in which they first spoke. The rarest of too many
    // stand together.
    participantsOf(page) {
      const spoken = new Map();
      for (const line of page) for (const one of [line.from, line.to]) spoken.set(one, (spoken.get(one) ?? 0) + 1);
      const all = [...spoken.keys()].sort((one, other) => placeOf(one) - placeOf(other));
      if (all.length <= MOST_PARTICIPANTS) return { all, rest: undefined };
      const often = [...all].sort((one, other) => spoken.get(other) - spoken.get(one)).slice(0, MOST_PARTICIPANTS - 1);
      const kept = new Set(often);
      const rest = { kind: "rest", name: this.format.number(all.length - kept.size), number: Infinity };
      return { all: [...all.filter((one) => kept.has(one)), rest], rest, kept };
    },
    async paint() {
      const { all, rest, kept } = this.participantsOf(this.page);
      const put = (one) => (rest && !kept.has(one) ? rest : one);
      const lines = this.page.map((line) => ({
        from: put(line.from), to: put(line.to), text: textOf(line, this.told, this.format), look: lookOf(line),
      }));
      const participants = all.map((participant) => ({ participant, name: labelOf(participant, this.told) }));
      const isNarrow = this.$el.clientWidth < NARROW;
      const source = sourceOf(participants, lines, LONGEST_LABEL[Number(isNarrow)]);
      if (source === this.source || !lines.length) return;
      try {
        const { picture, actors } = await pictureOf(source, this.page.map(cssOf), isNarrow);
        this.source = source;
        this.headWidth = `${isNarrow ? HEAD.narrow : HEAD.wide}px`;
        this.show(picture, all, actors);
        this.isFailed = false;
      } catch (problem) {
        console.error(problem);
        this.isFailed = true;
      }
    },
    show(picture, participants, actors) {
      const { box, picture: place } = this.$refs;
      if (!box) return;
      const { scrollTop, scrollLeft } = box;
      const isAtEnd = scrollTop > 0 && box.scrollHeight - scrollTop - box.clientHeight < NEARLY;
      const isFirst = !place.firstChild || this.isTurned;
      this.isTurned = false;
      this.width = Number(picture.getAttribute("width"));
      this.heads = participants.map((one, at) => ({
        at, left: `${actors[at] ?? 0}px`, label: labelOf(one, this.told), css: `is-${one.kind}`, icon: HEADS[one.kind],
      }));
      place.replaceChildren(picture);
      box.scrollLeft = scrollLeft;
      const toEnd = isFirst ? isLive(this.store.run) && this.start === undefined : isAtEnd;
      box.scrollTop = toEnd ? box.scrollHeight : isFirst ? 0 : scrollTop;
      if (isFirst) this.$refs.list.scrollTop = toEnd ? this.$refs.list.scrollHeight : 0;
    },

    // What the reader does -------------------------------------------------------------------------------------
    openLine({ seq }) {
      if (!this.opened.delete(seq)) this.opened.add(seq);
      this.list();
    },
    pick(event) {
      const line = event.target.closest?.("[data-line]")?.dataset.line;
      const message = line === undefined ? undefined : this.page[line]?.messages[0];
      if (message) this.$emit("open", message.seq);
    },
    joinOrNot() {
      this.isFolding = !this.isFolding;
      this.again();
    },
    turn(direction) {
      this.start = Math.max(0, this.first + direction * PAGE);
      this.isTurned = true;
      this.pace.now();
    },
    toNewest() {
      this.start = undefined;
      this.isTurned = true;
      this.pace.now();
    },
    foldAgent(name) {
      if (!this.folded.delete(name)) this.folded.add(name);
      this.made = undefined;
      this.again();
    },
  },
};

const HEADS = {
  user: "person", person: "support_agent", agent: "smart_toy", model: "psychology", tool: "build", rest: "more_horiz",
};

const placeOf = ({ kind, number }) => (kind === "user" ? -1 : number);
