// The lines of a sequence diagram as words: for the diagram, and for the list beside it.
const MOST_OPENED = 50; // messages of one line that are listed
const LONGEST = 300; // characters of a text in the list
const LONGEST_JOINED = 28; // of a name that stands before how often
const LONGEST_NAME = 80;

const iconOf = (message) => (message.isFailed ? "error" : message.isWaiting ? "hourglass_top" : "");

export function cssOf(line) {
  const [message] = line.messages;
  if (message.isFailed) return "is-failed";
  return message.isWaiting ? "is-waiting" : "";
}

export function lookOf(line) {
  if (line.times > 1) return "many";
  const [message] = line.messages;
  if (message.isFailed) return "failed";
  return message.isAnswer ? "answer" : "call";
}

export const labelOf = ({ kind, name }, told) =>
  told.participants[kind].replace("{name}", () => name.slice(0, LONGEST_NAME));

// What stands on the arrow.
export function textOf(line, told, format) {
  const [message] = line.messages;
  if (line.times > 1) return `${(message.name || message.text).slice(0, LONGEST_JOINED)} × ${format.number(line.times)}`;
  return [wordOf(message, told), message.text.slice(0, LONGEST)].filter(Boolean).join(" ");
}

function wordOf(message, told) {
  if (message.isFailed) return told.went_wrong;
  return message.isWaiting ? told.waits : "";
}

// A line of the list; of one that is open, its messages too.
export function rowOf(line, key, isOpen, told, format) {
  const [message] = line.messages;
  const times = format.number(line.times);
  const rest = line.messages.length - MOST_OPENED;
  return {
    key, seq: message.seq, isOpen, times: line.times, timesText: `× ${times}`,
    timesLabel: told.times.replace("{count}", times), css: cssOf(line), time: timeOf(message, format),
    from: labelOf(line.from, told), to: labelOf(line.to, told), arrow: line.times > 1 ? "⇄" : "→",
    word: wordOf(message, told), icon: iconOf(message),
    text: line.times > 1 ? (message.name || message.text).slice(0, LONGEST) : saidBy(message, format),
    inner: isOpen ? line.messages.slice(0, MOST_OPENED).map((one, at) => innerOf(one, at, format)) : [],
    rest: rest > 0 ? told.more.replace("{count}", format.number(rest)) : "",
  };
}

const innerOf = (message, key, format) => ({
  key, seq: message.seq, time: timeOf(message, format), arrow: message.isAnswer ? "←" : "→",
  text: saidBy(message, format),
});

const timeOf = (message, format) => format.time(new Date(message.at).toISOString());

function saidBy(message, format) {
  const took = message.took >= 0 ? ` · ${format.duration(message.took)}` : "";
  return message.text.slice(0, LONGEST) + took;
}
