// A plan as an agent told it, and what is different from the one before.
import { isObject, jsonIn, own, shortOf } from "agent_values";

export const PLAN_TOOLS = new Set(["write_todos", "todowrite", "update_plan"]);
const PLACES = ["result", "arguments", "input"];
const PLACES_OF_TOOL = ["arguments", "input", "result"]; // a tool's result is what it answered
const LISTS = ["tasks", "todos", "plan"];
const TITLES = ["title", "content", "text", "name", "step"];
const REASONS = ["reason", "explanation"];
const LONGEST = 2000; // characters of a title or a reason,
const WORD = 100; // and of a status or a name; the event itself has all of it

export function isPlanUpdate(event) {
  if (event.kind === "plan_update") return true;
  return event.kind === "tool_call" && PLAN_TOOLS.has(event.name.toLowerCase());
}

// {tasks, reason, by} from a whole event, undefined where it holds no plan. A list that is empty is a plan.
// Each task is {id, title, status, by}, all texts; what is not told is undefined.
export function planOf(event) {
  const isTool = event.kind === "tool_call";
  for (const place of isTool ? PLACES_OF_TOOL : PLACES) {
    const told = own(event.payload, place);
    const value = jsonIn(told) ?? told;
    const list = Array.isArray(value) ? value : LISTS.map((name) => own(value, name)).find(Array.isArray);
    if (!list) continue;
    const reason = firstText(value, REASONS, LONGEST) ?? (isTool ? undefined : sentence(event.summary));
    return { tasks: list.map(taskOf).filter(Boolean), reason, by: firstText(value, ["by"], WORD) };
  }
  return undefined;
}

function taskOf(told) {
  if (typeof told === "string") return told.trim() ? { title: shortOf(told.trim(), LONGEST) } : undefined;
  if (!isObject(told)) return undefined;
  const id = own(told, "id");
  const isId = typeof id === "number" || (typeof id === "string" && id !== "");
  const title = firstText(told, TITLES, LONGEST);
  if (title === undefined && !isId) return undefined;
  return {
    id: isId ? String(id) : undefined,
    title: title ?? shortOf(String(id), LONGEST),
    status: firstText(told, ["status"], WORD),
    by: firstText(told, ["by"], WORD),
  };
}

function firstText(told, names, most) {
  for (const name of names) {
    const value = own(told, name);
    if (typeof value === "string" && value.trim()) return shortOf(value.trim(), most);
  }
  return undefined;
}

// The line of the feed says why only where it is not the list itself.
const sentence = (summary) => (summary && !/^[[{]/.test(summary) ? summary : undefined);

// {added, removed, changed, isReordered} between two lists. `changed` are {before, after}: another status or title.
// Tasks are the same by their id, else by their title; of several with one title, the first are the first.
export function compare(before, after) {
  const pairs = new Map(); // from tasks after to tasks before
  const left = new Set(before);
  pair(after, left, pairs, (task) => task.id);
  pair(after, left, pairs, (task) => task.title);
  const added = after.filter((task) => !pairs.has(task));
  const both = after.filter((task) => pairs.has(task));
  const changed = both
    .map((task) => ({ before: pairs.get(task), after: task }))
    .filter((each) => each.before.status !== each.after.status || each.before.title !== each.after.title);
  const places = new Map(before.map((task, at) => [task, at]));
  const order = both.map((task) => places.get(pairs.get(task)));
  const isReordered = order.some((place, at) => at > 0 && place < order[at - 1]);
  return { added, removed: [...left], changed, isReordered };
}

function pair(after, left, pairs, keyOf) {
  const waiting = new Map(); // of each key the tasks before, the next one last: a list may be of one title all along
  for (const task of [...left].reverse()) {
    const key = keyOf(task);
    if (key === undefined) continue;
    if (waiting.has(key)) waiting.get(key).push(task);
    else waiting.set(key, [task]);
  }
  for (const task of after) {
    if (pairs.has(task)) continue;
    const found = waiting.get(keyOf(task))?.pop();
    if (found === undefined) continue;
    pairs.set(task, found);
    left.delete(found);
  }
}

export const isChanged = (changes) =>
  changes.added.length + changes.removed.length + changes.changed.length > 0 || changes.isReordered;
