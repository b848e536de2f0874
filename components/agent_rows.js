// Events and runs as they are shown: icons, tones, and the numbers of a reader's language.
import { own } from "agent_values";

const KINDS = {
  user_input: "person", model_call: "auto_awesome", tool_call: "build", agent: "smart_toy", node: "account_tree",
  retrieval: "manage_search", plan_update: "checklist", approval_request: "pan_tool", approval_decision: "how_to_reg",
  routing: "alt_route", log: "notes", other: "more_horiz",
};
const TONES = { running: "live", waiting: "warn", done: "good", error: "bad", stopped: "unknown" };
const SECOND = 1000;
const MINUTE = 60000;

export const iconOf = (kind) => own(KINDS, kind) ?? KINDS.other;
export const toneOf = (status) => own(TONES, status) ?? "unknown";
export const wordOf = (words, name) => own(words, name) ?? name;
export const isGoingOn = (run) => run?.status === "running" || run?.status === "waiting";

export function formatsOf(locale, timeZone, units) {
  const make = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const clock = make({ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
  const moment = make({ dateStyle: "medium", timeStyle: "medium" });
  const brief = make({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const numbers = new Intl.NumberFormat(locale);
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const plurals = new Intl.PluralRules(locale);
  const safely = (format, at) => (Number.isNaN(Date.parse(at)) ? "—" : format.format(new Date(at)));
  return {
    time: (at) => safely(clock, at),
    moment: (at) => safely(moment, at),
    brief: (at) => safely(brief, at),
    number: (count) => numbers.format(count),
    // forms by their CLDR category, each with {count}
    plural: (forms, count) => (forms[plurals.select(count)] ?? forms.other).replace("{count}", numbers.format(count)),
    money: (amount, currency) => {
      const options = { style: "currency", currency };
      if (amount > 0 && amount < 0.01) options.maximumSignificantDigits = 2; // small, and still not nothing
      try {
        return new Intl.NumberFormat(locale, options).format(amount);
      } catch {
        return [tenths.format(amount), currency].filter(Boolean).join(" "); // no currency that the browser knows
      }
    },
    duration: (ms) => {
      if (ms < SECOND) return `${numbers.format(Math.round(ms))} ${units.ms}`;
      if (ms < MINUTE) return `${tenths.format(ms / SECOND)} ${units.s}`;
      const minutes = Math.floor(ms / MINUTE);
      if (minutes < 60) return `${minutes} ${units.min} ${Math.floor((ms % MINUTE) / SECOND)} ${units.s}`;
      return `${numbers.format(Math.floor(minutes / 60))} ${units.h} ${minutes % 60} ${units.min}`;
    },
  };
}

// A run in one line for somebody who is no programmer.
export function tellRun(run, told, format) {
  const who = run.agent ?? run.name;
  const parts = [format.plural(told.model_calls, run.model_calls), format.plural(told.tool_calls, run.tool_calls)];
  if (run.failures) parts.push(format.plural(told.failures, run.failures));
  if (run.cost !== undefined && (run.cost_is_known || Number(run.cost) > 0)) {
    const amount = format.money(Number(run.cost), run.currency ?? "USD");
    parts.push(run.cost_is_known ? amount : told.at_least.replace("{amount}", () => amount));
  } else if (!run.cost_is_known) parts.push(told.cost_unknown);
  const sentence = wordOf(told.sentences, run.status);
  // who is at work and says nothing works all the same
  const since = run.status === "running" ? Date.now() - Date.parse(run.started_at) : 0;
  const lasting = format.duration(Math.max(run.duration_ms ?? 0, since));
  return `${sentence.replace("{who}", () => who).replace("{duration}", () => lasting)} ${parts.join(" · ")}`;
}

// What a row of the feed says of an event.
export function rowOf(event, told, format) {
  return {
    seq: event.seq,
    time: format.time(event.at),
    source: event.source ?? event.node ?? "",
    icon: iconOf(event.kind),
    kind: wordOf(told.kinds, event.kind),
    name: event.name,
    says: event.problem ?? event.summary ?? "",
    isProblem: event.problem !== undefined,
    status: event.status,
    statusWord: event.phase === "begun" ? told.begun : wordOf(told.statuses, event.status),
    tone: event.phase === "begun" ? "live" : toneOf(event.status),
    took: event.duration_ms === undefined || event.phase !== "ended" ? "" : format.duration(event.duration_ms),
  };
}

// What the text filter looks through.
export const foundIn = (event) =>
  [event.name, event.source, event.node, event.model, event.summary, event.problem, event.problem_type, event.kind]
    .filter(Boolean).join("\n").toLowerCase();
