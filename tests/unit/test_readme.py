"""The pages at the front door name only what exists: commands with their options, targets, files, links, terms."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer.main

from ground.errors import InternalFault, RefusedData, Unavailable, UserError
from hub.home import FOLDERS
from policy.duties import duties
from portal.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (
    *READMES,
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/glossary.md",
    "docs/architecture.md",
    "docs/security.md",
    "docs/decisions/README.md",
    "docs/decisions/0001-rooms-and-layers.md",
    "docs/decisions/0002-declared-documents.md",
    "docs/decisions/0003-lake-and-engine.md",
    "docs/decisions/0010-theme-libraries.md",
    "docs/decisions/0011-places-and-grades.md",
    "docs/decisions/0012-the-city-in-blocks.md",
    "docs/where-things-go.md",
)
GLOSSARY_COLUMNS = 5
ARTICLES = {"W": 43, "L": 43, "Y": 30, "H": 38}
"""Articles that each instrument has at most."""


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}$\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)


def prose(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def typed(page: str) -> list[list[str]]:
    """Every command line in the shell blocks of a page, in words."""
    lines: list[list[str]] = []
    for block in blocks(page, "sh"):
        words: list[str] = []
        for line in _whole_lines(block):
            words = shlex.split(line, comments=True)
            if words:
                lines.append(words)
    return lines


def _whole_lines(block: str) -> Iterator[str]:
    """Lines joined where a quotation is still open."""
    held = ""
    for line in block.splitlines():
        held = f"{held} {line}" if held else line
        if held.count('"') % 2 == 0:
            yield held
            held = ""
    assert not held, "a quotation is never closed"


def wrong_with(words: list[str]) -> str | None:
    """What is wrong with the arguments of ``shuyuan``, or None."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        if not rest or rest[0] not in command.commands:
            return f"no such command: {' '.join(words)}"
        command = command.commands[rest.pop(0)]
    options = {
        name: one
        for one in command.params
        if one.param_type_name == "option"
        for name in (*one.opts, *one.secondary_opts)
    }
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    given = 0
    while rest:
        word = rest.pop(0)
        if word == "--help":
            return None
        if not word.startswith("--"):
            given += 1
        elif word not in options:
            return f"{' '.join(words)}: no such option: {word}"
        elif not options[word].is_flag:
            if not rest or rest[0].startswith("--"):
                return f"{' '.join(words)}: {word} needs a value"
            rest.pop(0)
    least = sum(one.required for one in arguments)
    most = None if any(one.nargs == -1 for one in arguments) else len(arguments)
    if given < least or (most is not None and given > most):
        return f"{' '.join(words)}: {given} arguments"
    return None


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("status", False),
        ("sql 'select 1' --user a --purpose b", False),
        ("publish one two --json", False),
        ("feed check parks --home mine", False),
        ("state", True),
        ("feed", True),
        ("feed check", True),
        ("feed check parks other", True),
        ("status --verbose", True),
        ("sql 'select 1' --user", True),
    ],
)
def test_a_command_that_does_not_exist_is_seen(line: str, wrong: bool) -> None:
    assert (wrong_with(shlex.split(line)) is not None) == wrong


@pytest.mark.parametrize("page", [*READMES, "CONTRIBUTING.md"])
def test_commands_in_blocks_exist(page: str) -> None:
    seen = set()
    for words in typed(page):
        program = words[0]
        seen.add(program)
        if program == "shuyuan":
            assert wrong_with(words[1:]) is None
        elif program == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets()
        else:
            assert program in ("cat", "source", "python3", ".venv/bin/python", "cat"), program
    assert "make" in seen


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_text_exist(page: str) -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for code in re.findall(r"`([^`\n]+)`", prose(page)):
        words = shlex.split(code.replace("'", "")) if code.startswith(("make ", "shuyuan ")) else []
        if words[:1] == ["make"]:
            assert {word for word in words[1:] if "=" not in word} <= targets(), code
        elif words:
            *_, last = takewhile(lambda word: word[0] not in "-<", words)
            assert words[1] in known, code
            assert last in {*known, *(name for one in known.values() for name in getattr(one, "commands", {}))}, code


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    assert links or page.startswith("docs/")
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        if anchor:
            assert f'<a id="{anchor}"></a>' in target.read_text(encoding="utf-8"), link


@pytest.mark.parametrize("page", PAGES)
def test_files_named_in_the_text_exist(page: str) -> None:
    rooms = {one.name for one in ROOT.iterdir() if one.is_dir()} - {"inbox", "lake", "keys"}
    checked = 0
    for code in re.findall(r"`([\w./-]+)`", prose(page)):
        first = code.split("/", 1)[0]
        if "/" in code and first in rooms and "<" not in code and not _in_home(code):
            assert (ROOT / code).exists(), code
            checked += 1
    assert checked or page in ("CHANGELOG.md", "docs/decisions/README.md", "docs/glossary.md")


def _in_home(code: str) -> bool:
    """``simulation/`` is a room here and a folder there; the table of the home lists the latter."""
    return code == "simulation/"


