// The events of one run in their order: a list of a hundred thousand, of which some dozens are in the document. All
// rows are of one height, so a place in it is a matter of arithmetic.
import { foundIn, rowOf } from "agent_rows";
import search from "feed_search";

const NARROW = 600; // pixels, below which a row takes two lines
const HEIGHTS = { wide: 30, narrow: 48 }; // pixels of a row, as in the style sheet
const AROUND = 6; // rows beyond what is in sight
const NEARLY = 24; // pixels from the end that still count as being there
const STEPS = { ArrowDown: 1, ArrowUp: -1, KeyJ: 1, KeyK: -1, PageDown: 10, PageUp: -10 };
const FACETS = ["kind", "status", "source"];

export default {
  components: { "feed-search": search },
  template: `
    <section :class="['agent-feed', { 'is-narrow': isNarrow }]" :aria-label="told.name">
      <div class="agent-tools">
        <feed-search v-model="text" :told="told" @choose="choose" />
        <select v-for="facet in facets" :key="facet.name" class="agent-facet" v-model="chosen[facet.name]"
          :aria-label="facet.label" @change="choose">
          <option value="">{{ facet.label }}</option>
          <option v-for="[value, label] in facet.options" :value="value">{{ label }}</option>
        </select>
        <button type="button" class="button agent-pause" :aria-pressed="String(isPaused)" :title="told.pause"
          @click="pause">
          <q-icon :name="isPaused ? 'play_arrow' : 'pause'" class="icon" aria-hidden="true" />
          <span class="wide-only">{{ isPaused ? told.resume : told.pause }}</span>
        </button>
      </div>
      <div class="agent-list-frame">
        <div ref="box" class="agent-list" role="listbox" tabindex="0" :aria-label="told.name"
          :aria-activedescendant="isInSight ? 'event-' + selected : undefined"
          @scroll.passive="look" @keydown="step">
          <div :class="['agent-space', { 'has-button': isBehind }]" role="presentation" :style="{ height: height + 'px' }">
            <div class="agent-window" role="presentation" :style="{ transform: 'translateY(' + offset + 'px)' }">
              <div v-for="row in view" :key="row.slot" :id="'event-' + row.seq" role="option"
                :aria-selected="String(row.seq === selected)" :aria-setsize="size" :aria-posinset="row.place"
                :class="['agent-row', 'is-' + row.tone, { 'is-open': row.seq === selected, 'is-empty': row.isEmpty }]"
                @click="$emit('open', row.seq)" @pointerenter="$emit('near', row.seq)">
                <span class="agent-time tabular">{{ row.time }}</span>
                <bdi class="agent-source">{{ row.source }}</bdi>
                <q-icon :name="row.icon" class="icon agent-icon" aria-hidden="true" />
                <span class="visually-hidden">{{ row.kind }}</span>
                <bdi class="agent-name">{{ row.name }}</bdi>
                <bdi :class="['agent-says', { 'is-problem': row.isProblem }]">{{ row.says }}</bdi>
                <span class="agent-took tabular">{{ row.took }}</span>
                <span :class="['agent-status', 'tone-' + row.tone]">{{ row.statusWord }}</span>
              </div>
            </div>
          </div>
          <p v-if="!size" class="agent-none muted">{{ isFiltered ? told.none : told.empty }}</p>
        </div>
        <button v-if="isBehind" type="button" class="feed-new" @click="follow">
          <q-icon name="arrow_downward" class="icon" aria-hidden="true" />{{ behind }}
        </button>
      </div>
      <p class="agent-foot muted tabular" role="status">{{ foot }}</p>
    </section>`,
  props: { store: Object, version: Number, selected: Number, told: Object, format: Object },
  emits: ["open", "near"],
  data: () => ({
    text: "", chosen: { kind: "", status: "", source: "" }, met: { kind: [], status: [], source: [] }, view: [],
    size: 0, height: 0, offset: 0, unseen: 0, isFollowing: true, isPaused: false, isInSight: false, isNarrow: false, isAtEnd: true,
  }),
  computed: {
    isFiltered() {
      return Boolean(this.text.trim() || FACETS.some((name) => this.chosen[name]));
    },
    isBehind() {
      return this.size > 0 && (!this.isFollowing || this.isPaused) && (this.unseen > 0 || !this.isAtEnd);
    },
    behind() {
      return this.unseen ? this.format.plural(this.told.newer, this.unseen) : this.told.to_newest;
    },
    facets() {
      const words = { kind: this.told.kinds, status: this.told.statuses };
      return FACETS.filter((name) => this.met[name].length > 1 || this.chosen[name]).map((name) => ({
        name,
        label: this.told.facets[name],
        options: this.met[name].map((value) => [value, words[name] && Object.hasOwn(words[name], value) ? words[name][value] : value]),
      }));
    },
    foot() {
      const shown = this.format.plural(this.told.events, this.isFiltered ? this.size : this.total());
      const whole = this.isFiltered ? this.told.of_all.replace("{count}", this.format.number(this.total())) : "";
      const rest = this.version >= 0 && this.store.state === "told" && !this.store.isWhole ? this.told.reading : "";
      return [shown, whole, rest].filter(Boolean).join(" · ");
    },
  },
  watch: {
    store: "begin",
    version: "hear",
    selected: "bring",
  },
  created() {
    this.begin();
  },
  mounted() {
    this.sizes = new ResizeObserver(this.measure);
    this.sizes.observe(this.$refs.box);
    this.measure();
  },
  unmounted() {
    this.sizes.disconnect();
  },
  methods: {
    // What there is --------------------------------------------------------------------------------------------
    begin() {
      this.matches = undefined; // numbers of the events that fit; all of them where nothing is filtered
      this.looked = 0; // events from the first that were looked through
      this.known = { kind: new Set(), status: new Set(), source: new Set() };
      this.seen = 0;
      this.isFollowing = true;
      this.isPaused = false;
      this.text = "";
      this.chosen = { kind: "", status: "", source: "" };
      this.met = { kind: [], status: [], source: [] };
      this.hear();
    },
    total() {
      return this.version >= 0 ? this.store.count : 0;
    },
    hear() {
      this.meet();
      const before = this.size;
      this.count();
      if (this.isFollowing && !this.isPaused) this.toEnd();
      else {
        this.unseen += Math.max(0, this.size - before);
        this.draw();
      }
    },
    // what is new of the events that are whole from the first on
    meet() {
      const events = this.store.events;
      if (this.looked >= events.length) return;
      for (; this.looked < events.length; this.looked++) {
        const event = events[this.looked];
        for (const name of FACETS) if (event[name]) this.known[name].add(event[name]);
        if (this.matches && this.isWanted(event)) this.matches.push(event.seq);
      }
      if (FACETS.some((name) => this.known[name].size !== this.met[name].length)) {
        this.met = Object.fromEntries(FACETS.map((name) => [name, [...this.known[name]].sort().slice(0, 100)]));
      }
    },
    isWanted(event) {
      if (FACETS.some((name) => this.chosen[name] && event[name] !== this.chosen[name])) return false;
      return foundIn(event).includes(this.text.trim().toLowerCase());
    },
    choose() {
      this.isPaused = false;
      this.matches = this.isFiltered ? [] : undefined;
      this.looked = 0;
      this.meet();
      this.count();
      this.toEnd();
    },
    count() {
      this.size = this.matches ? this.matches.length : this.store.count;
      this.height = this.size * this.rowHeight();
    },

    // The window -----------------------------------------------------------------------------------------------
    rowHeight() {
      return this.isNarrow ? HEIGHTS.narrow : HEIGHTS.wide;
    },
    measure() {
      const box = this.$refs.box;
      const place = Math.floor(box.scrollTop / this.rowHeight());
      const wasNarrow = this.isNarrow;
      this.isNarrow = box.clientWidth < NARROW;
      this.count();
      if (this.isFollowing && !this.isPaused) return this.toEnd();
      if (wasNarrow === this.isNarrow) return this.draw();
      this.$nextTick(() => {
        box.scrollTop = place * this.rowHeight();
        this.draw();
      });
    },
    draw() {
      const box = this.$refs.box;
      if (!box) return;
      const row = this.rowHeight();
      const first = Math.max(0, Math.floor(box.scrollTop / row) - AROUND);
      const last = Math.min(this.size, Math.ceil((box.scrollTop + box.clientHeight) / row) + AROUND);
      // the elements of rows that go are those of rows that come, however far the list was moved
      const slots = Math.ceil(box.clientHeight / row) + 2 * AROUND + 1;
      const view = [];
      for (let place = first; place < last; place++) view.push(Object.freeze({ ...this.rowAt(place), slot: place % slots }));
      this.offset = first * row;
      this.isAtEnd = box.scrollTop + box.clientHeight > this.size * row - NEARLY;
      this.view = Object.freeze(view);
      this.isInSight = view.some((one) => one.seq === this.selected);
    },
    rowAt(place) {
      const seq = this.seqAt(place);
      const event = this.store.at(seq);
      if (!event) return { seq, place: place + 1, isEmpty: true, icon: "more_horiz" }; // not read yet
      return { ...rowOf(event, this.told, this.format), place: place + 1 };
    },
    toEnd() {
      this.isFollowing = true;
      this.unseen = 0;
      this.$nextTick(() => {
        const box = this.$refs.box;
        if (!box || !this.isFollowing) return;
        box.scrollTop = box.scrollHeight;
        this.draw();
      });
    },
    follow() {
      this.isPaused = false;
      this.toEnd();
    },
    pause() {
      if (this.isPaused) return this.follow();
      this.isPaused = true;
      this.unseen = 0;
    },
    look() {
      if (this.drawing) return;
      this.drawing = requestAnimationFrame(() => {
        this.drawing = undefined;
        const box = this.$refs.box;
        if (!box) return;
        this.draw();
        if (this.isAtEnd !== this.isFollowing) {
          this.isFollowing = this.isAtEnd;
          this.unseen = 0;
        }
      });
    },

    // What the reader does -------------------------------------------------------------------------------------
    step(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.size) return;
      const at = this.placeOf(this.selected);
      // by the key's place: with a Cyrillic layout the letters are others
      const by = STEPS[event.code];
      let place;
      if (by) place = at === undefined ? this.size - 1 : Math.min(this.size - 1, Math.max(0, at + by));
      else if (event.code === "Home") place = 0;
      else if (event.code === "End") place = this.size - 1;
      else return;
      event.preventDefault();
      this.show(place);
      this.$emit("open", this.seqAt(place));
      const next = place + Math.sign(by ?? 0);
      if (by && next >= 0 && next < this.size) this.$emit("near", this.seqAt(next));
    },
    seqAt(place) {
      return this.matches ? this.matches[place] : place + 1;
    },
    placeOf(seq) {
      if (!seq) return undefined;
      if (!this.matches) return seq <= this.size ? seq - 1 : undefined;
      const place = this.matches.indexOf(seq);
      return place < 0 ? undefined : place;
    },
    show(place) {
      const box = this.$refs.box;
      const row = this.rowHeight();
      const top = place * row;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + row > box.scrollTop + box.clientHeight) box.scrollTop = top + row - box.clientHeight;
    },
    // what is open stays in sight, also when its detail takes room beside it
    bring() {
      this.$nextTick(() => {
        const place = this.placeOf(this.selected);
        if (place !== undefined && this.$refs.box.clientHeight) {
          if (place < this.size - 1) this.isFollowing = false;
          this.measure();
          this.show(place);
        }
        this.draw();
      });
    },
  },
};
