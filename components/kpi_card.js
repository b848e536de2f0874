// One figure on a card. Everything comes as text and is shown as text.
const WIDTH = 100;
const HEIGHT = 28;
const EDGE = 2;

export default {
  template: `
    <section class="card kpi" :aria-label="heading">
      <div class="kpi-head">
        <h2 class="kpi-title">{{ heading }}</h2>
        <button type="button" class="help-button" :aria-label="help" aria-haspopup="dialog"
                :aria-expanded="String(isOpen)" @click="isOpen = !isOpen">
          <q-icon name="help_outline" class="icon" aria-hidden="true"></q-icon>
          <q-menu v-model="isOpen" no-parent-event class="menu popover" role="dialog" :aria-label="heading"
                  anchor="bottom right" self="top right" :transition-duration="100">
            <p class="popover-title">{{ heading }}</p>
            <p>{{ meaning }}</p>
            <p class="formula">{{ rule }}</p>
          </q-menu>
        </button>
      </div>
      <p class="kpi-value">{{ value }}</p>
      <p class="kpi-change">
        <span v-if="change" :class="['delta', 'tone-' + tone]" aria-hidden="true">{{ change }}</span>
        <span v-if="spoken" class="visually-hidden">{{ spoken }}</span>
        <span v-if="before" class="muted">{{ before }}</span>
      </p>
      <div v-if="notes.length" class="kpi-notes">
        <p v-for="note in notes" :key="note" class="kpi-note">
          <q-icon name="info_outline" class="icon" aria-hidden="true"></q-icon><span>{{ note }}</span>
        </p>
      </div>
      <svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
        <path class="spark-area" :d="area"></path>
        <path class="spark-line" :d="line"></path>
        <path v-if="end" class="spark-end" :d="end"></path>
      </svg>
      <a v-if="href" class="kpi-link" :href="href" :aria-label="open"></a>
    </section>`,
  props: {
    heading: String,
    help: String,
    meaning: String,
    rule: String,
    open: String,
    value: String,
    change: String,
    tone: String,
    spoken: String,
    before: String,
    notes: Array,
    spark: Array,
    href: String,
  },
  data: () => ({ isOpen: false }),
  computed: {
    // stretches of known values, each a list of points
    stretches() {
      const known = this.spark.filter((value) => value !== null);
      if (known.length < 2) return [];
      const highest = Math.max(...known);
      const lowest = Math.min(0, ...known);
      const step = WIDTH / (this.spark.length - 1);
      const found = [[]];
      this.spark.forEach((value, at) => {
        if (value === null) {
          if (found.at(-1).length) found.push([]);
          return;
        }
        const share = highest > lowest ? (value - lowest) / (highest - lowest) : 0;
        found.at(-1).push([round(at * step), round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE))]);
      });
      return found.filter((points) => points.length);
    },
    line() {
      return this.stretches.map((points) => "M" + points.map((point) => point.join(" ")).join("L")).join("");
    },
    area() {
      return this.stretches
        .map((points) => `M${points[0][0]} ${HEIGHT}L${points.map((p) => p.join(" ")).join("L")}L${points.at(-1)[0]} ${HEIGHT}Z`)
        .join("");
    },
    // a line of no length, whose round ends make a dot that stays round when the picture is stretched
    end() {
      const last = this.stretches.at(-1)?.at(-1);
      return last && `M${last.join(" ")}h0.001`;
    },
  },
};

function round(number) {
  return Math.round(number * 100) / 100;
}
