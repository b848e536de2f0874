// How one event hangs together with the others of its run. What a run has told is put in order once, and then what is
// new, for all events that are looked at: it may be a hundred thousand.
const CHILDREN = 50;

const known = new WeakMap(); // a run's list of events -> its order

class Order {
  constructor() {
    this.read = 0;
    this.steps = new Map(); // step -> its events
    this.inner = new Map(); // step -> its own steps: the latest event of each of the first, and the ids of all
    this.kinds = new Map(); // kind -> its events
  }

  take(events) {
    for (; this.read < events.length; this.read++) {
      const event = events[this.read];
      listIn(this.steps, event.step_id).push(event);
      listIn(this.kinds, event.kind).push(event);
      if (event.parent_id !== undefined && event.parent_id !== event.step_id) this.addInner(event);
    }
  }

  addInner(event) {
    let family = this.inner.get(event.parent_id);
    if (!family) this.inner.set(event.parent_id, (family = { first: new Map(), ids: new Set() }));
    family.ids.add(event.step_id);
    if (family.first.size < CHILDREN || family.first.has(event.step_id)) family.first.set(event.step_id, event);
  }
}

export class Neighbours {
  constructor(event) {
    this.event = event;
  }

  take(events) {
    if (!known.has(events)) known.set(events, new Order());
    this.order = known.get(events);
    this.order.take(events);
  }

  // {parent, halves, children, more, previous, next, decision}; `more` is how many children are left out.
  told() {
    const { step_id: step, parent_id: parent, kind } = this.event;
    const halves = this.order.steps.get(step) ?? [];
    const family = this.order.inner.get(step);
    return Object.freeze({
      parent: parent === step ? undefined : this.order.steps.get(parent)?.at(-1),
      halves: halves.length > 1 ? halves.slice(0, CHILDREN) : [],
      children: family ? [...family.first.values()] : [],
      more: family ? family.ids.size - family.first.size : 0,
      previous: this.beside(-1),
      next: this.beside(1),
      decision: kind === "approval_request" ? this.decision() : undefined,
    });
  }

  // The nearest of another step: of a step that has ended, its end.
  beside(way) {
    const alike = this.order.kinds.get(this.event.kind) ?? [];
    const place = placeOf(alike, this.event.seq);
    if (place === undefined) return undefined;
    for (let at = place + way; at >= 0 && at < alike.length; at += way) {
      const event = alike[at];
      const isPassed = event.phase === "begun" && this.order.steps.get(event.step_id).some((one) => one.phase !== "begun");
      if (event.step_id !== this.event.step_id && !isPassed) return event;
    }
    return undefined;
  }

  // The answer to a request for approval: to its step, else to the step that asked.
  decision() {
    const { step_id: step, parent_id: parent, seq } = this.event;
    const later = (this.order.kinds.get("approval_decision") ?? []).filter((event) => event.seq > seq);
    return (
      later.find((event) => event.step_id === step || event.parent_id === step) ??
      later.find((event) => parent !== undefined && (event.step_id === parent || event.parent_id === parent))
    );
  }
}

function listIn(table, name) {
  let list = table.get(name);
  if (!list) table.set(name, (list = []));
  return list;
}

// by halving: they stand in the order of their numbers
function placeOf(events, seq) {
  let [low, high] = [0, events.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (events[middle].seq === seq) return middle;
    if (events[middle].seq < seq) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
