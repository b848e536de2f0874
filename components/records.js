// A table of records from plain data: the server keeps no element for each cell, and a newer reading changes only
// what differs, so focus and scroll stay where they are. All text is text: nothing is compiled from the data.
const STEPS = { KeyJ: 1, KeyK: -1 };
const ARROWS = { ArrowDown: 1, ArrowUp: -1 };
const TYPING = "input, textarea, select, [contenteditable]";
const OPEN_LAYER = ".q-menu, .q-dialog";
const OPENED = "opened-record";

export default {
  template: `
    <table class="table records" :aria-label="name" aria-keyshortcuts="j k">
      <thead>
        <tr>
          <th v-for="column in columns" scope="col" :class="column.css" :aria-sort="column.sort || null">
            <a v-if="column.href" class="sort-link" :href="column.href" @click="follow($event, column.key)">
              <span>{{ column.label }}</span>
              <q-icon class="icon sort-mark" :name="marks[column.sort] || 'unfold_more'" aria-hidden="true" />
            </a>
            <template v-else>{{ column.label }}</template>
          </th>
        </tr>
      </thead>
      <tbody v-for="row in records" :key="row.key" :class="{ 'has-below': row.below.length }" :data-key="row.key"
        @click="open">
        <tr>
          <td v-for="(cell, at) in row.cells" :class="columns[at].css" :data-label="columns[at].label">
            <component v-for="line in cell" :is="line.href ? 'a' : 'div'" :class="line.css" :href="line.href || null">
              <component v-for="part in line.parts" :is="part.tag" :class="part.css" :title="part.title || null">{{
                part.text
              }}</component>
            </component>
          </td>
        </tr>
        <tr v-if="row.below.length" class="below">
          <td :colspan="columns.length">
            <component v-for="part in row.below" :is="part.tag" :class="part.css">{{ part.text }}</component>
          </td>
        </tr>
      </tbody>
    </table>`,
  props: { name: String, columns: Array, rows: String },
  data: () => ({ marks: { ascending: "arrow_upward", descending: "arrow_downward" }, isNew: true }),
  computed: {
    records() {
      return JSON.parse(this.rows);
    },
  },
  mounted() {
    document.addEventListener("keydown", this.step);
    this.comeBack();
  },
  updated() {
    this.comeBack();
  },
  unmounted() {
    document.removeEventListener("keydown", this.step);
  },
  methods: {
    follow(event, key) {
      // with a key held, the browser opens the address elsewhere, as it does with any link
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.$emit("sort", key);
    },
    open(event) {
      if (event.target.closest("a.row-link")) sessionStorage.setItem(OPENED, event.currentTarget.dataset.key);
      const isSelecting = String(getSelection()).length > 0;
      if (isSelecting || event.target.closest("a, button")) return;
      event.currentTarget.querySelector("a.row-link")?.click();
    },
    comeBack() {
      // from the record that was opened last, to its row
      if (!this.isNew || this.records.length === 0) return;
      this.isNew = false;
      const row = this.$el.querySelector(`[data-key="${CSS.escape(sessionStorage.getItem(OPENED) ?? "")}"]`);
      sessionStorage.removeItem(OPENED);
      row?.querySelector("a.row-link").focus({ preventScroll: true });
      row?.scrollIntoView({ block: "center" });
    },
    step(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
      if (event.target.closest?.(TYPING) || document.querySelector(OPEN_LAYER)) return;
      const isInside = this.$el.contains(document.activeElement);
      // by the key's place: with a Cyrillic layout the letters are others
      const step = STEPS[event.code] || (isInside && ARROWS[event.code]);
      if (!step) return;
      const links = [...this.$el.querySelectorAll("a.row-link")];
      const at = links.findIndex((link) => link.closest("tbody").contains(document.activeElement));
      const next = links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)];
      if (!next) return;
      event.preventDefault();
      next.focus({ preventScroll: true });
      next.closest("tbody").scrollIntoView({ block: "nearest" });
    },
  },
};
