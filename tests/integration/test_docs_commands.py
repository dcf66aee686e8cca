"""What the documentation tells a newcomer to type is typed, as written, and answers what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from catalog.feed import Feed
from ground.documents import parse_document

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^```(?P<kind>\w+)(?P<more>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, what stands behind the language, its text, and the text above it."""

    kind: str
    more: str
    body: str
    above: str

    @property
    def target(self) -> str:
        """The file that the text above says this block is: the last name in backticks with its ending."""
        names: list[str] = re.findall(r"`([^`\s]+)`", self.above)
        name = [one for one in names if one.endswith(f".{self.kind}")][-1]
        if "/" in name:
            return name
        return [one for one in names if one.endswith("/")][-1] + name


def blocks(page: str, section: str | None = None) -> list[Block]:
    """Fenced blocks of a page, or of the part below an anchor."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if section is not None:
        text = text.split(f'<a id="{section}"></a>', 1)[1].split("<a id=", 1)[0]
    found, end = [], 0
    for match in FENCE.finditer(text):
        found.append(Block(match["kind"], match["more"].strip(), match["body"], text[end : match.start()]))
        end = match.end()
    return found


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def plain(text: str) -> str:
    """Output without the lines that tables draw, every run of blanks one blank."""
    return re.sub(r"[ \t]+", " ", re.sub(r"[│┃|]", " ", text))


def follow(page: list[Block], folder: Path) -> int:
    """Write the page's files, run its commands, compare with what it shows; how many blocks were run."""
    said, commands = "", 0
    for block in page:
        if block.kind in ("yaml", "csv") and block.more != "fragment":
            target = folder / block.target
            assert target.parent.is_dir() or target.parent.parent.name == "inbox", block.target
            target.parent.mkdir(exist_ok=True)
            target.write_text(block.body, encoding="utf-8")
        elif block.kind == "sh":
            wanted = int(block.more.removeprefix("exit=") or 0)
            done = run(block.body, folder)
            assert done.returncode == wanted, done.stdout + done.stderr
            said = plain(done.stdout + done.stderr)
            commands += 1
        elif block.kind == "text":
            for line in block.body.strip().splitlines():
                assert plain(line).strip() in said, f"{line!r} is not in\n{said}"
    return commands


@pytest.mark.duty("R-022", "R-053")
def test_your_own_feed_as_written(tmp_path: Path) -> None:
    assert follow(blocks("docs/your-own-feed.md"), tmp_path) == 14


@pytest.mark.duty("R-053", "R-054", "R-055")
def test_cataloguing_as_written(tmp_path: Path) -> None:
    assert follow(blocks("docs/cataloguing.md"), tmp_path) == 10


def test_the_readme_section_as_written(tmp_path: Path) -> None:
    page = blocks("README.md", "your-own-feed")
    assert follow(page, tmp_path) == 2
    again = run('shuyuan sql "SELECT park_no FROM parks ORDER BY park_no" --csv --home mine', tmp_path)
    assert again.stdout.split() == ["park_no", "P001", "P003"]
    assert run("shuyuan status --json --home mine", tmp_path).stdout.count('"parks"') >= 1


def test_the_fragments_fit_into_the_feed() -> None:
    page = blocks("docs/your-own-feed.md")
    (feed,) = [one.body for one in page if one.kind == "yaml" and one.body.startswith("id: toilets")]
    fragments = [one.body for one in page if one.more == "fragment"]
    assert len(fragments) == 5
    for fragment in fragments:
        document = yaml.safe_load(feed) | yaml.safe_load(fragment)
        text = yaml.safe_dump(document, allow_unicode=True)
        assert parse_document(text, Feed, name="fragment").id == "toilets"
