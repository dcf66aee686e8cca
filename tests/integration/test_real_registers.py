"""Real registers go the same way as the simulated city: enterprises become legal persons, divisions name their codes.

The files lie in ../shared/data and are copied into a temporary inbox; their catalogue, feeds, register and rules stand in
tests/real/city. The numbers below were counted apart from this software: rows, duplicates and cells with pandas and the
``csv`` module; credit codes by the plain `right_code` below, written from GB 32100-2015 (the check of python-stdnum refuses
right codes that begin with A, N or Y).
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from hub.hub import Hub, init_home
from pipelines.building import BuildReport
from pipelines.intake.store import Delivery, Outcome
from pipelines.serving import Reader

CITY = Path(__file__).resolve().parent.parent / "real" / "city"
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LATER = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
READER = Reader("test", "test")

YEARS = {2008: 2966, 2012: 2971, 2019: 1372}
"""Rows per yearly file: lines less the header; no value holds a line break (csv.reader gives the same)."""
DAY = "2019-08-01"
DAY_ROWS = 1361
COUNTIES = 2994
DIVISIONS_2015 = 3219
YEARLY = 7309
"""2966 + 2971 + 1372; no code stands in two of the years, so also the distinct codes."""
LEGAL_PERSONS = 8670
"""7309 + 1361: no code stands in both registers."""
NO_COUNTY = {2008: 647, 2012: 532, 2019: 523}
"""Codes whose digits 3 to 8 are no county of the division list: 1641 of 420100, 53 of 420000, 8 of 420120."""
NO_COUNTY_DAY = 705
NO_CURRENCY = {2008: 10, 2012: 16, 2019: 59}
"""Amounts such as ``500(万)``: a number and 万, and no currency."""
NO_CAPITAL = {2008: 421, 2012: 536, 2019: 302 + 3}
"""``N/A``; in 2019 also three times ``-``."""


@dataclass(frozen=True)
class Real:
    """The home after one run, and the files it was made from."""

    hub: Hub
    deliveries: dict[str, Delivery]
    report: BuildReport
    years: pd.DataFrame
    day: pd.DataFrame
    counties: pd.DataFrame

    def sql(self, query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.hub.serving.sql(query, READER, NOW, limit=20_000).to_pylist()
        return rows


@pytest.fixture(scope="module")
def real(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    files = {
        **{f"sc/武汉_{year}.csv": shared_data("enterprise_registration") / f"武汉_{year}.csv" for year in YEARS},
        f"xy/{DAY}.csv": shared_data("enterprise_daily_increment") / f"{DAY}.csv",
        "tj/areas.csv": shared_data("divisions_stats_v2.4.0") / "areas.csv",
        "mz/mca_201512.tsv": shared_data("gb2260_history") / "mca_201512.tsv",
    }
    home = tmp_path_factory.mktemp("real")
    init_home(home)
    shutil.copytree(CITY, home / "city", dirs_exist_ok=True)
    for name, path in files.items():
        (home / "inbox" / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, home / "inbox" / name)
    hub = Hub(home)
    hub.load_catalogue(NOW)
    deliveries = [one for feed in hub.city.feeds for one in hub.intake.run(feed.id, NOW)]
    years = pd.concat(frame(files[f"sc/武汉_{year}.csv"]).assign(year=year) for year in YEARS)
    yield Real(
        hub,
        {one.id: one for one in deliveries},
        hub.builder.run(NOW),
        years.assign(code=years["统一社会信用代码"].str.upper()),
        frame(files[f"xy/{DAY}.csv"]),
        frame(files["tj/areas.csv"]),
    )
    hub.close()


def frame(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def right_code(code: str) -> bool:
    """GB 32100-2015, written out: 18 characters of 31, six digits within, weights 3^i modulo 31."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(code) != 18 or not set(code) <= set(alphabet) or not code[2:8].isdigit():
        return False
    total = sum(alphabet.index(sign) * 3**place for place, sign in enumerate(code[:17]))
    return alphabet[(31 - total % 31) % 31] == code[17]


