// The graph that an agent tells of itself: a list of nodes and edges, or the Mermaid text that LangGraph makes of it.
// Of such a text only nodes and edges are read, line by line and by a strict grammar; it is never drawn as it came.
import { isObject, own } from "agent_values";

const MOST_NODES = 2000;
const MOST_EDGES = 8000;
const LONGEST_TEXT = 400000;
const LONGEST_LINE = 600;
const LONGEST_NAME = 200;
const MOST_LINES = 12000;
const PLACES = ["graph", "langgraph_graph", "langgraph.graph", "graph.definition"];

const ID = /^[\w\\-]{1,200}$/;
const BEGINS_WITH_ID = /^[\w\\-]{1,200}(?=[([{])/;
const SHAPES = [["([", "])"], ["[[", "]]"], ["((", "))"], ["{{", "}}"], ["[", "]"], ["(", ")"], ["{", "}"]];
const ARROWS = new Set(["-->", "-.->", "==>"]);
const LABELLED = new Map([["--", " --> "], ["-.", " .-> "], ["==", " ==> "]]); // what ends the words on an arrow
const WORDS = /^\|[^|]*\| ?/;
const LOOK = /(?::::\w{1,40})?;?$/;
const FIRST = /^(?:graph|flowchart)(?: (?:TD|TB|BT|LR|RL))?;?$/;
const MARKUP = /<[^<>]{0,40}>|&nbsp;|^"|"$/g;
const DETAILS = /<hr\s?\/?>.*$/; // LangGraph writes a node's metadata below a rule
const ESCAPED = /\\([0-9a-f]{2})/gi; // what LangGraph puts in place of other characters of an id

// What `payload` tells: {nodes: [name], edges: [[from, to]]}, or nothing.
export function graphIn(payload) {
  for (const holder of holdersIn(payload)) {
    for (const place of PLACES) {
      const found = graphOf(own(holder, place));
      if (found) return found;
    }
  }
  return undefined;
}

function holdersIn(payload) {
  const attributes = parsed(own(payload, "attributes"));
  const metadata = parsed(own(attributes, "metadata"));
  return [attributes, metadata, parsed(own(payload, "parameters")), parsed(own(payload, "result"))];
}

function parsed(value) {
  if (typeof value !== "string" || value.length > LONGEST_TEXT || !value.trimStart().startsWith("{")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

export function graphOf(told) {
  const value = parsed(told);
  const graph = typeof value === "string" ? ofMermaid(value) : ofObject(value);
  return graph && graph.nodes.length ? graph : undefined;
}

function ofObject(value) {
  const nodes = own(value, "nodes");
  const edges = own(value, "edges") ?? [];
  if (!Array.isArray(nodes) || !Array.isArray(edges)) return undefined;
  const graph = builder();
  for (const node of nodes.slice(0, MOST_NODES)) {
    const id = isObject(node) ? (own(node, "id") ?? own(node, "name")) : node;
    if (isName(id)) graph.node(String(id), isName(own(node, "name")) ? String(node.name) : String(id));
  }
  for (const edge of edges.slice(0, MOST_EDGES)) {
    const named = [own(edge, "source") ?? own(edge, "from"), own(edge, "target") ?? own(edge, "to")];
    const [from, to] = Array.isArray(edge) ? edge : named;
    if (isName(from) && isName(to)) graph.edge(String(from), String(to));
  }
  return graph.made();
}

const isName = (value) => (typeof value === "string" && value !== "") || typeof value === "number";

function ofMermaid(text) {
  if (text.length > LONGEST_TEXT) return undefined;
  const lines = text.split("\n", MOST_LINES).map((line) => line.trim());
  const first = lines.findIndex((line) => FIRST.test(line));
  if (first < 0) return undefined;
  const graph = builder(unescaped);
  for (const line of lines.slice(first + 1)) {
    if (!line || line.length > LONGEST_LINE) continue;
    const edge = edgeIn(line);
    const node = edge ? undefined : nodeIn(line);
    if (edge) graph.edge(...edge);
    else if (node) graph.node(...node);
  }
  return graph.made();
}

// `a --> b;`, `a -. words .-> b;`, `a -->|words| b`
function edgeIn(line) {
  const [from, arrow] = line.split(" ", 2);
  let rest = line.slice(from.length + (arrow?.length ?? 0) + 2).replace(/;$/, "");
  if (LABELLED.has(arrow)) {
    const end = LABELLED.get(arrow);
    const at = ` ${rest}`.lastIndexOf(end);
    if (at < 0) return undefined;
    rest = ` ${rest}`.slice(at + end.length);
  } else if (ARROWS.has(arrow)) rest = rest.replace(WORDS, "");
  else return undefined;
  return ID.test(from) && ID.test(rest.trim()) ? [from, rest.trim()] : undefined;
}

// `id(name)`, `id([<p>name</p>]):::first`
function nodeIn(line) {
  const id = BEGINS_WITH_ID.exec(line)?.[0];
  if (!id) return undefined;
  const rest = line.slice(id.length).replace(LOOK, "");
  const shape = SHAPES.find(([left, right]) => rest.startsWith(left) && rest.endsWith(right));
  if (!shape) return undefined;
  const label = rest.slice(shape[0].length, -shape[1].length);
  return [id, label.replace(DETAILS, "").replace(MARKUP, "").trim() || unescaped(id)];
}

const unescaped = (id) => id.replace(ESCAPED, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

function builder(nameOf = (id) => id) {
  const names = new Map(); // id -> what the node is called in events
  const edges = new Map();
  const node = (id, name = id) => {
    if (names.size < MOST_NODES || names.has(id)) names.set(id, name.slice(0, LONGEST_NAME));
  };
  return {
    node,
    edge(from, to) {
      for (const id of [from, to]) if (!names.has(id)) node(id, nameOf(id));
      if (names.has(from) && names.has(to) && edges.size < MOST_EDGES) edges.set(`${from}\u0000${to}`, [from, to]);
    },
    made: () => ({
      nodes: [...new Set(names.values())],
      edges: [...edges.values()].map(([from, to]) => [names.get(from), names.get(to)]),
    }),
  };
}
