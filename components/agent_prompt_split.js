// The prompt of a model call split into what it is made of, and what a message says.
import { cut, isObject, jsonIn, own, sizeOf, textOf } from "agent_values";

const SYSTEM = new Set(["system", "developer"]);
const CONTEXT = new Set(["tool", "function", "context", "document", "documents", "retrieval"]);
const PERSON = new Set(["user", "human"]);
// names, or parts of dotted names, that carry what was looked up for the model
const LOOKED_UP = /(?:^|\.)(?:context|documents?|retrieval|retrieved|retrieved_documents|knowledge|memory|memories)(?:\.|$)/i;
// names under which tool definitions come, also flattened: `llm.tools.0.tool.json_schema`
const TOOLS = /(?:^|\.)(?:tools|functions|function_tools|output_tools|tool_definitions|tool\.definitions)(?:\.\d+(?:\..*)?)?$/is;
const HOLDS_TOOLS = new Set(["model_request_parameters"]);
const PREVIEW = 160;

// {system, context, history, tools}, each {size, items}; an item is {place, message, size} or {name, value, size}.
// `last` is where in the history the last message of a person stands, -1 without one.
export function splitPrompt(payload) {
  const parts = { system: part(), context: part(), history: part(), tools: part(), last: -1 };
  const prompt = Array.isArray(payload.prompt) ? payload.prompt : [];
  prompt.forEach((message, at) => {
    const role = roleOf(message).toLowerCase();
    const key = SYSTEM.has(role) ? "system" : CONTEXT.has(role) || isToolAnswer(message) ? "context" : "history";
    if (key === "history" && PERSON.has(role)) parts.last = parts.history.items.length;
    add(parts[key], { place: at + 1, message, size: sizeOfMessage(message) });
  });
  for (const given of [payload.parameters, payload.attributes]) {
    for (const [name, value] of isObject(given) ? Object.entries(given) : []) {
      if (value === null || value === "") continue;
      if (isTools(name)) addTools(parts.tools, name, value);
      else if (LOOKED_UP.test(name)) add(parts.context, { name: cut(name, PREVIEW), value, size: sizeOf(value) });
    }
  }
  return parts;
}

// What the split above leaves of `attributes` or `parameters`; undefined where it is nothing.
export function restOf(given) {
  if (!isObject(given)) return undefined;
  const kept = Object.entries(given).filter(([name]) => !isTools(name) && !LOOKED_UP.test(name));
  return kept.length ? Object.fromEntries(kept) : undefined;
}

const part = () => ({ size: 0, items: [] });

function add(to, item) {
  to.size += item.size;
  to.items.push(item);
}

const isTools = (name) => TOOLS.test(name) || HOLDS_TOOLS.has(name);

function addTools(tools, name, value) {
  const told = jsonIn(value) ?? value;
  for (const tool of toolsIn(told) ?? [told]) {
    const parsed = jsonIn(tool) ?? tool;
    add(tools, { name: nameOfTool(parsed) ?? cut(name, PREVIEW), value: parsed, size: sizeOf(tool) });
  }
}

function toolsIn(value) {
  if (Array.isArray(value)) return value;
  const held = ["function_tools", "output_tools", "tools"].map((name) => own(value, name)).filter(Array.isArray);
  return held.length ? held.flat() : undefined;
}

function nameOfTool(tool) {
  const name = own(tool, "name") ?? own(own(tool, "function"), "name") ?? own(own(tool, "tool"), "name");
  return typeof name === "string" && name ? cut(name, PREVIEW) : undefined;
}

export function roleOf(message) {
  const role = own(message, "role");
  return typeof role === "string" ? role : "";
}

function isToolAnswer(message) {
  const parts = own(message, "content");
  return Array.isArray(parts) && parts.length > 0 && parts.every((each) => own(each, "type") === "tool_call_response");
}

export function callsOf(message) {
  const calls = own(message, "tool_calls");
  return Array.isArray(calls) ? calls : [];
}

export function sizeOfMessage(message) {
  const calls = callsOf(message);
  return sizeOf(isObject(message) ? own(message, "content") : message) + (calls.length ? sizeOf(calls) : 0);
}

// What a message says, in parts: {text}, or {value, name} for what is no text.
export function partsOf(message) {
  const content = isObject(message) ? own(message, "content") : message;
  if (content === undefined || content === null || content === "") return [];
  if (!Array.isArray(content)) return [typeof content === "string" ? { text: content } : { value: content }];
  return content.map((each) => {
    const text = typeof each === "string" ? each : textOfPart(each);
    return text === undefined ? { value: each, name: own(each, "type") } : { text };
  });
}

function textOfPart(one) {
  const type = own(one, "type");
  if (type !== undefined && type !== "text" && type !== "input_text" && type !== "output_text") return undefined;
  return [own(one, "text"), own(one, "content")].find((text) => typeof text === "string");
}

// One line of it, for where it is closed.
export function previewOf(message) {
  const parts = partsOf(message);
  const first = parts.find((each) => each.text?.trim());
  if (first) return cut(first.text.trimStart(), PREVIEW).replace(/\s+/g, " ");
  const names = callsOf(message).slice(0, 5).map(nameOfTool).filter(Boolean);
  if (names.length) return names.join(", ");
  const name = parts[0]?.name ?? "";
  return typeof name === "string" ? cut(name, PREVIEW) : "";
}
