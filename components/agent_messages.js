// The messages that the participants of a run sent each other, from its events: who asked whom, and what came back.
// Plain objects, for the sequence diagram and the list beside it.
const CALLED = { model_call: "model", tool_call: "tool", retrieval: "tool" };
const TO_PERSON = ["approval_request", "approval_decision"];
const TO_ITSELF = ["plan_update", "routing"];
const DEEPEST = 100; // agents within agents

export class Messages {
  constructor(steps, words, agent) {
    this.steps = steps;
    this.words = words;
    this.agent = agent; // of what names none
    this.begin();
  }

  begin() {
    this.cursor = 0;
    this.adoptions = this.steps.adoptions;
    this.edition = (this.edition ?? 0) + 1; // another one when what was there is no longer in its place
    this.list = [];
    this.participants = new Map();
    this.isSorted = true;
    this.hasInput = false; // whether what the user wrote is told of by itself
    this.asked = new Set();
    this.others = 0; // events that are no messages
  }

  // Takes in what is new. When a step has found its parent late, who did what may be another: then from the start.
  read(events) {
    if (this.adoptions !== this.steps.adoptions || this.cursor > events.length) this.begin();
    if (!this.hasInput && hasInput(events, this.cursor)) {
      this.begin();
      this.hasInput = true;
    }
    for (; this.cursor < events.length; this.cursor++) this.take(events[this.cursor]);
    if (this.isSorted) return;
    this.list.sort(inTime);
    this.isSorted = true;
    this.edition += 1;
  }

  // Kinds and names are kept apart by a character that no name has.
  participant(kind, name) {
    const key = `${kind}\u0000${name}`;
    let one = this.participants.get(key);
    if (!one) {
      one = { number: this.participants.size, kind, name, inner: false };
      this.participants.set(key, one);
    }
    return one;
  }

  nameOf(step) {
    return step.source || step.name || this.agent;
  }

  // The agents around a step, the innermost last; an agent that calls itself is one.
  around(step) {
    const chain = [];
    for (let at = step?.parent, level = 0; at && level < DEEPEST; at = at.parent, level++) {
      if (at.kind === "agent" && chain.at(-1) !== this.nameOf(at)) chain.push(this.nameOf(at));
    }
    return chain.reverse();
  }

  take(event) {
    const step = this.steps.of(event);
    const chain = this.around(step);
    const own = event.kind === "tool_call" || event.kind === "agent" ? undefined : event.source;
    if (!chain.length) chain.push(own || this.agent);
    if (event.kind === "agent") return this.takeAgent(event, step, chain);
    const actor = this.participant("agent", chain.at(-1));
    if (Object.hasOwn(CALLED, event.kind)) {
      const kind = CALLED[event.kind];
      const name = kind === "model" ? event.model || step.model || event.name : event.name || step.name;
      const called = this.participant(kind, name || this.words.kinds[event.kind]);
      return this.call(event, step, chain, actor, called);
    }
    if (event.kind === "user_input") {
      return this.put(event, step, chain, this.participant("user", ""), actor, { text: event.summary || event.name });
    }
    if (TO_PERSON.includes(event.kind)) {
      const person = this.participant("person", "");
      const [from, to] = event.kind === "approval_request" ? [actor, person] : [person, actor];
      return this.put(event, step, chain, from, to, { isAnswer: event.kind === "approval_decision" });
    }
    if (TO_ITSELF.includes(event.kind) && event.phase !== "begun") return this.put(event, step, chain, actor, actor, {});
    this.others += 1;
  }

  // One agent that asks another; the outermost is asked by the user, and answers the user.
  takeAgent(event, step, chain) {
    const outer = this.around(step);
    const name = this.nameOf(step);
    if (outer.at(-1) === name) return void (this.others += 1);
    const caller = outer.length ? this.participant("agent", chain.at(-1)) : this.participant("user", "");
    const callee = this.participant("agent", name);
    callee.inner ||= outer.length > 0;
    this.call(event, step, outer, caller, callee, !outer.length && this.hasInput);
  }

  // The question and, once it has ended, the answer. A step that was told of at its end alone has both.
  call(event, step, chain, from, to, isAsked = false) {
    const isOwn = event.phase === "begun" || !step.isBegun;
    if (isOwn && !isAsked && !this.asked.has(step)) {
      this.asked.add(step);
      const text = event.phase === "begun" ? event.summary || event.name : event.name;
      this.put(event, step, chain, from, to, { text: text || this.words.asks, at: step.start });
    }
    if (event.phase !== "begun") this.put(event, step, chain, to, from, { isAnswer: true, at: step.end });
  }

  put(event, step, chain, from, to, { text, isAnswer = false, at }) {
    const isFailed = event.status === "error";
    const when = at ?? step.end ?? step.start;
    const message = {
      seq: event.seq, at: when, from, to, chain, isAnswer, isFailed, kind: event.kind,
      isWaiting: event.status === "waiting",
      text: text || event.summary || event.problem || event.name || this.words.kinds[event.kind] || "",
      name: event.name || event.model || "",
      took: isAnswer ? (event.duration_ms ?? step.duration) : undefined,
    };
    if (this.list.length && inTime(this.list.at(-1), message) > 0) this.isSorted = false;
    this.list.push(message);
  }
}

function hasInput(events, from) {
  for (let at = from; at < events.length; at++) if (events[at].kind === "user_input") return true;
  return false;
}

const inTime = (one, other) => one.at - other.at || one.seq - other.seq || Number(one.isAnswer) - Number(other.isAnswer);
