// What Plotly draws. `colour` gives the colour of a token of the theme.
const HEIGHT = 260;
const MOST_TICKS = 5;
const LEVELS = 5;
const ROW = 34;
const NAMES = 0.24;
const BARS = 0.62;
const LONGEST_NAME = 36;

export function figureOf(chart, colour) {
  return { time: timeLine, heat, rows: bars }[chart.kind](chart, colour);
}

// Plotly takes some tags in texts for formatting; a name that holds one is shown as it was written.
export function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function heatLevel(value, highest) {
  return value > 0 ? Math.ceil((value / highest) * LEVELS) : 0;
}

// On a phone the names of more hours run into each other.
function everyThirdOrSixth() {
  return matchMedia("(max-width: 640px)").matches ? [0, 6, 12, 18] : [0, 3, 6, 9, 12, 15, 18, 21];
}

function layout(colour, more) {
  const font = { color: colour("text-muted"), family: getComputedStyle(document.body).fontFamily, size: 12 };
  return {
    showlegend: false,
    dragmode: false,
    height: HEIGHT,
    margin: { l: 8, r: 8, t: 8, b: 8 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font,
    hoverlabel: {
      bgcolor: colour("surface"),
      bordercolor: colour("border"),
      font: { ...font, color: colour("text") },
      align: "left",
    },
    ...more,
  };
}

function timeLine(chart, colour) {
  const ticks = ticksOf(chart.titles.length);
  const values = chart.ticks.map((tick) => tick.value);
  return {
    data: chart.series.map((series) => trace(chart, series, colour)),
    layout: layout(colour, {
      barmode: "overlay",
      hovermode: "x unified",
      xaxis: {
        type: "category",
        fixedrange: true,
        automargin: true,
        showgrid: false,
        tickmode: "array",
        tickvals: ticks.map((at) => chart.titles[at]),
        ticktext: ticks.map((at) => chart.labels[at]),
        tickangle: 0,
        range: [-0.5, chart.titles.length - 0.5],
        linecolor: colour("border"),
        showspikes: false,
      },
      yaxis: {
        fixedrange: true,
        automargin: true,
        range: [0, values.at(-1) * 1.04],
        tickmode: "array",
        tickvals: values,
        ticktext: chart.ticks.map((tick) => tick.text),
        gridcolor: colour("border"),
        zeroline: false,
      },
    }),
    config: { displayModeBar: false },
  };
}

function trace(chart, series, colour) {
  const common = {
    name: series.name,
    x: chart.titles,
    y: series.values,
    customdata: series.texts,
    hovertemplate: `${series.name}: %{customdata}<extra></extra>`,
  };
  if (series.shape === "bar") return { ...common, type: "bar", width: 0.72, marker: { color: colour(series.token) } };
  return {
    ...common,
    type: "scatter",
    mode: chart.titles.length > 45 ? "lines" : "lines+markers",
    line: { color: colour(series.token), width: 2, shape: "linear" },
    marker: { color: colour(series.token), size: 5 },
    cliponaxis: false,
    fill: "tozeroy",
    fillcolor: faded(colour(series.token)),
  };
}

function faded(colour) {
  const parts = colour.startsWith("#")
    ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
    : colour.match(/\d+/g).slice(0, 3);
  return `rgba(${parts.join(", ")}, 0.1)`;
}

// which points get a name on the axis: a few, and none so close to the edge that it would stick out
function ticksOf(count) {
  const step = Math.max(1, Math.ceil(count / MOST_TICKS));
  const found = [];
  for (let at = Math.floor(step / 2); at < count; at += step) found.push(at);
  return found;
}

function heat(chart, colour) {
  const hours = everyThirdOrSixth();
  const highest = Math.max(1, ...chart.values.flat());
  const cells = chart.values.flatMap((row, day) => row.map((value, hour) => ({ day, hour, value })));
  return {
    // bars of equal length, not Plotly's own heat map: that one is a bitmap, which follows no theme and prints badly
    data: [
      {
        type: "bar",
        x: cells.map((cell) => cell.hour),
        base: cells.map((cell) => cell.day + 0.05),
        y: cells.map(() => 0.9),
        width: 0.9,
        marker: { color: cells.map((cell) => colour(`heat-${heatLevel(cell.value, highest)}`)), line: { width: 0 } },
        customdata: cells.map((cell) => [cell.day + 1, cell.hour, cell.value]),
        hovertext: cells.map((cell) => cellText(chart, cell)),
        hovertemplate: "%{hovertext}<extra></extra>",
      },
    ],
    layout: layout(colour, {
      barmode: "overlay",
      hovermode: "closest",
      xaxis: {
        fixedrange: true,
        automargin: true,
        showgrid: false,
        zeroline: false,
        range: [-0.55, 23.55],
        tickmode: "array",
        tickvals: hours,
        ticktext: hours.map((hour) => chart.hours[hour]),
        tickangle: 0,
      },
      yaxis: {
        fixedrange: true,
        automargin: true,
        showgrid: false,
        zeroline: false,
        range: [7.05, -0.05],
        tickmode: "array",
        tickvals: chart.weekdays.map((_, day) => day + 0.5),
        ticktext: chart.weekdays,
        ticklabelstandoff: 6,
      },
    }),
    config: { displayModeBar: false },
  };
}

function cellText(chart, { day, hour, value }) {
  const number = value.toLocaleString(document.documentElement.lang);
  return `${chart.weekdays[day]}, ${chart.hours[hour]} · ${chart.unit}: ${number}`;
}

// On the page these are links drawn by the card itself; Plotly draws them into saved pictures, as a table of bars.
function bars(chart, colour) {
  const places = chart.rows.map((_, at) => at);
  const parts = chart.rows.some((row) => row.part !== null);
  const lengths = [{ widths: chart.rows.map((row) => row.bar), token: parts ? "series-1" : "series-2" }];
  if (parts) lengths.push({ widths: chart.rows.map((row) => row.bar * row.part), token: "series-2" });
  return {
    data: lengths.map(({ widths, token }) => ({
      type: "bar",
      orientation: "h",
      y: places,
      x: widths,
      width: 0.5,
      marker: { color: colour(token) },
    })),
    layout: layout(colour, {
      barmode: "overlay",
      height: (chart.rows.length + 1) * ROW,
      xaxis: { visible: false, range: [0, 1], domain: [NAMES, BARS] },
      yaxis: { visible: false, range: [chart.rows.length - 0.5, -1.5] },
      annotations: [-1, ...places].flatMap((at) => rowTexts(chart, at, colour)),
      shapes: places.flatMap((at) => markOf(chart.rows[at], at, colour)),
    }),
    config: {},
  };
}

// the head of the table is its row -1
function rowTexts(chart, at, colour) {
  const texts = at < 0 ? chart.columns : [chart.rows[at].label, ...chart.rows[at].texts];
  const step = (1 - BARS) / (texts.length - 1);
  return texts.map((text, column) => ({
    text: plain(shortened(text)),
    font: { size: 13, color: colour(at < 0 ? "text-muted" : "text") },
    showarrow: false,
    xref: "paper",
    x: column ? BARS + column * step : 0,
    xanchor: column ? "right" : "left",
    yref: "y",
    y: at,
  }));
}

function markOf(row, at, colour) {
  if (row.mark === null) return [];
  const line = { color: colour("border-strong"), width: 2 };
  return [{ type: "line", xref: "x", yref: "y", x0: row.mark, x1: row.mark, y0: at - 0.32, y1: at + 0.32, line }];
}

function shortened(text) {
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text;
}
