// Who answered a request for approval, and what, as far as an event tells.
import { isObject, own } from "agent_values";

const BY = ["by", "answered_by", "decided_by", "approved_by", "rejected_by", "approver", "operator", "user"];
const COMMENT = ["comment", "reason", "note", "message", "feedback"];
const YES = new Set(["approve", "approved", "accept", "accepted", "allow", "allowed", "yes"]);
const NO = new Set(["reject", "rejected", "deny", "denied", "refuse", "refused", "declined", "no"]);
const WORDS = ["decision", "answer", "action", "type", "status", "verdict"];
const FLAGS = ["approved", "approve", "is_approved", "accepted"];

// {by, verdict, comment}: `verdict` is "yes", "no" or undefined, where it is told in no word that is known.
export function answerTold(event) {
  const payload = event.payload ?? {};
  const places = ["result", "arguments", "input", "attributes"].map((name) => payload[name]);
  const objects = places.filter(isObject);
  return {
    by: text(objects, BY) ?? event.source,
    verdict: places.map(verdictOf).find((each) => each !== undefined),
    comment: text(objects, COMMENT),
  };
}

function verdictOf(told) {
  if (typeof told === "boolean") return told ? "yes" : "no";
  const flag = FLAGS.map((name) => own(told, name)).find((value) => typeof value === "boolean");
  if (flag !== undefined) return flag ? "yes" : "no";
  const words = typeof told === "string" ? [told] : WORDS.map((name) => own(told, name));
  for (const word of words) {
    const lower = typeof word === "string" ? word.trim().toLowerCase() : "";
    if (YES.has(lower)) return "yes";
    if (NO.has(lower)) return "no";
  }
  return undefined;
}

function text(objects, names) {
  for (const told of objects) {
    for (const name of names) {
      const value = own(told, name);
      if (typeof value === "string" && value.trim()) return value.trim();
    }
  }
  return undefined;
}
