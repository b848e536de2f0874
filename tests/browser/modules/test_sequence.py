"""The sequence diagram's source and picture: whatever agents write is a text in it, and nothing else."""

from __future__ import annotations

import re
import unicodedata

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

HOSTILE = (
    "first\nparticipant evil\np0->>p1: injected",
    "a\r\nclick p0 href \"javascript:window.__hit=1\"",
    "%%{init: {'securityLevel': 'loose', 'htmlLabels': true}}%%",
    "---\nconfig:\n  securityLevel: loose\n---",
    "<script>window.__hit = 1</script>",
    "<x-hit></x-hit><img src=x onerror='window.__hit=1'>",
    "a; p0->>p1: b; end",
    "end",
    "loop forever",
    "alt a",
    "rect rgb(0, 0, 0)",
    "Note over p0: a note",
    "link p0: a @ https://evil.example",
    "links p0: {\"a\": \"javascript:window.__hit=1\"}",
    "properties p0: {\"class\": \"evil\"}",
    "activate p0",
    "title: another",
    "accDescr { evil }",
    "autonumber",
    "box rgba(1,2,3) evil",
    "create participant evil",
    "wrap: text",
    "nowrap:text",
    "style: x",
    "a classDef b: c",
    "p0->>p1: once more",
    "#lt;script#gt; #60;x-hit#62; &lt;b&gt; &#60;x-hit&#62;",
    "ﬂ°°60¶ß ﬂ°lt¶ß",
    "$$\\frac{1}{2}$$ \\href{javascript:window.__hit=1}{x}",
    "`**markdown** [link](javascript:window.__hit=1)`",
    "{{constructor.constructor('window.__hit = 1')()}}",
    "\"quotes\" 'and' “others”",
    "👩‍👩‍👧‍👦 🏳️‍🌈 emoji",
    "Здравствуйте, мастер Анна",
    "\u202eright to left\u2066\u2069 שלום مرحبا",
    "\u0000\u0007\u001b[31m\u2028\u2029\ud800half",
    "__proto__", "constructor", "", " ", "a<br/>b<br>c", "\\n", "+p0", "-p1", "()",
    "as evil", "@{ \"type\": \"actor\" }",
)  # fmt: skip
DRAW = """async ([name, text]) => {
  const { sourceOf } = await import("agent_sequence_source");
  const { pictureOf } = await import("agent_sequence_picture");
  const [one, other] = [{}, {}];
  const participants = [{ participant: one, name }, { participant: other, name: "other" }];
  const lines = [{ from: one, to: other, text, look: "call" }, { from: other, to: one, text,
    look: "answer" }];
  const source = sourceOf(participants, lines, 200);
  const { picture, actors } = await pictureOf(source, ["is-failed", ""], false);
  document.body.append(picture);
  const all = [...picture.querySelectorAll("*")];
  const names = (one) => [...one.attributes].map(({ name }) => name);
  const told = {
    lines: source.split("\\n").length, actors: actors.length,
    texts: [...picture.querySelectorAll(".messageText")].map((one) => one.textContent.replaceAll("\\u200b",
      "")),
    marked: picture.querySelectorAll(".is-failed").length, left: document.querySelectorAll(
      "body > :not(script)").length,
    elements: [...new Set(all.map((one) => one.localName))], attributes: [...new Set(all.flatMap(names))],
  };
  picture.remove();
  return told;
}"""
SHAPES = {"g", "path", "line", "rect", "circle", "polygon", "text", "tspan", "defs", "marker", "symbol"}


def seen(text: str) -> str:
    """As a line of a picture can show it: what cannot be seen becomes a space."""
    return re.sub(
        " +", " ", "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    ).strip()


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_message_is_only_a_message(modules: Modules, text: str) -> None:
    told = await modules.run(DRAW, [text, text])
    assert told["lines"] == 5, "a header, two participants and two messages"
    assert told["actors"] == 2
    assert told["texts"] == [seen(text)] * 2
    assert told["marked"] == 2, "the text and the arrow of the first message"
    assert told["left"] == 1, "nothing but the picture is left in the page"
    assert set(told["elements"]) <= SHAPES
    assert not [one for one in told["attributes"] if one.startswith("on") or "href" in one or one == "style"]


async def test_of_what_mermaid_draws_only_shapes_and_texts_are_taken(modules: Modules) -> None:
    picture = await modules.run(
        """async () => {
          const { pictureOf } = await import("agent_sequence_picture");
          const { mermaid } = await import("nicegui-mermaid");
          const drawn = mermaid.render;
          const svg = `<svg viewBox="0 0 10 20" onload="window.__hit=1" style="position:fixed">
            <style>* {}</style>
            <a href="javascript:1"><text x="1">in a link</text></a><image href="x" onerror="window.__hit=1"/>
            <foreignObject><img src="x" onerror="window.__hit=1"></foreignObject>
            <script>window.__hit=1</script>
            <path d="M 0 0" marker-end="url(https://evil.example/#a)" fill="url(https://evil.example)"/>
            <path d="M 1 1" marker-end="url(#own)"/>
            <text class="messageText" onclick="window.__hit=1">said &lt;b&gt;</text>
            <use href="https://evil.example/#a"/><animate attributeName="href" to="javascript:1"/></svg>`;
          mermaid.render = async () => ({ svg });
          try {
            const { picture } = await pictureOf("", ["is-failed"], false);
            document.body.append(picture);
            const html = picture.outerHTML.replace(/\\s+/g, " ");
            picture.remove();
            return html;
          } finally {
            mermaid.render = drawn;
          }
        }"""
    )
    assert picture == (
        '<svg viewBox="0 0 10 20" width="10" height="20"> <path d="M 0 0"></path>'
        ' <path d="M 1 1" marker-end="url(#own)"></path>'
        ' <text class="messageText is-failed" data-line="0">said &lt;b&gt;</text> </svg>'
    )


async def test_a_text_is_cut_between_characters(modules: Modules) -> None:
    cut = await modules.ask(
        "agent_sequence_source",
        """({ encode }) => [
          encode("abcdef", 4), encode("👩👩👩👩👩", 3), encode(undefined, 4), encode(7, 4),
          encode("x".repeat(5_000_000), 4), encode("\\n".repeat(5_000_000), 4),
        ]""",
    )
    assert cut == ["abc…".replace("…", "#8230;"), "#128105;#128105;#8230;", " ", "7", "xxx#8230;", "#8230;"]
