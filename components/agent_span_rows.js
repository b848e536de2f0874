// How a step looks as a row of the waterfall: its words, its marks, its bar and where the time beside it stands.
import { barOf, endOf } from "agent_span_tree";
import { own } from "agent_values";

export const ROW = 28; // pixels, as in agents_diagrams.css
const INDENT = 14;
const DEEPEST_INDENT = 10;
const LETTER = 7; // pixels, about
const SHORTEST = 3; // pixels of a bar
const LONGEST_NAME = 200;
const ICONS = { error: "error", waiting: "hourglass_top", stopped: "block", running: "more_horiz" };

export const widthOf = (text) => text.length * LETTER;

export const kindOf = (step, told) => own(told.kinds, step.kind) ?? step.kind ?? "";

// A class of ours for a kind; one that is not known looks like the rest.
export const cssOf = (kind, told) => (own(told.kinds, kind) ? kind : "other");

export function nameOf(step, told) {
  const name = step.name || (step.kind === "node" && step.node) || step.model || (step.kind === "agent" && step.source);
  return (name || kindOf(step, told)).slice(0, LONGEST_NAME);
}

// `pane`: told, format, range, now, width in pixels, isLive, folded, active.
export function rowOf(step, pane) {
  const { told, format } = pane;
  const status = statusOf(step, pane.isLive);
  const bar = barOf(step, pane.range, pane.now);
  const took = tookOf(step, status, pane);
  const name = nameOf(step, told);
  const about = [
    kindOf(step, told), own(told.statuses, status) ?? status, step.isBackwards && told.backwards,
    step.parentKey !== undefined && !step.parent && told.lost, took !== told.unfinished && took,
  ].filter(Boolean).join(", ");
  const count = step.children.length;
  const isFolded = count > 0 && pane.folded.has(step);
  const isActive = step === pane.active;
  const row = {
    step, id: `span-${step.index}`, name, took, label: `${name}: ${about}`, title: `${name}\n${about}`,
    top: `${step.row * ROW}px`, level: step.depth + 1, selected: String(isActive),
    expanded: count ? String(!isFolded) : undefined, hidden: isFolded ? `+${format.number(count)}` : "",
    indent: `${Math.min(step.depth, DEEPEST_INDENT) * INDENT}px`, icon: iconOf(step, status),
    css: ["span-row", lookOf(status), { "is-active": isActive, "is-folded": isFolded }], side: bar.side,
  };
  return bar.side ? row : { ...row, ...looksOf(step, bar, took, status, pane) };
}

function statusOf(step, isLive) {
  if (step.isOpen && !isLive) return "unfinished";
  return step.isOpen && step.status !== "waiting" ? "running" : step.status;
}

const lookOf = (status) => `is-${own(ICONS, status) ? status : "done"}`;

function iconOf(step, status) {
  if (status === "unfinished") return "help_outline";
  return own(ICONS, status) ?? (step.isBackwards ? "history" : "");
}

function tookOf(step, status, { told, format, now }) {
  if (status === "unfinished") return told.unfinished;
  if (step.isOpen) return `${format.duration(endOf(step, now) - step.start)}…`;
  if (step.isPoint) return "";
  return format.duration(step.duration >= 0 ? step.duration : step.end - step.start);
}

// The time stands right of the bar, else left of it, else on it.
function looksOf(step, bar, took, status, { told, width }) {
  const start = bar.left * width;
  const long = Math.max(SHORTEST, bar.width * width);
  const need = widthOf(took) + 12;
  const isRight = start + long + need <= width;
  const isOnBar = !isRight && start < need;
  const left = { right: `${width - start + 6}px` };
  const onBar = { right: `${Math.max(0, width - start - long) + 4}px` };
  return {
    left: `${Math.min(start, width - SHORTEST)}px`, width: `${long}px`, isOnBar,
    place: isRight ? { left: `${start + long + 6}px` } : isOnBar ? onBar : left,
    barCss: ["span-bar", `kind-${cssOf(step.kind, told)}`, lookOf(status), {
      "is-point": step.isPoint && !step.isOpen, "is-open": step.isOpen,
      "is-growing": step.isOpen && status !== "unfinished", "is-cut-left": bar.isCutLeft, "is-cut-right": bar.isCutRight,
    }],
  };
}
