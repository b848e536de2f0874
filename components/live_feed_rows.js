// The rows of the live feed as they are shown: their order, and the words, times and amounts of a reader's language.
const CHANNEL_ICONS = { telegram: "send", whatsapp: "chat" };
const KIND_ICONS = { started: "play_arrow", booked: "event_available", ended: "flag" };

const SIDES = { user: "client", assistant: "bot" };
const TONES = { started: "live", booked: "good" };

// What is ours under a name that the bot may have chosen: `constructor` is in every object, and ours in none.
export const ours = (table, name) => (Object.hasOwn(table, name ?? "") ? table[name] : undefined);

const numbers = (place) => place.split(":").map(BigInt);

// Places are ordered as numbers: by their transaction, then within it.
export function isAfter(one, other) {
  const [transaction, number] = numbers(one);
  const [otherTransaction, otherNumber] = numbers(other);
  return transaction === otherTransaction ? number > otherNumber : transaction > otherTransaction;
}

export function formatsOf(locale, timeZone) {
  const make = (options) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  return {
    time: make({ hour: "numeric", minute: "2-digit" }),
    day: make({ weekday: "long", day: "numeric", month: "long" }),
    moment: make({ dateStyle: "long", timeStyle: "medium" }),
    visit: make({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }),
    number: new Intl.NumberFormat(locale),
    money: (amount, currency) => {
      const style = { style: "currency", currency, trailingZeroDisplay: "stripIfInteger" };
      try {
        return new Intl.NumberFormat(locale, style).format(amount);
      } catch {
        // the bot may write anything for a currency
        return [new Intl.NumberFormat(locale).format(amount), currency].filter(Boolean).join(" ");
      }
    },
  };
}

// Adds to a row what is shown of it; `told` are the words, `dialogue` is what a dialogue's address begins with.
export function prepare(row, told, format, dialogue) {
  const at = new Date(row.at);
  row.time = format.time.format(at);
  row.dayName = format.day.format(at);
  row.title = format.moment.format(at);
  row.moment = at.getTime();
  row.name = row.client_name ?? told.nameless;
  row.href = row.session_id ? dialogue + row.session_id : "";
  row.channelName = ours(told.channels, row.channel) ?? row.channel;
  row.channelIcon = ours(CHANNEL_ICONS, row.channel) ?? "forum";
  row.icon = KIND_ICONS[row.kind];
  row.css = `feed-row is-${row.kind}`;
  if (row.kind === "message") {
    const side = ours(SIDES, row.role) ?? "other";
    row.css += ` is-${side}`;
    row.who = side === "other" ? row.role : told[side];
    row.isGone = row.text === undefined;
    row.says = row.isGone ? told.gone : row.is_cut ? row.text + "…" : row.text;
  } else {
    const known = row.kind === "ended" ? ours(told.statuses, row.status) : undefined;
    row.word = row.kind === "ended" ? told.ended : "";
    row.chip = known?.[0] ?? (row.kind === "ended" ? (row.status ?? "—") : told[row.kind]);
    row.tone = known?.[1] ?? TONES[row.kind] ?? "unknown";
    row.amount = row.booking_amount === undefined ? "" : format.money(row.booking_amount, row.booking_currency);
    row.visit = row.booking_at ? format.visit.format(new Date(row.booking_at)) : "";
  }
  row.found = [row.client_name, row.text, row.chip, row.channelName].filter(Boolean).join("\n").toLowerCase();
  return row;
}
