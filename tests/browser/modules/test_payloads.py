"""What is made of a payload before it is drawn: trees, prompts, answers, causes; of any names and sizes."""

from __future__ import annotations

import pytest

from tests.browser.modules.page import Modules

pytestmark = pytest.mark.browser

KEYS = ("__proto__", "constructor", "toString", ":onclick", "", "<x-hit>", "0", "\u202e")


@pytest.mark.parametrize("key", KEYS)
async def test_a_key_of_json_is_only_a_name(modules: Modules, key: str) -> None:
    rows = await modules.ask(
        "agent_json_rows",
        """({ rowsOf, treeOf }, key) => {
          const value = JSON.parse(`{${JSON.stringify(key)}: {"polluted": true}}`);
          return rowsOf(treeOf(value)).map((row) => [row.name, row.isNamed, row.text ?? null]);
        }""",
        key,
    )
    assert rows == [["", False, "{ }"], [key, True, "{ }"], ["polluted", True, "true"]]


async def test_five_megabytes_of_json_are_some_rows(modules: Modules) -> None:
    told = await modules.ask(
        "agent_json_rows",
        """({ fold, rowsOf, showMore, treeOf }) => {
          const list = Array.from({ length: 300_000 }, (_, at) => ({ a: at, ":b": "x" }));
          const tree = treeOf({ list, keys: Object.fromEntries(list.map((_, at) => [`k${at}`, at])),
            text: "x".repeat(5e6) });
          const first = rowsOf(tree);
          const [listRow, , textRow] = first.filter((row) => row.depth === 1);
          fold(listRow.node);
          const open = rowsOf(tree);
          const rest = open.find((row) => row.isRest);
          showMore(rest.node);
          showMore(textRow.node);
          const more = rowsOf(tree);
          return [first.length, open.length, rest.left, more.length, textRow.text.length, textRow.left,
            more.at(-1).text.length];
        }""",
    )
    assert told == [4, 105, 299_900, 205, 300, 4_999_700, 10_300]


async def test_json_that_is_a_hundred_thousand_levels_deep(modules: Modules) -> None:
    told = await modules.run(
        """async () => {
          const { fold, rowsOf, treeOf } = await import("agent_json_rows");
          const { jsonIn, sizeOf, textOf } = await import("agent_values");
          const { outputOf } = await import("agent_output");
          const { answerOf } = await import("agent_answer_parsed");
          const text = "[".repeat(100_000) + "]".repeat(100_000);
          const value = jsonIn(text);
          const tree = treeOf(value);
          fold(rowsOf(tree).at(-1).node);
          const output = outputOf({ result: `{"stdout": ${text}, "exit_code": ${text}}` });
          const answer = answerOf([{ content: text }]);
          const whole = [textOf(value), textOf(value, 0),
            output.stdout]; // as far as the browser's stack allows
          return [rowsOf(tree).length, whole.map((one) => typeof one), typeof sizeOf(value), output.isFailed,
            answer.raw === text, typeof answer.parsed];
        }"""
    )
    assert told == [8, ["string"] * 3, "number", True, True, "object"]


async def test_json_in_a_text(modules: Modules) -> None:
    told = await modules.ask(
        "agent_values",
        """({ jsonIn }) => [
          '{"a": 1}', " [1] ", "```json\\n[1]\\n```", "```\\n{}\\n```",
          "1", "null", '"a"', "{", "```json", "```json\\n1\\n```", "", undefined, null, {},
        ].map((text) => JSON.stringify(jsonIn(text)) ?? "")""",
    )
    assert told == ['{"a":1}', "[1]", "[1]", "{}", *[""] * 10]


async def test_a_text_is_cut_between_characters(modules: Modules) -> None:
    cut = await modules.ask("agent_values", "({ cut }) => [cut('abc👩', 4), cut('abc👩', 5), cut('', 0)]")
    assert cut == ["abc", "abc👩", ""]


async def test_a_prompt_is_split_into_its_four_parts(modules: Modules) -> None:
    parts = await modules.ask(
        "agent_prompt_split",
        """({ splitPrompt }) => {
          const prompt = [
            { role: "SYSTEM", content: "be kind" }, { role: "developer", content: "" }, { role: "user",
              content: "hello" },
            { role: "assistant", content: null, tool_calls: [{ name: "look" }] }, { role: "tool",
              content: "found" },
            { role: "user", content: [{ type: "tool_call_response", response: 1 }] }, { role: "user",
              content: "book" },
            { content: "nobody" }, "a text", null, 7, [],
          ];
          const tools = [{ name: "one" }, { function: { name: "two" } }, '{"name": "three"}', 4];
          const parameters = { tools, "llm.tools.0.tool.json_schema": '{"name": "four"}', temperature: 0 };
          const attributes = { "retrieval.documents": ["d"], memory: "", functions: null, other: 1 };
          const split = splitPrompt({ prompt, parameters, attributes });
          const names = (items) => items.map((item) => item.name ?? item.place);
          return [names(split.system.items), names(split.context.items), names(split.history.items),
            names(split.tools.items),
            split.last];
        }""",
    )
    assert parts == [
        [1, 2],
        [5, 6, "retrieval.documents"],
        [3, 4, 7, 8, 9, 10, 11, 12],
        ["one", "two", "three", "tools", "four"],
        2,
    ]


