"""Makes `divisions.csv` from published lists of divisions; run by hand when a new list is published, never by the hub.

    python -m standards.make_divisions <folder of the lists>

Sources (folders under the one named):

- ``gb2260_history``: yearly lists of the Ministry of Civil Affairs 1980 to 2015 and the editions 2002 and 2007 of GB/T 2260,
  from github.com/cn/GB2260 at 1173e8b (MIT).
- ``divisions_stats_v2.0.0``, ``v2.2.0`` and ``v2.4.0``: divisions used in statistics, as they stood in the middle of 2016, late in
  2018 and in the middle of 2020, from github.com/modood/Administrative-divisions-of-China (WTFPL, MIT). Their functional zones
  (county part 71 to 79) are no divisions and are left out.
- `divisions_by_hand.csv`: changes after the last list, and successors under another name.

A row is one code under one name in a span of years at its widest: the years are those of the lists between which the change
lies, and a year of which no list tells counts. A successor found here is a code that is new where the other one ended, in
the same province with the same name but for its last word (县, 市, 区), or anywhere with the very same name; never one of two.
"""

from __future__ import annotations

import csv
import itertools
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

Names = dict[str, str]

_HERE = Path(__file__).parent
_STATISTICS = {2016: "divisions_stats_v2.0.0", 2018: "divisions_stats_v2.2.0", 2020: "divisions_stats_v2.4.0"}
_GROUPINGS = {"市辖区", "县", "市", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖县级行政单位"}
"""Headings of the code table that stand for no place of their own; they are taken as always in force."""
_SPECIAL = {"71": None, "81": 1997, "82": 1999}
"""First year of the codes of Taiwan, Hong Kong and Macao; the yearly lists have them at times only."""
_LAST_WORD = re.compile("(自治[县州旗]|地区|特区|林区|[市区县盟旗])$")
_LONGEST_GAP = 4
"""Lists in a row that may miss a code under one name; more is an end and a beginning."""


@dataclass(frozen=True)
class Row:
    """One code under one name: first and last year (None: older than the lists, still in force) and its successor."""

    code: str
    name: str
    valid_from: int | None = None
    valid_to: int | None = None
    successor: str | None = None


def main(folder: Path) -> None:
    """Write `divisions.csv` beside this file from the lists below ``folder``."""
    lists = _yearly(folder)
    rows = [row for code in sorted(set().union(*lists.values())) for row in _spans(code, lists)]
    rows = _with_later(_with_successors(rows, lists)) + _without_years(folder, lists)
    with (_HERE / "divisions.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["code", "name", "valid_from", "valid_to", "successor"])
        for row in sorted(rows, key=lambda one: (one.code, one.valid_from or 0)):
            out.writerow([row.code, row.name, row.valid_from or "", row.valid_to or "", row.successor or ""])


def _yearly(folder: Path) -> dict[int, Names]:
    """The places of every list, by its year; of two lists of a year the later."""
    lists = {
        int(file.stem[4:8]): _places(_read(file, "Code", "Name", "\t"))
        for file in sorted((folder / "gb2260_history").glob("mca_*.tsv"))
    }
    for year, name in _STATISTICS.items():
        lists[year] = _places(_statistics(folder / name))
    return dict(sorted(lists.items()))


def _read(file: Path, code: str, name: str, delimiter: str = ",") -> Names:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row[code].strip(): row[name].strip() for row in csv.DictReader(lines, delimiter=delimiter)}


def _statistics(folder: Path) -> Names:
    files = ("provinces.csv", "cities.csv", "areas.csv")
    return {code.ljust(6, "0"): name for file in files for code, name in _read(folder / file, "code", "name").items()}


def _places(names: Names) -> Names:
    return {
        code: name
        for code, name in names.items()
        if name not in _GROUPINGS and code[:2] not in _SPECIAL and not "71" <= code[4:] <= "79"
    }


def _spans(code: str, lists: dict[int, Names]) -> list[Row]:
    years = list(lists)
    spans: list[tuple[str, int, int]] = []  # name, places of its first and last list
    for place, year in enumerate(years):
        name = lists[year].get(code)
        if name is None:
            continue
        if spans and spans[-1][0] == name and place - spans[-1][2] <= _LONGEST_GAP:
            spans[-1] = (name, spans[-1][1], place)
        else:
            spans.append((name, place, place))
    last = len(years) - 1
    return [
        Row(code, name, years[first - 1] + 1 if first else None, years[end + 1] if end < last else None)
        for name, first, end in spans
    ]


def _with_successors(rows: list[Row], lists: dict[int, Names]) -> list[Row]:
    """Successors of the codes that end, not of mere changes of name."""
    final = {row.code: row for row in rows}
    begun: dict[int, Names] = {year: {} for year in lists}
    years = list(lists)
    for before, year in itertools.pairwise(years):
        begun[year] = {code: name for code, name in lists[year].items() if code not in lists[before]}
    found = []
    for row in rows:
        ends = row.valid_to is not None and final[row.code] is row
        found.append(replace(row, successor=_successor(row, begun[row.valid_to or 0])) if ends else row)
    return found


def _successor(row: Row, begun: Names) -> str | None:
    own = _LAST_WORD.sub("", row.name)
    if len(own) >= 2:
        near = [code for code, name in begun.items() if code[:2] == row.code[:2] and _LAST_WORD.sub("", name) == own]
        near = [code for code in near if _level(code) == _level(row.code)]
        if near:
            return near[0] if len(near) == 1 else None
    same = [code for code, name in begun.items() if name == row.name and _level(code) == _level(row.code)]
    return same[0] if len(same) == 1 else None


def _level(code: str) -> int:
    return 2 if code.endswith("0000") else 4 if code.endswith("00") else 6


def _with_later(rows: list[Row]) -> list[Row]:
    """The rows with what stands in `divisions_by_hand.csv`: codes begun or ended after the lists, and successors."""
    with (_HERE / "divisions_by_hand.csv").open(encoding="utf-8", newline="") as lines:
        changes = list(csv.DictReader(lines))
    place = {(row.code, row.name): number for number, row in enumerate(rows)}
    for change in changes:
        if change["began"]:
            rows.append(Row(change["code"], change["name"], valid_from=int(change["began"])))
            continue
        number = place[change["code"], change["name"]]
        ended = max(rows[number].valid_to or 0, int(change["ended"]))
        rows[number] = replace(rows[number], valid_to=ended, successor=change["successor"])
    return rows


def _without_years(folder: Path, lists: dict[int, Names]) -> list[Row]:
    """Groupings, and the codes of Taiwan, Hong Kong and Macao."""
    known: Names = {}
    for file in sorted((folder / "gb2260_history").glob("20*.tsv")):
        known |= _read(file, "Code", "Name", "\t")
    for name in _STATISTICS.values():
        known |= _statistics(folder / name)
    groupings = {code: name for code, name in known.items() if name in _GROUPINGS}
    special = {"710000": "台湾省"}
    for file in sorted((folder / "gb2260_history").glob("contrib_*.tsv")):
        special |= _read(file, "Code", "Name", "\t")
    places = set().union(*lists.values())
    return [Row(code, name) for code, name in groupings.items() if code not in places] + [
        Row(code, name, valid_from=_SPECIAL[code[:2]]) for code, name in special.items()
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
