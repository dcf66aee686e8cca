"""What failing rows have in common: tables in, counts out; and what is shown of a value."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.causes import (
    Counted,
    Neighbour,
    Whole,
    differs_from_sound,
    form_rules,
    misplaced,
    pattern_of,
    shared_values,
    shown_code,
    shown_pattern,
    stands_out,
)
from quality.rules import Rule
from warehouse.duckdb_engine import DuckDbEngine

TODAY = date(2026, 11, 21)
MESSAGE = {"zh": "请更正。", "en": "Correct it."}


def rule(item: str, name: str = "form", /, **check: Any) -> Rule:
    return Rule.model_validate(
        {"id": f"r.{item}.{name}", "title": name, "item": item, "check": check, "dimension": "conformity",
         "basis": "x", "message": MESSAGE}
    )  # fmt: skip


def table(*rows: dict[str, Any]) -> ir.Table:
    named = [{"_row_key": str(number), "_batch": "f/2026-11/0001", **row} for number, row in enumerate(rows)]
    return ibis.memtable(pa.Table.from_pylist(named))


def counted(engine: DuckDbEngine, found: ir.Table) -> dict[tuple[str, str], tuple[int, int]]:
    rows = engine.to_arrow(found).to_pylist()
    return {(row["aspect"], row["value"]): (row["failing"], row["rows"]) for row in rows}


# --- what is shared -----------------------------------------------------------------------------------------------


def test_the_batches_of_failing_rows_are_counted_against_all_rows(duckdb_engine: DuckDbEngine) -> None:
    rows = table(*[{"b": "old"}] * 6, *[{"b": "new"}] * 3)
    failing = rows.filter(rows["_row_key"].isin(["0", "6", "7", "8"]))
    found = counted(duckdb_engine, shared_values(failing, rows, {"batch": lambda rows: rows["b"]}))
    assert found == {("batch", "old"): (1, 6), ("batch", "new"): (3, 3)}
    assert stands_out(Counted("batch", "new", 3, 3), Whole(4, 9))
    assert not stands_out(Counted("batch", "old", 1, 6), Whole(4, 9))


def test_a_missing_value_is_no_value_that_rows_share(duckdb_engine: DuckDbEngine) -> None:
    rows = table(*[{"b": None}] * 4, {"b": "x"})
    assert counted(duckdb_engine, shared_values(rows, rows, {"batch": lambda rows: rows["b"]})) == {
        ("batch", "x"): (1, 1)
    }


@pytest.mark.parametrize(
    ("one", "whole", "says_something"),
    [
        ((30, 30), (30, 300), True),  # every failing row, in a tenth of the rows
        ((30, 300), (30, 300), False),  # every failing row, in the only batch there is
        ((300, 300), (300, 300), False),  # everything fails: no batch is worse than another
        ((2, 2), (2, 300), False),  # two may be chance
        ((30, 30), (120, 300), False),  # a quarter of the findings is no cause of them
        ((60, 120), (120, 480), True),  # twice as often as elsewhere
        ((60, 130), (120, 480), False),
    ],
)
def test_a_batch_is_a_cause_where_it_has_more_than_its_share(
    one: tuple[int, int], whole: tuple[int, int], says_something: bool
) -> None:
    assert stands_out(Counted("batch", "b", *one), Whole(*whole)) is says_something


@pytest.mark.parametrize(
    ("failing", "sound", "whole", "says_something"),
    [
        (10, 0, (10, 100), True),
        (10, 100, (10, 100), False),  # that form is the usual one
        (10, 40, (10, 100), True),
        (10, 60, (10, 100), False),
        (10, 0, (10, 0), True),  # no row is sound: nothing speaks against it
        (2, 0, (2, 100), False),
    ],
)
def test_a_form_is_a_cause_where_sound_rows_do_not_have_it(
    failing: int, sound: int, whole: tuple[int, int], says_something: bool
) -> None:
    assert differs_from_sound(Counted("pattern", "p", failing, sound), Whole(*whole)) is says_something


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_more_explained_never_makes_a_cause_weaker(explained: int, more: int, rest: int, elsewhere: int) -> None:
    """With the same rows elsewhere, a value that explains more of the findings stays a cause."""

    def judged(number: int) -> bool:
        return stands_out(Counted("a", "v", number, number), Whole(50 + 50 + rest, 200 + elsewhere))

    assert judged(min(explained + more, 100)) or not judged(explained)


# --- columns that are shifted -------------------------------------------------------------------------------------

PHONES = ["13800138000", "13900139000", "13700137000", "13600136000"]


def phone_neighbour() -> Neighbour:
    return Neighbour("phone", lambda text: text, [rule("phone", kind="phone")], typed=False)


def test_values_that_are_right_one_column_away_are_counted(duckdb_engine: DuckDbEngine) -> None:
    failing = table(*[{"name": one, "phone": "张三"} for one in PHONES])
    sound = table(*[{"name": "张三", "phone": one} for one in PHONES])
    found = counted(duckdb_engine, misplaced(failing, sound, "name", [phone_neighbour()], TODAY))
    assert found == {("fits:phone", "phone"): (4, 0), ("equals:phone", "phone"): (0, 0)}


def test_what_fits_the_neighbour_in_sound_rows_as_well_is_no_shift(duckdb_engine: DuckDbEngine) -> None:
    rows = table(*[{"name": one, "phone": one} for one in PHONES])
    found = counted(duckdb_engine, misplaced(rows, rows, "name", [phone_neighbour()], TODAY))
    assert found == {("fits:phone", "phone"): (4, 4), ("equals:phone", "phone"): (4, 4)}
    assert not differs_from_sound(Counted("fits:phone", "phone", 4, 4), Whole(4, 4))


def test_every_rule_of_the_neighbour_must_hold_and_a_date_must_be_one(duckdb_engine: DuckDbEngine) -> None:
    strict = Neighbour(
        "phone",
        lambda text: text,
        [rule("phone", kind="phone"), rule("phone", "short", kind="length", max=3)],
        typed=False,
    )
    day = Neighbour("born", lambda text: text.try_cast("date"), [], typed=True)
    rows = table(
        {"name": "13800138000", "phone": "", "born": None},
        {"name": "1990-02-30", "phone": "", "born": None},
        {"name": "1990-02-28", "phone": "", "born": None},
        {"name": None, "phone": "", "born": None},
    ).cast({"born": "date"})
    found = counted(duckdb_engine, misplaced(rows, rows.limit(0), "name", [strict, day], TODAY))
    assert found["fits:phone", "phone"] == (0, 0)
    assert found["fits:born", "born"] == (1, 0)


def test_only_rules_that_a_value_alone_can_break_tell_a_column() -> None:
    rules = [
        rule("phone", "a", kind="phone"), rule("phone", "b", kind="not_null"), rule("phone", "c", kind="equals_item", other="x"),
        rule("phone", "d", kind="unique_item"), rule("phone", "e", kind="in_reference", resource="r2", item="x"),
        rule("other", "f", kind="phone"), rule("phone", "g", kind="phone").model_copy(update={"where": {"x": "1"}}),
    ]  # fmt: skip
    assert [one.id for one in form_rules(rules, "phone")] == ["r.phone.a"]


def test_identity_numbers_in_another_column_are_known(duckdb_engine: DuckDbEngine) -> None:
    numbers = ["11010519491231002X", "440524188001010014"]  # GB 11643-1999, the two examples of the standard
    one = Neighbour("citizen_id", lambda text: text, [rule("citizen_id", kind="citizen_id")], typed=False)
    rows = table(
        *[{"name": number, "citizen_id": ""} for number in numbers], {"name": "110105194912310020", "citizen_id": ""}
    )
    found = counted(duckdb_engine, misplaced(rows, rows.limit(0), "name", [one], TODAY))
    assert found["fits:citizen_id", "citizen_id"] == (len(numbers), 0)


# --- what is shown ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("11010519491231002X", "9{17}A"),
        ("张三", "汉"),
        ("欧阳娜娜", "汉"),
        ("2026年11月21日", "9{4}汉9{2}汉9{2}汉"),
        ("027-8888 1234", "9{3}-9{4} 9{4}"),
        ("１３８ab", "９{3}A{2}"),
        ("a·b\t", "A※A※"),
        ("", "空文本 empty"),
    ],
)
def test_a_value_is_shown_by_its_form_alone(duckdb_engine: DuckDbEngine, value: str, pattern: str) -> None:
    rows = ibis.memtable(pa.table({"v": pa.array([value], pa.string())}))
    (row,) = duckdb_engine.to_arrow(rows.select(p=pattern_of(rows["v"]))).to_pylist()
    assert shown_pattern(row["p"]) == pattern


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=20))
def test_no_letter_or_digit_of_a_value_survives_in_its_form(duckdb_engine: DuckDbEngine, values: list[str]) -> None:
    rows = ibis.memtable(pa.table({"v": pa.array(values, pa.string())}))
    for row in duckdb_engine.to_arrow(rows.select(p=pattern_of(rows["v"]))).to_pylist():
        assert not {one for one in row["p"] if one.isalnum()} - set("9A汉９Ａ")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("9", True),
        ("A01", True),
        ("2026", True),
        ("42010", False),
        ("张三", False),
        ("x-1", False),
        ("", False),
        ("９", False),
    ],
)
def test_only_short_codes_are_shown(value: str, shown: bool) -> None:
    assert shown_code(value) == (value if shown else None)
