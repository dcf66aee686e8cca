"""Three days of new companies: a column vanishes on the third, a tab hides in a code, old codes are kept with a warning.

Counted with pandas, and the check character by the plain `right_code`, apart from this software.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from real_home import RealHome, counts, frame, home_of

from pipelines.building import BuildReport

DAYS = {"2019-07-26": 1346, "2019-07-29": 1109, "2019-08-01": 1361}
"""Rows per day; no code stands on two days, every code has 18 characters."""
COMPANIES = 3816
COLUMNS = {"2019-07-26": 31, "2019-07-29": 31, "2019-08-01": 30}
"""The third day has no column StockInfo."""
NO_COUNTY = {"2019-07-26": 708, "2019-07-29": 602, "2019-08-01": 705}
"""Codes whose digits 3 to 8 are no county of the list of today ..."""
OF_A_CITY_OR_PROVINCE = {"2019-07-26": 648, "2019-07-29": 570, "2019-08-01": 643}
"""... and those of them that end in 00: registered by a city or a province. The others name a county that is gone."""
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Companies:
    """The home, what its build did, and the files as pandas reads them."""

    home: RealHome
    report: BuildReport
    days: dict[str, pd.DataFrame]
    counties: pd.DataFrame


@pytest.fixture(scope="module")
def real(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Companies]:
    folder = shared_data("enterprise_daily_increment")
    counties = shared_data("divisions_stats_v2.4.0") / "areas.csv"
    home = home_of("companies", tmp_path_factory.mktemp("companies"))
    home.drop({f"xy/{day}.csv": folder / f"{day}.csv" for day in DAYS} | {"tj/areas.csv": counties})
    home.take()
    days = {day: frame(folder / f"{day}.csv") for day in DAYS}
    yield Companies(home, home.build(), days, frame(counties))
    home.hub.close()


def right_code(code: str) -> bool:
    """GB 32100-2015, written out: weights 3^i modulo 31."""
    total = sum(ALPHABET.index(sign) * 3**place for place, sign in enumerate(code[:17]))
    return ALPHABET[(31 - total % 31) % 31] == code[17]


@pytest.mark.duty("R-057")
def test_three_days_become_one_library(real: Companies) -> None:
    assert {day: len(rows) for day, rows in real.days.items()} == DAYS
    assert {day: len(rows.columns) for day, rows in real.days.items()} == COLUMNS
    for day, rows in DAYS.items():
        assert counts(real.home.deliveries[f"xy_new_company/{day}/0001"]) == ("taken", rows, rows, 0, 0), day
    (built,) = real.report.built
    assert (built.library, built.rows) == ("legal_person", COMPANIES)
    delivered = pd.concat(real.days.values())["CreditCode"]
    assert set(real.home.column("SELECT credit_code FROM legal_person")) == set(delivered)
    assert delivered.map(right_code).all()


def test_a_column_that_vanishes_stops_only_the_feed_that_needs_it(real: Companies) -> None:
    taken = {day: real.home.deliveries[f"xy_shareholder/{day}/0001"] for day in DAYS}
    assert [one.outcome.value for one in taken.values()] == ["taken", "taken", "refused"]
    refused = taken["2019-08-01"]
    assert refused.message_zh and "缺少列：StockInfo" in refused.message_zh
    assert refused.message_en and "missing columns: StockInfo" in refused.message_en
    rows = real.home.sql(
        "SELECT established_on::text AS day, count(shareholders) AS known, count(*) AS n FROM legal_person GROUP BY 1 ORDER BY 1"
    )
    assert [(row["day"], row["known"], row["n"]) for row in rows] == [
        (day, 0 if day == "2019-08-01" else number, number) for day, number in DAYS.items()
    ]


def test_the_tab_in_a_code_is_found_in_every_row_and_raw_keeps_it(real: Companies) -> None:
    codes = pd.concat(real.days.values())["AreaCode"]
    assert codes.str.fullmatch("[0-9]{4}\t[0-9]{6}").all() and len(codes) == COMPANIES
    found = {one["rule"]: (one["severity"], one["present"]) for one in real.report.findings}
    assert found["xy_new_company.area_code.six_digits"] == ("error", COMPANIES)
    with real.home.hub.lake.reading(None) as reader:
        raw = reader.engine.to_arrow(reader.table("raw.xy_new_company").select("area_code"))["area_code"].to_pylist()
    assert sorted(raw) == sorted(codes)
    # Blanks are no part of a code: in standard two codes stand together, ten digits, and nobody takes them for one.
    assert set(real.home.column("SELECT DISTINCT length(area_code) FROM xy_new_company")) == {10}


def test_the_tab_in_an_address_becomes_a_blank(real: Companies) -> None:
    rows = real.days["2019-07-29"]
    assert list(rows.index[rows["Address"].str.contains("\t")]) == [1098]
    (address,) = real.home.column(f"SELECT address FROM legal_person WHERE credit_code = '{rows['CreditCode'][1098]}'")
    # It holds the letter of a door, and beside Latin letters a blank may part two words.
    assert "\t" not in address and address == rows["Address"][1098].replace("\t", " ")


def test_right_codes_of_a_county_that_is_gone_are_kept_with_a_warning(real: Companies) -> None:
    found = {one["rule"]: (one["severity"], one["present"]) for one in real.report.findings}
    assert found == {
        "xy_new_company.credit_code.county_of_today": ("warning", sum(NO_COUNTY.values())),
        "xy_new_company.area_code.six_digits": ("error", COMPANIES),
        # the files are years old
        "freshness.xy_new_company.in_time": ("warning", 1),
        "freshness.xy_shareholder.in_time": ("warning", 1),
    }
    outside = {
        day: rows["CreditCode"][~rows["CreditCode"].str[2:8].isin(real.counties["code"])]
        for day, rows in real.days.items()
    }
    assert {day: len(codes) for day, codes in outside.items()} == NO_COUNTY
    assert {day: int((codes.str[6:8] == "00").sum()) for day, codes in outside.items()} == OF_A_CITY_OR_PROVINCE
    warned = real.home.column("SELECT row_key FROM finding WHERE rule = 'xy_new_company.credit_code.county_of_today'")
    assert set(warned) == set(pd.concat(outside.values()))
    kept = real.home.column(
        "SELECT count(*) FROM legal_person l JOIN finding f ON f.row_key = l.credit_code WHERE f.severity = 'warning'"
    )
    assert kept == [sum(NO_COUNTY.values())]
