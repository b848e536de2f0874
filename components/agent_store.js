// One run as the browser has it: its newest events at once, the older ones read behind them, and what comes as the
// event stream tells it. Events are numbered from 1 without a gap, so whatever is missing shows, and is read.
const PAGE = 1000;
const FIRST = 200; // events that a long run is shown with, before the others have been read
const TELLING = 100; // milliseconds between two words to who draws it
const RENEWAL = 1000; // milliseconds between two looks at the run's totals while it grows
const PAUSES = [250, 1000, 2000, 5000]; // milliseconds before the stream is opened again
const GONE = 404;
const REFUSALS = [401, 403, GONE];
const REFUSED = 4401; // the stream's own code for who may not listen

export class RunStore {
  // `load` reads a path of the API, `address` gives that of the stream, `hear` is called when there is something new
  constructor(load, address, runId, hear) {
    this.__v_skip = true; // of a hundred thousand events Vue is to watch none
    this.load = load;
    this.address = address;
    this.runId = runId;
    this.hear = hear;
    this.run = undefined;
    this.events = []; // from the first on
    this.newest = []; // of a long run: the last ones, until `events` has reached them
    this.state = "loading"; // told, away, refused, gone
    this.isCut = false;
    this.tries = 0;
    this.want = 0; // the highest number that was heard of
    this.hasEnded = false;
  }

  get count() {
    return this.newest.at(-1)?.seq ?? this.events.length;
  }

  get isWhole() {
    return this.state === "told" && !this.newest.length;
  }

  get isRefused() {
    return this.state === "refused" || this.state === "gone";
  }

  at(seq) {
    const first = this.newest[0]?.seq;
    return first !== undefined && seq >= first ? this.newest[seq - first] : this.events[seq - 1];
  }

  async begin() {
    this.open();
    try {
      this.run = await this.load(`/runs/${this.runId}`);
      if (this.hasEnded) return;
      const total = this.run.events;
      if (total > PAGE) this.newest = await this.page(total - FIRST);
      else await this.readOn();
      this.state = "told";
      this.tell();
      await this.fill();
      if (this.want > this.count) await this.readOn();
    } catch (problem) {
      this.fail(problem);
    }
  }

  end() {
    this.hasEnded = true;
    clearTimeout(this.telling);
    clearTimeout(this.renewing);
    clearTimeout(this.opening);
    clearTimeout(this.trying);
    this.socket?.close();
  }

  // Reading ------------------------------------------------------------------------------------------------------
  async page(after) {
    return (await this.load(`/runs/${this.runId}/events?cursor=${after}&limit=${PAGE}`)).events;
  }

  // what is between the first and the newest
  async fill() {
    while (this.newest.length && !this.hasEnded) {
      const wanted = this.newest[0].seq - 1 - this.events.length;
      if (wanted > 0) {
        const page = await this.page(this.events.length);
        if (page[0]?.seq !== this.events.length + 1) throw new Error("The run's older events cannot be had now.");
        this.events.push(...page.slice(0, wanted));
      }
      if (this.newest[0].seq - 1 === this.events.length) {
        this.events.push(...this.newest);
        this.newest = [];
      }
      this.tell();
    }
  }

  // what comes after the last one, until nothing is left
  async readOn() {
    if (this.isReading || this.hasEnded) return;
    this.isReading = true;
    try {
      for (;;) {
        const events = await this.page(this.count);
        for (const event of events) this.append(event);
        if (this.hasEnded || (events.length < PAGE && this.count >= this.want)) break;
        if (!events.length) break; // what was heard of is another run's by now
      }
    } finally {
      this.isReading = false;
    }
  }

  append(event) {
    if (event.seq !== this.count + 1) return false;
    (this.newest.length ? this.newest : this.events).push(event);
    return true;
  }

  fail(problem) {
    if (this.hasEnded) return;
    if (REFUSALS.includes(problem.status)) this.state = problem.status === GONE ? "gone" : "refused";
    else if (this.state === "loading") this.state = "away";
    this.tell();
    if (this.isRefused) return this.socket.close();
    clearTimeout(this.trying);
    this.trying = setTimeout(() => this.tryAgain(), PAUSES.at(-1));
  }

  async tryAgain() {
    if (this.state === "away") {
      this.state = "loading";
      return this.begin();
    }
    try {
      await this.fill();
      await this.readOn();
      this.tell();
    } catch (problem) {
      this.fail(problem);
    }
  }

  // The stream ---------------------------------------------------------------------------------------------------
  open() {
    this.socket?.close();
    const socket = (this.socket = new WebSocket(this.address(this.runId)));
    socket.onmessage = (message) => this.take(JSON.parse(message.data));
    socket.onclose = (closed) => {
      if (this.hasEnded || this.isRefused || socket !== this.socket) return;
      if (closed.code === REFUSED) {
        this.state = "refused";
        return this.tell();
      }
      this.isCut = true;
      this.tell();
      clearTimeout(this.opening);
      this.opening = setTimeout(() => this.open(), PAUSES[Math.min(this.tries++, PAUSES.length - 1)]);
    };
  }

  async take(told) {
    if (told.event) this.want = Math.max(this.want, told.event.seq);
    if (told.ping) this.tries = 0;
    if (this.state !== "told") return;
    if (told.event && !this.isReading && this.append(told.event)) return this.tell();
    const wasCut = this.isCut;
    this.isCut = false;
    if (!wasCut && !told.lost && this.want <= this.count) return;
    try {
      await this.readOn();
      this.tell();
    } catch (problem) {
      this.fail(problem);
    }
  }

  tell() {
    if (this.hasEnded || this.telling) return;
    const since = performance.now() - (this.toldAt ?? -TELLING);
    this.telling = setTimeout(() => {
      this.telling = undefined;
      this.toldAt = performance.now();
      this.hear();
      if (this.state === "told") this.renew();
    }, Math.max(0, TELLING - since));
  }

  // the run's own line, once in a while and after the last event
  renew() {
    if (this.renewing || this.run.events === this.count) return;
    this.renewing = setTimeout(async () => {
      this.renewing = undefined;
      if (this.hasEnded) return;
      try {
        this.run = await this.load(`/runs/${this.runId}`);
        if (!this.hasEnded) this.hear();
      } catch (problem) {
        this.fail(problem);
      }
    }, RENEWAL);
  }
}
