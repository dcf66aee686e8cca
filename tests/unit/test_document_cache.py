"""A catalogue read with what earlier loads remember is the catalogue that is there, and is refused where that would be."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import document_cache, documents
from catalog.city import City
from catalog.documents import load_city
from catalog.gate.loading import gate_problems
from ground.documents import parse_document
from ground.errors import DocumentError

DEPARTMENTS = """\
departments:
  - {id: ga, name: 公安局}
  - {id: sw, name: 税务局}
"""
ENTRY = """\
id: %s
title: %s
department: %s
system: 业务系统
category: 部门/其他/其他
abstract: 摘要
scope: 全市
collection_basis: 三定方案
gathering: {mode: manual}
grade: 1
share_until: 2030-12-31
storage_format: database
provision_mode: file
sharing: {class: unconditional}
opening: {class: unconditional}
update_cycle: monthly
key: [number]
items:
  - {id: number, title: %s编号}
  - {id: size, title: %s面积}
"""
OWNER = "  - {id: owner, title: 姓名, element: person_name}\n"
FEED = """\
id: drop
resource: ponds
source: {kind: file, path: 'ga/ponds_{period}.csv'}
format: {kind: csv, encoding: gbk}
columns: {编号: number}
"""
REGISTER = """\
libraries:
  %s:
    title: 库
    key: number
    key_in: {ponds: number}
    items:
      size: {title: 面积, authority: ponds}
"""


def entry(name: str, about: str, department: str = "ga") -> str:
    text = ENTRY % (name, f"{about}台账", department, about, about)
    # Whose ponds they are is one fact, whoever lists it.
    return text.replace("编号}", "编号, element: citizen_id}") + OWNER if about == "鱼塘" else text


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return _city(tmp_path)


def _city(held: Path) -> Path:
    directory = held / "city"
    for name, text in {
        "departments.yaml": DEPARTMENTS,
        "resources/ponds.yaml": entry("ponds", "鱼塘"),
        "resources/lamps.yaml": entry("lamps", "路灯", "sw"),
        "feeds/drop.yaml": FEED,
        "register.yaml": REGISTER % "water",
    }.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def kept(city: Path) -> Path:
    return city.parent / "cache" / "catalogue"


def load(city: Path) -> City:
    return load_city(city, cache=kept(city))


def outcome(read: Callable[[], City]) -> object:
    """What a load says, to the last letter: everything declared, or the refusal with its lines."""
    try:
        found = read()
    except DocumentError as fault:
        return fault.zh, fault.en
    return (
        found,
        found.digest,
        [one.model_fields_set for one in found.resources],
        [one.items for one in found.resources],
    )


def same(city: Path) -> object:
    """The outcome with what is remembered, twice, which is the outcome without."""
    told = outcome(lambda: load_city(city))
    assert outcome(lambda: load(city)) == told
    assert outcome(lambda: load(city)) == told
    return told


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that were read as YAML, by name."""
    names: list[str] = []
    real = parse_document

    def counted(text: str, model: type, *, name: str) -> object:
        names.append(name)
        return real(text, model, name=name)

    monkeypatch.setattr(document_cache, "parse_document", counted)
    return names


