// Lines with the same figures, in the reader's order. Everything is shown as text.
const FEW = 8;

export default {
  template: `
    <section class="card card-flush comparison" :aria-label="heading">
      <div class="chart-head">
        <div class="grow">
          <h2 class="card-title">{{ heading }}</h2>
          <p class="chart-about muted">{{ about }}</p>
        </div>
        <label v-if="isLong" class="comparison-find">
          <q-icon name="search" class="icon" aria-hidden="true"></q-icon>
          <input type="search" v-model="wanted" :aria-label="find" :placeholder="find"
                 autocomplete="off" spellcheck="false">
        </label>
      </div>
      <div :class="['comparison-lines', { 'is-long': isLong }]" :tabindex="isLong ? 0 : null"
           :role="isLong ? 'region' : null" :aria-label="isLong ? heading : null">
        <table class="table">
          <thead>
            <tr>
              <th v-for="(column, at) in columns" scope="col" :class="{ number: at }"
                  :aria-sort="at === by ? (isDescending ? 'descending' : 'ascending') : null">
                <button type="button" class="comparison-sort" @click="sort(at)">
                  <span>{{ column }}</span>
                  <q-icon class="icon" aria-hidden="true"
                          :name="at !== by ? 'unfold_more' : isDescending ? 'arrow_downward' : 'arrow_upward'"></q-icon>
                </button>
              </th>
            </tr>
          </thead>
          <tbody>
            <tr v-for="line in shown" :key="line.href" :class="{ 'is-current': line.is_current }">
              <th scope="row">
                <a class="comparison-name" :href="line.href" :aria-current="line.is_current ? 'true' : null">
                  <bdi>{{ line.name }}</bdi>
                </a>
                <span class="comparison-detail muted">{{ line.detail }}</span>
              </th>
              <td v-for="(figure, at) in line.figures" class="number" :data-label="columns[at + 1]">
                <span class="comparison-value">{{ figure.text }}</span>
                <span :class="['delta', 'tone-' + figure.tone]" aria-hidden="true">{{ figure.change }}</span>
                <span class="visually-hidden">{{ figure.spoken }}</span>
              </td>
            </tr>
          </tbody>
        </table>
        <p v-if="!shown.length" class="chart-empty muted" role="status">{{ none }}</p>
      </div>
    </section>`,
  props: { heading: String, about: String, columns: Array, lines: Array, find: String, none: String },
  data: () => ({ by: 0, isDescending: false, wanted: "" }),
  computed: {
    isLong() {
      return this.lines.length > FEW;
    },
    shown() {
      const wanted = this.isLong ? this.wanted.trim().toLocaleLowerCase() : "";
      const found = this.lines.filter((line) => line.name.toLocaleLowerCase().includes(wanted));
      const names = new Intl.Collator(document.documentElement.lang, { numeric: true });
      return found.sort((one, other) => {
        const byName = names.compare(one.name, other.name);
        if (!this.by) return this.isDescending ? -byName : byName;
        const [first, second] = [one, other].map((line) => line.figures[this.by - 1].value);
        if (first === null || second === null) return (first === null) - (second === null) || byName;
        return (this.isDescending ? second - first : first - second) || byName;
      });
    },
  },
  methods: {
    sort(at) {
      // the greatest figure first, the names from A on; again: the other way round
      this.isDescending = at === this.by ? !this.isDescending : at > 0;
      this.by = at;
    },
  },
};
