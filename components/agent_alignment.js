// Which steps of two runs are the same ones: the longest sequence that both have in this order (Myers, "An O(ND)
// Difference Algorithm", 1986). Two steps are the same when they are of one kind and one name.
const MOST_DIFFERENCES = 600; // beyond this the rest is taken as it comes: two runs that have nothing in common

const keyOf = (step) => `${step.kind}\n${step.name}`;

// -> pairs [of the one or undefined, of the other or undefined], in order
export function aligned(one, other) {
  const a = one.map(keyOf);
  const b = other.map(keyOf);
  const trace = search(a, b);
  const pairs = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0 && (x > 0 || y > 0); d--) {
    const reached = trace[d];
    const k = x - y;
    const isDown = k === -d || (k !== d && at(reached, k - 1) < at(reached, k + 1));
    const from = isDown ? k + 1 : k - 1;
    const startX = d === 0 ? 0 : at(reached, from);
    const startY = d === 0 ? 0 : startX - from;
    while (x > startX && y > startY && a[x - 1] === b[y - 1]) pairs.push([one[--x], other[--y]]);
    if (d === 0) break;
    if (isDown && y > 0) pairs.push([undefined, other[--y]]);
    else if (x > 0) pairs.push([one[--x], undefined]);
  }
  while (x > 0 || y > 0) pairs.push([x > 0 ? one[--x] : undefined, y > 0 ? other[--y] : undefined]);
  return pairs.reverse();
}

const at = (reached, k) => reached.get(k) ?? -1;

// how far each diagonal was reached with 0, 1, 2… differences, until both ends; nothing where there are too many
function search(a, b) {
  let reached = new Map([[1, 0]]);
  const trace = [];
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_DIFFERENCES); d++) {
    trace.push(new Map(reached));
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && at(reached, k - 1) < at(reached, k + 1));
      let x = isDown ? at(reached, k + 1) : at(reached, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reached.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
  }
  return [];
}
