// A run of which the panel tells: its API and its stream as far as `agent_store` asks for them, under a test's hand.
import { RunStore } from "agent_store";
import { event, RUN } from "/bench/bench.js";

const MOST = 1000; // events of one page

export class FakeRun {
  constructor(count) {
    this.events = Array.from({ length: count }, (_, at) => event(at + 1));
    this.asked = [];
    this.sockets = [];
    this.refusal = undefined; // the status with which all is refused
    this.isHeld = false; // whether answers wait until they are let go
    this.held = [];
    this.heard = 0;
    const run = this;
    globalThis.WebSocket = class {
      constructor(address) {
        this.address = address;
        run.sockets.push(this);
      }

      close() {
        this.isClosed = true;
      }
    };
    this.store = new RunStore((path) => this.load(path), (id) => `ws://${id}`, RUN, () => this.heard++);
  }

  async load(path) {
    this.asked.push(path.replace(`/runs/${RUN}`, ""));
    if (this.isHeld) await new Promise((done) => this.held.push(done));
    if (this.refusal !== undefined) throw Object.assign(new Error("refused"), { status: this.refusal });
    const query = new URL(path, "http://x").searchParams;
    if (!query.has("cursor")) return { run_id: RUN, status: "running", events: this.events.length };
    const after = Number(query.get("cursor"));
    return { events: this.events.filter(({ seq }) => seq > after).slice(0, MOST) };
  }

  release() {
    this.isHeld = false;
    for (const done of this.held.splice(0)) done();
  }

  // What the stream says: to the socket that was opened last.
  say(told) {
    this.sockets.at(-1).onmessage({ data: JSON.stringify({ cursor: "1", ...told }) });
  }

  breakOff(code = 1006) {
    this.sockets.at(-1).onclose({ code });
  }

  // What happens next to the run, told by the stream or not.
  grow(count, isTold = true) {
    for (let at = 0; at < count; at++) {
      this.events.push(event(this.events.length + 1));
      if (isTold) this.say({ event: this.events.at(-1) });
    }
  }

  // What is known of it by now.
  known() {
    const { store } = this;
    const isEach = Array.from({ length: store.count }, (_, at) => store.at(at + 1)?.seq === at + 1);
    const { count, state, isWhole, isCut } = store;
    return { count, read: store.events.length, state, isWhole, isCut, gaps: isEach.filter((one) => !one).length };
  }
}
