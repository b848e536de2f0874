// Where the nodes of a graph stand: in layers from top to bottom, each layer at most as wide as the pane, and the
// edges between them. The same graph and width always give the same picture.
const SWEEPS = 4;
export const NODE = { width: 168, height: 56 };
const GAP = { x: 24, y: 44, folded: 14 }; // between columns, layers, and rows of one layer
const EDGE = 28; // pixels left and right for edges that go around
const BENDS = [0, 0.5, -0.5, 0.9, -0.9, 1.4, -1.4, 2, -2, 3, -3]; // widths of a node
const SAMPLES = 24;
const MOST_AROUND = 6; // rows that an edge goes around; behind more than these it is hidden
const CROWD = 80; // edges
const MOST_EDGES = 600; // drawn; the most used ones

// `names` in the order in which they were met; `edges` as {from, to, times}; `width` in pixels.
export function layoutOf(names, edges, width) {
  const perRow = Math.max(1, Math.floor((width - 2 * EDGE + GAP.x) / (NODE.width + GAP.x)));
  const drawn = edges.length > MOST_EDGES ? mostUsed(edges) : edges;
  const next = new Map(names.map((name) => [name, []]));
  for (const { from, to } of drawn) if (from !== to && next.has(from) && next.has(to)) next.get(from).push(to);
  const layers = ordered(layersOf(names, next), next);
  const rows = [];
  let top = 12;
  for (const layer of layers) {
    for (const names of chunks(layer, perRow)) {
      rows.push({ names, top });
      top += NODE.height + GAP.folded;
    }
    top += GAP.y - GAP.folded;
  }
  const wide = Math.min(perRow, Math.max(1, ...rows.map((row) => row.names.length)));
  const inner = Math.max(width - 2 * EDGE, wide * (NODE.width + GAP.x) - GAP.x);
  const places = new Map();
  rows.forEach((row, at) => {
    const taken = row.names.length * (NODE.width + GAP.x) - GAP.x;
    row.left = EDGE + (inner - taken) / 2;
    row.right = row.left + taken;
    row.names.forEach((name, column) => {
      places.set(name, { x: row.left + column * (NODE.width + GAP.x), y: row.top, row: at });
    });
  });
  const isCrowded = drawn.length > CROWD;
  return {
    places, isCrowded, width: inner + 2 * EDGE, height: top - GAP.y + 12,
    edges: drawn
      .filter(({ from, to }) => places.has(from) && places.has(to))
      .map((edge) => ({ ...edge, ...pathOf(edge, places, rows, inner, isCrowded) })),
  };
}

const mostUsed = (edges) => [...edges].sort((one, other) => other.times - one.times).slice(0, MOST_EDGES);

function chunks(layer, most) {
  const rows = Math.ceil(layer.length / most);
  const each = Math.ceil(layer.length / rows);
  return Array.from({ length: rows }, (_, at) => layer.slice(at * each, (at + 1) * each));
}

// Each node stands below all that lead to it, but for edges that lead back; without recursion.
function layersOf(names, next) {
  const state = new Map();
  const back = new Set();
  const done = [];
  for (const root of names) {
    if (state.has(root)) continue;
    const stack = [[root, 0]];
    state.set(root, "open");
    while (stack.length) {
      const top = stack.at(-1);
      const [name, at] = top;
      const targets = next.get(name);
      if (at === targets.length) {
        state.set(name, "done");
        done.push(name);
        stack.pop();
        continue;
      }
      top[1] += 1;
      const target = targets[at];
      if (state.get(target) === "open") back.add(`${name}\u0000${target}`);
      else if (!state.has(target)) {
        state.set(target, "open");
        stack.push([target, 0]);
      }
    }
  }
  const level = new Map(names.map((name) => [name, 0]));
  for (const name of done.reverse()) {
    for (const target of next.get(name)) {
      if (!back.has(`${name}\u0000${target}`)) level.set(target, Math.max(level.get(target), level.get(name) + 1));
    }
  }
  const layers = [];
  for (const name of names) (layers[level.get(name)] ??= []).push(name);
  return layers;
}

