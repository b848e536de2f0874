// A JSON value as the rows of a tree. Only what is open has rows, and of a long list or object a piece at a time, so
// that neither megabytes nor sixty levels cost more than what is seen of them.
import { cut } from "agent_values";

const PIECE = 100; // of what a list or an object holds
const TEXT = 300; // characters of a text at first
const MORE_TEXT = 10000;
const KEY = 200; // characters of a key
const AT_FIRST = 40; // rows that are open without being asked for,
const LEVELS = 6; // and as deep

const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

function nodeOf(tree, key, value, depth) {
  const type = typeOf(value);
  const isFold = type === "array" || type === "object";
  // the keys of an object that has a name `__proto__` are read as its own: nothing is inherited
  const keys = type === "object" ? Object.keys(value) : undefined;
  const count = keys ? keys.length : isFold ? value.length : 0;
  return {
    id: tree.count++, key, value, depth, type, keys, count, isFold: isFold && count > 0,
    isOpen: false, shown: PIECE, characters: TEXT, inner: [],
  };
}

function innerOf(tree, node) {
  const end = Math.min(node.shown, node.count);
  for (let at = node.inner.length; at < end; at++) {
    const key = node.keys ? node.keys[at] : at;
    node.inner.push(nodeOf(tree, key, node.value[key], node.depth + 1));
  }
  return node.inner;
}

// A tree of which as much is open as fits a short look, the outer levels first.
export function treeOf(value) {
  const tree = { count: 0, root: undefined };
  tree.root = nodeOf(tree, undefined, value, 0);
  const waiting = [tree.root];
  let rows = 1;
  while (waiting.length) {
    const node = waiting.shift();
    if (!node.isFold || node.depth >= LEVELS) continue;
    const more = Math.min(node.count, PIECE);
    if (node !== tree.root && rows + more > AT_FIRST) continue;
    node.isOpen = true;
    rows += more;
    waiting.push(...innerOf(tree, node));
  }
  return tree;
}

export const fold = (node) => {
  node.isOpen = !node.isOpen;
};

export const showMore = (node) => {
  if (node.isFold) node.shown += PIECE;
  else node.characters += MORE_TEXT;
};

export function rowsOf(tree) {
  const rows = [];
  const waiting = [tree.root];
  while (waiting.length) {
    const node = waiting.pop();
    if (node.isRest) {
      rows.push(Object.freeze(node));
      continue;
    }
    rows.push(rowOf(node));
    if (!node.isOpen) continue;
    const left = node.count - node.shown;
    if (left > 0) waiting.push({ id: `${node.id}+`, node, depth: node.depth + 1, isRest: true, left });
    waiting.push(...innerOf(tree, node).toReversed());
  }
  return Object.freeze(rows);
}

function rowOf(node) {
  const { id, depth, type, count, isFold, isOpen } = node;
  const row = { id, node, depth, type, count, isFold, isOpen, isNamed: node.key !== undefined, left: 0 };
  row.name = cut(String(node.key ?? ""), KEY);
  if (type === "string") {
    row.text = cut(node.value, node.characters);
    row.left = node.value.length - row.text.length;
  } else if (type === "array") row.text = "[ ]";
  else if (type === "object") row.text = "{ }";
  else row.text = String(node.value);
  return Object.freeze(row);
}
