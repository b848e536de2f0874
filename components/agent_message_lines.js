// The lines of a sequence diagram: messages of agents that are folded are left out, and what two participants say to
// each other again and again is one line with how often. What failed or waits is never folded into others.
const FEWEST = 2; // calls that are told as one line

export class Lines {
  constructor(edition, folded, isFolding) {
    this.edition = edition;
    this.folded = folded;
    this.isFolding = isFolding;
    this.cursor = 0;
    this.all = [];
    this.settled = 0; // lines that stay as they are; those of the last group follow
    this.group = undefined;
  }

  // Takes in the messages that are new; those before are as they were.
  read(list) {
    this.all.length = this.settled;
    for (; this.cursor < list.length; this.cursor++) this.take(list[this.cursor]);
    if (this.group) this.all.push(...plainly(this.group));
  }

  take(message) {
    if (this.folded.size && message.chain.some((name) => this.folded.has(name))) return;
    const isPlain = this.isFolding && message.from !== message.to && !message.isFailed && !message.isWaiting;
    if (isPlain && this.group && isBetween(message, this.group)) {
      this.group.messages.push(message);
      this.group.calls += message.isAnswer ? 0 : 1;
      return;
    }
    if (this.group) this.all.push(...plainly(this.group));
    const line = lineOf(message);
    this.group = isPlain ? { ...line, calls: message.isAnswer ? 0 : 1 } : undefined;
    if (!isPlain) this.all.push(line);
    this.settled = this.all.length;
  }
}

const lineOf = (message) => ({ from: message.from, to: message.to, messages: [message], times: 1 });

function isBetween(message, group) {
  if (message.from === group.from) return message.to === group.to;
  return message.from === group.to && message.to === group.from;
}

function plainly(group) {
  if (group.calls < FEWEST || group.messages.length <= FEWEST) return group.messages.map(lineOf);
  return [{ from: group.from, to: group.to, messages: group.messages, times: group.calls }];
}
