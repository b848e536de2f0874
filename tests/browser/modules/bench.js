// What the tests of the browser's modules stand on: hostile texts, made-up runs, and panes mounted by themselves.
import { formatsOf } from "agent_rows";

const HIT = "window.__hit = 1";
// as markup, a template, an attribute and a link
export const MARKUP =
  `<x-hit></x-hit></bdi></pre><img src=x onerror="${HIT}"><script>${HIT}</script><svg/onload=${HIT}></svg>` +
  `{{ constructor.constructor('${HIT}')() }}" onmouseover="${HIT}" javascript:${HIT}`;
const MADE = "x-hit, img, iframe, object, embed, :not(:scope) > script, [onerror], [onload], [onmouseover], [src]";
const PATIENCE = 60000; // milliseconds
const HREF = /^\/(?!\/)/; // of the panel itself

export let told;
export let format;
let shown;
let caught = 0; // made of texts, in all that was shown since it was last asked

export function begin(words) {
  told = JSON.parse(words);
  format = formatsOf("en", "UTC", told.units);
}

// Panes ----------------------------------------------------------------------------------------------------------
// `name` with `props`, at a desk's size.
export async function show(name, props, width = 1000) {
  remove();
  const { default: pane } = await import(name);
  const root = document.createElement("div");
  root.className = "agents agent-view";
  root.style.cssText = `width: ${width}px; height: 700px; display: flex; flex-direction: column`;
  document.body.append(root);
  const given = Vue.shallowReactive({ format, ...props });
  const emitted = [];
  for (const event of [...(pane.emits ?? []), ...(pane.mixins ?? []).flatMap((one) => one.emits)]) {
    const handler = `on${event[0].toUpperCase()}${event.slice(1)}`;
    given[handler] = (value) => emitted.push([event, value]);
  }
  const app = Vue.createApp({ render: () => Vue.h(pane, given) });
  app.use(Quasar);
  app.mount(root);
  shown = { root, emitted, app, given };
  await Vue.nextTick();
}

// Other props than before.
export async function put(news) {
  Object.assign(shown.given, news);
  await Vue.nextTick();
}

export const emitted = () => shown.emitted;

// Waits for a condition; what is never met is a failure, before the test's own time ends.
export async function until(isMet) {
  const end = performance.now() + PATIENCE;
  while (!isMet()) {
    if (performance.now() > end) throw new Error(`never: ${isMet}; there is: ${text()}`);
    await new Promise((done) => requestAnimationFrame(done));
  }
}

export const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

export const nodes = () => shown.root.querySelectorAll("*").length;
export const text = () => shown.root.textContent;
export const find = (selector) => shown.root.querySelector(selector);
export const all = (selector) => [...shown.root.querySelectorAll(selector)];
export const button = (label) => all("button").find((one) => one.textContent.includes(label));
export async function press(element) {
  element.click();
  await Vue.nextTick();
}

// The longest text that stands in one place, in characters.
export function longest() {
  const walk = document.createTreeWalker(shown.root, NodeFilter.SHOW_TEXT);
  let most = 0;
  while (walk.nextNode()) most = Math.max(most, walk.currentNode.length);
  return most;
}

// What was made of texts: elements, handlers, links to elsewhere.
function made() {
  if (!shown) return 0;
  const elements = [...shown.root.querySelectorAll("*")];
  const isStrange = ({ name, value }) =>
    name.startsWith("on") || (name === "href" && !HREF.test(value)) || (name === "style" && value.includes("url("));
  const strange = elements.filter((one) => [...one.attributes].some(isStrange));
  return strange.length + shown.root.querySelectorAll(MADE).length;
}

function remove() {
  caught += made();
  shown?.app.unmount();
  shown?.root.remove();
  shown = undefined;
}

// Ends what is shown; says what traps have caught.
export function leave() {
  remove();
  const traps = { hit: window.__hit ?? null, polluted: {}.polluted ?? null, made: caught };
  caught = 0;
  window.__hit = undefined;
  return traps;
}

