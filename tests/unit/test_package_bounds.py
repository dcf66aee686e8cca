"""What a hostile sender writes into a package: refused in a moment, at its place, and never repeated."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from district_packages import pension, sent

from catalog.interchange import package as bounds
from catalog.interchange.package import digest_of, open_package
from ground.errors import DocumentError

MARK = "PERSON330203"
"""Stands for what must not be repeated in a message."""


def made(change: Callable[[dict[str, Any]], object], **over: Any) -> bytes:
    """A package whose digest fits whatever it says."""
    said = json.loads(sent(pension()))
    change(said["content"])
    return json.dumps({**said, "digest": digest_of(said["content"]), **over}, ensure_ascii=False).encode()


def entry(**over: Any) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["resources"][0].update(over)


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def test_a_package_that_is_sound_is_opened() -> None:
    for change in (
        entry(), entry(abstract="按月\n发放\u200b，含软连字符\u00ad"), entry(title="名" * bounds.LONGEST_TITLE),
        entry(items=[{"id": f"i{n}", "title": f"项{n}"} for n in range(bounds.MANY)], key=["i0"]),
    ):  # fmt: skip
        assert open_package(made(change), "x.json").content.district == "east"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (entry(title="名" * (bounds.LONGEST_TITLE + 1)), "resources.0.title"),
        (entry(abstract="名" * (bounds.LONGEST + 1)), "resources.0.abstract"),
        (entry(items=[{"id": f"i{n}", "title": "项"} for n in range(60_000)]), "resources.0.items"),
        (entry(key=["citizen_id"] * 60_000), "resources.0.key"),
        (entry(related=[MARK] * 60_000), "resources.0.related"),
        (lambda content: content.update(extra=[{}] * 60_000), "content.extra"),
        (lambda content: content.update(extra=nested(100)), "content.extra" + ".0" * 11),
        (entry(system="民政\u200b系统"), "resources.0.system"),
        (entry(abstract="发放\x00记录"), "resources.0.abstract"),
        (entry(abstract="发放\u202e记录"), "resources.0.abstract"),
        (entry(related=["2/1\u2066"]), "resources.0.related.0"),
        (lambda content: content.update(district_name="市人民\u200b政府"), "content.district_name"),
        (entry(**{f"{MARK}\u0007": 1}), "resources.0.?"),
    ],
)  # fmt: skip
def test_what_is_out_of_all_measure_or_not_to_be_seen_is_refused_at_its_place(change: Any, where: str) -> None:
    raw = made(change)
    began = time.process_time()
    with pytest.raises(DocumentError) as caught:
        open_package(raw, "x.json")
    assert str(caught.value.where).endswith(where), caught.value.where
    assert MARK not in caught.value.zh + caught.value.en + str(caught.value.where)
    assert time.process_time() - began < 20, "lists of 60,000 are not compared with one another"


@pytest.mark.parametrize("name", ["../../x", "a/b", "A", "a\n", "", "ａ", "x" * 64, "con.yaml"])
def test_an_id_is_never_a_path(name: str) -> None:
    with pytest.raises(DocumentError):
        open_package(made(entry(id=name)), "x.json")


def test_a_key_that_stands_twice_is_refused_for_readers_differ_in_which_they_take() -> None:
    raw = made(lambda _: None).decode()
    twice = raw.replace('"district": "east"', '"district": "west", "district": "east"', 1)
    for one in (twice, raw[:-1] + ', "version": 9}', raw.replace('"title"', '"title": "甲", "title"', 1)):
        assert one != raw
        with pytest.raises(DocumentError, match="写了两次"):
            open_package(one.encode(), "x.json")


@pytest.mark.parametrize("number", ["true", '"1"', "1.5", "1e999", "NaN", "-1"])
def test_a_version_is_a_whole_number_written_as_one(number: str) -> None:
    raw = made(lambda _: None).decode().replace('"version": 1', f'"version": {number}', 1)
    with pytest.raises(DocumentError):
        open_package(raw.encode(), "x.json")


def test_a_name_that_somebody_made_up_is_not_repeated() -> None:
    with pytest.raises(DocumentError) as caught:
        open_package(made(entry(**{f"{MARK} 张三": 1})), "x.json")
    assert "content.resources.0.?" in caught.value.zh and MARK not in caught.value.zh
