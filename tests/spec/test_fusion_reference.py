"""Any library, any rows: the expressions give what a naive reference gives, whole and by increments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fusion_reference import City, alias_arrow, as_arrow, cities, fused_naively, tables
from fusion_tables import load
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.fusion.collapse import aliases_of, collapse
from pipelines.fusion.fuse import fuse
from pipelines.fusion.history import changes
from pipelines.fusion.increment import changed_keys, fuse_changed, gone

QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # shrinking queries takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NIGHT, NEXT_NIGHT = datetime(2026, 1, 1, 18, tzinfo=UTC), datetime(2026, 1, 2, 18, tzinfo=UTC)


def loaded(engine: Any, city: City) -> tuple[dict[str, Any], Any]:
    """The standard tables of a city and its aliases, on the engine."""
    given_tables = {name: load(engine, as_arrow(city.library, name, rows)) for name, rows in city.sources.items()}
    return given_tables, aliases_of(load(engine, alias_arrow(city.alias.items())), "t")


def collapsed(engine: Any, city: City, *, one_row_per_code: bool) -> dict[str, Any]:
    found, alias = loaded(engine, city)
    return {
        name: collapse(city.library, name, table, alias, one_row_per_code=one_row_per_code)
        for name, table in found.items()
    }


def by_key(engine: Any, city: City, expr: Any) -> dict[str, dict[str, Any]]:
    rows = engine.to_arrow(expr).to_pylist()
    found = {row[city.library.key]: row for row in rows}
    assert len(found) == len(rows), "a key occurs twice"
    return found


@pytest.mark.duty("R-053", "R-056", "R-057", "R-067")
@given(city=cities(), one_row_per_code=st.booleans())
@QUICK
def test_fusion_is_the_naive_fusion(duckdb_engine: Any, city: City, one_row_per_code: bool) -> None:
    sources = collapsed(duckdb_engine, city, one_row_per_code=one_row_per_code)
    assert by_key(duckdb_engine, city, fuse(city.library, sources)) == fused_naively(city)


@given(data=st.data(), before=cities())
@QUICK
def test_an_increment_leaves_what_a_full_rebuild_leaves(duckdb_engine: Any, data: st.DataObject, before: City) -> None:
    engine, library = duckdb_engine, before.library
    changed = data.draw(st.sets(st.sampled_from(list(library.key_in))))
    after = City(
        library,
        before.sources | {name: data.draw(tables(library, name)) for name in library.key_in if name in changed},
        data.draw(st.sampled_from([before.alias, {}, {"old1": "k1"}, {"old2": "k2"}])),
    )
    base = engine.stage(
        changes(library, fuse(library, {}).mutate(_recorded_from=_no_time()), _fused(engine, before), NIGHT).insert
    )
    touched = {
        name: engine.to_arrow(load(engine, as_arrow(library, name, before.sources.get(name, []))))
        for name in library.key_in
        if name in changed
    }
    feed = {
        name: load(engine, as_arrow(library, name, after.sources[name])).union(load(engine, table))
        for name, table in touched.items()
    }
    alias_feed = load(engine, alias_arrow(before.alias.items() ^ after.alias.items()))
    found, alias = loaded(engine, after)
    keys = engine.stage(changed_keys(library, feed, alias, alias_changes=alias_feed))
    sources = {name: collapse(library, name, table, alias, keys=keys) for name, table in found.items()}
    fresh = engine.stage(fuse_changed(library, sources, keys))

    whole = fused_naively(after)
    looked_at = {row[library.key] for row in engine.to_arrow(keys).to_pylist()}
    assert by_key(engine, after, fresh) == {key: row for key, row in whole.items() if key in looked_at}
    vanished = {row[library.key] for row in engine.to_arrow(gone(library, keys, fresh)).to_pylist()}
    assert vanished == looked_at - set(whole)

    step = changes(library, base, fresh, NEXT_NIGHT, keys=keys)
    _check_step(engine, after, step, base, fused_naively(before), whole)


def _check_step(engine: Any, city: City, step: Any, base: Any, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Writing the step to the base gives the full rebuild; the versions it closes are those whose values changed."""
    kept = by_key(engine, city, base)
    insert, update = by_key(engine, city, step.insert), by_key(engine, city, step.update)
    delete = set(by_key(engine, city, step.delete))
    history = by_key(engine, city, step.history)
    assert not set(insert) & set(kept)
    assert set(update) <= set(kept)
    written = {key: row for key, row in (kept | insert | update).items() if key not in delete}
    assert {key: _without(row) for key, row in written.items()} == new

    def valued(row: dict[str, Any]) -> dict[str, Any]:
        return {column: cell for column, cell in row.items() if not column.endswith("__observed")}

    assert set(update) == {key for key in old.keys() & new.keys() if old[key] != new[key]}
    revised = {key for key in old.keys() & new.keys() if valued(old[key]) != valued(new[key])}
    assert {key: row["change"] for key, row in history.items()} == (
        dict.fromkeys(revised, "updated") | dict.fromkeys(old.keys() - new.keys(), "deleted")
    )
    for key, row in history.items():
        assert {column: row[column] for column in old[key]} == old[key]
        assert (row["recorded_from"], row["recorded_to"]) == (_naive(NIGHT), _naive(NEXT_NIGHT))
    for key, row in written.items():
        fresh_version = key in insert or key in revised
        assert row["_recorded_from"] == _naive(NEXT_NIGHT if fresh_version else NIGHT)


def _fused(engine: Any, city: City) -> Any:
    return fuse(city.library, collapsed(engine, city, one_row_per_code=False))


def _no_time() -> Any:
    import ibis

    return ibis.null("timestamp(6)")


def _without(row: dict[str, Any]) -> dict[str, Any]:
    return {column: cell for column, cell in row.items() if column != "_recorded_from"}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
