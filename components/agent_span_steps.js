// The steps of a run as spans, put together from its events as these come. Events tell that a step has begun, that it
// has ended, or both at once; a parent may be told of after its children, or never. Names and ids are whatever the
// agent wrote, so they are keys of a Map and nothing else.
const DEEPEST = 1000; // levels; what hangs deeper stands among the first, so that a hostile chain costs little
const WITHOUT_MICROSECONDS = 24; // characters

const kept = new WeakMap();

// One reading of a run's events for all panes that are open on it.
export function stepsOf(store) {
  let steps = kept.get(store.events);
  if (!steps || steps.cursor > store.events.length) {
    steps = new Steps();
    kept.set(store.events, steps);
  }
  steps.read(store.events);
  return steps;
}

export const isLive = (run) => !run || ((run.status === "running" || run.status === "waiting") && !run.ended_at);

// Milliseconds with fractions: agents tell microseconds, which Date leaves out.
export function momentOf(text) {
  const whole = Date.parse(text);
  if (!(text?.length > WITHOUT_MICROSECONDS)) return whole;
  const fraction = /\.\d{3}(\d{1,3})/.exec(text);
  return fraction ? whole + Number(fraction[1].padEnd(3, "0")) / 1000 : whole;
}

export class Steps {
  constructor() {
    this.cursor = 0;
    this.all = []; // in the order in which they were first told of
    this.byKey = new Map();
    this.orphans = new Map(); // a parent that is not known yet -> its children
    this.roots = [];
    this.isRootsSorted = true;
    this.adoptions = 0; // how often something found its parent late
    this.from = Infinity;
    this.to = -Infinity;
    this.open = new Set();
  }

  read(events) {
    for (; this.cursor < events.length; this.cursor++) this.take(events[this.cursor]);
  }

  // The step of an event; one without an id is a step of its own.
  of(event) {
    return this.byKey.get(event.step_id ?? event.seq);
  }

  take(event) {
    const key = event.step_id ?? event.seq;
    const known = this.byKey.get(key);
    if (event.kind === "approval_decision") {
      const isItsEnd = known?.kind === "approval_request"; // told as the request's own step: no step of its own
      this.answer(event, isItsEnd ? known : this.byKey.get(event.parent_id));
      if (isItsEnd) return;
    }
    const step = known ?? stepOf(event, this.all.length);
    this.merge(step, event);
    if (!known) {
      this.all.push(step);
      this.byKey.set(key, step);
      if (!this.isPlaced(step, event.parent_id)) this.putAmongRoots(step);
      this.adopt(step, key);
    } else if (step.parentKey === undefined && event.parent_id !== undefined) {
      this.adoptions += 1;
      if (this.isPlaced(step, event.parent_id)) this.isRootsSorted = false; // it is no root after all
    }
  }

  merge(step, event) {
    const told = momentOf(event.at);
    const at = Number.isNaN(told) ? (step.start ?? (Number.isFinite(this.to) ? this.to : 0)) : told;
    const isNews = event.phase !== "begun" || !step.isEnded; // a beginning may be told of after the end
    if (isNews) {
      step.kind = event.kind;
      step.status = event.status ?? step.status;
      step.last = event.seq;
    }
    step.name = newer(step.name, event.name, isNews);
    step.source = newer(step.source, event.source, isNews);
    step.node = newer(step.node, event.node, isNews);
    step.iteration = newer(step.iteration, event.iteration, isNews);
    step.model = newer(step.model, event.model, isNews);
    if (event.phase === "begun") this.begin(step, at);
    else this.end(step, event, at);
    if (event.duration_ms !== undefined) step.duration = Number(event.duration_ms);
    step.isOpen = !step.isEnded || step.status === "waiting";
    if (step.isOpen) this.open.add(step);
    else this.open.delete(step);
    this.from = Math.min(this.from, step.start);
    this.to = Math.max(this.to, step.end ?? step.start);
  }

