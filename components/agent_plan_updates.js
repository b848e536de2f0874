// The updates of a run's plan, in order, and what they hold: read when it is asked for, a few at a time, each once.
import { isPlanUpdate, planOf } from "agent_plan_changes";

const AT_ONCE = 4;

// An update is {key, events, plan, state}: the events of one step, of which the last that holds a list is the plan.
// `state` is "unread", "reading", "read" or "failed"; a step that failed has changed no plan.
export class PlanUpdates {
  constructor(load, changed) {
    this.load = load;
    this.changed = changed; // called when something was read
    this.read = 0;
    this.list = [];
    this.steps = new Map();
    this.waiting = [];
    this.busy = 0;
  }

  // Reads what is new of the run; says whether a plan was among it.
  take(events) {
    let isNew = false;
    for (; this.read < events.length; this.read++) {
      const event = events[this.read];
      if (!isPlanUpdate(event)) continue;
      isNew = true;
      this.add(event);
    }
    return isNew;
  }

  add(event) {
    const known = event.phase === "point" ? undefined : this.steps.get(event.step_id);
    if (known) {
      known.events.push(event);
      known.isFailed = event.status === "error";
      if (known.plan === undefined) known.state = "unread";
      return;
    }
    const made = { key: event.seq, events: [event], plan: undefined, state: "unread", isFailed: event.status === "error" };
    if (event.phase !== "point") this.steps.set(event.step_id, made);
    this.list.push(made);
  }

  // Those that changed the plan, as far as is known, oldest first.
  counted() {
    const isKept = (update) => update.events.some((event) => event.has_payload);
    return this.list.filter((update) => !update.isFailed && isKept(update) && (update.plan || update.state !== "read"));
  }

  // Asks for these next, the first of them first; what was asked for before and is not needed any more is let go.
  want(updates) {
    for (const update of this.waiting) if (update.state === "reading") update.state = "unread";
    this.waiting = updates.filter((update) => update.state === "unread");
    for (const update of this.waiting) update.state = "reading";
    this.go();
  }

  retry() {
    for (const update of this.list) if (update.state === "failed") update.state = "unread";
  }

  go() {
    while (this.busy < AT_ONCE && this.waiting.length) {
      this.busy++;
      this.fetch(this.waiting.shift());
    }
  }

  async fetch(update) {
    const count = update.events.length;
    try {
      for (const event of update.events.toReversed()) {
        if (!event.has_payload) continue;
        const whole = await this.load(`/runs/${event.run_id}/events/${event.seq}`);
        update.plan = planOf(whole);
        if (update.plan) break;
      }
      // its end may have come meanwhile
      update.state = update.plan || update.events.length === count ? "read" : "unread";
    } catch (problem) {
      update.state = "failed";
      update.problem = problem;
    }
    this.busy--;
    this.changed();
    this.go();
  }
}
