"""The whole way of a base library gives the same rows on DuckDB and on Sail: not one differs."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from fusion_tables import load

from catalog.register import Library
from pipelines.fusion.collapse import aliases_of, collapse
from pipelines.fusion.fuse import fuse
from pipelines.fusion.history import changes
from pipelines.fusion.increment import changed_keys, fuse_changed, gone
from pipelines.fusion.served import served

CITY = Library.model_validate(
    {
        "title": "人口库",
        "key": "citizen_id",
        "key_in": {"ga": "citizen_id", "sw": "citizen_id", "wj": "id_no"},
        "items": {
            "name": {
                "title": "姓名",
                "authority": "ga",
                "corroborating": ["sw", "wj"],
                "fallback": ["sw", "wj"],
                "from_item": {"wj": "full_name"},
                "also_agrees_with": ["former_name"],
            },
            "former_name": {"title": "曾用名", "authority": "ga"},
            "birth_date": {"title": "出生日期", "authority": "ga", "fallback": ["wj"], "type": "date"},
            "children": {"title": "子女数", "authority": "wj", "corroborating": ["ga"], "type": "integer"},
            "income": {"title": "缴费基数", "authority": "sw", "type": "decimal"},
            "seen_at": {"title": "最近就诊", "authority": "wj", "type": "timestamp"},
        },
    }
)

TYPES = {
    "birth_date": pa.date32(),
    "children": pa.int64(),
    "income": pa.decimal128(18, 4),
    "seen_at": pa.timestamp("us"),
    "_observed": pa.timestamp("us"),
    "_seq": pa.int64(),
    "_row": pa.int64(),
}
COLUMNS = {
    "ga": ["citizen_id", "name", "former_name", "birth_date", "children"],
    "sw": ["citizen_id", "name", "income"],
    "wj": ["id_no", "full_name", "birth_date", "children", "seen_at"],
}
RUN = datetime(2026, 1, 1, 18, tzinfo=UTC)
PEOPLE = 400


def delivery(resource: str, seed: int) -> pa.Table:
    """A random standard table: gaps, nulls, doubled and former codes."""
    chance = random.Random(f"{resource}{seed}")
    rows = []
    for n in range(PEOPLE):
        row: dict[str, Any] = {"_row": n, "_hash": f"{chance.random()}", "_seq": chance.randint(1, 3)}
        row["_observed"] = datetime(2024, 1, 1) + timedelta(hours=chance.randint(0, 5000), microseconds=n)
        row[COLUMNS[resource][0]] = chance.choice([f"P{n}", f"P{n}", f"OLD{n}", f"P{chance.randint(0, PEOPLE)}", None])
        for column in COLUMNS[resource][1:]:
            row[column] = chance.choice([None, _value(column, chance)])
        rows.append(row)
    columns = [*COLUMNS[resource], "_observed", "_seq", "_row", "_hash"]
    return pa.Table.from_pylist(rows, pa.schema([(column, TYPES.get(column, pa.string())) for column in columns]))


def _value(column: str, chance: random.Random) -> Any:
    from decimal import Decimal

    by_type = {
        "birth_date": datetime(1960, 1, 1).date() + timedelta(days=chance.randint(0, 3)),
        "children": chance.randint(0, 2),
        "income": Decimal(chance.randint(0, 10**9)) / 10000,
        "seen_at": datetime(2025, 1, 1) + timedelta(microseconds=chance.randint(0, 10**12)),
    }
    return by_type.get(column, chance.choice(["王伟", "李芳", "欧阳 娜", "𠮷田"]))


def aliases(upto: int) -> pa.Table:
    rows = [{"library": "population", "alias": f"OLD{n}", "key": f"P{n // 2}"} for n in range(0, upto, 3)]
    return pa.Table.from_pylist(rows)


def marks() -> pa.Table:
    rows = [
        {"resource": r, "row_key": f"P{n}", "item": i}
        for n in range(0, PEOPLE, 7)
        for r, i in [("ga", "name"), ("wj", "full_name"), ("sw", "citizen_id")]
    ]
    return pa.Table.from_pylist(rows)


def run(engine: Any) -> dict[str, pa.Table]:
    """A full build, then an increment: every result on the way."""
    alias = aliases_of(load(engine, aliases(PEOPLE // 2)), "population")
    first = {name: load(engine, delivery(name, 1)) for name in COLUMNS}
    built = engine.to_arrow(fuse(CITY, {n: collapse(CITY, n, t, alias) for n, t in first.items()}))
    nothing = fuse(CITY, {}).mutate(_recorded_from=_moment())
    base = engine.to_arrow(changes(CITY, nothing, load(engine, built), RUN).insert)

    second = first | {"ga": load(engine, delivery("ga", 2)), "wj": load(engine, delivery("wj", 1).slice(0, 350))}
    feed = {"ga": second["ga"].union(first["ga"]), "wj": load(engine, delivery("wj", 1).slice(350))}
    known = aliases_of(load(engine, aliases(PEOPLE)), "population")
    added = aliases_of(load(engine, aliases(PEOPLE).slice(aliases(PEOPLE // 2).num_rows)), "population")
    keys = engine.to_arrow(changed_keys(CITY, feed, known, alias_changes=added))
    sources = {n: collapse(CITY, n, t, known) for n, t in second.items()}
    fresh = engine.to_arrow(fuse_changed(CITY, sources, load(engine, keys)))
    step = changes(CITY, load(engine, base), load(engine, fresh), RUN + timedelta(days=1), keys=load(engine, keys))
    return {
        "built": built,
        "keys": keys,
        "fresh": fresh,
        "gone": engine.to_arrow(gone(CITY, load(engine, keys), load(engine, fresh))),
        "served": engine.to_arrow(served(CITY, load(engine, built), load(engine, marks()), alias)),
        **{name: engine.to_arrow(getattr(step, name)) for name in ("insert", "update", "delete", "history")},
    }


def _moment() -> Any:
    import ibis

    return ibis.null("timestamp(6)")


@pytest.mark.duty("R-067")
def test_no_row_differs_between_the_engines(duckdb_engine: Any, sail_engine: Any) -> None:
    here, there = run(duckdb_engine), run(sail_engine)
    for name, table in here.items():
        assert table.num_rows > 0, f"{name} proves nothing: it is empty"
        assert table.schema.names == there[name].schema.names
        assert [*table.schema.types] == [*there[name].schema.types], name
        assert Counter(map(_frozen, table.to_pylist())) == Counter(map(_frozen, there[name].to_pylist())), name


def _frozen(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.values())
