"""Division codes of the whole country: years, names, successors, and the lists that the table was made from."""

from __future__ import annotations

import csv
import datetime
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from standards import citizen_id, division_history, make_divisions

Shared = Callable[[str], Path]


def day(year: int) -> datetime.date:
    return datetime.date(year, 6, 30)


@pytest.mark.parametrize(
    ("code", "year", "name"),
    [
        ("420106", 1980, "武昌区"),
        ("420106", 2026, "武昌区"),
        ("110103", 2009, "崇文区"),
        ("110103", 2011, None),
        ("420123", 1990, "黄陂县"),
        ("420123", 1999, None),
        ("420116", 1999, "黄陂区"),
        ("420116", 1990, None),
        ("500101", 1997, "万县区"),
        ("500101", 2020, "万州区"),
        ("410307", 2022, "偃师区"),
        ("410307", 2019, None),
        ("810101", 2000, "中西区"),
        ("110100", 1985, "市辖区"),
        ("429999", 2020, None),
        ("", 2020, None),
    ],
)
def test_what_a_code_stood_for_on_a_day(code: str, year: int, name: str | None) -> None:
    assert division_history.name_of(code, day(year)) == name
    assert division_history.is_known(code, day(year)) is (name is not None)


def test_a_code_existed_whatever_became_of_it() -> None:
    assert division_history.existed("110103")
    assert division_history.existed("420106")
    assert not division_history.existed("429999")
    assert division_history.name_of("110103") == "崇文区"
    assert division_history.is_known_since("110103", 2010)
    assert not division_history.is_known_since("110103", 2011)


@pytest.mark.parametrize(
    ("code", "follows"),
    [
        ("110103", "110101"),  # merged under another name
        ("420123", "420116"),  # a county became a district
        ("420121", "420114"),
        ("510202", "500103"),  # with the whole municipality
        ("371203", "370117"),
        ("330104", "330102"),  # after the last list
        ("420106", None),
        ("429999", None),
    ],
)
def test_successors(code: str, follows: str | None) -> None:
    assert division_history.successor(code) == follows


def test_every_successor_is_a_code_that_stood_when_the_other_ended() -> None:
    rows = [span for code in division_history._table() for span in division_history.spans(code)]
    followed = [span for span in rows if span.successor]
    assert len(followed) > 2500
    for span in followed:
        assert span.valid_to is not None
        assert division_history.is_known_since(span.successor or "", span.valid_to), span
        assert division_history.is_known(span.successor or "", day(span.valid_to)), span


def test_spans_of_a_code_follow_one_another() -> None:
    for code in division_history._table():
        for one, following in itertools.pairwise(division_history.spans(code)):
            assert one.valid_to is not None, code
            # At their widest two spans may share the years between two lists, and no more.
            assert (one.valid_from or 0) < (following.valid_from or 0), code
            assert one.valid_to - 1 <= (following.valid_from or 0), code


def test_every_code_of_every_yearly_list_is_known_in_its_year(shared_data: Shared) -> None:
    lists = sorted(shared_data("gb2260_history").glob("mca_*.tsv"))
    assert len(lists) == 36
    for file in lists:
        year = day(int(file.stem[4:8]))
        with file.open(encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        assert len(rows) > 3000
        assert [row["Code"] for row in rows if not division_history.is_known(row["Code"], year)] == [], file.name


def test_every_name_of_the_last_yearly_list_is_the_name_of_its_code(shared_data: Shared) -> None:
    with (shared_data("gb2260_history") / "mca_201512.tsv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    names = {row["Code"]: {span.name for span in division_history.spans(row["Code"])} for row in rows}
    assert [row for row in rows if row["Name"].strip() not in names[row["Code"]]] == []


def test_the_table_is_what_the_lists_give(shared_data: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed = make_divisions._HERE
    (tmp_path / "divisions_by_hand.csv").write_bytes((committed / "divisions_by_hand.csv").read_bytes())
    monkeypatch.setattr(make_divisions, "_HERE", tmp_path)
    make_divisions.main(shared_data("gb2260_history").parent)
    assert (tmp_path / "divisions.csv").read_text("utf-8") == (committed / "divisions.csv").read_text("utf-8")


def numbered(division: str, birth: str) -> str:
    body = f"{division}{birth}123"
    return body + citizen_id.check_digit(body)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (numbered("420106", "19900101"), True),
        (numbered("110103", "19500101"), True),  # abolished in 2010, long after the birth
        (numbered("110103", "20100101"), True),
        (numbered("110103", "20120101"), False),  # nobody was born there after it had gone
        (numbered("999998", "19900101"), True),  # begins with 9: a foreign permanent resident
        (numbered("810000", "19900101"), True),
        (numbered("820000", "19900101"), True),
        (numbered("830000", "19900101"), True),
        (numbered("429999", "19900101"), False),
        ("42010619901301123X", None),
        ("", None),
    ],
)
def test_issuing_division(value: str, known: bool | None) -> None:
    assert citizen_id.is_issuing_division_known(value) is known


def test_issuing_division_of_published_vectors(shared_data: Shared) -> None:
    with (shared_data("id_number_vectors") / "id_vectors_a.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    valid = [row["id"] for row in rows if row["expected"] == "valid" and len(row["id"]) == 18]
    assert [one for one in valid if not citizen_id.is_issuing_division_known(one)] == []
    wrong = [row["id"] for row in rows if row["reason"] == "address code"]
    assert [citizen_id.is_issuing_division_known(one) for one in wrong] == [False]
