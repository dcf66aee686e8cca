"""Registers of four forms: the ministry's sheet with headings, listings in GB 18030 without a header, lines of JSON, a long table.

Counted with pandas, `csv` and `json`, apart from this software.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from real_home import RealHome, counts, frame, home_of

from pipelines.building import BuildReport

SCHOOLS = 2631
"""Rows with more than one cell below the header in row 3; the headings 北京市（92所） … are 31, and their numbers sum to it."""
SCHOOLS_BY_LEVEL = {"本科": 1243, "专科": 1388}
LISTINGS, LISTINGS_APART = 611, 571
"""Lines; 40 repeat another one word for word."""
NO_YEAR = 56
"""Listings whose ninth cell is a kind of building (塔楼 25, 板塔结合 18, 板楼 2) or 暂无数据 (11)."""
COMPANIES = 2327
NO_DAY = 43
"""An exchange's name in place of the day (24 + 19); three more are a dash, which says that there is none."""
SAME_CODE = 21
"""Rows beyond the first of a code among the other 2284: companies that were renamed."""
ENTRIES, REQUESTS = 1553, 52


@dataclass(frozen=True)
class Lists:
    """The home, what its build did, and where the files lie."""

    home: RealHome
    report: BuildReport
    files: dict[str, Path]

    def path(self, name: str) -> Path:
        """The real file under its name."""
        return next(path for target, path in self.files.items() if target.endswith(name))


@pytest.fixture(scope="module")
def real(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lists]:
    files = {
        "jy/university.xls": shared_data("moe_university_list") / "university.xls",
        "zj/conghua.csv": shared_data("housing_listings_guangzhou") / "conghua.csv",
        "zq/listed_companies_a.jsonl": shared_data("listed_companies") / "listed_companies_a.jsonl",
        "wj/wuhanshi.csv": shared_data("hospital_needs_hubei") / "wuhanshi.csv",
    }
    home = home_of("lists", tmp_path_factory.mktemp("lists"))
    home.drop(files)
    home.take()
    yield Lists(home, home.build(), files)
    home.hub.close()


def found(real: Lists) -> dict[str, tuple[str, int]]:
    return {one["rule"]: (one["severity"], one["present"]) for one in real.report.findings}


def test_schools_are_rows_and_headings_are_none(real: Lists) -> None:
    sheet = pd.read_excel(real.path("university.xls"), header=None, dtype=str)
    alone = sheet[0][sheet.notna().sum(axis=1) == 1].iloc[2:]
    assert len(alone) == 31 and sum(int(re.search(r"（(\d+)所）", one)[1]) for one in alone) == SCHOOLS
    assert counts(real.home.deliveries["jy_university/2026/0001"]) == ("taken", SCHOOLS, SCHOOLS, 0, 0)
    rows = real.home.sql("SELECT level, count(*) AS n FROM university GROUP BY 1")
    assert {row["level"]: row["n"] for row in rows} == SCHOOLS_BY_LEVEL
    cities = real.home.sql("SELECT city, count(*) AS n FROM university WHERE city IN ('武汉市', '连云港市') GROUP BY 1")
    assert {row["city"]: row["n"] for row in cities} == {"武汉市": 84, "连云港市": 5}
    codes = sheet.iloc[3:][sheet.iloc[3:].notna().sum(axis=1) > 1][2]
    assert set(real.home.column("SELECT school_code FROM university")) == set(codes)
    assert not [rule for rule in found(real) if rule.startswith("jy_university")]