@pytest.mark.parametrize(
    "payload", [{}, {"prompt": 7}, {"prompt": {}}, {"parameters": [], "attributes": "tools"}]
)
async def test_a_prompt_that_is_none(modules: Modules, payload: dict[str, object]) -> None:
    counts = await modules.ask(
        "agent_prompt_split",
        """({ splitPrompt }, payload) =>
          Object.values(splitPrompt(payload)).map((part) => part.items?.length ?? part)""",
        payload,
    )
    assert counts == [0, 0, 0, 0, -1]


async def test_names_of_tools_are_found_in_names_of_any_length(modules: Modules) -> None:
    """A break at its end made the search for them begin anew at each of its parts."""
    told = await modules.ask(
        "agent_prompt_split",
        """({ restOf, splitPrompt }) => {
          const name = ".tools.1.x".repeat(300_000) + "\\n";
          const { tools } = splitPrompt({ attributes: { [name]: 1 } });
          return [tools.items.length, tools.items[0]?.name.length, restOf({ [name]: 1 }) === undefined];
        }""",
    )
    assert told == [1, 160, True]


@pytest.mark.parametrize("key", KEYS)
async def test_what_the_prompt_leaves_keeps_its_names(modules: Modules, key: str) -> None:
    rest = await modules.ask(
        "agent_prompt_split",
        """({ restOf }, key) => {
          const told = JSON.parse(`{"tools": [], ${JSON.stringify(key)}: {"polluted": 1}}`);
          return JSON.stringify(restOf(told));
        }""",
        key,
    )
    assert '"polluted":1' in rest


async def test_an_answer_as_it_came_and_as_it_is_meant(modules: Modules) -> None:
    told = await modules.ask(
        "agent_answer_parsed",
        """({ answerOf }) => [
          [{ content: "words" }], [{ content: '{"a": 1}' }], ["words", { content: "[1]" }], [null], [[]], [7],
            [],
          [{ content: "go", tool_calls: [{ function: { name: "f", arguments: '{"__proto__": 1}' } }, "x"] }],
        ].map((messages) => answerOf(messages)).map(({ raw, parsed }) => [typeof raw,
          JSON.stringify(parsed) ?? ""])""",
    )
    assert told == [
        ["string", ""], ["string", '{"a":1}'], ["string", '["words",[1]]'], ["string", ""], ["string", ""],
        ["string", ""], ["string", ""],
        [
            "string",
            '{"content":"go","tool_calls":[{"function":{"name":"f","arguments":"{\\"__proto__\\": 1}"},'
            '"arguments":{"__proto__":1}},"x"]}',
        ],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("payload", "output"),
    [
        ({"result": {"stdout": "a", "stderr": ["b", "c"], "exit_code": 1}}, ["a", "b\nc", 1, True, True]),
        (
            {"result": '{"output": {"stdout": {"a": 1}, "returncode": "0"}}'},
            ['{"a":1}', None, "0", False, False],
        ),
        ({"result": "words", "attributes": {"process.exit.code": None}}, [None, None, None, True, False]),
        ({"result": ["stdout"]}, None),
        ({"attributes": "stdout"}, None),
        ({}, None),
    ],
)
async def test_what_a_program_wrote(
    modules: Modules, payload: dict[str, object], output: list[object] | None
) -> None:
    told = await modules.ask(
        "agent_output",
        """({ outputOf }, payload) => {
          const told = outputOf(payload);
          return told ? [told.stdout, told.stderr, told.exit, told.isFailed,
            told.isAll].map((one) => one ?? null) : null;
        }""",
        payload,
    )
    assert told == output


async def test_a_stack_is_split_where_one_error_led_to_another(modules: Modules) -> None:
    python = (
        'Traceback:\n  File "a.py", line 1\n    x\nKeyError: 1\n\n'
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback:\n  File "b.py", line 2\n    y\nValueError: 2\n'
    )
    java = "Error: outer\n    at a (a.js:1)\n    at b (b.js:2)\nCaused by: inner\n    at c (c.js:3)"
    blocks = await modules.ask(
        "agent_causes",
        """({ splitCauses }, stacks) => stacks.map((stack) =>
          splitCauses(stack).map((block) => [block.relation, block.innermost.trim().split("\\n")[0],
            block.isLast]))""",
        [python, java, "", "\n\n", "words only", "Caused by: x\n" * 10_000],
    )
    assert blocks[:2] == [
        [["", 'File "b.py", line 2', True], ["cause", 'File "a.py", line 1', True]],
        [["", "at a (a.js:1)", False], ["cause", "at c (c.js:3)", False]],
    ]
    assert [len(block) for block in blocks[2:]] == [0, 0, 1, 10_000]
