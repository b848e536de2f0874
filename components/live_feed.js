// What happens right now, from rows that come through a room of the page's socket. The newest stand at the end, where
// the list follows them until somebody reads, selects or pauses. Of some thousand rows only a window is in the
// document. All text is text: nothing is compiled from the data.
import search from "feed_search";
import { formatsOf, isAfter, ours, prepare } from "live_feed_rows";

const KEPT = 2000;
const KEPT_WHILE_READING = 4000;
const WINDOW = 100; // rows in the document while it follows, and at most that and a step while somebody scrolls
const STEP = 50;
const NEARLY = 24; // pixels from the end that still count as being there
const FAR = 400; // pixels from the window's edge at which it is moved on
const ANSWER = 2000; // milliseconds until the server is asked again
const SHORT = 2000; // milliseconds without a socket that are not worth a word
const SAYING = 10000; // milliseconds between two words to a screen reader
const ONE_TALK = 1800000; // milliseconds after which the same dialogue is named again
const DOUBLE_CLICK = 250; // milliseconds: a second click on the text selects a word of it
const STEPS = { KeyJ: 1, KeyK: -1 };
const TYPING = "input, textarea, select, [contenteditable]";
const OPEN_LAYER = ".q-menu, .q-dialog";
const COURSE = ["started", "ended"];

