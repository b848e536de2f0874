// What a waterfall shows of a run's steps: the rows that are not folded away, and where their bars stand in time.
const ROUND = [1, 2, 5];
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 365, 3650].map((count) => count * DAY),
];
const SHORTEST = 4; // milliseconds of an axis
const FINEST = 1; // milliseconds between two lines

// The steps in order, each below its parent, and how deep it stands in `depth`. Without recursion: a chain of
// parents may be long.
export function rowsOf(steps, folded) {
  const rows = [];
  const stack = [];
  const put = (list, depth) => {
    for (let at = list.length - 1; at >= 0; at--) {
      list[at].depth = depth;
      stack.push(list[at]);
    }
  };
  put(steps.sortedRoots(), 0);
  while (stack.length) {
    const step = stack.pop();
    step.row = rows.length;
    rows.push(step);
    if (step.children.length && !folded.has(step)) put(steps.childrenOf(step), step.depth + 1);
  }
  return rows;
}

// From when to when the axis goes: all of the run, or one step with a little air around it. Of a run that never ends,
// the silence since it was last heard of takes no more than half of the axis.
export function rangeOf(steps, step, now) {
  const from = step ? step.start : steps.from;
  if (!Number.isFinite(from)) return { from: 0, to: 1, zero: 0 };
  const silence = Math.max(10 * SECOND, steps.to - from);
  const still = steps.open.size ? Math.min(now, steps.to + silence) : steps.to;
  const to = step ? endOf(step, now) : Math.max(steps.to, still);
  const span = Math.max(to - from, SHORTEST);
  return step ? { from: from - span * 0.02, to: from + span * 1.02, zero: from } : { from, to: from + span, zero: from };
}

// What has not ended goes on until `now`: this moment, or the run's last one if it has ended without telling of it.
export const endOf = (step, now) => (step.isOpen ? Math.max(step.end ?? step.start, now) : step.end);

// Shares of the axis (0 to 1), or on which side of it the step lies.
export function barOf(step, range, now) {
  const span = range.to - range.from;
  const start = (step.start - range.from) / span;
  const end = (endOf(step, now) - range.from) / span;
  if (end < 0) return { side: "before" };
  if (start > 1) return { side: "after" };
  const left = Math.max(0, start);
  return { left, width: Math.max(0, Math.min(1, end) - left), isCutLeft: start < 0, isCutRight: end > 1 };
}

// Distances between the axis' lines that people read at a glance; at most `most` of them, from the axis' zero on.
export function ticksOf(range, most) {
  const wanted = Math.max(FINEST, (range.to - range.from) / Math.max(1, most));
  const step = wanted < SECOND ? fine(wanted) : (CLOCK.find((one) => one >= wanted) ?? fine(wanted / DAY) * DAY);
  const ticks = [];
  for (let count = 0; range.zero + count * step <= range.to && count <= most + 1; count++) {
    const after = count * step;
    ticks.push({ after, share: (range.zero + after - range.from) / (range.to - range.from) });
  }
  return ticks;
}

function fine(wanted) {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const times = ROUND.find((one) => one * power >= wanted);
  return times ? times * power : 10 * power;
}
