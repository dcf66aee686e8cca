"""The rows of a base library, table in and table out, on every engine."""

from __future__ import annotations

from typing import Any

import pytest
from fusion_tables import expected, load, shown, standard

from catalog.register import Library
from ground.errors import UserError
from pipelines.fusion.collapse import aliases_of, collapse
from pipelines.fusion.fuse import fuse
from pipelines.fusion.shape import base_schema

POPULATION = Library.model_validate(
    {
        "title": "人口库",
        "key": "citizen_id",
        "key_in": {"ga": "citizen_id", "sw": "id_no", "wj": "citizen_id"},
        "items": {
            "name": {
                "title": "姓名",
                "authority": "ga",
                "corroborating": ["sw", "wj"],
                "fallback": ["sw", "wj"],
                "from_item": {"sw": "full_name"},
                "also_agrees_with": ["former_name"],
            },
            "former_name": {"title": "曾用名", "authority": "ga"},
            "address": {"title": "住址", "authority": "ga", "fallback": ["wj"]},
            "phone": {"title": "手机", "authority": "sw", "corroborating": ["wj"]},
        },
    }
)

ABSENT = None


def fused(engine: Any, ga: str | None, sw: str | None = ABSENT, wj: str | None = ABSENT) -> Any:
    given = {"ga": ga, "sw": sw, "wj": wj}
    return fuse(POPULATION, {name: load(engine, standard(text)) for name, text in given.items() if text is not None})


GA = "citizen_id | name | former_name | address | _observed\n"
SW = "id_no | full_name | phone | _observed\n"
WJ = "citizen_id | name | phone | address | _observed\n"

AGREEMENTS = {
    "only the authority has it": ("王伟", "", "", "", "王伟", "ga", "sole"),
    "a corroborating source agrees": ("王伟", "", "王伟", "", "王伟", "ga", "agreed"),
    "one of two is silent": ("王伟", "", "", "王伟", "王伟", "ga", "agreed"),
    "a corroborating source differs: the authority wins": ("王伟", "", "王违", "", "王伟", "ga", "differs"),
    "one agrees and one differs": ("王伟", "", "王伟", "王违", "王伟", "ga", "differs"),
    "the former name agrees": ("王伟", "王小伟", "王小伟", "", "王伟", "ga", "agreed"),
    "the former name agrees, another differs": ("王伟", "王小伟", "王小伟", "王违", "王伟", "ga", "differs"),
    "the authority is silent: first fallback, marked": ("", "", "王伟", "", "王伟", "sw", "sole"),
    "fallbacks in order, and they agree": ("", "", "王伟", "王伟", "王伟", "sw", "agreed"),
    "fallbacks in order, and they differ": ("", "", "王伟", "王违", "王伟", "sw", "differs"),
    "the last fallback": ("", "", "", "王伟", "王伟", "wj", "sole"),
    "a former name does not excuse a fallback": ("", "王小伟", "王伟", "王小伟", "王伟", "sw", "differs"),
    "nobody has it": ("", "", "", "", "", "", ""),
}


@pytest.mark.duty("R-053", "R-056", "R-067")
@pytest.mark.parametrize("case", AGREEMENTS.values(), ids=AGREEMENTS.keys())
def test_value_source_and_agreement(engine: Any, case: tuple[str, ...]) -> None:
    ga, former, sw, wj, value, source, agreement = case
    result = fused(
        engine,
        GA + f"P1 | {ga} | {former} | | 2024-01-01",
        SW + f"P1 | {sw} | | 2024-02-01",
        WJ + f"P1 | {wj} | | | 2024-03-01",
    )
    like = f"""
        citizen_id | name    | name__source | name__agreement
        P1         | {value} | {source}     | {agreement}
    """
    assert shown(engine, result, like) == expected(like)


@pytest.mark.duty("R-056", "R-071", "R-076")
def test_everyone_whom_any_source_knows_has_one_row(engine: Any) -> None:
    result = fused(
        engine,
        GA + "P1 | 王伟 | | 甲街 | 2024-01-01\nP2 | 李芳 | | | 2024-01-02",
        SW + "P2 | 李方 | 138 | 2024-02-02\nP3 | 张娜 | | 2024-02-03",
        WJ + "P3 | | 139 | 乙街 | 2024-03-03\nP4 | 刘敏 | 137 | 丙街 | 2024-03-04",
    )
    like = """
        citizen_id | name | name__source | name__agreement | address | address__source | phone | phone__agreement | ga__observed | sw__observed | wj__observed
        P1         | 王伟 | ga           | sole            | 甲街    | ga              |       |                  | 2024-01-01   |              |
        P2         | 李芳 | ga           | differs         |         |                 | 138   | sole             | 2024-01-02   | 2024-02-02   |
        P3         | 张娜 | sw           | sole            | 乙街    | wj              |       |                  |              | 2024-02-03   | 2024-03-03
        P4         | 刘敏 | wj           | sole            | 丙街    | wj              |       |                  |              |              | 2024-03-04
    """
    assert shown(engine, result, like) == expected(like)


