"""Every sentence of the panel in both languages: none untranslated, no placeholder or plural form lost."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import errors
from i18n import LOCALES, translator

ROOT = Path(__file__).parent.parent
SOURCES = [
    path
    for folder in ("api/exports", "components", "pages", "queries", "jobs", "identity", "live", ".")
    for path in sorted((ROOT / folder).glob("*.py"))
]
TEMPLATES = sorted((ROOT / "identity" / "templates").glob("*.html"))
MIGRATIONS = sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.AppError)
}
REFUSAL = re.compile(
    r"dashboard\.refuse\(\s*\d+,\s*.+?,\s*'((?:[^']|'')+)',\s*'((?:[^']|'')+)'\s*\)", re.DOTALL
)


def _texts(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _of_call(call: ast.Call) -> Iterator[tuple[str, str | None]]:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if method == "t" and call.args:
        yield from ((text, None) for text in _texts(call.args[0]))
    elif method in {"n", "forms"} and len(call.args) >= 2:
        yield from zip(_texts(call.args[0]), _texts(call.args[1]), strict=True)
    elif name in ERRORS:
        yield from ((text, None) for text in _texts(call.args[0] if call.args else None))
        yield from ((text, None) for text in _texts(_keyword(call, "advice")))
    elif name == "Route":
        yield from ((text, None) for text in _texts(_keyword(call, "label")))
        if len(call.args) > 3:
            yield from ((text, None) for text in _texts(call.args[3]))


def _of_notices(assignment: ast.Assign) -> Iterator[tuple[str, str | None]]:
    """Sentences that are chosen by a code: the values of `_NOTICES`."""
    is_notices = any(
        isinstance(target, ast.Name) and target.id == "_NOTICES" for target in assignment.targets
    )
    if is_notices and isinstance(assignment.value, ast.Dict):
        for value in assignment.value.values:
            yield from ((text, None) for text in _texts(value))


def _in_python() -> Iterator[tuple[str, str | None]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            if isinstance(node, ast.Call):
                yield from _of_call(node)
            elif isinstance(node, ast.Assign):
                yield from _of_notices(node)
    yield from ((text, None) for text in _unexpected())


def _unexpected() -> Iterator[str]:
    problem = errors.Unexpected()
    yield problem.message
    yield problem.advice


def _in_templates() -> Iterator[tuple[str, str | None]]:
    for path in TEMPLATES:
        for match in re.finditer(r"""\bt\(\s*(?:"([^"]+)"|'([^']+)')""", path.read_text()):
            yield match.group(1) or match.group(2), None


def _in_migrations() -> Iterator[tuple[str, str | None]]:
    for path in MIGRATIONS:
        for match in REFUSAL.finditer(path.read_text()):
            yield from ((text.replace("''", "'"), None) for text in match.groups())


USED = {**dict(_in_migrations()), **dict(_in_templates()), **dict(_in_python())}


@pytest.fixture(scope="module")
def russian() -> Catalog:
    with (ROOT / "locales" / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale="ru", abort_invalid=True)


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


class TestRussianCatalogue:
    def test_looks_where_there_are_sentences(self) -> None:
        assert len(dict(_in_python())) > 100
        assert len(dict(_in_migrations())) > 20

    def test_has_every_sentence_in_use(self, russian: Catalog) -> None:
        missing = [text for text in USED if not (found := russian.get(text)) or not all(_forms(found))]
        assert missing == []

    def test_has_every_plural_form(self, russian: Catalog) -> None:
        for singular, plural in USED.items():
            message = russian.get(singular)
            if plural is not None and message is not None:
                assert message.id == (singular, plural)
                assert len(_forms(message)) == russian.num_plurals == 3, singular

    def test_keeps_placeholders(self, russian: Catalog) -> None:
        for message in russian:
            if not message.id:
                continue
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            expected = set().union(*(_placeholders(one) for one in ids))
            for form in _forms(message):
                assert _placeholders(form) == expected, message.id

    def test_has_nothing_that_no_page_says(self, russian: Catalog) -> None:
        unused = [m.id for m in russian if m.id and (m.id if isinstance(m.id, str) else m.id[0]) not in USED]
        assert unused == []


class TestTranslator:
    @pytest.mark.parametrize(
        ("count", "words"),
        [(1, "Последний 1 день"), (2, "Последние 2 дня"), (5, "Последние 5 дней"), (21, "Последний 21 день")],
    )
    def test_takes_the_plural_form_of_the_number(self, count: int, words: str) -> None:
        assert translator("ru").n("Last {count} day", "Last {count} days", count) == words

    def test_shows_an_unknown_message_as_it_is(self) -> None:
        assert translator("ru").t("new in the database {") == "new in the database {"

    @pytest.mark.parametrize(("locale", "text"), [("en", "$1,234.50"), ("ru", "1\xa0234,50\xa0$")])
    def test_writes_money_as_the_language_does(self, locale: str, text: str) -> None:
        name = next(one for one in LOCALES if one == locale)
        assert translator(name).money(Decimal("1234.5"), "USD") == text
