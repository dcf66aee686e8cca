"""A deliberately naive fusion, one key and one item at a time, and random libraries to compare it on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from catalog.register import Library

KEYS = ["k1", "k2", "k3", "k4"]
CODES = [*KEYS, "old1", "old2"]
VALUES = st.sampled_from([None, "甲", "乙", "丙"])
RESOURCES = ["ga", "sw", "wj", "jy"]
Row = dict[str, Any]


@dataclass(frozen=True)
class City:
    library: Library
    sources: dict[str, list[Row]]
    """One row per code; codes may be aliases."""
    alias: dict[str, str]


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    resources = draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=4, unique=True))
    items = {}
    for name in ["name", "phone", "address"][: draw(st.integers(1, 3))]:
        authority, *others = draw(st.permutations(resources))
        items[name] = {
            "title": name,
            "authority": authority,
            "corroborating": [one for one in others if draw(st.booleans())],
            "fallback": [one for one in others if draw(st.booleans())],
            "from_item": {one: f"its_{name}" for one in resources if draw(st.booleans())},
            "also_agrees_with": ["former"] if draw(st.booleans()) else [],
        }
    key_in = {resource: draw(st.sampled_from(["id", "id_no"])) for resource in resources}
    return Library.model_validate({"title": "t", "key": "id", "key_in": key_in, "items": items})


@st.composite
def cities(draw: st.DrawFn) -> City:
    library = draw(libraries())
    delivered = [resource for resource in library.key_in if draw(st.integers(0, 9)) > 0]
    alias = {old: draw(st.sampled_from(KEYS)) for old in ["old1", "old2"] if draw(st.booleans())}
    return City(library, {resource: draw(tables(library, resource)) for resource in delivered}, alias)


@st.composite
def tables(draw: st.DrawFn, library: Library, resource: str) -> list[Row]:
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, max_size=6))
    return [
        {
            library.key_in[resource]: code,
            **{column: draw(VALUES) for column in columns_of(library, resource)},
            "_observed": datetime(2024, 1, 1) + timedelta(days=draw(st.integers(0, 2))),
            "_seq": draw(st.integers(1, 2)),
            "_row": n,
            "_hash": f"h{n}",
        }
        for n, code in enumerate(codes)
    ]


def columns_of(library: Library, resource: str) -> list[str]:
    return [*(item.from_item.get(resource, name) for name, item in library.items.items()), "former"]


def as_arrow(library: Library, resource: str, rows: list[Row]) -> pa.Table:
    text = [library.key_in[resource], *columns_of(library, resource), "_hash"]
    fields = [*((column, pa.string()) for column in text), ("_observed", pa.timestamp("us"))]
    return pa.Table.from_pylist(rows, pa.schema([*fields, ("_seq", pa.int64()), ("_row", pa.int64())]))


def alias_arrow(alias: Iterable[tuple[str, str]]) -> pa.Table:
    rows = [{"library": "t", "alias": old, "key": key} for old, key in sorted(alias)]
    return pa.Table.from_pylist(rows, pa.schema([(column, pa.string()) for column in ("library", "alias", "key")]))


def fused_naively(city: City) -> dict[str, Row]:
    """key -> row, by loops and ifs."""
    kept: dict[str, dict[str, Row]] = {}
    for resource, rows in city.sources.items():
        kept[resource] = {}
        for row in sorted(rows, key=lambda row: (row["_observed"], row["_seq"], row["_row"])):
            code = row[city.library.key_in[resource]]
            kept[resource][city.alias.get(code, code)] = row
    return {key: _row(city.library, key, kept) for key in {key for rows in kept.values() for key in rows}}


def _row(library: Library, key: str, kept: dict[str, dict[str, Row]]) -> Row:
    def value(resource: str, column: str) -> Any:
        return kept.get(resource, {}).get(key, {}).get(column)

    out: Row = {library.key: key}
    for name, item in library.items.items():
        served, origin = None, None
        for resource in [item.authority, *item.fallback]:
            if served is None:
                served = value(resource, item.from_item.get(resource, name))
                origin = None if served is None else resource
        out[name] = served
        if item.fallback:
            out[f"{name}__source"] = origin
        if item.corroborating:
            others = [
                value(resource, item.from_item.get(resource, name))
                for resource in item.corroborating
                if resource != origin
            ]
            former = [value(item.authority, one) for one in item.also_agrees_with if origin == item.authority]
            out[f"{name}__agreement"] = _agreement(served, others, former)
    for resource in library.key_in:
        out[f"{resource}__observed"] = value(resource, "_observed")
    return out


def _agreement(served: Any, others: list[Any], former: list[Any]) -> str | None:
    heard = [other for other in others if other is not None]
    if served is None:
        return None
    if not heard:
        return "sole"
    return "agreed" if all(other in (served, *former) for other in heard) else "differs"