def test_listings_without_a_header_in_gb18030(real: Lists) -> None:
    with pytest.raises(UnicodeDecodeError):
        real.path("conghua.csv").read_bytes().decode("gbk")
    cells = list(csv.reader(real.path("conghua.csv").read_text(encoding="gb18030").splitlines()))
    assert {len(row) for row in cells} == {15} and len(cells) == LISTINGS
    apart = {tuple(row) for row in cells}
    assert len(apart) == LISTINGS_APART == len({(row[0], row[13]) for row in cells})
    one = real.home.deliveries["zj_listing/2026-11/0001"]
    assert counts(one) == ("taken", LISTINGS, LISTINGS_APART, 0, LISTINGS - LISTINGS_APART)
    (total,) = real.home.sql("SELECT sum(total_price)::double AS price, sum(area)::double AS area FROM zj_listing")
    assert total["price"] == pytest.approx(sum(float(row[12]) for row in apart))
    assert total["area"] == pytest.approx(sum(float(row[4]) for row in apart))
    wrong = [row for row in apart if not re.fullmatch("(19|20)[0-9]{2}", row[8].strip())]
    assert len(wrong) == NO_YEAR
    assert {rule: number for rule, number in found(real).items() if rule.startswith("zj_listing")} == {
        "zj_listing.built.year": ("error", NO_YEAR)
    }


def test_companies_with_a_place_in_the_column_of_the_day_wait_in_quarantine(real: Lists) -> None:
    with real.path("listed_companies_a.jsonl").open(encoding="utf-8") as stream:
        rows = pd.DataFrame([json.loads(line) for line in stream])
    assert len(rows) == COMPANIES and rows["time"].str.contains("交易所").sum() == NO_DAY
    dated = rows[~rows["time"].str.contains("交易所")]
    assert len(dated) - dated["code"].nunique() == SAME_CODE
    one = real.home.deliveries["zq_listed/2026Q4/0001"]
    assert counts(one) == ("taken", COMPANIES, COMPANIES - NO_DAY - SAME_CODE, NO_DAY + SAME_CODE, 0)
    assert one.reasons == {"listed_on:not_date": NO_DAY, "code:duplicate_key": SAME_CODE}
    # Of several rows of a code the last in the file is taken: nothing else says which name is the newer.
    last = dated.drop_duplicates("code", keep="last").set_index("code")
    named = {row["code"]: row["name"] for row in real.home.sql("SELECT code, name FROM listed_company")}
    assert set(named) == set(last.index)
    assert named["000708.SZ"] == last["fullname"]["000708.SZ"] == "大冶特殊钢股份有限公司"
    (undated,) = real.home.column("SELECT count(*) FROM listed_company WHERE listed_on IS NULL")
    assert undated == (rows["time"] == "-").sum() == 3


def test_two_shifted_columns_and_codes_without_their_exchange_are_found(real: Lists) -> None:
    taken = real.home.table("SELECT code, exchange FROM zq_listed").to_pandas()
    bare = int((~taken["code"].str.contains(".", regex=False)).sum())
    assert {rule: number for rule, number in found(real).items() if rule.startswith("zq_listed")} == {
        "zq_listed.exchange.known": ("error", 1),
        "zq_listed.code.with_exchange": ("warning", bare),
    }
    assert bare == 336
    assert real.home.column("SELECT row_key FROM finding WHERE rule = 'zq_listed.exchange.known'") == ["300054.SZ"]


def test_a_long_table_becomes_one_row_a_request_by_a_theme(real: Lists) -> None:
    long = frame(real.path("wuhanshi.csv"))
    assert counts(real.home.deliveries["wj_hospital_need/2026-11-21/0001"]) == ("taken", ENTRIES, ENTRIES, 0, 0)
    assert len(long) == ENTRIES and long["value"].str.contains("\n").sum() == 6, "values may hold a line break"
    (theme,) = real.report.themes
    assert (theme.theme, theme.rows) == ("hospital_need", REQUESTS)
    assert long["value"].str.endswith("\t").sum() == 1, "blanks at the end of a value go"
    long["value"] = long["value"].str.strip()
    wide = long.pivot(index="record", columns="key", values="value")
    rows = {row["record"]: row for row in real.home.sql("SELECT * FROM hospital_need")}
    assert {record: row["hospital"] for record, row in rows.items()} == wide["医院名称"].to_dict()
    assert {record: row["district"] or "" for record, row in rows.items()} == wide["区县"].to_dict()
    wanted = long[(long["type"] == "supply") & (long["value"] != "0")].groupby("record").size()
    assert {record: row["supplies"] for record, row in rows.items() if row["supplies"]} == wanted.to_dict()
    assert sum(wanted) == 384