def test_a_corroborating_source_without_fallback_never_gives_a_value(engine: Any) -> None:
    result = fused(engine, None, SW + "P1 | 王伟 | | 2024-01-01", WJ + "P1 | | 139 | | 2024-01-01")
    like = """
        citizen_id | phone | phone__agreement
        P1         |       |
    """
    assert shown(engine, result, like) == expected(like)


def test_columns_are_those_of_the_register_whoever_has_delivered(engine: Any) -> None:
    whole = base_schema(POPULATION)
    assert list(whole) == [
        *("citizen_id", "name", "name__source", "name__agreement", "former_name", "address", "address__source"),
        *("phone", "phone__agreement", "ga__observed", "sw__observed", "wj__observed"),
    ]
    one = fused(engine, None, SW + "P1 | 王伟 | 138 | 2024-01-01")
    nobody = fused(engine, None)
    for table in (one, nobody):
        assert engine.to_arrow(table).schema.names == list(whole)
        assert table.schema() == whole
    assert engine.to_arrow(nobody).num_rows == 0
    like = """
        citizen_id | name | name__source | name__agreement | former_name | phone | phone__agreement | ga__observed | sw__observed
        P1         | 王伟 | sw           | sole            |             | 138   | sole             |              | 2024-01-01
    """
    assert shown(engine, one, like) == expected(like)


ALIAS = """
    library      | alias | key
    population   | OLD1  | P1
    population   | OLD2  | P1
    legal_person | P5    | P1
"""


@pytest.mark.duty("R-056", "R-067")
@pytest.mark.parametrize("one_row_per_code", [True, False])
def test_former_codes_meet_under_the_code_in_force_and_the_newest_row_stays(
    engine: Any, one_row_per_code: bool
) -> None:
    table = load(
        engine,
        standard(
            GA
            + """OLD1 | 旧一 | | | 2024-01-01
                 OLD2 | 旧二 | | | 2024-05-01
                 P1   | 新   | | | 2024-03-01
                 P5   | 别人 | | | 2024-01-01
                 OLD9 | 无关 | | | 2024-01-01
                      | 无码 | | | 2024-09-01"""
        ),
    )
    alias = aliases_of(load(engine, standard(ALIAS)), "population")
    result = collapse(POPULATION, "ga", table, alias, one_row_per_code=one_row_per_code)
    like = """
        citizen_id | name
        P1         | 旧二
        P5         | 别人
        OLD9       | 无关
    """
    assert shown(engine, result, like) == expected(like)
    assert engine.to_arrow(result).schema.names == engine.to_arrow(table).schema.names
    only = load(engine, standard("citizen_id\nP1\nOLD1"))
    narrowed = collapse(POPULATION, "ga", table, alias, keys=only, one_row_per_code=one_row_per_code)
    like = """
        citizen_id | name
        P1         | 旧二
    """
    assert shown(engine, narrowed, like) == expected(like)


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("2024-01-01 | 9 | 9 | x", "2024-01-02 | 1 | 1 | a", "二"),
        ("2024-01-01 | 2 | 1 | a", "2024-01-01 | 1 | 9 | x", "一"),
        ("2024-01-01 | 1 | 1 | x", "2024-01-01 | 1 | 2 | a", "二"),
        ("2024-01-01 | 1 | 1 | x", "2024-01-01 | 1 | 1 | a", "一"),
        (" | 9 | 9 | x", "2024-01-01 | 1 | 1 | a", "二"),
        (" | 9 | 9 | x", " | 9 | | a", "一"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_ties_are_broken_the_same_way_whatever_the_order_of_rows(
    engine: Any, first: str, second: str, kept: str, turned: bool
) -> None:
    lines = [f"P1 | 一 | | | {first}", f"P1 | 二 | | | {second}"]
    text = "citizen_id | name | former_name | address | _observed | _seq | _row | _hash\n"
    table = load(engine, standard(text + "\n".join(reversed(lines) if turned else lines)))
    like = f"citizen_id | name\nP1 | {kept}"
    assert shown(engine, collapse(POPULATION, "ga", table), like) == expected(like)


def test_a_source_or_column_that_is_not_there_is_named(duckdb_engine: Any) -> None:
    ga = load(duckdb_engine, standard(GA + "P1 | 王伟 | | | 2024-01-01"))
    with pytest.raises(UserError, match="stranger") as unknown:
        fuse(POPULATION, {"ga": ga, "stranger": ga})
    assert "wj" in str(unknown.value)
    with pytest.raises(UserError, match="former_name") as lacking:
        fuse(POPULATION, {"ga": ga.drop("former_name")})
    assert lacking.value.where == "人口库 / ga"


def test_names_that_would_make_one_column_twice_are_refused() -> None:
    item = {"title": "x", "authority": "ga"}
    twice = Library.model_validate({"title": "t", "key": "id", "key_in": {"ga": "id"}, "items": {"ga__observed": item}})
    with pytest.raises(UserError, match="ga__observed"):
        base_schema(twice)
