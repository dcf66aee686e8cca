"""Theme libraries: a header that is held to its query, a query that reads only what it may, tests that stop a build."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import ibis
import pytest

from catalog.city import City
from catalog.register import Register
from ground.errors import DocumentError, RefusedData, UserError
from pipelines.themes.document import Theme, load_themes, read_theme
from pipelines.themes.service import build_themes, theme_name
from warehouse.lake import Lake, LakeLocation, LakeWriter

HEADER = """\
-- title: 住户
-- grain: 每户一行
-- department: mz
-- key: [household_no]
-- columns:
--   household_no: 户号
--   members: 人数
--   oldest: 最年长者的周岁
-- not_null: [members]
-- hold:
--   至少一人: members >= 1
"""
QUERY = """\
SELECT household_no, count(*) AS members, max(date_sub('year', birth_date, getvariable('as_of'))) AS oldest
FROM population WHERE household_no IS NOT NULL GROUP BY household_no;
"""
CITY = City(
    departments=(),
    resources=(),
    feeds=(),
    register=Register.model_validate(
        {
            "libraries": {
                name: {
                    "title": name,
                    "key": "id",
                    "key_in": {"r": "id"},
                    "items": {"a": {"title": "a", "authority": "r"}},
                }
                for name in ("population", "legal_person")
            }
        }
    ),
)
PEOPLE = [("1", "h1", date(1950, 3, 1)), ("2", "h1", date(2020, 12, 1)), ("3", "h2", None), ("4", None, None)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "themes"
    path.mkdir()
    return path


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LakeWriter]:
    schema = ibis.schema({"citizen_id": "string", "household_no": "string", "birth_date": "date"})
    rows = ibis.memtable([dict(zip(schema.names, row, strict=True)) for row in PEOPLE], schema=schema)
    with Lake(LakeLocation(tmp_path / "lake"), threads=1).writing() as one:
        one.create("base.population", rows)
        yield one


def theme(folder: Path, text: str, name: str = "household") -> Theme:
    (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return read_theme(folder / f"{name}.sql")


def build(writer: LakeWriter, *themes: Theme) -> list[tuple[str, int]]:
    return [(one.theme, one.rows) for one in build_themes(writer, themes, CITY, as_of=date(2026, 11, 21))]


def test_a_theme_is_written_as_its_query_says_on_the_day_of_the_build(folder, writer):
    assert build(writer, theme(folder, HEADER + QUERY)) == [("household", 2)]
    rows = writer.engine.to_arrow(writer.table(theme_name("household")).order_by("household_no"))
    assert rows.to_pylist() == [
        {"household_no": "h1", "members": 2, "oldest": 76},
        {"household_no": "h2", "members": 1, "oldest": None},
    ]


def test_a_theme_may_read_one_built_before_it(folder, writer):
    first = theme(folder, HEADER + QUERY)
    second = theme(
        folder,
        "-- title: 规模\n-- grain: 每种人数一行\n-- department: mz\n-- key: [members]\n-- columns: {members: 人数, homes: 户数}\n"
        "SELECT members, count(*) AS homes FROM household GROUP BY members",
        "size",
    )
    assert build(writer, first, second) == [("household", 2), ("size", 2)]


def test_a_theme_waits_for_what_nobody_has_delivered_to(folder, writer):
    waiting = theme(folder, HEADER + QUERY.replace("FROM population", "FROM population JOIN legal_person USING (id)"))
    (one,) = build_themes(writer, [waiting], CITY, as_of=date(2026, 11, 21))
    assert (one.rows, one.waits_for) == (None, ("legal_person",))
    assert not writer.has(theme_name("household"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT household_no, count(*) AS members FROM population GROUP BY 1", "household_no、members"),
        ("SELECT household_no, 1 AS members, 2 AS oldest FROM read_csv('/etc/passwd')", "不能读取"),
        ("SELECT household_no, 1 AS members, 2 AS oldest FROM finding", "不能读取表 finding"),
        ("DELETE FROM population", "SELECT"),
        ("SELECT household_no, count(* AS members, 1 AS oldest FROM population", "SQL"),
        ("SELECT household_no, 1 AS members, nothing AS oldest FROM population", "无法执行"),
    ],
)
def test_a_query_that_is_not_what_it_says_is_refused(folder, writer, query, said):
    with pytest.raises(UserError) as refused:
        build(writer, theme(folder, HEADER + query))
    assert said in refused.value.zh
    assert not writer.has(theme_name("household"))


def test_a_condition_may_read_nothing_but_the_theme(folder, writer):
    sly = HEADER.replace("members >= 1", "EXISTS (SELECT 1 FROM read_text('/etc/hostname'))")
    with pytest.raises(UserError):
        build(writer, theme(folder, sly + QUERY))


@pytest.mark.parametrize(
    ("header", "query", "said"),
    [
        (HEADER.replace("members >= 1", "members >= 2"), QUERY, "至少一人（1 行"),
        (HEADER.replace("members >= 1", "oldest > 0"), QUERY, "至少一人（1 行"),  # unknown is not true
        (HEADER.replace("[members]", "[members, oldest]"), QUERY, "oldest 不为空 not null（1 行"),
        (HEADER, QUERY.replace("WHERE household_no IS NOT NULL", ""), "household_no 不为空 not null（1 行"),
        (HEADER, "SELECT 'h' AS household_no, 1 AS members, 1 AS oldest FROM population", "主键唯一"),
    ],
)
def test_a_theme_that_fails_its_tests_is_not_written(folder, writer, header, query, said):
    build(writer, theme(folder, HEADER + QUERY))
    with pytest.raises(RefusedData) as refused:
        build(writer, theme(folder, header + query))
    assert said in refused.value.zh
    assert writer.count(theme_name("household")) == 2, "what was there stays"


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        (QUERY, "themes/household.sql:1", "为空"),
        (HEADER, "themes/household.sql", "查询"),
        (HEADER.replace("-- key: [household_no]", "-- key: [houshold_no]") + QUERY, "", "houshold_no"),
        (HEADER.replace("-- grain", "-- grian") + QUERY, "themes/household.sql:2", "grain"),
        (HEADER.replace("department: mz", "department: zz") + QUERY, "themes/household.sql", "zz"),
        ("﻿" + HEADER.replace("title: 住户", "title: ''") + QUERY, "themes/household.sql:1", "title"),
    ],
)
def test_a_header_that_is_wrong_names_its_line(folder, text, where, said):
    (folder / "household.sql").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        load_themes(folder, ["mz"], ["population"])
    assert where in refused.value.zh
    assert said in refused.value.zh


def test_every_wrong_theme_is_told_at_once_and_names_are_not_taken_twice(folder):
    (folder / "population.sql").write_text(HEADER + QUERY, encoding="utf-8")
    (folder / "Bad-Name.sql").write_text(HEADER + QUERY, encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        load_themes(folder, ["mz"], ["population"])
    assert "population 已是基础库" in refused.value.zh
    assert "Bad-Name" in refused.value.zh


def test_the_version_of_a_theme_changes_with_its_meaning(folder):
    first = theme(folder, HEADER + QUERY)
    assert theme(folder, HEADER + QUERY).digest == first.digest
    assert theme(folder, HEADER + QUERY.replace("count(*)", "count(citizen_id)")).digest != first.digest
    assert theme(folder, HEADER.replace("members >= 1", "members > 0") + QUERY).digest != first.digest
