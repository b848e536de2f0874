// When each step of a run was done: a row a step, below the step it belongs to. Of many thousand rows only those in
// sight are in the document. All text is text: nothing is compiled from the data.
import { pacedPane } from "agent_pace";
import { cssOf, kindOf, nameOf, ROW, rowOf, widthOf } from "agent_span_rows";
import { isLive, stepsOf } from "agent_span_steps";
import { rangeOf, rowsOf, ticksOf } from "agent_span_tree";

const MARGIN = 8; // rows drawn above and below those in sight
const MOST = 150; // rows in the document
const PAGE = 15; // rows that Page Up and Page Down move by
const GAP = 250; // milliseconds between two readings of what is new
const GROWING = 500; // milliseconds between two looks at what is still going on
const TICK = 80; // pixels from one line of the axis to the next, at the least
const DOUBLE_CLICK = 250;
const MOVES = {
  ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -Infinity, End: Infinity,
};

export default {
  mixins: [pacedPane(GAP)],
  template: `
    <section class="spans" :aria-label="told.name">
      <div class="diagram-tools">
        <p class="muted tabular grow">{{ summary }}</p>
        <div class="diagram-buttons">
          <button type="button" class="button diagram-button" :disabled="!count" @click="unfoldAll">
            {{ told.unfold }}
          </button>
          <button type="button" class="button diagram-button" :disabled="!count" @click="foldAll">{{ told.fold }}</button>
          <button type="button" class="button diagram-button" :disabled="!hasActive" :title="told.zoom_hint"
            @click="zoomToActive">
            <q-icon name="zoom_in" class="icon" aria-hidden="true" />{{ told.zoom }}
          </button>
          <button v-if="zoomed" type="button" class="button diagram-button" @click="zoomOut">
            <q-icon name="zoom_out_map" class="icon" aria-hidden="true" />{{ told.whole }}
          </button>
        </div>
      </div>
      <ul v-if="legend.length" class="span-legend" :aria-label="told.colours">
        <li v-for="one in legend" :key="one.kind">
          <span :class="['span-swatch', 'kind-' + one.kind]"></span>{{ one.word }}
        </li>
      </ul>
      <div v-if="!count" class="state" role="status">
        <q-icon name="view_timeline" class="icon" aria-hidden="true" />
        <p class="state-title">{{ told.empty[0] }}</p>
        <p class="muted">{{ told.empty[1] }}</p>
      </div>
      <div v-else class="card card-flush span-card">
        <div class="span-box" ref="box" @scroll.passive="look">
          <div class="span-head">
            <div class="span-heading"><bdi :title="zoomed">{{ zoomed || told.step }}</bdi></div>
            <div class="span-axis" ref="axis">
              <span v-for="tick in ticks" :key="tick.share" :style="{ left: tick.left }"
                :class="['span-tick', 'tabular', { 'is-last': tick.isLast }]">{{ tick.text }}</span>
            </div>
          </div>
          <div class="span-rows" role="tree" tabindex="0" :aria-label="told.name" :aria-activedescendant="activeId"
            :style="{ height: count * ${ROW} + 'px' }" ref="tree" @keydown="press" @focus="enter">
            <div class="span-lines" aria-hidden="true">
              <span v-for="tick in ticks" :key="tick.share" :style="{ left: tick.left }"></span>
            </div>
            <div v-for="row in view" :key="row.id" :id="row.id" role="treeitem" :class="row.css"
              :aria-label="row.label" :aria-level="row.level" :aria-expanded="row.expanded"
              :aria-selected="row.selected" :style="{ top: row.top }" @click="click(row, $event)"
              @dblclick="zoomTo(row.step)">
              <span class="span-name" :style="{ paddingInlineStart: row.indent }">
                <span class="span-fold" @click.stop="fold(row.step)" @dblclick.stop>
                  <q-icon v-if="row.expanded" name="chevron_right" class="icon" aria-hidden="true" />
                </span>
                <q-icon v-if="row.icon" :name="row.icon" class="icon span-mark" aria-hidden="true" />
                <bdi class="span-text" :title="row.title">{{ row.name }}</bdi>
                <span v-if="row.hidden" class="span-hidden tabular">{{ row.hidden }}</span>
              </span>
              <span class="span-lane">
                <q-icon v-if="row.side" :name="row.side === 'before' ? 'chevron_left' : 'chevron_right'"
                  :class="['icon', 'span-side', 'is-' + row.side]" aria-hidden="true" />
                <template v-else>
                  <span :class="row.barCss" :style="{ left: row.left, width: row.width }"></span>
                  <span :class="['span-took', 'tabular', { 'is-on-bar': row.isOnBar }]" :style="row.place">
                    {{ row.took }}
                  </span>
                </template>
              </span>
            </div>
          </div>
        </div>
      </div>
      <p v-if="count" class="muted diagram-hint">{{ told.keys }}</p>
      <p class="visually-hidden" role="status">{{ said }}</p>
    </section>`,
  data: () => ({
    count: 0, view: [], ticks: [], legend: [], summary: "", zoomed: "", activeId: undefined, hasActive: false, said: "",
  }),
  mounted() {
    this.size = new ResizeObserver(() => this.draw());
    this.size.observe(this.$el);
    this.growing = setInterval(() => {
      if (!document.hidden && this.steps?.open.size && isLive(this.store.run)) this.draw();
    }, GROWING);
  },
  updated() {
    if (this.hadBox || !this.$refs.box) return;
    this.hadBox = true; // how wide the axis is, is known only now
    this.draw();
  },
  unmounted() {
    this.size.disconnect();
    clearInterval(this.growing);
    clearTimeout(this.opening);
  },
  methods: {
    begin() {
      this.rows = [];
      this.folded = new Set();
      this.kinds = new Set();
      this.zoom = this.active = undefined;
      this.hadBox = false;
      this.steps = undefined;
      this.counted = 0;
      this.pace.ask();
    },
    renew() {
      const steps = stepsOf(this.store);
      if (this.steps !== steps) {
        this.folded = new Set();
        this.kinds = new Set();
        this.zoom = this.active = undefined;
      }
      this.steps = steps;
      if (steps.all.length < this.counted) this.counted = 0;
      for (; this.counted < steps.all.length; this.counted++) this.kinds.add(cssOf(steps.all[this.counted].kind, this.told));
      this.lay();
    },
    // Puts the rows in order anew; whoever has scrolled to the end stays there.
    lay() {
      const box = this.$refs.box;
      const isAtEnd = box && box.scrollTop > 0 && box.scrollHeight - box.scrollTop - box.clientHeight < ROW;
      this.rows = rowsOf(this.steps, this.folded);
      this.count = this.rows.length;
      this.draw();
      if (isAtEnd) {
        this.$nextTick(() => {
          box.scrollTop = box.scrollHeight;
        });
      }
    },
    now() {
      return isLive(this.store.run) ? Math.max(Date.now(), this.steps.to) : this.steps.to;
    },
    look() {
      if (this.looking) return;
      this.looking = requestAnimationFrame(() => {
        this.looking = undefined;
        this.draw();
      });
    },
    draw() {
      const { box, axis } = this.$refs;
      if (!this.steps) return;
      const now = this.now();
      const range = rangeOf(this.steps, this.zoom, now);
      const width = axis?.clientWidth ?? 600;
      const first = Math.max(0, Math.floor((box?.scrollTop ?? 0) / ROW) - MARGIN);
      const inSight = Math.ceil((box?.clientHeight ?? 600) / ROW);
      const last = Math.min(this.rows.length, first + Math.min(MOST, inSight + 2 * MARGIN));
      const pane = {
        told: this.told, format: this.format, range, now, width, isLive: isLive(this.store.run),
        folded: this.folded, active: this.active,
      };
      this.view = Object.freeze(this.rows.slice(first, last).map((step) => Object.freeze(rowOf(step, pane))));
      const ticks = ticksOf(range, width / TICK);
      this.ticks = Object.freeze(ticks.map(({ after, share }) => this.tickOf(after, share, width)));
      this.tellAround(range, now);
    },
    tickOf(after, share, width) {
      const text = after ? this.format.duration(after) : "0";
      return { share, left: `${share * 100}%`, text, isLast: (1 - share) * width < widthOf(text) + 4 };
    },
    tellAround(range, now) {
      const count = this.format.number(this.steps.all.length);
      const took = this.format.duration(Math.max(0, endOfRun(this.steps, this.store.run, now) - this.steps.from));
      this.summary = this.steps.all.length ? this.told.summary.replace("{count}", count).replace("{took}", took) : "";
      this.zoomed = this.zoom ? nameOf(this.zoom, this.told) : "";
      this.hasActive = Boolean(this.active);
      this.activeId = this.view.find((row) => row.step === this.active)?.id;
      if (this.legend.length !== this.kinds.size) {
        this.legend = [...this.kinds].map((kind) => ({ kind, word: kindOf({ kind }, this.told) }));
      }
    },
    // What the reader does -------------------------------------------------------------------------------------
    choose(step) {
      this.active = step;
      this.reveal(step);
      this.draw();
    },
    reveal(step) {
      const box = this.$refs.box;
      if (!box) return;
      const head = this.$refs.axis.parentElement.offsetHeight;
      const top = step.row * ROW;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + ROW > box.scrollTop + box.clientHeight - head) box.scrollTop = top + ROW - box.clientHeight + head;
    },
    enter() {
      const isShown = this.active && this.rows[this.active.row] === this.active;
      if (isShown || !this.rows.length) return;
      const first = Math.floor(this.$refs.box.scrollTop / ROW);
      this.choose(this.rows[first > 1 ? first : 0] ?? this.rows[0]); // the browser itself scrolls by the axis' height
    },
    click(row, event) {
      clearTimeout(this.opening);
      this.active = row.step;
      this.draw();
      if (event.detail > 1) return;
      const seq = row.step.last;
      this.opening = setTimeout(() => this.$emit("open", seq), DOUBLE_CLICK);
    },
    press(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = Object.hasOwn(MOVES, event.key) ? MOVES[event.key] : undefined;
      const step = this.active;
      if (move !== undefined) this.move(move);
      else if (!step) return;
      else if (event.key === "Enter") this.$emit("open", step.last);
      else if (event.key === "ArrowRight") this.inward(step);
      else if (event.key === "ArrowLeft") this.outward(step);
      else if (event.code === "KeyZ") this.zoomTo(this.zoom === step ? undefined : step);
      else if (event.key === "Escape" && this.zoom) this.zoomOut();
      else return;
      event.preventDefault();
    },
    move(count) {
      const from = this.active && this.rows[this.active.row] === this.active ? this.active.row : 0;
      this.choose(this.rows[Math.min(Math.max(from + count, 0), this.rows.length - 1)]);
    },
    inward(step) {
      if (!step.children.length) return;
      if (this.folded.has(step)) this.fold(step);
      else this.move(1);
    },
    outward(step) {
      if (step.children.length && !this.folded.has(step)) this.fold(step);
      else if (step.parent) this.choose(step.parent);
    },
    fold(step) {
      if (!step.children.length) return;
      if (!this.folded.delete(step)) {
        this.folded.add(step);
        for (let at = this.active?.parent; at; at = at.parent) if (at === step) this.active = step;
      }
      this.lay();
    },
    foldAll() {
      this.folded = new Set(this.steps.all.filter((step) => step.children.length));
      let top = this.active;
      while (top?.parent) top = top.parent;
      this.active = top;
      this.lay();
      if (top) this.reveal(top);
    },
    unfoldAll() {
      this.folded.clear();
      this.lay();
    },
    zoomTo(step) {
      clearTimeout(this.opening);
      this.zoom = step;
      this.said = step ? this.told.zoomed.replace("{name}", () => nameOf(step, this.told)) : this.told.whole;
      this.draw();
    },
    zoomToActive() {
      this.zoomTo(this.active);
    },
    zoomOut() {
      this.zoomTo(undefined);
      this.$refs.tree?.focus({ preventScroll: true });
    },
  },
};

const endOfRun = (steps, run, now) => (isLive(run) && steps.open.size ? now : steps.to);
