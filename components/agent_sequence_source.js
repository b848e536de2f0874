// Mermaid's source of a sequence diagram. Names and texts are whatever agents wrote, so each character but those below
// goes in as the number of its code point, which Mermaid's grammar cannot read as anything else, and participants
// are known by ids of ours.
const PLAIN = /[\p{L}\p{N} .,:()_/?!'"=+{}[\]-]/u;
const NO_COLON = /^\s*(?:no)?wrap|style|classDef/i; // what Mermaid reads as more than text where a colon follows
const PLACEHOLDER = "\ufb02"; // a letter by which Mermaid knows its own placeholders
const INVISIBLE = /[\p{C}\p{Z}]+/gu; // breaks, controls, marks of direction, halves of characters
const LONGEST_NAME = 28;
const ARROWS = { call: "->>", answer: "-->>", failed: "--x", many: "<<->>" };

// A text as Mermaid may have it: cut, on one line, nothing of it a command.
export function encode(text, most) {
  const points = [...String(text ?? "").slice(0, most * 8).replace(INVISIBLE, " ").trim()];
  const isCut = points.length > most || String(text ?? "").length > most * 8;
  const kept = isCut ? [...points.slice(0, most - 1), "…"] : points;
  const barred = NO_COLON.test(kept.join("")) ? [PLACEHOLDER, ":"] : [PLACEHOLDER];
  const isPlain = (point) => PLAIN.test(point) && !barred.includes(point);
  return kept.map((point) => (isPlain(point) ? point : `#${point.codePointAt(0)};`)).join("") || " ";
}

// `lines`: {from, to, text, look}; `participants`: {participant, name}, drawn in this order. Texts are cut to `most`.
export function sourceOf(participants, lines, most) {
  const ids = new Map(participants.map((one, at) => [one.participant, `p${at}`]));
  const source = ["sequenceDiagram"];
  for (const one of participants) {
    source.push(`participant ${ids.get(one.participant)} as ${encode(one.name, LONGEST_NAME)}`);
  }
  for (const line of lines) {
    const arrow = Object.hasOwn(ARROWS, line.look) ? ARROWS[line.look] : ARROWS.call;
    source.push(`${ids.get(line.from)}${arrow}${ids.get(line.to)}: ${encode(line.text, most)}`);
  }
  return source.join("\n");
}
