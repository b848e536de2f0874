// The answer of a model as it came, and as what it is meant: JSON, or calls of tools.
import { callsOf, partsOf } from "agent_prompt_split";
import { isObject, jsonIn, own, textOf } from "agent_values";

// {raw, parsed}; `parsed` is undefined where the answer is nothing but words.
export function answerOf(messages) {
  const raw = messages.map((message) => (isPlain(message) && !callsOf(message).length ? textIn(message) : textOf(message)));
  const parsed = messages.map(parsedOf);
  const isParsed = parsed.some((each) => each !== undefined);
  const all = messages.map((message, at) => parsed[at] ?? textIn(message));
  return { raw: raw.join("\n\n"), parsed: isParsed ? (all.length === 1 ? all[0] : all) : undefined };
}

const isPlain = (message) => partsOf(message).every((each) => each.text !== undefined);

const textIn = (message) => partsOf(message).map((each) => each.text ?? textOf(each.value)).join("\n");

function parsedOf(message) {
  const calls = callsOf(message);
  const text = textIn(message);
  const content = isPlain(message) ? jsonIn(text) : own(message, "content");
  if (!calls.length) return content;
  const called = calls.map((call) => (isObject(call) ? { ...call, arguments: argumentsOf(call) } : call));
  return text ? { content: content ?? text, tool_calls: called } : { tool_calls: called };
}

function argumentsOf(call) {
  const told = own(call, "arguments") ?? own(own(call, "function"), "arguments");
  return jsonIn(told) ?? told;
}
