// A sequence diagram that Mermaid has drawn, as elements that may stand in the page: of what it made, only shapes and
// texts are taken over, and their colours are the stylesheet's. Mermaid is fetched when it is first needed.
export const HEAD = { wide: 132, narrow: 96 }; // pixels of a participant
const CONFIG = {
  startOnLoad: false, securityLevel: "strict", htmlLabels: false, suppressErrorRendering: true, theme: "base",
  maxTextSize: 500000, fontSize: 12, look: "classic", deterministicIds: true,
  sequence: {
    useMaxWidth: false, mirrorActors: false, htmlLabels: false, rightAngles: true, wrap: false,
    actorMargin: 28, width: HEAD.wide, height: 36, boxMargin: 4, messageMargin: 27, diagramMarginX: 12, diagramMarginY: 4,
    bottomMarginAdj: 4, messageFontSize: 12, actorFontSize: 12,
  },
};
const SHAPES = new Set(
  "svg g path line rect circle ellipse polygon polyline text tspan defs marker symbol title desc".split(" "),
);
const LOOKS = new Set(
  ("class id x y x1 y1 x2 y2 dx dy cx cy r rx ry d points width height viewBox transform text-anchor " +
    "dominant-baseline alignment-baseline marker-end marker-start refX refY markerWidth markerHeight markerUnits " +
    "orient stroke-width stroke-dasharray").split(" "),
);
const OWN_MARKER = /^url\(#[\w-]+\)$/;
const SVG = "http://www.w3.org/2000/svg";

const NARROW = { actorMargin: 10, width: HEAD.narrow };

let count = 0;

// Fetches Mermaid; called early, it comes while the messages are read.
export const fetchMermaid = () => import("nicegui-mermaid");

async function drawer(isNarrow) {
  const { mermaid } = await fetchMermaid();
  const sequence = { ...CONFIG.sequence, ...(isNarrow ? NARROW : {}) };
  mermaid.initialize({ ...CONFIG, sequence, fontFamily: getComputedStyle(document.body).fontFamily });
  return mermaid;
}

// The picture of `source`. `css`: the classes of its messages, in their order; each message gets its number.
export async function pictureOf(source, css, isNarrow) {
  const { svg } = await (await drawer(isNarrow)).render(`sequence-${++count}`, source);
  const made = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
  const picture = copyOf(made);
  const width = Number(made.viewBox.baseVal.width) || 0;
  const height = Number(made.viewBox.baseVal.height) || 0;
  picture.setAttribute("width", width);
  picture.setAttribute("height", height);
  for (const part of [".messageText", ".messageLine0, .messageLine1"]) {
    picture.querySelectorAll(part).forEach((one, at) => {
      one.dataset.line = at;
      if (css[at]) one.classList.add(css[at]);
    });
  }
  return { picture, actors: actorsOf(picture, made.viewBox.baseVal) };
}

// Where the participants stand, for the heads that stay in sight.
function actorsOf(picture, box) {
  const lines = [...picture.querySelectorAll("line.actor-line")];
  return lines.map((line) => Number(line.getAttribute("x1")) - box.x).sort((one, other) => one - other);
}

function copyOf(element) {
  const copy = document.createElementNS(SVG, element.localName);
  for (const { name, value } of element.attributes) {
    const isOwn = !name.startsWith("marker-") || OWN_MARKER.test(value);
    if (LOOKS.has(name) && isOwn) copy.setAttribute(name, value);
  }
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.data);
    else if (child.nodeType === Node.ELEMENT_NODE && SHAPES.has(child.localName)) copy.append(copyOf(child));
  }
  return copy;
}