  begin(step, at) {
    step.isBegun = true;
    step.isBackwards = step.isEnded && at > step.end;
    this.start(step, at);
  }

  end(step, event, at) {
    const told = event.ended_at === undefined ? at : momentOf(event.ended_at);
    const end = Number.isNaN(told) ? at : told;
    step.isBackwards = end < (step.start ?? at);
    step.isPoint = event.phase === "point" && !step.isBegun;
    step.isEnded = true;
    this.start(step, at);
    step.end = Math.max(step.end ?? step.start, end);
  }

  // What waited for a person waits no more: the request that is meant, or all where none is. Steps that ended waiting
  // go on in others.
  answer(event, asked) {
    const at = momentOf(event.at);
    const waiting = [...this.open].filter((step) => step.isEnded);
    const asking = waiting.filter((step) => step.kind === "approval_request");
    const answered = asking.includes(asked) ? [asked] : asking;
    for (const step of answered.length < asking.length ? answered : waiting) {
      if (step.kind === "approval_request") [step.status, step.last] = ["done", event.seq];
      if (at > step.end) step.end = at;
      step.isOpen = false;
      this.open.delete(step);
    }
    if (at > this.to) this.to = at;
  }

  start(step, at) {
    if (step.start !== undefined && step.start <= at) return;
    if (step.start !== undefined && step.parent) step.parent.isSorted = false;
    this.isRootsSorted &&= step.start === undefined;
    step.start = at;
  }

  // Below its parent; or, as long as that is not known, among those that wait for it.
  isPlaced(step, parentKey) {
    step.parentKey = parentKey;
    const parent = parentKey === undefined ? undefined : this.byKey.get(parentKey);
    if (parent && !this.isWithin(parent, step)) {
      this.hang(step, parent);
      return true;
    }
    if (!parent && parentKey !== undefined) {
      const waiting = this.orphans.get(parentKey);
      if (waiting) waiting.push(step);
      else this.orphans.set(parentKey, [step]);
    }
    return false;
  }

  putAmongRoots(step) {
    if (this.roots.length && this.roots.at(-1).start > step.start) this.isRootsSorted = false;
    this.roots.push(step);
  }

  hang(step, parent) {
    step.parent = parent;
    if (parent.children.length && parent.children.at(-1).start > step.start) parent.isSorted = false;
    parent.children.push(step);
  }

  adopt(parent, key) {
    const waiting = this.orphans.get(key);
    if (!waiting) return;
    this.orphans.delete(key);
    this.adoptions += 1;
    this.isRootsSorted = false;
    for (const step of waiting) if (!this.isWithin(parent, step)) this.hang(step, parent);
  }

  // Whether `step` is `other` or stands somewhere below it: parents may be told in a circle.
  isWithin(step, other) {
    let at = step;
    for (let level = 0; at && level < DEEPEST; level++) {
      if (at === other) return true;
      at = at.parent;
    }
    return Boolean(at);
  }

  childrenOf(step) {
    if (!step.isSorted) {
      step.children.sort(inTime);
      step.isSorted = true;
    }
    return step.children;
  }

  sortedRoots() {
    if (!this.isRootsSorted) {
      this.roots = this.roots.filter((step) => !step.parent).sort(inTime);
      this.isRootsSorted = true;
    }
    return this.roots;
  }
}

// All of its fields from the start: with tens of thousands of steps, that is what makes them quick.
const stepOf = (event, index) => ({
  index, first: event.seq, last: event.seq, kind: event.kind, status: event.status, name: undefined, source: undefined,
  node: undefined, iteration: undefined, model: undefined, start: undefined, end: undefined, duration: undefined,
  parentKey: undefined, parent: undefined, children: [], isSorted: true, isBegun: false, isEnded: false, isPoint: false,
  isOpen: false, isBackwards: false, depth: 0, row: 0,
});

const newer = (known, told, isNews) => (told !== undefined && (isNews || known === undefined) ? told : known);

const inTime = (one, other) => one.start - other.start || one.first - other.first;