def test_every_row_of_every_file_is_taken(real: Real) -> None:
    expected = {
        **{f"sc_enterprise/{year}/0001": rows for year, rows in YEARS.items()},
        f"xy_new_enterprise/{DAY}/0001": DAY_ROWS,
        "tj_county/2026/0001": COUNTIES,
        "mz_division_2015/2015-12/0001": DIVISIONS_2015,
    }
    assert set(real.deliveries) == set(expected)
    for name, rows in expected.items():
        one = real.deliveries[name]
        counts = (one.outcome, one.rows_in, one.rows_taken, one.rows_quarantined, one.rows_repeated, one.rows_changed)
        assert counts == (Outcome.TAKEN, rows, rows, 0, 0, rows), name
        assert one.reasons == {}


@pytest.mark.duty("R-057")
def test_every_enterprise_becomes_one_legal_person(real: Real) -> None:
    assert len(real.years) == YEARLY and real.years["code"].nunique() == YEARLY
    assert real.day["CreditCode"].nunique() == DAY_ROWS
    (built,) = real.report.built
    assert (built.library, built.rows) == ("legal_person", LEGAL_PERSONS)
    keys = {row["credit_code"] for row in real.sql("SELECT credit_code FROM legal_person")}
    assert keys == {*real.years["code"], *real.day["CreditCode"]}
    assert len(keys) == LEGAL_PERSONS
    # One code of 2012 is delivered in small letters; normalised, it is right.
    assert (real.years["code"] != real.years["统一社会信用代码"]).sum() == 1


@pytest.mark.duty("R-053")
def test_the_register_decides_whose_value_counts(real: Real) -> None:
    rows = real.sql("SELECT name__source AS source, count(*) AS n FROM legal_person GROUP BY 1 ORDER BY 1")
    assert [(row["source"], row["n"]) for row in rows] == [("sc_enterprise", YEARLY), ("xy_new_enterprise", DAY_ROWS)]
    # Of the 30 columns of the daily file nine are in the entry; the others were not taken.
    taken = real.sql("SELECT * FROM xy_new_enterprise LIMIT 1")[0]
    assert {name for name in taken if not name.startswith("_")} == {
        "credit_code", "name", "registration_no", "state", "established_on", "address", "registered_capital",
        "province", "city",
    }  # fmt: skip


def test_no_code_is_wrong_in_itself_and_a_county_that_is_gone_is_a_warning(real: Real) -> None:
    assert real.years["code"].map(right_code).all() and real.day["CreditCode"].map(right_code).all()
    found = {one["rule"]: (one["severity"], one["present"]) for one in real.report.findings}
    assert found == {
        "sc_enterprise.credit_code.county_of_today": ("warning", sum(NO_COUNTY.values())),
        "xy_new_enterprise.credit_code.county_of_today": ("warning", NO_COUNTY_DAY),
        "sc_enterprise.registered_capital.currency_stated": ("error", sum(NO_CURRENCY.values())),
        # the files are years old
        "freshness.sc_enterprise.in_time": ("warning", 1),
        "freshness.xy_new_enterprise.in_time": ("warning", 1),
    }
    assert real.report.not_assessable == []
    outside = real.years[~real.years["code"].str[2:8].isin(real.counties["code"])]
    assert outside.groupby("year").size().to_dict() == NO_COUNTY
    warned = real.sql("SELECT row_key FROM finding WHERE rule = 'sc_enterprise.credit_code.county_of_today'")
    assert {row["row_key"] for row in warned} == set(outside["code"])


def test_codes_outside_the_list_of_today_find_their_names_in_the_older_one(real: Real) -> None:
    rows = real.sql(
        "SELECT substr(f.row_key, 3, 6) AS code, d.name, count(*) AS n FROM finding f "
        "LEFT JOIN mz_division_2015 d ON d.code = substr(f.row_key, 3, 6) "
        "WHERE f.rule = 'sc_enterprise.credit_code.county_of_today' GROUP BY ALL ORDER BY n DESC"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("420100", "武汉市", 1641),
        ("420000", "湖北省", 53),
        ("420120", None, 8),
    ]


