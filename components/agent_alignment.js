// Which steps of two runs are the same ones: the longest sequence that both have in this order (Myers, "An O(ND)
// Difference Algorithm", 1986). Two steps are the same when they are of one kind and one name.
const MOST_DIFFERENCES = 600; // after these, behind the last step that both have, the rest is taken as it comes

const keyOf = (step) => `${step.kind}\n${step.name}`;

// -> pairs [of the one or undefined, of the other or undefined], in order
export function aligned(one, other) {
  const { trace, x, y } = search(one.map(keyOf), other.map(keyOf));
  const places = wayTo(x, y, trace);
  if (x < one.length || y < other.length) {
    while (places.length && places.at(-1).includes(undefined)) places.pop();
    const [lastX, lastY] = places.at(-1) ?? [-1, -1];
    const [restX, restY] = [one.length - 1 - lastX, other.length - 1 - lastY];
    for (let at = 1; at <= Math.max(restX, restY); at++) places.push([lastX + at, lastY + at]);
  }
  return places.map(([left, right]) => [one[left], other[right]]);
}

const at = (reached, k) => reached.get(k) ?? -1;

const isDown = (reached, k, d) => k === -d || (k !== d && at(reached, k - 1) < at(reached, k + 1));

// How far each diagonal was reached with 0, 1, 2… differences; {x, y}: both ends, or the farthest place on the way.
function search(a, b) {
  const reached = new Map([[1, 0]]);
  const trace = [];
  let farthest = { x: 0, y: 0 };
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_DIFFERENCES); d++) {
    trace.push(new Map(reached));
    farthest = { x: 0, y: 0 };
    for (let k = -d; k <= d; k += 2) {
      let x = isDown(reached, k, d) ? at(reached, k + 1) : at(reached, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reached.set(k, x);
      const y = x - k;
      if (x >= a.length && y >= b.length) return { trace, x: a.length, y: b.length };
      if (x <= a.length && y <= b.length && x + y > farthest.x + farthest.y) farthest = { x, y };
    }
  }
  return { trace, ...farthest };
}

// Places in both, or in one of them, from the beginning on.
function wayTo(x, y, trace) {
  const places = [];
  for (let d = trace.length - 1; d >= 0; d--) {
    const reached = trace[d];
    const k = x - y;
    const down = isDown(reached, k, d);
    const from = down ? k + 1 : k - 1;
    const startX = d === 0 ? 0 : at(reached, from);
    const startY = d === 0 ? 0 : startX - from;
    while (x > startX && y > startY) places.push([--x, --y]);
    if (d === 0) break;
    if (down) places.push([undefined, --y]);
    else places.push([--x, undefined]);
  }
  return places.reverse();
}
