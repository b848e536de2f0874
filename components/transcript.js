// A conversation from plain data. It stays at its end while one is there: the box grows upwards (see dialogue.css),
// so that newer messages push nothing away from who reads further up. All text is text.
const NEARLY = 24; // pixels from the end that still count as being there

export default {
  template: `
    <div class="transcript">
      <div ref="box" class="transcript-box" role="log" tabindex="0" :aria-label="name" @scroll.passive="look">
        <div class="transcript-lines">
          <div v-if="earlier.length" class="transcript-turn">
            <button v-for="way in earlier" type="button" class="button button-quiet" :disabled="isBusy"
              @click="ask(way.key)">{{ way.label }}</button>
          </div>
          <template v-for="line in lines" :key="line.key">
            <h3 v-if="line.day" class="transcript-day"><span>{{ line.day }}</span></h3>
            <article v-else :data-key="line.key" :class="['message', 'message-' + line.side]">
              <p v-if="line.wait" class="message-wait" :title="line.wait_title">
                <q-icon name="schedule" class="icon" aria-hidden="true" />{{ line.wait }}
              </p>
              <div class="bubble">
                <p class="visually-hidden">{{ line.author }}</p>
                <p v-if="line.role" class="message-role"><bdi>{{ line.role }}</bdi></p>
                <p :class="['message-text', { 'is-gone': line.is_gone }]"><bdi>{{ line.text }}</bdi></p>
                <button v-if="line.more" type="button" class="link" @click="$emit('open', line.key)">{{ line.more }}</button>
                <p v-if="line.remark" class="message-remark">{{ line.remark }}</p>
                <p class="message-foot">
                  <q-icon v-if="line.inferred" name="link_off" class="icon" :title="line.inferred" role="img"
                    :aria-label="line.inferred" aria-hidden="false" />
                  <time :title="line.moment">{{ line.time }}</time>
                </p>
              </div>
            </article>
          </template>
          <div v-if="later.length" class="transcript-turn">
            <button v-for="way in later" type="button" class="button button-quiet" :disabled="isBusy"
              @click="ask(way.key)">{{ way.label }}</button>
          </div>
        </div>
      </div>
      <button v-if="isBehind" type="button" class="transcript-new" @click="follow">
        <q-icon name="arrow_downward" class="icon" aria-hidden="true" />{{ new_label }}
      </button>
    </div>`,
  props: { name: String, lines: Array, earlier: Array, later: Array, new_label: String, turns: Number },
  data: () => ({ isBehind: false, isBusy: false, isAtEnd: true, asked: "", held: undefined }),
  watch: {
    lines(newer, older) {
      const isLonger = newer.at(-1)?.key !== older.at(-1)?.key;
      if (isLonger && !this.isAtEnd && !this.isBusy) this.isBehind = true;
    },
    turns() {
      this.isBusy = false;
      this.$nextTick(this.settle);
    },
  },
  methods: {
    look() {
      // the end is zero, what is above it negative
      this.isAtEnd = this.$refs.box.scrollTop > -NEARLY;
      if (this.isAtEnd) this.isBehind = false;
    },
    follow() {
      this.$refs.box.scrollTo({ top: 0 });
      this.isBehind = false;
    },
    settle() {
      const box = this.$refs.box;
      if (this.asked === "beginning") box.scrollTo({ top: -box.scrollHeight });
      else if (this.asked === "latest") this.follow();
      else if (this.held) {
        const still = box.querySelector(`[data-key="${CSS.escape(this.held.key)}"]`);
        if (still) box.scrollTop += still.getBoundingClientRect().top - this.held.top;
      }
      this.asked = "";
      this.held = undefined;
    },
    hold() {
      // what is read stays where it is, whatever comes before or goes after it
      const top = this.$refs.box.getBoundingClientRect().top;
      const seen = [...this.$refs.box.querySelectorAll("[data-key]")].find((one) => one.getBoundingClientRect().bottom > top);
      return seen && { key: seen.dataset.key, top: seen.getBoundingClientRect().top };
    },
    ask(way) {
      this.isBusy = true;
      this.asked = way;
      this.held = this.hold();
      this.$emit("turn", way);
    },
  },
};