def test_both_readmes_have_the_same_sections_and_commands() -> None:
    english, chinese = (text_of(page) for page in READMES)
    anchors = re.findall(r'<a id="([\w-]+)"></a>\n## ', english)
    assert anchors == re.findall(r'<a id="([\w-]+)"></a>\n## ', chinese)
    assert len(anchors) == len(re.findall(r"^## ", english, re.MULTILINE)) == len(set(anchors))
    assert len(re.findall(r"^## ", chinese, re.MULTILINE)) == len(anchors)
    for kind in ("sh", "yaml", "csv", "text"):
        assert blocks(READMES[0], kind) == blocks(READMES[1], kind), kind
    # Tables: the same first column, row by row, below their heads.
    rows = [re.findall(r"^\| (`[\w./]+`|\d+) \|", text, re.MULTILINE) for text in (english, chinese)]
    assert rows[0] == rows[1]
    assert len(rows[0]) > 10


@pytest.mark.parametrize("page", READMES)
def test_every_command_is_shown_or_named(page: str) -> None:
    """A command that no reader of the README meets is a command that nobody uses."""
    text = text_of(page)
    left_out = {"replay"}  # for the curious; `shuyuan --help` and the changelog name it
    commands: Any = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    names = {sub for one in commands.values() for sub in getattr(one, "commands", {})}
    names |= {name for name, one in commands.items() if not hasattr(one, "commands")}
    missing = {name for name in names - left_out if not re.search(rf"\b{name}\b", text)}
    assert not missing - {"list"}


@pytest.mark.parametrize("page", READMES)
def test_exit_codes_and_folders_are_those_of_the_code(page: str) -> None:
    codes = set(re.findall(r"^\| (\d+) \|", text_of(page), re.MULTILINE))
    kinds = (UserError, RefusedData, Unavailable, InternalFault)
    assert codes == {"0", *(str(kind.exit_code) for kind in kinds)}
    section = text_of(page).split('<a id="home"></a>')[1].split("<a id=")[0]
    listed = set(re.findall(r"^\| `([\w.]+)/?`", section, re.MULTILINE))
    assert {folder.split("/")[0] for folder in FOLDERS} <= listed
    assert str(len(duties())) in text_of(page)


def glossary_rows() -> list[list[str]]:
    rows = [line.strip("|").split(" | ") for line in text_of("docs/glossary.md").splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in row]
        for row in rows
        if not set("".join(row)) <= set("|- ") and row[0].strip() != "English"
    ]


def test_every_term_is_whole_and_defined_once() -> None:
    rows = glossary_rows()
    assert len(rows) > 70
    assert [row for row in rows if len(row) != GLOSSARY_COLUMNS or not all(row)] == []
    terms = [row[0] for row in rows]
    # The office and the source are both called authority; the page explains how they differ.
    assert sorted({term for term in terms if terms.count(term) > 1}) == []
    assert all(re.search(r"[\u4e00-\u9fff]", row[1]) for row in rows)


def test_every_term_stands_in_the_code_where_the_glossary_says() -> None:
    for row in glossary_rows():
        for name in re.findall(r"`([\w.]+)`", row[3]):
            assert _found(name), f"{row[0]}: {name}"


def _found(name: str) -> bool:
    """Whether a dotted name is a module, or something in one; a declared field counts."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            fields = {*getattr(thing, "model_fields", {}), *getattr(thing, "__dataclass_fields__", {})}
            if part in fields:
                return part == parts[-1]
            if not hasattr(thing, part):
                # An attribute that is set when the object is made.
                code = getattr(getattr(thing, "__init__", None), "__code__", None)
                return part == parts[-1] and code is not None and part in code.co_names
            thing = getattr(thing, part)
        return True
    return False


def test_a_name_that_is_not_in_the_code_is_seen() -> None:
    assert not _found("catalog.model.Nothing")
    assert not _found("catalog.feed.Feed.nothing")
    assert not _found("nothing.at.all")
    assert _found("catalog.feed.Feed.columns")


def test_articles_named_in_the_glossary_exist() -> None:
    for row in glossary_rows():
        for city, article in re.findall(r"\b([WLYH])(\d+)\b", row[4]):
            assert 1 <= int(article) <= ARTICLES[city], row[0]


def test_the_index_of_decisions_is_complete() -> None:
    folder = ROOT / "docs" / "decisions"
    written = sorted(one.name for one in folder.glob("0*.md"))
    assert re.findall(r"\]\((0\d{3}-[\w-]+\.md)\)", text_of("docs/decisions/README.md")) == written
    for name in written:
        head = (folder / name).read_text(encoding="utf-8").splitlines()
        assert re.match(rf"# {name[:4]}\b", head[0]), name
        assert any(line.startswith("Status: ") for line in head[:4]), name


def test_architecture_lists_the_tables_there_are() -> None:
    from hub.schema import whole_metadata

    section = text_of("docs/architecture.md").split("## Operational tables")[1].split("## ")[0]
    listed = {
        name for row in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert listed == set(whole_metadata().tables)


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_room_is_described(page: str) -> None:
    rooms = re.findall(r"^    (\w+)$", text_of(".importlinter").split("[importlinter:contract")[0], re.MULTILINE)
    assert len(rooms) > 10
    assert [room for room in rooms if f"`{room}/`" not in text_of(page)] == []


def test_the_picture_is_drawn_in_both_languages_and_needs_nothing_from_elsewhere() -> None:
    svg = text_of("docs/flow.svg")
    tree = ElementTree.fromstring(svg)
    words = " ".join(tree.itertext())
    for zh, en in (("落地", "landing"), ("标准", "standard"), ("基础库", "base libraries"), ("工单", "tickets")):
        assert zh in words
        assert en in words
    assert "prefers-color-scheme: dark" in svg
    assert not re.search(r"(?:href|src|url)\s*[=(]\s*[\"']?https?:", svg)
