"""The documents say what is so: every setting is explained, every link leads somewhere, the twins agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from config import Settings
from demo.accounts import DEMO_ACCOUNTS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
READMES = [ROOT / "README.md", ROOT / "README.ru.md"]

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def text_of(document: Path) -> str:
    """A document without its code blocks, where nothing is a link or a heading."""
    return FENCED.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """What headings are called in addresses: lower case, hyphens for spaces, other punctuation gone."""
    titles = [title.strip() for _, title in HEADING.findall(text_of(document))]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def as_written(field: FieldInfo) -> str:
    """A default as somebody would type it."""
    if field.default is None:
        return "–"
    return f"`{int(field.default) if isinstance(field.default, bool) else field.default}`"


def settings_table(readme: Path) -> list[tuple[str, str, str]]:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", readme.read_text(encoding="utf-8"), re.MULTILINE
    )
    return [(name, default, meaning) for name, default, meaning in rows]


class TestSettings:
    def test_readme_explains_every_setting_as_config_does(self) -> None:
        expected = [
            (name.upper(), as_written(field), field.description)
            for name, field in Settings.model_fields.items()
        ]
        assert settings_table(READMES[0]) == expected

    def test_the_russian_readme_explains_the_same_settings(self) -> None:
        english, russian = (settings_table(readme) for readme in READMES)
        assert [row[:2] for row in russian] == [row[:2] for row in english]
        assert all(re.search("[а-я]", meaning) for _, _, meaning in russian)

    def test_the_example_environment_names_every_setting(self) -> None:
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        named = re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)
        assert {name.upper() for name in Settings.model_fields} <= set(named)
        assert len(named) == len(set(named)), "a name stands there twice"


class TestLinks:
    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_every_link_and_picture_leads_somewhere(self, document: Path) -> None:
        missing = []
        for target in LINK.findall(text_of(document)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (document.parent / path).resolve() if path else document
            if not file.exists() or (anchor and anchor not in anchors(file)):
                missing.append(target)
        assert not missing


class TestTwins:
    def test_the_readmes_have_the_same_sections_in_the_same_order(self) -> None:
        english, russian = ([level for level, _ in HEADING.findall(text_of(readme))] for readme in READMES)
        assert russian == english

    def test_the_readmes_show_the_same_pictures_commands_and_documents(self) -> None:
        english, russian = (readme.read_text(encoding="utf-8") for readme in READMES)
        swapped = {"README.md": "README.ru.md", "README.ru.md": "README.md"}
        assert [swapped.get(target, target) for target in LINK.findall(russian)] == LINK.findall(english)
        assert FENCED.findall(russian) == FENCED.findall(english)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_readmes_name_the_demo_sign_ins_as_they_are_printed(readme: Path) -> None:
    printed = [f"  {account.email:<28} {account.password}\n" for account in DEMO_ACCOUNTS]
    assert "".join(printed) in readme.read_text(encoding="utf-8")


def test_the_architecture_tells_where_everything_is() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = [f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")]
    for name in [*packages, *(path.name for path in ROOT.glob("*.py"))]:
        assert f"`{name}`" in told, name


def test_the_changelog_has_an_entry_for_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    released = re.findall(
        r"^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert released[0] == version