@pytest.fixture
def gated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries each run of the gate looked at."""
    runs: list[int] = []
    real = gate_problems

    def counted(draft: object, collectors: object) -> object:
        runs.append(len(draft.entries))  # type: ignore[attr-defined]
        return real(draft, collectors)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "gate_problems", counted)
    return runs


def test_what_has_not_changed_is_neither_read_as_yaml_nor_held_against_the_gate_again(
    city: Path, parsed: list[str], gated: list[int]
) -> None:
    first = load(city)
    assert sorted(parsed) == [
        "city/departments.yaml", "city/feeds/drop.yaml", "city/register.yaml", "city/resources/lamps.yaml",
        "city/resources/ponds.yaml",
    ]  # fmt: skip
    assert gated == [2]
    assert load(city) == first
    assert len(parsed) == 5
    assert gated == [2]


def test_one_changed_document_alone_is_read_and_the_gate_asked_once(
    city: Path, parsed: list[str], gated: list[int]
) -> None:
    load(city)
    del parsed[:], gated[:]
    (city / "resources" / "lamps.yaml").write_text(entry("lamps", "井盖", "sw"), encoding="utf-8")
    assert load(city).resource("lamps").title == "井盖台账"
    assert (parsed, gated) == (["city/resources/lamps.yaml"], [2])


def test_an_edit_that_keeps_size_and_times_is_seen(city: Path) -> None:
    load(city)
    path = city / "resources" / "lamps.yaml"
    before = path.stat()
    path.write_text(entry("lamps", "井盖", "sw"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert load(city).resource("lamps").title == "井盖台账"


def test_a_duplicate_that_comes_in_later_is_refused_and_stays_refused(city: Path, gated: list[int]) -> None:
    load(city)
    (city / "resources" / "zz_ponds.yaml").write_text(entry("zz_ponds", "鱼塘", "sw"), encoding="utf-8")
    for _ in range(2):  # and is not taken for one that passed
        with pytest.raises(DocumentError, match=r"zz_ponds\.yaml"):
            load(city)
    assert gated == [2, 3, 3]


def test_a_load_without_the_gate_lets_nothing_pass_it(city: Path) -> None:
    (city / "resources" / "zz_ponds.yaml").write_text(entry("zz_ponds", "鱼塘", "sw"), encoding="utf-8")
    load_city(city, gated=False, cache=kept(city))
    with pytest.raises(DocumentError, match=r"zz_ponds\.yaml"):
        load(city)


def test_other_standards_are_held_against_all_of_it(city: Path) -> None:
    path = city / "resources" / "lamps.yaml"
    text = entry("lamps", "路灯", "sw").replace("{id: size,", "{id: size, element: area,")
    path.write_text(text, encoding="utf-8")
    load_city(city, known_elements=frozenset({"area", "citizen_id", "person_name"}), cache=kept(city))
    with pytest.raises(DocumentError, match="area"):
        load_city(city, known_elements=frozenset({"citizen_id", "person_name"}), cache=kept(city))


def test_a_wrong_document_names_its_line_however_often_it_is_read(city: Path) -> None:
    load(city)
    path = city / "resources" / "lamps.yaml"
    path.write_text(entry("lamps", "路灯", "sw").replace("grade: 1", "grade: 9"), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(DocumentError, match=r"lamps\.yaml:10 grade"):
            load(city)


def test_a_misplaced_document_is_told_where_all_else_is_as_it_was(city: Path) -> None:
    load(city)
    (city / "resources" / "old.yml").write_text("", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"old\.yml"):
        load(city)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff\x00 nonsense\nmore"),
        lambda path: path.write_bytes(b'["a", "list"]\n'),
        lambda path: path.write_bytes(path.read_bytes()[:-30]),
        lambda path: path.write_bytes(path.read_bytes().replace("鱼塘台账".encode(), "鱼塘清单".encode())),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"sound": ["', b'"sound": ["x')),
        lambda path: path.unlink(),
    ],
    ids=["empty", "nonsense", "foreign", "torn", "a document changed", "what passed changed", "deleted"],
)
def test_a_damaged_or_foreign_file_is_passed_over_and_made_anew(
    city: Path, parsed: list[str], gated: list[int], spoil: Callable[[Path], object]
) -> None:
    first = load(city)
    good = kept(city).read_bytes()
    spoil(kept(city))
    assert not kept(city).exists() or kept(city).read_bytes() != good
    assert load(city) == first
    assert (len(parsed), gated) == (10, [2, 2])
    assert kept(city).read_bytes() == good


def test_another_version_of_the_software_starts_anew(
    city: Path, parsed: list[str], gated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(city)
    monkeypatch.setattr(document_cache, "software", lambda: "another")
    load(city)
    assert (len(parsed), gated) == (10, [2, 2])


def test_the_version_of_the_software_is_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.yaml").write_text("a: 1", encoding="utf-8")
    monkeypatch.setattr(document_cache, "files", lambda _: tmp_path)
    first = document_cache.software.__wrapped__()
    assert document_cache.software.__wrapped__() == first
    (tmp_path / "words.yaml").write_text("a: 2", encoding="utf-8")
    assert document_cache.software.__wrapped__() != first


def test_where_nothing_can_be_written_it_is_read_all_the_same(city: Path) -> None:
    kept(city).parent.write_text("a file where the folder should be", encoding="utf-8")
    assert load(city) == load_city(city)
    assert kept(city).parent.is_file()


def test_what_is_gone_does_not_stay_for_ever(city: Path) -> None:
    path = city / "resources" / "many.yaml"
    for number in range(30):
        path.write_text(entry("many", f"第{number}"), encoding="utf-8")
        load(city)
    assert len(kept(city).read_bytes().splitlines()) <= 1 + 2 * 6


def test_two_processes_at_once_leave_a_whole_file(city: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from catalog.documents import load_city\n"
        "city = Path(sys.argv[1])\n"
        "for n in range(15):\n"
        "    if n % 3 == 2: (city.parent / 'cache' / 'catalogue').unlink(missing_ok=True)\n"
        "    assert len(load_city(city, cache=city.parent / 'cache' / 'catalogue').resources) == 2\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(city)]) for _ in range(2)]
    assert [one.wait(timeout=120) for one in running] == [0, 0]
    assert [one.name for one in kept(city).parent.iterdir()] == ["catalogue"]
    same(city)


CHANGES: dict[str, Callable[[Path], object]] = {
    "edit": lambda city: (city / "resources/lamps.yaml").write_text(entry("lamps", "井盖", "sw"), encoding="utf-8"),
    "edit back": lambda city: (city / "resources/lamps.yaml").write_text(
        entry("lamps", "路灯", "sw"), encoding="utf-8"
    ),
    "delete": lambda city: (city / "resources/lamps.yaml").unlink(missing_ok=True),
    "add": lambda city: (city / "resources/wells.yaml").write_text(entry("wells", "水井"), encoding="utf-8"),
    "add a duplicate": lambda city: (city / "resources/zz.yaml").write_text(
        entry("zz", "鱼塘", "sw"), encoding="utf-8"
    ),
    "take it out": lambda city: (city / "resources/zz.yaml").unlink(missing_ok=True),
    "misname": lambda city: _moved(city / "resources/wells.yaml", city / "resources/well.yaml"),
    "name right": lambda city: _moved(city / "resources/well.yaml", city / "resources/wells.yaml"),
    "register": lambda city: (city / "register.yaml").write_text(REGISTER % "ponding", encoding="utf-8"),
    "no register": lambda city: (city / "register.yaml").unlink(missing_ok=True),
    "fewer departments": lambda city: (city / "departments.yaml").write_text(
        "departments: [{id: ga, name: 公安局}]", encoding="utf-8"
    ),
    "departments": lambda city: (city / "departments.yaml").write_text(DEPARTMENTS, encoding="utf-8"),
    "break": lambda city: (city / "feeds/drop.yaml").write_text("id: [", encoding="utf-8"),
    "not text": lambda city: (city / "feeds/drop.yaml").write_bytes(b"\xff\xfe\xff"),
    "mend": lambda city: (city / "feeds/drop.yaml").write_text(FEED, encoding="utf-8"),
}


def _moved(path: Path, to: Path) -> None:
    if path.exists():
        path.replace(to)


@given(st.lists(st.sampled_from(list(CHANGES)), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_whatever_is_changed_the_next_load_is_the_one_without_a_memory(changes: list[str]) -> None:
    with tempfile.TemporaryDirectory() as held:
        city = _city(Path(held))
        same(city)
        for name in changes:
            CHANGES[name](city)
            same(city)
