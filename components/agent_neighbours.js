// How one event hangs together with the others of its run. They are looked through once, and then what is new: a run
// may have a hundred thousand of them, and most are never shown.
const CHILDREN = 50;

export class Neighbours {
  constructor(event) {
    this.event = event;
    this.read = 0;
    this.halves = []; // what else was told of the same step, and this
    this.inner = new Map(); // the first of its own steps by their ids: the latest event of each
    this.ids = new Set(); // of all its own steps
    this.alike = []; // of the same kind
    this.begun = new Map(); // steps of the same kind whose beginning was told of; whether they have ended
    this.decisions = [];
    this.place = -1; // of the event itself among those of its kind
  }

  take(events) {
    const { step_id: step, parent_id: parent, kind } = this.event;
    for (; this.read < events.length; this.read++) {
      const event = events[this.read];
      if (event.step_id === step) this.halves.push(event);
      else if (event.parent_id === step) this.addInner(event);
      if (event.step_id === parent && parent !== step) this.parent = event;
      if (event.kind === kind) this.addAlike(event);
      if (event.kind === "approval_decision") this.decisions.push(event);
    }
  }

  addInner(event) {
    this.ids.add(event.step_id);
    if (this.inner.size < CHILDREN || this.inner.has(event.step_id)) this.inner.set(event.step_id, event);
  }

  addAlike(event) {
    if (event.seq === this.event.seq) this.place = this.alike.length;
    if (event.phase === "begun") this.begun.set(event.step_id, false);
    else if (this.begun.has(event.step_id)) this.begun.set(event.step_id, true);
    this.alike.push(event);
  }

  // {parent, halves, children, more, previous, next, decision}; `more` is how many children are left out.
  told() {
    return Object.freeze({
      parent: this.parent,
      halves: this.halves.length > 1 ? this.halves.slice(0, CHILDREN) : [],
      children: [...this.inner.values()],
      more: this.ids.size - this.inner.size,
      previous: this.beside(-1),
      next: this.beside(1),
      decision: this.event.kind === "approval_request" ? this.decision() : undefined,
    });
  }

  // The nearest of another step: of a step that has ended, its end.
  beside(way) {
    if (this.place < 0) return undefined;
    for (let at = this.place + way; at >= 0 && at < this.alike.length; at += way) {
      const event = this.alike[at];
      const isPassed = event.phase === "begun" && this.begun.get(event.step_id);
      if (event.step_id !== this.event.step_id && !isPassed) return event;
    }
    return undefined;
  }

  // The answer to a request for approval: to its step, else to the step that asked.
  decision() {
    const { step_id: step, parent_id: parent, seq } = this.event;
    const later = this.decisions.filter((event) => event.seq > seq);
    return (
      later.find((event) => event.step_id === step || event.parent_id === step) ??
      later.find((event) => parent !== undefined && (event.step_id === parent || event.parent_id === parent))
    );
  }
}
