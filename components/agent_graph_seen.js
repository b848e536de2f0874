// The graph as a run has shown it: which nodes it came to, how often and for how long, and in which order.
const DEEPEST = 100;
const MOST_AT_ONCE = 4000; // ways from the nodes of one round to those of the next

// Visits to nodes, in the order of time. Where an agent tells of nodes as steps of their own, those are the visits;
// otherwise all that was done in a node without another one between is one visit.
export function visitsOf(all) {
  const named = all.filter((step) => step.node);
  const asSteps = new Set(named.filter((step) => step.kind === "node").map((step) => step.node));
  const visits = [];
  const bySteps = new Map();
  const waiting = []; // within a node that is a step of its own
  const last = new Map(); // of each place: the visit that goes on
  named.sort((one, other) => one.start - other.start || one.first - other.first);
  for (const step of named) {
    const isOwn = step.kind === "node";
    if (!isOwn && asSteps.has(step.node)) {
      if (step.isOpen && step.status === "waiting") waiting.push(step);
      continue;
    }
    const scope = scopeOf(step);
    const before = last.get(scope);
    if (!isOwn && before && before.name === step.node && before.iteration === step.iteration) {
      before.end = Math.max(before.end, step.end ?? step.start);
      before.last = Math.max(before.last, step.last);
      before.isOpen ||= step.isOpen && step.status !== "waiting";
      before.isWaiting ||= step.status === "waiting";
      before.isFailed = step.status === "error";
      continue;
    }
    const visit = {
      name: step.node, scope, start: step.start, end: step.end ?? step.start, last: step.last,
      iteration: step.iteration, isOpen: step.isOpen && step.status !== "waiting",
      isWaiting: step.status === "waiting", isFailed: step.status === "error",
    };
    visits.push(visit);
    bySteps.set(step, visit);
    last.set(scope, visit);
  }
  for (const step of waiting) {
    const visit = bySteps.get(around(step, (one) => one.kind === "node" && one.node === step.node));
    if (visit?.isOpen) visit.isWaiting = true;
  }
  return visits;
}

// Nodes within a node have an order of their own.
const scopeOf = (step) => around(step, (one) => one.kind === "node" && one.node && one.node !== step.node);

function around(step, isWanted) {
  for (let at = step.parent, level = 0; at && level < DEEPEST; at = at.parent, level++) if (isWanted(at)) return at;
  return undefined;
}

// What is known of each node.
export function nodesOf(visits, now) {
  const nodes = new Map();
  for (const visit of visits) {
    let node = nodes.get(visit.name);
    if (!node) {
      node = { name: visit.name, times: 0, took: 0, active: 0, last: 0, isFailed: false, isWaiting: false };
      nodes.set(visit.name, node);
    }
    node.times += 1;
    node.took += Math.max(0, (visit.isOpen ? now : visit.end) - visit.start);
    node.active += visit.isOpen ? 1 : 0;
    node.last = Math.max(node.last, visit.last);
    node.isFailed = visit.isFailed; // how it ended the last time
    node.isWaiting = visit.isWaiting;
  }
  return nodes;
}

// From which node a run came to which, and how often. Those of one round, or at work at the same time, stand beside
// each other: each of them follows all of the round before.
export function passagesOf(visits) {
  const passages = new Map(); // from -> to -> passage
  const rounds = new Map();
  const add = (from, to, times) => {
    let targets = passages.get(from);
    if (!targets) passages.set(from, (targets = new Map()));
    const known = targets.get(to);
    if (known) known.times += times;
    else targets.set(to, { from, to, times });
  };
  const close = (round) => {
    const froms = round.before ?? (round.scope ? new Map([[round.scope.node, 1]]) : undefined);
    if (!froms) return;
    const most = Math.max(1, Math.floor(MOST_AT_ONCE / round.names.size));
    for (const from of [...froms.keys()].slice(0, most)) for (const [to, times] of round.names) add(from, to, times);
  };
  for (const visit of visits) {
    const round = rounds.get(visit.scope);
    if (round && isBeside(visit, round)) {
      round.names.set(visit.name, (round.names.get(visit.name) ?? 0) + 1);
      round.firstEnd = Math.min(round.firstEnd, endOf(visit));
      continue;
    }
    if (round) close(round);
    rounds.set(visit.scope, {
      scope: visit.scope, before: round?.names, iteration: visit.iteration, firstEnd: endOf(visit),
      names: new Map([[visit.name, 1]]),
    });
  }
  rounds.forEach(close);
  return [...passages.values()].flatMap((targets) => [...targets.values()]);
}

const endOf = (visit) => (visit.isOpen ? Infinity : visit.end);

function isBeside(visit, round) {
  if (visit.iteration !== undefined && round.iteration !== undefined) return visit.iteration === round.iteration;
  return visit.start < round.firstEnd;
}

// The agent's own graph with what was seen of it; nodes that it does not name, and ways to and from them, are added.
// LangGraph's beginning and end are no steps: they were passed when something was begun, and when the run is done.
export function joined(told, nodes, passages, visits, isDone) {
  const all = new Map(told.nodes.map((name) => [name, nodes.get(name) ?? unseen(name)]));
  for (const [name, node] of nodes) all.set(name, node);
  const edges = new Map(told.edges.map(([from, to]) => [`${from}\u0000${to}`, { from, to, times: 0 }]));
  const names = new Set(told.nodes);
  const ends = visits.length ? [{ from: "__start__", to: visits[0].name, times: 1 }] : [];
  if (visits.length && isDone) ends.push({ from: visits.at(-1).name, to: "__end__", times: 1 });
  for (const passage of [...passages, ...ends]) {
    const edge = edges.get(`${passage.from}\u0000${passage.to}`);
    if (edge) edge.times = passage.times;
    else if (nodes.has(passage.from) && nodes.has(passage.to) && !(names.has(passage.from) && names.has(passage.to))) {
      edges.set(`${passage.from}\u0000${passage.to}`, passage);
    }
  }
  return { nodes: all, edges: [...edges.values()] };
}

export const unseen = (name) => ({ name, times: 0, took: 0, active: 0, last: 0, isFailed: false, isWaiting: false });

// Of too many nodes, those that did most; what is at work, waits or failed comes first.
export function busiest(nodes, edges, most) {
  if (nodes.size <= most) return { nodes: [...nodes.values()], edges };
  const ways = new Map();
  for (const { from, to } of edges) for (const name of [from, to]) ways.set(name, (ways.get(name) ?? 0) + 1);
  const weights = new Map(); // work before ways
  for (const node of nodes.values()) {
    const isGrave = node.active || node.isWaiting || node.isFailed;
    weights.set(node.name, [isGrave ? 1 : 0, node.times, ways.get(node.name) ?? 0, node.took]);
  }
  const heavier = (one, other) => {
    const at = weights.get(one).findIndex((weight, place) => weight !== weights.get(other)[place]);
    return at < 0 ? 0 : weights.get(other)[at] - weights.get(one)[at];
  };
  const kept = new Set([...nodes.keys()].sort(heavier).slice(0, most));
  return {
    nodes: [...nodes.values()].filter((node) => kept.has(node.name)),
    edges: edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to)),
  };
}
