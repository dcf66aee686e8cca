"""Theme and special libraries: each with its lead department, a special one with a purpose and an end, built and served alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import ibis
import pytest
from project_office import city_of, resource
from test_themes import CITY, HEADER, QUERY

from ground.errors import DocumentError
from pipelines.themes.contributors import contributors
from pipelines.themes.document import Theme, load_themes, read_theme
from pipelines.themes.service import build_themes, theme_name
from warehouse.lake import Lake, LakeLocation, LakeWriter

SPECIAL = HEADER.replace(
    "-- title: 住户\n", "-- title: 汛期住户\n-- kind: special\n-- purpose: 防汛转移\n-- until: 2026-09-30\n"
)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LakeWriter]:
    schema = ibis.schema({"citizen_id": "string", "household_no": "string", "birth_date": "date"})
    rows = ibis.memtable([{"citizen_id": "1", "household_no": "h1", "birth_date": date(1950, 3, 1)}], schema=schema)
    with Lake(LakeLocation(tmp_path / "lake"), threads=1).writing() as one:
        one.create("base.population", rows)
        yield one


def write(folder: Path, text: str, name: str = "flood") -> Path:
    path = folder / f"{name}.sql"
    path.write_text(text + QUERY, encoding="utf-8")
    return path


@pytest.mark.duty("R-070")
def test_a_special_library_is_built_like_a_theme_and_says_what_for_and_until_when(
    tmp_path: Path, writer: LakeWriter
) -> None:
    one = read_theme(write(tmp_path, SPECIAL))
    assert (one.header.kind, one.header.purpose, one.header.until) == ("special", "防汛转移", date(2026, 9, 30))
    (built,) = build_themes(writer, [one], CITY, as_of=date(2026, 11, 21))  # after its end as well: served the same
    assert (built.rows, writer.has(theme_name("flood"))) == (1, True)


@pytest.mark.duty("R-070")
@pytest.mark.parametrize("line", ["-- purpose: 防汛转移\n", "-- until: 2026-09-30\n", "-- kind: special\n"])
def test_a_special_library_without_purpose_or_end_and_a_theme_with_them_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(DocumentError, match=r"purpose.*until"):
        read_theme(write(tmp_path, SPECIAL.replace(line, "")))


@pytest.mark.duty("R-068", "R-069")
def test_each_library_has_a_lead_department_that_there_is(tmp_path: Path) -> None:
    write(tmp_path, SPECIAL)
    assert [one.header.department for one in load_themes(tmp_path, ["mz"], [])] == ["mz"]
    with pytest.raises(DocumentError, match="牵头部门 mz 不在部门名单中"):
        load_themes(tmp_path, ["ga"], [])
    with pytest.raises(DocumentError, match="department"):
        read_theme(write(tmp_path, HEADER.replace("-- department: mz\n", ""), "headless"))


@pytest.mark.duty("R-068")
def test_contributors_are_the_departments_whose_data_it_is_made_of(tmp_path: Path) -> None:
    library = {
        "title": "人口", "key": "no", "key_in": {"ga_household": "no", "sw_insured": "no"},
        "items": {"name": {"title": "姓名", "authority": "ga_household"}},
    }  # fmt: skip
    city = city_of(
        resource("ga_household"), resource("sw_insured", "water"), resource("mz_street", "mz"), resource("other", "east_mz"),
        register={"libraries": {"population": library}},
    )  # fmt: skip

    def made(name: str, query: str) -> Theme:
        return Theme(name, read_theme(write(tmp_path, HEADER)).header, query)

    direct = made("direct", "WITH mz_street AS (SELECT 1 AS a) SELECT * FROM mz_street, population_place")
    whole = made("whole", "SELECT * FROM direct JOIN mz_street USING (a)")
    alone = made("alone", "SELECT 1 AS a FROM range(3)")
    themes = [direct, whole, alone]
    assert contributors(direct, themes, city) == ["ga", "water"]  # mz_street is a part of the query's own here
    assert contributors(whole, themes, city) == ["ga", "mz", "water"]
    assert contributors(alone, themes, city) == []


def test_a_theme_is_the_version_that_it_was_before_there_were_special_ones(tmp_path: Path) -> None:
    plain = read_theme(write(tmp_path, HEADER))
    assert plain.digest == read_theme(write(tmp_path, HEADER.replace("-- title", "-- kind: theme\n-- title"))).digest
    ended, later = (read_theme(write(tmp_path, SPECIAL.replace("09-30", day))) for day in ("09-30", "10-31"))
    assert ended.digest != later.digest
