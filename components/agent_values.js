// What a value is that an agent told: its text, its size, the JSON inside of a text. Nothing here draws.
const FENCED = /^```(?:json)?[ \t]*\r?\n([\s\S]*)\n```$/i;

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// What an object itself has under a name: `constructor` is in every object, told by none and ours in none.
export const own = (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined);

// How many there are in a list or an object; of all else that is told, one.
export function countOf(value) {
  if (value === undefined || value === null || value === "") return 0;
  return typeof value === "object" ? Object.keys(value).length : 1;
}

// The first `most` characters, and no half of one.
export function cut(text, most) {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most);
}

// The same, with a mark where something is left out.
export const shortOf = (text, most) => (text.length > most ? `${cut(text, most)}…` : text);

// The list or the object that a text is as JSON, also between the fences of Markdown; undefined for all else.
export function jsonIn(text) {
  if (typeof text !== "string") return undefined;
  const trimmed = text.trim();
  const inner = (trimmed.startsWith("```") ? FENCED.exec(trimmed)?.[1].trim() : trimmed) ?? "";
  if (!inner.startsWith("{") && !inner.startsWith("[")) return undefined;
  try {
    return JSON.parse(inner);
  } catch {
    return undefined;
  }
}

// `space`: of each level, for people to read; without it all stands in one line.
export function textOf(value, space = 2) {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value, null, space) ?? "";
  } catch {
    return ""; // JSON in a text may be deeper than a browser's stack
  }
}

// In characters, written in one line where it is no text.
export const sizeOf = (value) => (value === undefined || value === null ? 0 : textOf(value, 0).length);