// Runs -----------------------------------------------------------------------------------------------------------
export const RUN = "00000000-0000-4000-8000-000000000001";
const BEGAN = Date.parse("2026-05-04T10:00:00Z");
export const at = (seconds) => new Date(BEGAN + seconds * 1000).toISOString();

// An event as the API tells it.
export const event = (seq, more = {}) => ({
  run_id: RUN, seq, event_id: `e${seq}`, step_id: `s${seq}`, trace_id: "t", kind: "tool_call", phase: "ended",
  status: "done", name: `tool ${seq}`, at: at(seq), ended_at: at(seq + 0.5), duration_ms: 500, ...more,
});

// The same with hostile text in every column that an agent writes.
export const hostile = (seq, more = {}) => {
  const columns = ["source", "node", "model", "provider", "summary", "problem_type", "problem"];
  return event(seq, {
    name: `name ${MARKUP}`, status: "error", currency: "<b>", cost: 1, ...toldBy(columns), ...more,
  });
};
const toldBy = (names) => Object.fromEntries(names.map((name) => [name, `${name} ${MARKUP}`]));

// A run as panes are given it.
export function store(events, run = {}) {
  return {
    run: { run_id: RUN, name: "run", agent: "agent", status: "running", events: events.length, ...run },
    events, count: events.length, state: "told", isWhole: true, at: (seq) => events[seq - 1],
  };
}

export const long = (length, text = "long ") => text.repeat(Math.ceil(length / text.length)).slice(0, length);

// `count` steps that are begun at the same time below one that goes on, and how they end.
export const branches = (count, more = {}) => [
  event(1, { step_id: "root", name: "root", kind: "agent", ...BEGUN }),
  ...Array.from({ length: count }, (_, one) => event(one + 2, { ...branch(one), ...BEGUN, at: at(2), ...more })),
];
export const ends = (count, more = {}) => Array.from({ length: count }, (_, one) =>
  event(count + one + 2, { ...branch(one), at: at(3 + one / 1000), ended_at: undefined, ...more }));
const BEGUN = { phase: "begun", status: "running", ended_at: undefined, duration_ms: undefined };
const branch = (one) => ({ step_id: `b${one}`, parent_id: "root", name: `branch ${one}` });

// Hostile text under every name that a payload has, and under names of its own.
export function hostilePayload() {
  const polluting = `{"polluted": true}`;
  const tree = JSON.parse(`{":onclick": "", "__proto__": ${polluting}, "constructor": {"prototype": ${polluting}}}`);
  tree[MARKUP] = tree[":onclick"] = [`value ${MARKUP}`, { [`:key ${MARKUP}`]: `deep ${MARKUP}` }];
  const called = { id: MARKUP, name: `called ${MARKUP}`, arguments: `arguments ${MARKUP}` };
  const said = (role) => [
    { role, content: `said by ${role} ${MARKUP}`, tool_calls: [called] },
    {
      role: `role ${MARKUP}`,
      content: [{ type: "text", text: `part ${MARKUP}` }, { type: `type ${MARKUP}`, data: MARKUP }],
    },
  ];
  return {
    prompt: ["system", "tool", "assistant", "user"].flatMap(said), answer: said("assistant"),
    arguments: tree,
    result: { stdout: `stdout ${MARKUP}`, stderr: `stderr ${MARKUP}`, exit_code: `exit ${MARKUP}`, tree },
    input: `input ${MARKUP}`, parameters: { tools: [{ name: `tool ${MARKUP}` }], tree },
    attributes: { "retrieval.documents": `document ${MARKUP}`, comment: `comment ${MARKUP}`, by: `by ${MARKUP}`, tree },
    routing: { chosen: `chosen ${MARKUP}`, reason: `reason ${MARKUP}`, alternatives: [`other ${MARKUP}`] },
    stack: `stack ${MARKUP}\n  File "${MARKUP}", line 1\nCaused by: ${MARKUP}\n    at ${MARKUP}`,
  };
}

// Presses whatever opens or shows more, until nothing does or it was often enough.
export async function openAll(most = 200) {
  for (let count = 0; count < most; count++) {
    const next = find("button[aria-expanded=false]:not([disabled])") ?? find(".agent-more:not([disabled])");
    if (!next) return;
    await press(next);
  }
}
