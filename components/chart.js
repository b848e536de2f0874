// A card with a chart of plain data. What clients or models wrote is shown as text, here and by Plotly.
import { figureOf, plain } from "chart_figures";
import { cellLink, tableOf } from "chart_tables";

const PICTURE = { width: 1200, head: 84, edge: 28, scale: 2 };

export default {
  template: `
    <section :class="['card', 'chart-card', 'chart-' + chart.kind]" :aria-label="heading">
      <div class="chart-head">
        <div class="chart-title">
          <h2 class="card-title">{{ heading }}</h2>
          <div v-if="legend.length" class="legend">
            <span v-for="[token, name] in legend" class="legend-item">
              <span class="swatch" :style="{ background: 'var(--' + token + ')' }"></span><span>{{ name }}</span>
            </span>
          </div>
          <div v-if="chart.kind === 'heat'" class="legend heat-legend" aria-hidden="true">
            <span>{{ chart.less }}</span>
            <span v-for="level in 6" class="swatch" :style="{ background: 'var(--heat-' + (level - 1) + ')' }"></span>
            <span>{{ chart.more }}</span>
          </div>
          <p v-if="about" class="chart-about muted">{{ about }}</p>
        </div>
        <div class="chart-tools">
          <div class="segmented" role="group" :aria-label="words.show_as">
            <button v-for="kind in ['chart', 'table']" type="button" :aria-pressed="String(view === kind)"
                    @click="view = kind">{{ words[kind] }}</button>
          </div>
          <button v-if="!isEmpty" type="button" class="row-button" :aria-label="words.save" :title="words.save"
                  :disabled="isSaving" @click="save">
            <q-icon name="file_download" class="icon" aria-hidden="true"></q-icon>
          </button>
        </div>
      </div>
      <p v-if="isEmpty" class="chart-empty muted">{{ chart.empty }}</p>
      <template v-else-if="view === 'chart'">
        <div v-if="isPlotted" :class="['chart', { skeleton: !isDrawn }]" role="img" :aria-label="chart.summary">
          <div ref="plot" :class="['plot', { 'has-links': hasLinks }]"></div>
        </div>
        <ol v-else :class="['bar-rows', 'bar-' + chart.look]" :aria-label="chart.summary">
          <li class="bar-head muted" aria-hidden="true">
            <span v-for="column in chart.columns">{{ column }}</span>
          </li>
          <li v-for="row in chart.rows" class="bar-item">
            <component :is="row.href ? 'a' : 'div'" class="bar-row" :href="row.href || null">
              <component :is="row.is_foreign ? 'bdi' : 'span'" class="bar-label" :title="row.label">{{
                row.label
              }}</component>
              <span class="bar-track" aria-hidden="true">
                <span v-if="row.bar" class="bar" :style="{ width: percent(row.bar) }">
                  <span v-if="row.part !== null" class="bar-part" :style="{ width: percent(row.part) }"></span>
                </span>
                <span v-if="row.mark !== null" class="bar-mark" :style="{ insetInlineStart: percent(row.mark) }"></span>
              </span>
              <span v-for="(text, at) in row.texts" class="bar-text">
                <span class="visually-hidden">, {{ chart.columns[at + 1] }}: </span>{{ text }}
              </span>
            </component>
          </li>
        </ol>
      </template>
      <div v-else class="chart-table" tabindex="0" role="region" :aria-label="words.table_of">
        <table class="table">
          <thead>
            <tr><th v-for="(column, at) in table.columns" scope="col" :class="{ number: at }">{{ column }}</th></tr>
          </thead>
          <tbody>
            <tr v-for="row in table.rows">
              <th scope="row">
                <component :is="row.href ? 'a' : row.isForeign ? 'bdi' : 'span'" :href="row.href || null"
                           :class="{ link: row.href }"><bdi v-if="row.href && row.isForeign">{{ row.label }}</bdi
                  ><template v-else>{{ row.label }}</template></component>
              </th>
              <td v-for="cell in row.cells" class="number">
                <a v-if="cell.href" class="link" :href="cell.href">{{ cell.text }}</a>
                <template v-else>{{ cell.text }}</template>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      <div v-if="chart.notes?.length" class="kpi-notes">
        <p v-for="note in chart.notes" :key="note" class="kpi-note">
          <q-icon name="info_outline" class="icon" aria-hidden="true"></q-icon><span>{{ note }}</span>
        </p>
      </div>
    </section>`,
  props: { heading: String, about: String, words: Object, picture: Object, colours: Array, chart: Object },
  data: () => ({ view: "chart", isDrawn: false, isSaving: false }),
  computed: {
    isPlotted() {
      return this.chart.kind !== "rows";
    },
    isEmpty() {
      return this.chart.kind === "rows" && !this.chart.rows.length;
    },
    hasLinks() {
      return Boolean(this.chart.link || this.chart.links?.length);
    },
    legend() {
      if (this.chart.kind !== "time") return this.chart.legend ?? [];
      return this.chart.series.length > 1 ? this.chart.series.map((one) => [one.token, one.name]) : [];
    },
    table() {
      return tableOf(this.chart);
    },
  },
  watch: {
    chart() {
      this.draw();
    },
    view() {
      this.isDrawn = false;
      this.$nextTick(this.draw);
    },
  },
  async mounted() {
    this.resizing = new ResizeObserver(() => this.fit());
    const { Plotly } = await import("nicegui-plotly");
    this.Plotly = Plotly;
    this.draw();
  },
  unmounted() {
    this.resizing.disconnect();
    if (this.plotted) this.Plotly.purge(this.plotted);
  },
  methods: {
    standIn(token) {
      return this.colours.find(([name]) => name === token)[1];
    },
    percent(share) {
      return `${Math.round(share * 10000) / 100}%`;
    },
    async draw() {
      const place = this.$refs.plot;
      if (!this.Plotly || !place) return;
      const { data, layout, config } = figureOf(this.chart, this.standIn);
      if (place !== this.plotted) {
        this.resizing.disconnect();
        if (this.plotted) this.Plotly.purge(this.plotted);
        this.plotted = place;
        await this.Plotly.newPlot(place, data, layout, config);
        place.on("plotly_click", this.follow);
        this.resizing.observe(place);
      } else {
        await this.Plotly.react(place, data, layout, config);
      }
      this.isDrawn = true;
      this.scale();
    },
    async fit() {
      if (!this.plotted?.offsetParent) return;
      await this.Plotly.Plots.resize(this.plotted);
      this.scale();
    },
    // On paper the picture takes the width that is there; on the screen it has its own already.
    scale() {
      for (const svg of this.plotted.querySelectorAll(".main-svg")) {
        svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
      }
    },
    follow({ points, event }) {
      const [point] = points;
      const address = this.chart.kind === "heat" ? this.addressOfCell(point) : this.chart.links[point.pointIndex];
      if (!address) return;
      const link = document.createElement("a");
      link.href = address;
      if (event?.ctrlKey || event?.metaKey) link.target = "_blank";
      this.$el.append(link);
      link.click();
      link.remove();
    },
    addressOfCell({ customdata: [weekday, hour, value] }) {
      return value && this.chart.link ? cellLink(this.chart, weekday, hour) : "";
    },
    // On a ground of its own, with heading and caption, in the theme's colours as they are now.
    async save() {
      this.isSaving = true;
      try {
        await this.Plotly.downloadImage(this.poster(), {
          format: "png",
          filename: this.picture.file_name,
          width: PICTURE.width,
          height: this.poster().layout.height,
          scale: PICTURE.scale,
        });
      } finally {
        this.isSaving = false;
      }
    },
    poster() {
      const theme = getComputedStyle(document.documentElement);
      const colour = (token) => theme.getPropertyValue(`--${token}`).trim();
      const { data, layout } = figureOf(this.chart, colour);
      const names = this.legend.map(([token, name]) => `<span style="color:${colour(token)}">■</span> ${plain(name)}`);
      const caption = [plain(this.picture.caption), ...names].join("   ");
      const text = (words, size, y, token) => ({
        text: words,
        xref: "container",
        yref: "container",
        font: { size, color: colour(token) },
        y,
        yanchor: "top",
      });
      const height = layout.height * (this.isPlotted ? 1.6 : 1) + PICTURE.head + PICTURE.edge;
      return {
        data,
        layout: {
          ...layout,
          width: PICTURE.width,
          height,
          paper_bgcolor: colour("surface"),
          plot_bgcolor: colour("surface"),
          margin: { l: PICTURE.edge, r: PICTURE.edge, t: PICTURE.head, b: PICTURE.edge },
          title: {
            ...text(`<b>${plain(this.heading)}</b>`, 20, 1 - 24 / height, "text"),
            x: PICTURE.edge / PICTURE.width,
            xanchor: "left",
            subtitle: { text: caption, font: { size: 13, color: colour("text-muted") } },
          },
        },
      };
    },
  },
};
