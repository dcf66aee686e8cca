"""Rules that read a base library: a value that flips, an address that a newer source places elsewhere. Tables in and out.

Each case is read twice: by the scan, and by the SQL of the second reading, which was written apart.
"""

from __future__ import annotations

import datetime
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.gx_conditions import condition_of
from quality.rules import Rule
from quality.scan import scan

AS_OF = datetime.date(2026, 11, 21)
FIRST = datetime.datetime(2026, 1, 1)


class Owned:
    id = "record"
    department = "wj"


def rule(item: str, /, **check: Any) -> Rule:
    return Rule.model_validate(
        {
            "id": f"record.{item}.looked",
            "title": "t",
            "item": item,
            "check": check,
            "dimension": "consistency",
            "basis": "GB",
            "message": {"zh": "有误", "en": "wrong"},
        }
    )


STEADY = rule(
    "sex", kind="steady", key="id", library="people", library_key="citizen_id", library_item="sex", within_days=30
)
PLACE = rule(
    "address", kind="same_place", key="id", observed="seen", library="people", library_key="citizen_id",
    library_item="address", other_item="home", newer_in={"resource": "residence", "key": "who", "date": "on"},
)  # fmt: skip


def failing(check: Rule, tables: dict[str, ibis.Table]) -> list[str]:
    """Row keys that fail; the second reading must count the same."""
    connection = ibis.duckdb.connect()
    known = {name: connection.create_table(name, table) for name, table in tables.items()}
    plan = scan(
        known["record"], [check], key=["no"], references={n: t for n, t in known.items() if n != "record"},
        as_of=AS_OF, resource=Owned(),
    )  # fmt: skip
    assert plan.not_assessable == ()
    keys = sorted(connection.to_pyarrow(plan.failures)["row_key"].to_pylist())
    condition = condition_of(check, as_of=AS_OF, references={name: name for name in known})
    [[counted]] = connection.raw_sql(
        f"SELECT count(*) FROM record WHERE {check.item} IS NOT NULL AND NOT ({condition})"
    ).fetchall()
    assert counted == len(keys)
    return keys


# --- values that flip -------------------------------------------------------------------------------------------------


def history(versions: list[tuple[str | None, int]], *, current: str | None, key: str = "K") -> dict[str, ibis.Table]:
    """Versions (value, days it lasted) one after the other from the first of January, and the value that stands now."""
    rows, at = [], FIRST
    for value, lasted in versions:
        until = at + datetime.timedelta(days=lasted)
        rows.append({"citizen_id": key, "sex": value, "recorded_from": at, "recorded_to": until, "change": "updated"})
        at = until
    return {
        "people": ibis.memtable([{"citizen_id": key, "sex": current}], schema={"citizen_id": "string", "sex": "string"}),
        "people_history": ibis.memtable(
            rows,
            schema={
                "citizen_id": "string", "sex": "string", "recorded_from": "timestamp(6)",
                "recorded_to": "timestamp(6)", "change": "string",
            },
        ),
        "record": ibis.memtable(
            [{"no": "1", "id": key, "sex": current, "_batch": "b"}],
            schema={"no": "string", "id": "string", "sex": "string", "_batch": "string"},
        ),
    }  # fmt: skip


@pytest.mark.duty("R-076")
@pytest.mark.parametrize(
    ("versions", "current", "flips"),
    [
        ([("1", 90), ("2", 20)], "1", True),
        ([("1", 90), ("2", 31)], "1", False),  # it was the other value for too long to be a flip
        ([("1", 90), ("2", 30)], "1", True),  # the bound is included
        ([("1", 90)], "2", False),  # one change is a change
        ([("1", 90), ("2", 5)], "3", False),
        ([("1", 90), ("2", 5), ("3", 5)], "1", False),  # a history of its own
        ([("1", 90), (None, 5)], "1", False),  # missing for a while
        ([("1", 90), (None, 5), ("2", 5), (None, 5)], "1", True),
        ([("1", 90), ("1", 9), ("2", 4), ("2", 4)], "1", True),  # other items changed meanwhile
        ([("1", 90), ("2", 20), ("2", 20)], "1", False),
        ([("2", 9), ("1", 90), ("2", 9), ("1", 9)], "1", True),  # it flipped, and stands since; it is still found
        ([("1", 9), ("2", 9), ("1", 9)], "2", True),
        ([], "1", False),
        ([("1", 9), ("2", 9)], None, False),
    ],
)
def test_a_value_that_flips(versions: list[tuple[str | None, int]], current: str | None, flips: bool) -> None:
    assert failing(STEADY, history(versions, current=current)) == (["1"] if flips else [])