// Within its layer, a node stands near the middle of what leads to it.
function ordered(layers, next) {
  const before = new Map();
  for (const [from, targets] of next) {
    for (const to of targets) before.set(to, [...(before.get(to) ?? []), from]);
  }
  const place = new Map();
  const number = (layer) => {
    layer.forEach((name, at) => place.set(name, layer.length > 1 ? at / (layer.length - 1) : 0.5));
  };
  layers.forEach(number);
  const middle = (list) => list.reduce((sum, name) => sum + place.get(name), 0) / list.length;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const layer of isDown ? layers : [...layers].reverse()) {
      const near = (name) => (isDown ? before.get(name) : next.get(name)) ?? [];
      const wanted = new Map(layer.map((name) => [name, near(name).length ? middle(near(name)) : place.get(name)]));
      layer.sort((one, other) => wanted.get(one) - wanted.get(other));
      number(layer);
    }
  }
  return layers;
}

// Down to a lower row directly, or beside what stands between; back, or along a row, around the side.
function pathOf({ from, to }, places, rows, inner, isCrowded) {
  const start = places.get(from);
  const end = places.get(to);
  if (from === to) return ownPath(start);
  if (end.row > start.row) return downPath(start, end, rows, inner, isCrowded);
  return aroundPath(start, end, inner, start.x + end.x < inner);
}

function ownPath(start) {
  const x = start.x + NODE.width;
  const y = start.y + NODE.height / 2;
  return { path: `M ${x} ${y - 12} C ${x + 26} ${y - 22}, ${x + 26} ${y + 22}, ${x} ${y + 12}`, x: x + 12, y };
}

function downPath(start, end, rows, inner, isCrowded) {
  const [x1, y1, x2, y2] = [start.x + NODE.width / 2, start.y + NODE.height, end.x + NODE.width / 2, end.y];
  const reach = Math.max((y2 - y1) * 0.45, GAP.y * 0.7);
  const between = rows.slice(start.row + 1, end.row);
  const bends = between.length ? BENDS : [0];
  const curves = bends.map((bend) => [x1, x1 + bend * NODE.width, x2 + bend * NODE.width, x2]);
  const heights = [y1, y1 + reach, y2 - reach, y2];
  const free = curves.find((curve) => !isCrossing(curve, heights, between, inner + 2 * EDGE));
  if (!free && !isCrowded && between.length <= MOST_AROUND) return aroundPath(start, end, inner, false);
  const best = free ?? curves[0];
  const path = `M ${x1} ${y1} C ${best[1]} ${heights[1]}, ${best[2]} ${heights[2]}, ${x2} ${y2}`;
  return { path, x: onCurve(best, 0.5), y: onCurve(heights, 0.5) };
}

function isCrossing(curve, heights, rows, width) {
  for (let step = 1; step < SAMPLES; step++) {
    const [x, y] = [onCurve(curve, step / SAMPLES), onCurve(heights, step / SAMPLES)];
    const row = rows.find((one) => y > one.top - 4 && y < one.top + NODE.height + 4);
    if (x < 4 || x > width - 4) return true;
    if (row && isBehind(x - row.left, row.right - row.left)) return true;
  }
  return false;
}

// Whether a place along a row of nodes is behind, or close to, one of them.
const isBehind = (x, width) => x > -4 && x < width + 4 && x % (NODE.width + GAP.x) < NODE.width + 4;

const onCurve = ([a, b, c, d], t) => a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t ** 2 * (1 - t) + d * t ** 3;

function aroundPath(start, end, inner, isLeft) {
  const rows = Math.abs(start.row - end.row);
  const [x1, x2] = isLeft ? [start.x, end.x] : [start.x + NODE.width, end.x + NODE.width];
  const [y1, y2] = [start.y + NODE.height / 2, end.y + NODE.height / 2 + (start.row > end.row ? 8 : -8)];
  const out = Math.min(EDGE * 0.9 + 14 * rows, 90);
  const right = Math.min(inner + 2 * EDGE - 2, Math.max(x1, x2) + out);
  const side = isLeft ? Math.max(2, Math.min(x1, x2) - out) : right;
  const path = `M ${x1} ${y1} C ${side} ${y1}, ${side} ${y2}, ${x2} ${y2}`;
  return { path, x: (x1 + 6 * side + x2) / 8, y: (y1 + y2) / 2 };
}
