"""A legal basis that names no law is told when the catalogue is loaded, with its place; once, and it bars nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from catalog.documents import load_city
from hub.hub import init_home
from portal.cli.app import main

NAMED = {"class": "not", "reason": "涉及个人隐私", "legal_basis": "个人信息保护法第二十八条"}


def written(home: Path, **said: object) -> None:
    document = {
        "id": "dogs", "title": "养犬登记", "department": "bureau", "system": "无", "storage_format": "database",
        "provision_mode": "file", "share_until": "长期", "sharing": NAMED, "opening": {"class": "unconditional"},
        "update_cycle": "monthly", "key": ["no"], "items": [{"id": "no", "title": "养犬登记证号"}], **said,
    }  # fmt: skip
    path = home / "city" / "resources" / "dogs.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    init_home(tmp_path / "home")
    return tmp_path / "home"


def listed(home: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as left:
        main(["catalog", "entries", "--home", str(home), "--now", "2026-11-27T10:00"])
    said = capsys.readouterr()
    assert int(left.value.code or 0) == 0, said.err
    return said.err


@pytest.mark.parametrize("basis", ["依据有关规定", "待补充", "无"])
def test_a_basis_that_names_no_law_is_told_once_with_its_place_and_bars_nothing(home, capsys, basis: str) -> None:
    written(home, sharing=NAMED | {"legal_basis": basis})
    told = listed(home, capsys)
    assert "city/resources/dogs.yaml:11 sharing.legal_basis" in told and basis in told
    assert listed(home, capsys) == "", "the catalogue has not changed since"
    written(home)
    assert listed(home, capsys) == ""


def test_of_many_the_first_are_told_and_the_others_are_where_they_are_said_to_be(home, capsys) -> None:
    for number in range(12):
        written(home, sharing=NAMED | {"legal_basis": "待补充"})
        path = home / "city" / "resources" / "dogs.yaml"
        text = path.read_text(encoding="utf-8").replace("id: dogs", f"id: dogs{number}").replace("犬", f"犬{number}")
        path.rename(path.with_name(f"dogs{number}.yaml")).write_text(text, encoding="utf-8")
    told = listed(home, capsys)
    assert told.count("待补充") == 20 and "其余见 catalog check" in told


def test_exceptions_and_classes_of_opening_are_looked_at_and_what_is_unconditional_is_not(home) -> None:
    item = {"id": "no", "title": "养犬登记证号", "collection": {"as": "exception", "legal_basis": "工作需要"}}
    written(home, opening=NAMED | {"legal_basis": "国家有关规定"}, items=[item])
    places = [one.where for one in load_city(home / "city", gated=False).warnings()]
    assert [one.split(" ")[1] for one in places] == ["opening.legal_basis", "items.0.collection.legal_basis"]
    written(home, sharing={"class": "unconditional", "legal_basis": "无"})
    assert list(load_city(home / "city").warnings()) == []
