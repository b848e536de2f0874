// Events with all that was told of them, as they were read lately: each is read once for all who want it.
const KEPT = 60; // events that are not read again
const AHEAD = 2; // events that are fetched before they are asked for

export class WholeEvents {
  constructor(read) {
    this.__v_skip = true; // payloads of megabytes are not for Vue to watch
    this.read = read;
    this.kept = new Map();
    this.fetching = new Map();
  }

  known(seq) {
    return this.kept.get(seq);
  }

  fetch(seq) {
    if (!this.fetching.has(seq)) {
      const reading = this.read(seq).then((told) => this.keep(seq, told));
      this.fetching.set(seq, reading.finally(() => this.fetching.delete(seq)));
    }
    return this.fetching.get(seq);
  }

  // what the pointer is over is likely to be opened; if this fails, opening it reads it again and says so
  fetchAhead(seq) {
    if (this.fetching.size >= AHEAD || this.kept.has(seq)) return;
    this.fetch(seq).catch(() => undefined);
  }

  keep(seq, event) {
    event.__v_skip = true;
    this.kept.set(seq, event);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    return event;
  }
}
