// A stack split where one error led to another: the last one first, then what it came from.
const JOINTS = [
  [/^\s*The above exception was the direct cause of the following exception:\s*$/, "cause", "before"],
  [/^\s*During handling of the above exception, another exception occurred:\s*$/, "during", "before"],
  [/^\s*Caused by:/i, "cause", "after"],
  [/^\s*\[cause\]:/, "cause", "after"],
];
const PYTHON_FRAME = /^[\s|+]*File "[^"]*", line \d+/;
const FRAME = /^\s+at /;

// Each {relation, before, innermost, after, isLast}: `relation` to the one above ("", "cause", "during"), its lines
// around those of the innermost frame, and whether that is at its end, as Python writes it.
export function splitCauses(stack) {
  const lines = stack.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  const blocks = [{ lines: [], relation: "" }];
  for (const line of lines) {
    const joint = JOINTS.find(([looks]) => looks.test(line));
    if (!joint) {
      blocks.at(-1).lines.push(line);
      continue;
    }
    const [, relation, side] = joint;
    if (side === "before") {
      // Python tells the oldest first: what stands above the joint is what the next one came from
      blocks.at(-1).led = relation;
      blocks.push({ lines: [], relation: "" });
    } else blocks.push({ lines: [line], relation });
  }
  const isOldestFirst = blocks.some((block) => block.led);
  const ordered = isOldestFirst ? blocks.toReversed() : blocks;
  return ordered.map((block) => around(block.lines, block.led ?? block.relation)).filter((block) => block !== undefined);
}

function around(all, relation) {
  const start = all.findIndex((line) => line.trim());
  if (start < 0) return undefined;
  const lines = all.slice(start, all.findLastIndex((line) => line.trim()) + 1);
  const last = lines.findLastIndex((line) => PYTHON_FRAME.test(line));
  const isLast = last >= 0;
  let from = isLast ? last : lines.findIndex((line) => FRAME.test(line));
  if (from < 0) from = lines.length;
  const until = isLast ? lines.length : Math.min(from + 1, lines.length);
  const text = (first, end) => lines.slice(first, end).map((line) => line + "\n").join("");
  return { relation, before: text(0, from), innermost: text(from, until), after: text(until), isLast };
}