def test_only_the_row_that_holds_the_flipping_value_is_found() -> None:
    tables = history([("1", 90), ("2", 20)], current="1")
    tables["record"] = ibis.memtable(
        [
            {"no": "1", "id": "K", "sex": "1", "_batch": "b"},
            {"no": "2", "id": "K", "sex": "2", "_batch": "b"},  # another row of the key says what is not served
            {"no": "3", "id": "L", "sex": "1", "_batch": "b"},
            {"no": "4", "id": None, "sex": "1", "_batch": "b"},
        ],
        schema=dict.fromkeys(["no", "id", "sex", "_batch"], "string"),
    )
    assert failing(STEADY, tables) == ["1"]


def test_without_a_history_it_is_not_assessable() -> None:
    tables = history([], current="1")
    plan = scan(
        tables["record"], [STEADY], key=["no"], references={"people": tables["people"]}, as_of=AS_OF, resource=Owned()
    )
    assert plan.evaluated == ()
    [blocked] = plan.not_assessable
    assert "people_history" in blocked.zh and "people_history" in blocked.en


def flips(versions: list[tuple[str | None, int]], current: str) -> bool:
    """The definition, said once more by walking along the versions of one key."""
    runs: list[list[Any]] = []
    for value, lasted in [*versions, (current, 0)]:
        if value is None:
            if runs:
                runs[-1][2] += lasted  # nobody else held it: its days belong to neither
            continue
        if runs and runs[-1][0] == value:
            runs[-1][1] += runs[-1][2] + lasted
            runs[-1][2] = 0
        else:
            runs.append([value, lasted, 0])
    return len(runs) > 2 and runs[-1][0] == runs[-3][0] and runs[-2][1] <= 30


@settings(max_examples=60, deadline=None)
@given(
    versions=st.lists(st.tuples(st.sampled_from(["1", "2", "3", None]), st.integers(1, 40)), max_size=6),
    current=st.sampled_from(["1", "2"]),
)
def test_three_readings_of_a_flip_agree(versions: list[tuple[str | None, int]], current: str) -> None:
    found = failing(STEADY, history(versions, current=current))
    assert bool(found) == flips(versions, current)


# --- addresses --------------------------------------------------------------------------------------------------------

HERE, THERE = ("D1", "S1", "420102"), ("D2", "S2", "420103")
UNKNOWN = (None, None, None)


def moved(
    here: tuple[str | None, ...], there: tuple[str | None, ...] | None, *,
    seen: str = "2025-01-01", on: str | None = "2026-01-01", served: str = "甲路1号", written: str = "甲路1号",
) -> dict[str, ibis.Table]:  # fmt: skip
    """A person whose address in the record is the place ``here``, registered since ``on`` at the place ``there``."""
    places = [("address", here), *([("home", there)] if there else [])]
    return {
        "people": ibis.memtable(
            [{"citizen_id": "K", "address": served, "home": "某处"}],
            schema=dict.fromkeys(["citizen_id", "address", "home"], "string"),
        ),
        "people_place": ibis.memtable(
            [
                {"citizen_id": "K", "item": item, "address_id": door, "street_code": street, "division": division}
                for item, (door, street, division) in places
            ],
            schema=dict.fromkeys(["citizen_id", "item", "address_id", "street_code", "division"], "string"),
        ),
        "residence": ibis.memtable(
            [{"who": "K", "on": datetime.date.fromisoformat(on) if on else None}],
            schema={"who": "string", "on": "date"},
        ),
        "record": ibis.memtable(
            [{"no": "1", "id": "K", "address": written, "seen": datetime.datetime.fromisoformat(seen), "_batch": "b"}],
            schema={"no": "string", "id": "string", "address": "string", "seen": "timestamp(6)", "_batch": "string"},
        ),
    }


@pytest.mark.duty("R-076")
@pytest.mark.parametrize(
    ("tables", "wrong"),
    [
        (moved(HERE, THERE), True),
        (moved(HERE, HERE), False),
        (moved(HERE, ("D2", "S1", "420102")), True),  # another door of the same street
        (moved(HERE, (None, "S1", "420102")), False),  # the street is all that both know
        (moved(HERE, (None, "S2", "420102")), True),
        (moved(("D1", None, "420102"), (None, "S2", "420103")), True),  # the district is all that both know
        (moved(HERE, UNKNOWN), False),
        (moved(HERE, None), False),
        (moved(HERE, THERE, seen="2026-06-01"), False),  # the record is the newer one
        (moved(HERE, THERE, seen="2026-01-01T23:59:59"), False),  # the same day
        (moved(HERE, THERE, on=None), False),
        (moved(HERE, THERE, served="乙路2号"), False),  # the library serves another row's address
    ],
)
def test_an_address_that_a_newer_source_places_elsewhere(tables: dict[str, ibis.Table], wrong: bool) -> None:
    assert failing(PLACE, tables) == (["1"] if wrong else [])
