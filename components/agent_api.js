// The panel's API as a page asks it: with the session's cookie, for one salon.
const PREFIX = "/api/v1";
const TIMEOUT = 30000; // milliseconds

// What the server has refused, in words; `status` 0 is a server that did not answer.
export class Refusal extends Error {
  constructor(status, told) {
    super(told?.message ?? "");
    this.status = status;
    this.code = told?.code ?? "";
    this.advice = told?.advice ?? "";
    this.decision = told?.decision; // of a question that somebody else has answered
  }
}

// A name for something that is done once however often it is asked for. `crypto.randomUUID` is not there on pages that
// came by plain http from another machine.
export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function apiOf(tenant) {
  const named = (path) => `${PREFIX}${path}${path.includes("?") ? "&" : "?"}tenant=${encodeURIComponent(tenant)}`;
  const ask = async (path, options) => {
    let answer;
    try {
      answer = await fetch(named(path), { ...options, signal: AbortSignal.timeout(TIMEOUT) });
    } catch {
      throw new Refusal(0);
    }
    const told = await answer.json().catch(() => undefined);
    if (!answer.ok || told === undefined) throw new Refusal(answer.status, told);
    return told;
  };
  return {
    load: (path) => ask(path),
    send: (path, body) =>
      ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    stream: (run) => {
      const address = new URL(named(`/stream?run=${encodeURIComponent(run)}`), location.href);
      address.protocol = address.protocol.replace("http", "ws");
      return address.href;
    },
  };
}
