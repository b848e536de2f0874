// The same figures as a table: { columns, rows: [{ label, isForeign, href, cells }] }; a cell may have a link too.
export function tableOf(chart) {
  return { time: ofTime, heat: ofWeek, rows: ofRows }[chart.kind](chart);
}

export function cellLink(chart, weekday, hour) {
  return chart.link.replace("{weekday}", weekday).replace("{hour}", hour);
}

function ofTime(chart) {
  const rows = chart.titles.map((label, at) => ({
    label,
    href: chart.links[at],
    cells: chart.series.map((series) => ({ text: series.texts[at] })),
  }));
  return { columns: [chart.column, ...chart.series.map((series) => series.name)], rows: rows.reverse() };
}

function ofWeek(chart) {
  const locale = document.documentElement.lang;
  return {
    columns: [chart.column, ...chart.weekdays],
    rows: chart.hours.map((label, hour) => ({
      label,
      cells: chart.weekdays.map((_, day) => {
        const value = chart.values[day][hour];
        const href = value && chart.link ? cellLink(chart, day + 1, hour) : "";
        return { text: value.toLocaleString(locale), href };
      }),
    })),
  };
}

function ofRows(chart) {
  return {
    columns: chart.columns,
    rows: chart.rows.map((row) => ({
      label: row.label,
      isForeign: row.is_foreign,
      href: row.href,
      cells: row.texts.map((text) => ({ text })),
    })),
  };
}
