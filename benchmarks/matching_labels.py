"""The labelled items of tests/labels with what they refer to: titles of real files, items of the simulated city, titles by hand.

References are read where the files stand, and their digest is compared: a file that has changed is no label any more.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from python_calamine import CalamineWorkbook

from catalog.documents import load_city
from catalog.matching.told import Told
from simulation.declared import DOCUMENTS

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "tests" / "labels"
DATA = Path(os.environ.get("SHUYUAN_SHARED", ROOT.parent / "shared")) / "data"

Group = Literal["real", "city", "hand"]
Part = Literal["tune", "test"]


@dataclass(frozen=True)
class ElementLabel:
    """One item and the element that a person says it is.

    Attributes:
        told: the item as the matcher is told of it; of an item of the city without its declared element.
        group: where it comes from.
        element: the element; None where there is none.
        also: other readings that can be defended, ``none`` among them.
    """

    source: str
    told: Told
    group: Group
    element: str | None
    also: frozenset[str]
    part: Part


@dataclass(frozen=True)
class PairLabel:
    """Two items and whether a person says that they are the same fact."""

    left: Told
    right: Told
    group: Group
    same: bool
    doubtful: bool
    part: Part
    names: tuple[str, str]


def element_labels() -> list[ElementLabel]:
    """The labels of ``element_labels.csv``, in order."""
    labels = []
    for row in _rows("element_labels.csv"):
        mark, _, _ = row["note"].partition(";")
        also = frozenset(mark.removeprefix("also:").split()) if mark.startswith("also:") else frozenset()
        told = told_of(row["source"])
        labels.append(
            ElementLabel(row["source"], told, _group(row["source"]), row["element"] or None, also, _part(row["part"]))
        )
    return labels


def pair_labels() -> list[PairLabel]:
    """The labels of ``item_pairs.csv``, in order; a pair is ``real`` where a side is, else ``city`` where both are."""
    labels = []
    for row in _rows("item_pairs.csv"):
        groups = {_group(row["left"]), _group(row["right"])}
        group: Group = "real" if "real" in groups else "city" if groups == {"city"} else "hand"
        doubtful = row["note"].startswith("doubtful:")
        left, right = told_of(row["left"]), told_of(row["right"])
        names = (row["left"], row["right"])
        labels.append(PairLabel(left, right, group, row["same"] == "1", doubtful, _part(row["part"]), names))
    return labels


def told_of(reference: str) -> Told:
    """What a label refers to.

    Raises:
        ValueError: the file has changed: its field is not the one that was labelled.
    """
    if reference.startswith("text:"):
        title, _, resource = reference.removeprefix("text:").partition("@")
        return Told(title=title, resource=resource or None)
    if reference.count(":") < 3:
        return _of_city(reference)
    file, record, field, digest = reference.rsplit(":", 3)
    title, context = _field(file, int(record), field)
    title = unicodedata.normalize("NFC", title).strip()
    if hashlib.sha256(title.encode()).hexdigest()[:12] != digest:
        raise ValueError(f"{reference}: the file has changed")
    return Told(title=title, resource=context)


def _of_city(reference: str) -> Told:
    """An item of the simulated city as a department would hand it in, with nothing declared of what it means."""
    name, _, item_id = reference.partition(".")
    resource = _city()[name]
    item = resource.item(item_id)
    return Told(title=item.title, name=item.id, type=item.type, code_list=item.code_list, resource=resource.title)


@cache
def _city() -> dict[str, Any]:
    return {one.id: one for one in load_city(DOCUMENTS).resources}


def _field(file: str, record: int, field: str) -> tuple[str, str | None]:
    """The text of a field of a real file, and what the data set around it is called."""
    path = DATA / file
    context = Path(file).parent.name.replace("_", " ")
    if path.parent.name == "catalogue_tw_portals":
        row = _csv(path)[record]
        column, _, span = field.partition("@")
        start, end = (int(one) for one in span.split("-"))
        return row[int(column)][start:end], row[0]
    if path.suffix == ".csv":
        return _csv(path)[record][int(field)], context
    if path.suffix == ".xls":
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        return str(rows[record][int(field)]), context
    if path.suffix == ".dbf":
        return _dbf_fields(path)[int(field.removeprefix("#"))], context
    return _json_field(path, record, field), context


def _json_field(path: Path, record: int, field: str) -> str:
    if path.suffix == ".jsonl":
        with path.open(encoding="utf-8") as lines:
            held = next(json.loads(line) for place, line in enumerate(lines) if place == record)
    else:
        held = _json(path)
        held = held["features"][record]["properties"] if path.suffix == ".geojson" else held
        held = held[record] if isinstance(held, list) else held
    if field.startswith("#"):
        return str(list(held)[int(field[1:])])
    for step in field.split("."):
        held = held[int(step)] if isinstance(held, list) else held[step]
    return str(held)


@cache
def _csv(path: Path) -> list[list[str]]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        if path.parent.name == "catalogue_tw_portals" or path.name == "wuhanshi.csv":
            return list(csv.reader(lines))
        return [next(csv.reader(lines))]


@cache
def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _dbf_fields(path: Path) -> list[str]:
    """Names of the fields: 32 bytes each after the head of 32, up to a carriage return."""
    content = path.read_bytes()
    names = []
    for start in range(32, len(content), 32):
        if content[start] == 0x0D:
            break
        names.append(content[start : start + 11].split(b"\0")[0].decode("ascii"))
    return names


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (LABELS / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _group(reference: str) -> Group:
    return "hand" if reference.startswith("text:") else "real" if reference.count(":") >= 3 else "city"


def _part(text: str) -> Part:
    if text not in ("tune", "test"):
        raise ValueError(f"no such part: {text}")
    return "tune" if text == "tune" else "test"