export default {
  components: { "feed-search": search },
  template: `
    <section class="feed" :aria-label="told.name" aria-keyshortcuts="j k">
      <div class="feed-tools">
        <feed-search v-model="text" :told="told" @choose="choose" />
        <div class="segmented feed-kinds" role="group" :aria-label="told.kind">
          <button v-for="[key, label] in told.kinds" type="button" :aria-pressed="String(kind === key)"
            @click="kind = key; choose()">{{ label }}</button>
        </div>
        <select v-if="channels.length > 1" class="feed-channels" v-model="channel" :aria-label="told.channel"
          @change="choose">
          <option value="">{{ told.all_channels }}</option>
          <option v-for="one in channels" :value="one">{{ nameOf(one) }}</option>
        </select>
        <button type="button" class="button feed-pause" @click="pause"
          :class="{ 'is-paused': isPaused }" :aria-label="isPaused ? told.resume : told.pause">
          <q-icon :name="isPaused ? 'play_arrow' : 'pause'" class="icon" aria-hidden="true" />
          <span class="wide-only">{{ isPaused ? told.resume : told.pause }}</span>
        </button>
      </div>
      <div v-if="isCut && state === 'told'" class="stale" role="status">
        <q-icon name="cloud_off" class="icon" aria-hidden="true" /><div class="grow">{{ told.cut }}</div>
      </div>
      <div class="card card-flush feed-card">
        <div v-if="state === 'loading'" class="feed-loading" role="status" :aria-label="told.loading">
          <div v-for="number in 8" class="skeleton" :style="{ width: 30 + (number * 37) % 50 + '%' }"></div>
        </div>
        <div v-else-if="notice" class="state" role="status">
          <q-icon :name="notice.icon" class="icon" aria-hidden="true" />
          <p class="state-title">{{ notice.words[0] }}</p>
          <p class="muted">{{ notice.words[1] }}</p>
          <button v-if="notice.action" type="button" class="button" @click="notice.act">{{ notice.action }}</button>
        </div>
        <div v-else ref="box" class="feed-box" role="log" aria-live="off" tabindex="0" :aria-label="told.name"
          @scroll.passive="look" @focusout="settle">
          <div class="feed-rows">
            <template v-for="row in view" :key="row.place">
              <h3 v-if="row.day" class="feed-day"><span>{{ row.day }}</span></h3>
              <article :class="row.css" :data-place="row.place" @click="open">
                <a v-if="row.href" class="row-link feed-time" :href="row.href" :title="row.title"
                  :aria-label="row.time + ' ' + row.name">{{ row.time }}</a>
                <span v-else class="feed-time" :title="row.title">{{ row.time }}</span>
                <p v-if="row.isHead" class="feed-head">
                  <bdi :class="row.client_name ? 'strong' : 'is-nameless'">{{ row.name }}</bdi>
                  <span v-if="row.channel" class="feed-channel muted">
                    <q-icon :name="row.channelIcon" class="icon" aria-hidden="true" /><bdi>{{ row.channelName }}</bdi>
                  </span>
                </p>
                <p v-if="row.icon" class="feed-line">
                  <q-icon :name="row.icon" class="icon feed-icon" aria-hidden="true" />
                  <span v-if="row.word" class="muted">{{ row.word }}</span>
                  <bdi :class="['pill-badge', 'tone-' + row.tone]">{{ row.chip }}</bdi>
                  <span v-if="row.amount" class="strong tabular">{{ row.amount }}</span>
                  <span v-if="row.visit" class="muted tabular" :title="told.visit">{{ row.visit }}</span>
                </p>
                <p v-else class="feed-line">
                  <bdi class="feed-who">{{ row.who }}</bdi>
                  <bdi :class="['feed-text', { 'is-gone': row.isGone }]">{{ row.says }}</bdi>
                </p>
              </article>
            </template>
          </div>
        </div>
        <button v-if="state === 'told' && !notice && isBehind" type="button" class="feed-new" @click="follow">
          <q-icon name="arrow_downward" class="icon" aria-hidden="true" />{{ behind }}
        </button>
      </div>
      <p class="visually-hidden" role="status">{{ said }}</p>
    </section>`,
  props: { room: String, words: String, locale: String, zone: String, dialogue: String },
  data: () => ({
    state: "loading", isCut: false, isPaused: false, isBehind: false, unseen: 0, count: 0, said: "",
    text: "", kind: "", channel: "", channels: [], view: [],
  }),
  computed: {
    told() {
      return JSON.parse(this.words);
    },
    behind() {
      return this.unseen ? this.told.newer.replace("{count}", this.format.number.format(this.unseen)) : this.told.to_newest;
    },
    notice() {
      if (this.state === "away") return { icon: "cloud_off", words: this.told.away };
      const reload = () => location.reload();
      if (this.state === "refused") {
        return { icon: "lock", words: this.told.refused, action: this.told.reload, act: reload };
      }
      if (!this.count) return { icon: "sensors", words: this.told.empty };
      if (this.view.length) return undefined;
      return { icon: "search_off", words: this.told.none, action: this.told.everything, act: this.showEverything };
    },
  },
  created() {
    // not for Vue to watch: of these thousands of rows it draws the window alone
    this.all = [];
    this.matching = [];
    this.start = this.end = 0;
    this.isFollowing = true;
    this.unsaid = 0;
    this.format = formatsOf(this.locale, this.zone);
  },
  mounted() {
    document.addEventListener("keydown", this.step);
    document.addEventListener("selectionchange", this.settle);
    this.saying = setInterval(this.say, SAYING);
    this.plug();
  },
  unmounted() {
    document.removeEventListener("keydown", this.step);
    document.removeEventListener("selectionchange", this.settle);
    clearInterval(this.saying);
    clearTimeout(this.asking);
    clearTimeout(this.opening);
    clearTimeout(this.losing);
    this.socket?.off("feed", this.hear).off("connect", this.join).off("disconnect", this.lose);
    this.isGone = true;
  },
  methods: {
    // The socket -----------------------------------------------------------------------------------------------
    plug() {
      if (this.isGone) return;
      if (!window.socket) return setTimeout(this.plug, 20); // the page's elements are there before its socket
      this.socket = window.socket;
      this.socket.on("feed", this.hear).on("connect", this.join).on("disconnect", this.lose);
      if (this.socket.connected) this.join();
    },
    lose() {
      clearTimeout(this.asking);
      clearTimeout(this.losing);
      this.losing = setTimeout(() => {
        this.isCut = true;
      }, SHORT);
    },
    join() {
      clearTimeout(this.asking);
      if (!this.socket.connected || this.state === "refused") return;
      this.asking = setTimeout(this.join, ANSWER);
      this.$emit("join", { sid: this.socket.id, place: this.place ?? null });
    },
    hear(news) {
      if (news.room !== this.room) return;
      if (news.refused) this.state = "refused";
      if (news.away && this.state === "loading") this.state = "away";
      if (news.away || news.refused) return;
      if (!news.anew) {
        if (this.place === undefined) return; // the first rows are still to come
        if (isAfter(news.after, this.place)) return this.join(); // something between was missed
      }
      clearTimeout(this.asking);
      clearTimeout(this.losing);
      this.isCut = false;
      const rows = JSON.parse(news.rows);
      if (news.anew) {
        this.all = [];
        this.matching = [];
        this.start = this.end = this.unseen = 0;
        this.isFollowing = true;
        this.place = undefined;
      }
      const fresh = rows.filter((row) => this.place === undefined || isAfter(row.place, this.place));
      for (const place of [fresh.at(-1)?.place, news.until]) {
        if (place && (this.place === undefined || isAfter(place, this.place))) this.place = place;
      }
      if (this.state === "told" && !news.anew) this.unsaid += fresh.length;
      this.state = "told";
      this.take(fresh.map((row) => prepare(row, this.told, this.format, this.dialogue)));
    },

    // Rows -----------------------------------------------------------------------------------------------------
    nameOf(channel) {
      return ours(this.told.channels, channel) ?? channel;
    },
    isWanted(row) {
      if (this.kind && row.kind !== this.kind && !(this.kind === "course" && COURSE.includes(row.kind))) return false;
      if (this.channel && row.channel !== this.channel) return false;
      return row.found.includes(this.text.trim().toLowerCase());
    },
    take(rows) {
      const isHeld = this.isHeld();
      this.all.push(...rows);
      const wanted = rows.filter(this.isWanted);
      this.matching.push(...wanted);
      this.trim(this.isFollowing && !isHeld ? KEPT : KEPT_WHILE_READING);
      this.count = this.all.length;
      const met = new Set(rows.map((row) => row.channel).filter((one) => one && !this.channels.includes(one)));
      if (met.size) this.channels = [...this.channels, ...met].sort();
      if (this.isFollowing && !isHeld) this.toEnd();
      else {
        this.unseen += wanted.length;
        this.isBehind ||= wanted.length > 0;
      }
    },
    trim(most) {
      const excess = this.all.length - most;
      if (excess <= 0) return;
      const gone = new Set(this.all.splice(0, excess));
      let count = 0;
      while (count < this.matching.length && gone.has(this.matching[count])) count++;
      this.matching.splice(0, count);
      this.start = Math.max(0, this.start - count);
      this.end = Math.max(this.start, this.end - count);
      if (this.end === this.start) this.end = Math.min(this.matching.length, this.start + WINDOW);
    },

    // The window -----------------------------------------------------------------------------------------------
    draw() {
      const view = [];
      for (let at = this.start; at < this.end; at++) {
        const row = this.matching[at];
        const before = this.matching[at - 1];
        const isNewDay = before?.dayName !== row.dayName;
        const isOneTalk = before && row.session_id !== undefined && row.session_id === before.session_id;
        row.isHead = at === this.start || isNewDay || !isOneTalk || row.moment - before.moment > ONE_TALK;
        row.day = "";
        if (isNewDay || at === this.start) row.day = this.isToday(row) ? this.told.today : row.dayName;
        // a row whose looks depend on the row before is another object when they change, or Vue would keep the old
        view.push(Object.freeze({ ...row, css: row.css + (row.isHead ? " is-head" : "") }));
      }
      this.view = Object.freeze(view);
    },
    isToday(row) {
      return row.dayName === this.format.day.format(new Date());
    },
    toEnd() {
      this.isFollowing = true;
      this.isBehind = false;
      this.unseen = 0;
      this.end = this.matching.length;
      this.start = Math.max(0, this.end - WINDOW);
      this.draw();
      this.$nextTick(() => {
        const box = this.$refs.box;
        if (box && this.isFollowing) box.scrollTop = box.scrollHeight;
      });
    },
    follow() {
      if (this.$refs.box?.contains(document.activeElement)) document.activeElement.blur();
      getSelection().removeAllRanges();
      this.isPaused = false;
      this.toEnd();
    },
    look() {
      const box = this.$refs.box;
      const below = box.scrollHeight - box.scrollTop - box.clientHeight;
      const ceiling = this.matching.length - (this.isPaused ? this.unseen : 0);
      const isAtEnd = below < NEARLY && this.end >= ceiling;
      if (isAtEnd && !this.isPaused && !this.isHeld()) {
        if (!this.isFollowing || this.isBehind) this.toEnd();
        return;
      }
      if (!isAtEnd) this.isFollowing = this.isFollowing && below < NEARLY;
      if (!this.isFollowing && !this.isBehind) this.isBehind = true;
      if (box.scrollTop < FAR && this.start > 0) this.move(this.start - STEP, this.end);
      else if (below < FAR && this.end < ceiling) this.move(this.start, Math.min(this.end + STEP, ceiling));
    },
    move(start, end) {
      // what is read stays where it is, whatever comes before or goes after it
      const isUp = start < this.start;
      const place = this.seen();
      this.start = Math.max(0, isUp ? start : Math.max(start, end - WINDOW - STEP));
      this.end = isUp ? Math.min(end, this.start + WINDOW + STEP) : end;
      if (!this.isPaused) this.unseen = Math.min(this.unseen, this.matching.length - this.end);
      this.draw();
      this.$nextTick(() => {
        const still = place && this.row(place.place);
        if (still) this.$refs.box.scrollTop += still.getBoundingClientRect().top - place.top;
      });
    },
    seen() {
      const top = this.$refs.box.getBoundingClientRect().top;
      const rows = [...this.$refs.box.querySelectorAll("[data-place]")];
      const row = rows.find((one) => one.getBoundingClientRect().bottom > top);
      return row && { place: row.dataset.place, top: row.getBoundingClientRect().top };
    },
    row(place) {
      return this.$refs.box.querySelector(`[data-place="${CSS.escape(place)}"]`);
    },
    isHeld() {
      const box = this.$refs.box;
      if (this.isPaused) return true;
      if (!box) return false;
      const selection = getSelection();
      const isSelecting = !selection.isCollapsed && box.contains(selection.anchorNode);
      const active = document.activeElement;
      return isSelecting || (active !== box && box.contains(active));
    },
    settle() {
      // when the reader has let go of what was selected or focused
      setTimeout(() => {
        if (!this.isGone && this.isFollowing && this.isBehind && !this.isHeld()) this.toEnd();
      });
    },

    // What the reader does -------------------------------------------------------------------------------------
    pause() {
      if (this.isPaused) return this.follow();
      this.isPaused = true;
      this.unseen = 0;
    },
    choose() {
      this.isPaused = false;
      this.matching = this.all.filter(this.isWanted);
      this.toEnd();
    },
    showEverything() {
      this.text = this.kind = this.channel = "";
      this.choose();
    },
    open(event) {
      clearTimeout(this.opening);
      if (event.target.closest("a") || event.detail > 1) return;
      const link = event.currentTarget.querySelector("a.row-link");
      this.opening = setTimeout(() => {
        if (getSelection().isCollapsed) link?.click();
      }, DOUBLE_CLICK);
    },
    step(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
      if (event.target.closest?.(TYPING) || document.querySelector(OPEN_LAYER) || !this.$refs.box) return;
      if (event.key === "End" || event.key === "Home") {
        event.preventDefault();
        return event.key === "End" ? this.follow() : this.toBeginning();
      }
      // by the key's place: with a Cyrillic layout the letters are others
      const step = STEPS[event.code];
      if (!step) return;
      const links = [...this.$refs.box.querySelectorAll("a.row-link")];
      const at = links.indexOf(document.activeElement);
      const next = links[at < 0 ? links.length - 1 : Math.min(Math.max(at + step, 0), links.length - 1)];
      if (!next) return;
      event.preventDefault();
      next.focus({ preventScroll: true });
      next.closest("article").scrollIntoView({ block: "nearest" });
    },
    toBeginning() {
      this.isFollowing = false;
      this.isBehind = true;
      this.start = 0;
      this.end = Math.min(WINDOW, this.matching.length);
      this.draw();
      this.$nextTick(() => {
        this.$refs.box.scrollTop = 0;
      });
    },
    say() {
      if (!this.unsaid) return;
      this.said = this.told.newer.replace("{count}", this.format.number.format(this.unsaid));
      this.unsaid = 0;
    },
  },
};
