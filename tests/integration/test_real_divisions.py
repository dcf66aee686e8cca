"""Three vintages of the divisions of statistics and two of villages: what was renamed, what vanished, what appeared.

Every count was made with pandas by joining two vintages on their codes. The years are those that the lists stand for: v2.0.0
says of itself that it ends on 31 July 2016; 莱芜市, abolished at the end of 2018, stands in v2.2.0; 襄都区, named so in
June 2020, in v2.4.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from real_home import NOW, RealHome, counts, frame, home_of

from pipelines.building import BuildReport

FILES = {"province": "provinces", "city": "cities", "county": "areas", "street": "streets"}
VINTAGES = {"2016": "v2.0.0", "2018": "v2.2.0", "2020": "v2.4.0"}
VILLAGES = {"2018": "v2.1.1", "2020": "v2.4.0"}
"""Of Wuhan and Lianyungang only; all streets of v2.1.1 stand in the list of 2018, 107 of its villages' not in that of 2016."""
ROWS = {
    "2016": {"province": 31, "city": 344, "county": 2856, "street": 42951},
    "2018": {"province": 31, "city": 343, "county": 3004, "street": 43564, "village": 5133},
    "2020": {"province": 31, "city": 342, "county": 2994, "street": 41614, "village": 5246},
}
CHANGED = {
    "2018": {"province": (0, 0, 0), "city": (0, 1, 2), "county": (0, 217, 69), "street": (598, 2883, 2270)},
    "2020": {
        "province": (0, 0, 0), "city": (0, 0, 1), "county": (5, 39, 49), "street": (5454, 1849, 3799),
        "village": (316, 263, 150),
    },
}  # fmt: skip
"""Renamed, appeared, vanished since the vintage before; none has another division above it, the code being its prefix."""


@dataclass
class Divisions:
    """The home, the build after each vintage, and the lists as pandas reads them."""

    home: RealHome
    lists: dict[str, dict[str, pd.DataFrame]]
    reports: dict[str, BuildReport] = field(default_factory=dict)


@pytest.fixture(scope="module")
def real(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Divisions]:
    home = home_of("divisions", tmp_path_factory.mktemp("divisions"))
    found = Divisions(home, {})
    for day, (year, vintage) in enumerate(VINTAGES.items()):
        paths = {level: shared_data(f"divisions_stats_{vintage}") / f"{name}.csv" for level, name in FILES.items()}
        if year in VILLAGES:
            paths["village"] = shared_data(f"villages_{VILLAGES[year]}") / "villages_wuhan_lianyungang.csv"
        names = FILES | {"village": "villages"}
        home.drop({f"tj/{names[level]}_{year}.csv": path for level, path in paths.items()})
        home.take(now=NOW + timedelta(days=day))
        found.lists[year] = {level: frame(path) for level, path in paths.items()}
        found.reports[year] = home.build(NOW + timedelta(days=day, hours=1))
    yield found
    home.hub.close()


def test_every_division_of_every_vintage_is_taken_and_the_changes_are_counted(real: Divisions) -> None:
    for year, levels in ROWS.items():
        for level, rows in levels.items():
            one = real.home.deliveries[f"tj_{level}/{year}/0001"]
            assert counts(one) == ("taken", rows, rows, 0, 0), one.id
            renamed, appeared, vanished = CHANGED.get(year, {}).get(level, (0, rows, 0))
            assert (one.rows_changed, one.rows_gone) == (renamed + appeared, vanished), one.id


def test_the_counts_are_those_of_the_lists(real: Divisions) -> None:
    years = list(VINTAGES)
    for before, year in pairwise(years):
        for level, expected in CHANGED[year].items():
            if level not in real.lists[before]:
                continue
            both = real.lists[before][level].merge(real.lists[year][level], on="code", how="outer", indicator=True)
            kept = both[both["_merge"] == "both"]
            renamed = int((kept["name_x"] != kept["name_y"]).sum())
            gone, new = int((both["_merge"] == "left_only").sum()), int((both["_merge"] == "right_only").sum())
            assert (renamed, new, gone) == expected, (year, level)


def test_the_library_is_the_last_vintage_and_its_history_the_ones_before(real: Divisions) -> None:
    for year, levels in ROWS.items():
        (built,) = real.reports[year].built
        assert (built.library, built.rows) == ("place_division", sum(levels.values()))
        changes = CHANGED.get(year, {}).values()
        if changes:
            first = ROWS[year]["village"] if year == "2018" else 0
            assert (built.updated, built.inserted, built.deleted) == (
                sum(one[0] for one in changes), sum(one[1] for one in changes) + first, sum(one[2] for one in changes),
            )  # fmt: skip
    history = real.home.sql("SELECT change, count(*) AS n FROM place_division_history GROUP BY 1 ORDER BY 1")
    total = [sum(one[place] for year in CHANGED.values() for one in year.values()) for place in (0, 2)]
    assert {row["change"]: row["n"] for row in history} == {"updated": total[0], "deleted": total[1]}


def test_what_became_of_single_divisions(real: Divisions) -> None:
    now = dict.fromkeys(["4208", "130502", "420882", "5406"])
    rows = real.home.sql(f"SELECT code, name FROM place_division WHERE code IN {tuple(now)}")
    assert {row["code"]: row["name"] for row in rows} == {
        "4208": "荆门市", "130502": "襄都区", "420882": "京山市", "5406": "那曲市",
    }  # fmt: skip
    was = real.home.sql(
        "SELECT code, name, change FROM place_division_history WHERE length(code) <= 6 AND "
        "(code IN ('5424', '3712', '420821') OR change = 'updated') ORDER BY code"
    )
    assert [tuple(row.values()) for row in was] == [
        ("130271", "唐山市芦台经济技术开发区", "updated"), ("130502", "桥东区", "updated"), ("130503", "桥西区", "updated"),
        ("130771", "张家口市高新技术产业开发区", "updated"), ("3712", "莱芜市", "deleted"),
        ("410472", "平顶山市新城区", "updated"), ("420821", "京山县", "deleted"), ("5424", "那曲地区", "deleted"),
    ]  # fmt: skip


def test_within_each_vintage_every_division_has_one_above_it(real: Divisions) -> None:
    for year, report in real.reports.items():
        found = {str(one["rule"]) for one in report.findings if one["present"]}
        assert {one for one in found if not one.startswith("freshness.")} == set(), year  # the files are years old
    assert [one.rule for one in real.reports["2016"].not_assessable] == []
