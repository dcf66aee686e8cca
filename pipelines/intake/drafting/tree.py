"""How a tree (JSON, XML) is to be read as records: which list, which element repeats."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from catalog.formats import Json, Vector, Xml
from ground.errors import RefusedData
from pipelines.intake import decoding
from pipelines.intake.drafting.guess import Guess, Guessed

THROUGH = "[*]"
"""How a way passes through a list (`catalog.formats.Json`)."""
FEW_HOLDERS, MANY_WITHIN = 50, 5
LARGEST = 256 << 20
"""Bytes of a document that is read whole to find its list of records; records by line are not read whole."""


def detect_json(path: Path) -> Guessed:
    """The form of JSON: features, one record a line, or a list within a document.

    Raises:
        RefusedData: it is no JSON, or holds no list of records.
    """
    encoding = decoding.choose(path, "auto").name
    first = next(decoding.decoded(path, encoding), "").lstrip().split("\n", 1)
    if len(first) == 2 and _is_record(first[0]) and _is_record(first[1].split("\n", 1)[0] or "{}"):
        return Guessed(
            Json(kind="jsonl"), {"kind": Guess("jsonl", "每行是一条 JSON 记录", "every line is one JSON record")}
        )
    if path.stat().st_size > LARGEST:
        raise _refused(
            path, f"JSON 文档超过 {LARGEST >> 20} MB，请改为每行一条记录（jsonl）", "use one record a line (jsonl)"
        )
    try:
        document = json.loads("".join(decoding.decoded(path, encoding)))
    except ValueError:
        raise _refused(path, "不是 JSON，或不完整", "it is no JSON, or not whole") from None
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        return Guessed(
            Vector(kind="geojson"),
            {"kind": Guess("geojson", "是要素的集合（RFC 7946）", "it is a collection of features (RFC 7946)")},
        )
    lists = _likeliest(list(_lists(document, "")))
    if not lists:
        raise _refused(path, "文档中没有记录的列表", "the document holds no list of records")
    way, size = lists[0]
    zh, en = f"{size} 条记录的列表", f"a list of {size} records"
    if len(lists) > 1:
        zh += f"；另有列表 {'、'.join(name or '（文档本身）' for name, _ in lists[1:6])}"
        en += f"; there are also lists at {', '.join(name or '(the document)' for name, _ in lists[1:6])}"
    return Guessed(Json(kind="json", records=way), {"records": Guess(way, zh, en)})


def detect_xml(path: Path) -> Guessed:
    """The form of XML: the element that stands most often as a sibling of its like and has something below it.

    Raises:
        RefusedData: it is no XML, or nothing in it repeats.
    """
    counts: Counter[str] = Counter()
    try:
        safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
        for _, element in etree.iterparse(str(path), events=("end",), **safe):
            if isinstance(element.tag, str) and (len(element) or element.attrib):
                counts[etree.QName(element).localname] += 1
            if element.getparent() is not None and element.getparent().getparent() is None:
                element.clear(keep_tail=False)
    except etree.XMLSyntaxError:
        raise _refused(path, "不是 XML，或不完整", "it is no XML, or not whole") from None
    if not counts or counts.most_common(1)[0][1] < 2:
        raise _refused(path, "没有重复出现的元素", "no element repeats")
    record, number = counts.most_common(1)[0]
    return Guessed(
        Xml(kind="xml", record=record),
        {"record": Guess(record, f"该元素出现 {number} 次", f"this element stands there {number} times")},
    )


def _is_record(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _likeliest(lists: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Lists of records, the likeliest first: the longest that is not within another's records.

    Lists within a few records (the stops of twelve lines) are the records; within many (the tags of a thousand companies)
    they are details.
    """
    outer = sorted((one for one in lists if THROUGH not in one[0]), key=lambda one: -one[1])
    inner = sorted((one for one in lists if THROUGH in one[0]), key=lambda one: -one[1])
    if inner and outer and outer[0][1] <= FEW_HOLDERS and inner[0][1] >= outer[0][1] * MANY_WITHIN:
        return [inner[0], *outer, *inner[1:]]
    return [*outer, *inner]


def _lists(value: Any, way: str) -> Iterator[tuple[str, int]]:
    """Ways to lists of objects and their lengths, one level of lists within lists included: ``lines[*].stops``."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield way, len(value)
        if THROUGH not in way:
            within: Counter[str] = Counter()
            for record in value:
                for name, inner in record.items():
                    if isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
                        within[name] += len(inner)
            yield from ((f"{way}{THROUGH}.{name}", number) for name, number in within.items() if way)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _lists(inner, f"{way}.{name}" if way else name)


def _refused(path: Path, zh: str, en: str) -> RefusedData:
    return RefusedData(f"{zh}。", f"{en[0].upper()}{en[1:]}.", where=path.name)
