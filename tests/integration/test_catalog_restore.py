"""Published documents put back by command where the catalogue does not load without them, and what is said until then."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from catalog.cases.model import Case, Happening
from catalog.entries.reading import EntryReading
from hub.hub import Hub
from portal.cli.app import main

NOW = "2026-11-25T10:00"
ENTRY = "ga_household"
COMMAND = f"shuyuan catalog restore {ENTRY} --reason …"
Run = Callable[..., str]
Spoil = Callable[[Path], object]


@pytest.fixture(scope="module")
def known_city(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`small_city` with its catalogue brought in."""
    home = Path(shutil.copytree(small_city, tmp_path_factory.mktemp("known") / "home"))
    with pytest.raises(SystemExit) as left:
        main(["catalog", "entries", "--home", str(home), "--now", NOW])
    assert not left.value.code
    return home


@pytest.fixture
def home(known_city: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(known_city, tmp_path / "home"))


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as left:
            main([*words, "--home", str(home), "--now", NOW])
        said = capsys.readouterr()
        assert int(left.value.code or 0) == code, said.err
        return said.out if code == 0 else said.err

    return call


def file_of(home: Path, entry: str = ENTRY) -> Path:
    return home / "city" / "resources" / f"{entry}.yaml"


def replaced(old: str, new: str) -> Spoil:
    def spoil(file: Path) -> None:
        before = file.read_text(encoding="utf-8")
        assert old in before
        file.write_text(before.replace(old, new), encoding="utf-8")

    return spoil


def case_of(home: Path, entry: str = ENTRY) -> tuple[Case, list[Happening]]:
    with closing(Hub(home)) as hub:
        reading = hub.entries.reading
        return reading.get(entry), reading.trail(entry)


@pytest.mark.parametrize(
    ("spoil", "noted"),
    [
        (Path.unlink, "undeclared"),
        (lambda file: file.write_text(""), "undeclared"),
        (lambda file: file.write_bytes(b"# \xff\xfe\x00"), "undeclared"),
        (replaced("title: ", "title: \u200b"), "undeclared"),
        (replaced("department: ga", "department: mzz"), "redeclared"),
    ],
    ids=["gone", "empty", "binary", "unseen sign", "no such department"],
)
def test_what_keeps_the_catalogue_from_loading_is_put_back_by_command(
    home: Path, run: Run, spoil: Spoil, noted: str
) -> None:
    with closing(Hub(home)) as hub:
        before = hub.city.digest
    spoil(file_of(home))
    assert COMMAND in run("catalog", "entries", code=2)
    run("catalog", "restore", ENTRY, "--reason", "误删")
    run("catalog", "entries")
    with closing(Hub(home)) as hub:
        assert hub.city.digest == before
    case, trail = case_of(home)
    assert (case.state, case.department, case.facts["declared"]) == ("published", "ga", None)
    assert [one.event for one in trail][-2:] == [noted, "restored"]
    assert trail[-1].facts["reason"] == "误删"
    assert not (home / "city" / ".step.json").exists()


def test_a_missing_document_is_said_before_what_comes_of_it(home: Path, run: Run) -> None:
    title = case_of(home)[0].title
    file_of(home).unlink()
    said = run("catalog", "entries", code=2)
    first, then, *_ = said.splitlines()
    assert f"{title}（{ENTRY}）" in first and "已经发布" in first
    assert COMMAND in then
    assert said.index(COMMAND) < said.index(f"city/feeds/{ENTRY}.yaml:")


def test_two_that_are_gone_are_put_back_together_and_one_alone_says_what_still_lacks(home: Path, run: Run) -> None:
    other = next(one.stem for one in sorted((home / "city" / "resources").glob("*.yaml")) if one.stem != ENTRY)
    file_of(home).unlink()
    file_of(home, other).unlink()
    both = sorted((ENTRY, other))
    command = f"shuyuan catalog restore {' '.join(both)} --reason …"
    assert command in run("catalog", "entries", code=2)
    said = run("catalog", "restore", ENTRY, "--reason", "误删", code=2)
    assert command in said and f"（{other}）" in said
    assert f"（{ENTRY}）" not in said and f"city/feeds/{ENTRY}.yaml" not in said
    assert not file_of(home).exists() and case_of_is_published(home)
    run("catalog", "restore", *both, "--reason", "误删")
    run("catalog", "entries")
    assert file_of(home).exists() and file_of(home, other).exists()


def case_of_is_published(home: Path) -> bool:
    """Looked at without the catalogue, which does not load."""
    with closing(Hub(home)) as hub:
        return EntryReading(hub.database).get(ENTRY).state == "published"


def test_who_may_put_back_is_asked_of_the_city_as_it_will_be(home: Path, run: Run) -> None:
    file_of(home).unlink()
    assert "公安局" not in run("catalog", "restore", ENTRY, "--reason", "误删", "--department", "mzz", code=2)
    run("catalog", "restore", ENTRY, "--reason", "误删", "--department", "ga", code=2)
    assert not file_of(home).exists()
    run("catalog", "restore", ENTRY, code=2)
    assert not file_of(home).exists(), "a reason is asked for"
    run("catalog", "restore", ENTRY, "--reason", "误删", "--department", "bureau")
    assert file_of(home).exists()


def test_an_entry_that_there_is_not_is_named_though_the_catalogue_does_not_load(home: Path, run: Run) -> None:
    file_of(home).unlink()
    assert "ga_househould" in run("catalog", "restore", "ga_househould", "--reason", "误删", code=2)


def test_what_else_is_wrong_is_said_and_nothing_is_put_back(home: Path, run: Run) -> None:
    file_of(home).unlink()
    departments = home / "city" / "departments.yaml"
    departments.write_text(departments.read_text(encoding="utf-8") + "oddity: 1\n", encoding="utf-8")
    said = run("catalog", "restore", ENTRY, "--reason", "误删", code=2)
    assert "city/departments.yaml" in said and "catalog restore" not in said
    assert not file_of(home).exists()


def test_an_entry_that_its_feed_declares_is_not_said_to_be_missing(home: Path, run: Run) -> None:
    own, feed = file_of(home), home / "city" / "feeds" / f"{ENTRY}.yaml"
    declared = yaml.safe_load(feed.read_text(encoding="utf-8"))
    declared["resource"] = yaml.safe_load(own.read_text(encoding="utf-8"))
    feed.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), encoding="utf-8")
    own.unlink()
    run("catalog", "entries")
    departments = home / "city" / "departments.yaml"
    departments.write_text(departments.read_text(encoding="utf-8") + "oddity: 1\n", encoding="utf-8")
    said = run("catalog", "entries", code=2)
    assert "city/departments.yaml" in said and "catalog restore" not in said


def test_the_check_says_it_too(home: Path, run: Run) -> None:
    file_of(home).unlink()
    assert COMMAND in run("catalog", "check", code=2)


def test_the_desk_does_not_begin_on_documents_that_do_not_hold_together(home: Path, run: Run) -> None:
    file_of(home).unlink()
    said = run("serve", "--port", "0", code=2)
    assert COMMAND in said and f"city/feeds/{ENTRY}.yaml:" in said