def test_amounts_are_written_alike_and_none_is_converted(real: Real) -> None:
    rows = real.sql("SELECT registered_capital AS amount FROM legal_person WHERE name__source = 'sc_enterprise'")
    kinds = Counter(None if row["amount"] is None else row["amount"].lstrip("0123456789.") for row in rows)
    # Counted in the files year by year: (万元人民币), (万元), 万人民币, 万元人民币, 万人民币元 and (万元(人民币)) are yuan.
    assert kinds == {
        "万元": 2517 + 2407 + 995, None: sum(NO_CAPITAL.values()), "万": sum(NO_CURRENCY.values()), "万美元": 38, "万日元": 2,
        "万港元": 1, "万欧元": 1, "万加拿大元": 1,
    }  # fmt: skip
    by_year = real.years[real.years["注册资金"].isin(["N/A", "-"])].groupby("year").size().to_dict()
    assert by_year == NO_CAPITAL


def test_companies_per_year_and_district_with_the_names_of_the_division_list(real: Real) -> None:
    rows = real.sql(
        "SELECT year(l.established_on) AS year, d.name, count(*) AS n FROM legal_person l "
        "JOIN tj_county d ON d.code = substr(l.credit_code, 3, 6) WHERE l.city = '武汉' GROUP BY ALL"
    )
    cells = {(row["year"], row["name"]): row["n"] for row in rows}
    for cell, number in {
        (2008, "江岸区"): 356, (2008, "武昌区"): 326, (2012, "洪山区"): 379, (2012, "江夏区"): 107,
        (2019, "东西湖区"): 131, (2019, "汉南区"): 8,
    }.items():  # fmt: skip
        assert cells[cell] == number
    joined = real.years.assign(district=real.years["code"].str[2:8]).merge(
        real.counties, left_on="district", right_on="code"
    )
    assert cells == joined.groupby(["year", "name"]).size().to_dict()
    assert sum(cells.values()) == YEARLY - sum(NO_COUNTY.values())


def test_errors_open_a_ticket_with_a_due_date_and_warnings_none(real: Real) -> None:
    (ticket,) = real.hub.tickets.list()
    assert (ticket.rule, ticket.department) == ("sc_enterprise.registered_capital.currency_stated", "sc")
    assert (ticket.findings_total, ticket.findings_open) == (85, 85)
    # Received on a Saturday; the fifth working day after it is Friday.
    assert ticket.due == date(2026, 11, 27)


@pytest.mark.duty("R-057")
def test_a_wrong_code_among_real_rows_is_found_and_a_changed_row_replaces_the_older_one(real: Real) -> None:
    """The last test of this module: it delivers one more year, of five real rows."""
    first = real.years[real.years["year"] == 2019].head(5)
    columns = [name for name in first.columns if name not in ("year", "code")]
    rows = [dict(zip(columns, row, strict=True)) for row in first[columns].itertuples(index=False)]
    right = rows[0]["统一社会信用代码"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    rows[0]["统一社会信用代码"] = wrong
    rows[1]["企业名称"] = "武汉改名有限公司"
    target = real.hub.home / "inbox" / "sc" / "武汉_2020.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
    (taken,) = [one for one in real.hub.intake.run("sc_enterprise", LATER) if one.outcome is Outcome.TAKEN]
    # Three rows say what is known already.
    assert (taken.period, taken.rows_taken, taken.rows_changed) == ("2020", 5, 2)
    report = real.hub.builder.run(LATER)
    assert report.built[0].rows == LEGAL_PERSONS + 1
    wrong_codes = real.sql("SELECT row_key FROM finding WHERE rule = 'sc_enterprise.credit_code.check_character'")
    assert [row["row_key"] for row in wrong_codes] == [wrong] and not right_code(wrong)
    renamed = real.sql(f"SELECT name FROM legal_person WHERE credit_code = '{rows[1]['统一社会信用代码']}'")
    assert renamed == [{"name": "武汉改名有限公司"}]
    assert {one.rule for one in real.hub.tickets.list()} == {
        "sc_enterprise.registered_capital.currency_stated",
        "sc_enterprise.credit_code.check_character",
    }
