"""A holiday notice brought in: both forms, what is refused and how, comparison, and what a home keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.documents import parse_document
from ground.errors import DocumentError, UserError
from policy.calendar import DayKind, WorkingCalendar
from policy.calendar_import import check_replaceable, compare, festival_of, merged_notices, parse_notice, written
from policy.calendar_table import CalendarYears, Festival, notice_window, notice_year
from policy.clock import SHANGHAI

CALENDAR = WorkingCalendar.standard()
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=SHANGHAI)
KNOWN = range(2007, 2024)
"""Years of the second transcription (../shared/data/holiday_cn)."""


def notice_2027(**changed: Any) -> dict[str, Any]:
    """An invented notice for 2027 in the form of holiday-cn."""
    spans = [
        ("元旦", "2026-12-31", 4), ("春节", "2027-02-05", 7), ("清明节", "2027-04-03", 3), ("劳动节", "2027-05-01", 5),
        ("端午节", "2027-06-09", 1), ("中秋节", "2027-09-15", 1), ("国庆节", "2027-10-01", 7),
    ]  # fmt: skip
    off = [
        {"name": name, "date": str(date.fromisoformat(first) + timedelta(days=step)), "isOffDay": True}
        for name, first, length in spans
        for step in range(length)
    ]
    worked = [{"name": "春节", "date": "2027-02-13", "isOffDay": False}]
    return {"year": 2027, "papers": ["https://www.gov.cn/invented"], "days": off + worked} | changed


def parsed(value: object, name: str = "2027.json") -> CalendarYears:
    return parse_notice(json.dumps(value, ensure_ascii=False, indent=2), name)


# --- the form of holiday-cn ---------------------------------------------------------------------------------------


def test_days_become_ranges_and_make_up_days() -> None:
    (table,) = parsed(notice_2027()).years.values()
    assert [(str(one.first), str(one.last), one.festival.value) for one in table.rest] == [
        ("2026-12-31", "2027-01-03", "new_year"),
        ("2027-02-05", "2027-02-11", "spring_festival"),
        ("2027-04-03", "2027-04-05", "qingming"),
        ("2027-05-01", "2027-05-05", "labour_day"),
        ("2027-06-09", "2027-06-09", "dragon_boat"),
        ("2027-09-15", "2027-09-15", "mid_autumn"),
        ("2027-10-01", "2027-10-07", "national_day"),
    ]
    assert [(str(one.day), one.festival.value) for one in table.make_up] == [("2027-02-13", "spring_festival")]
    assert table.status == "confirmed"
    assert "https://www.gov.cn/invented" in table.source


@pytest.mark.parametrize(
    ("name", "festival"),
    [
        ("元旦", Festival.NEW_YEAR), ("春节", Festival.SPRING_FESTIVAL), ("清明节", Festival.QINGMING),
        ("劳动节", Festival.LABOUR_DAY), ("“五一”国际劳动节", Festival.LABOUR_DAY), ("“五一”", Festival.LABOUR_DAY),
        ("端午节", Festival.DRAGON_BOAT), ("中秋节", Festival.MID_AUTUMN), ("国庆节", Festival.NATIONAL_DAY),
        ("“十一”", Festival.NATIONAL_DAY), ("中秋节、国庆节", Festival.NATIONAL_DAY),
        ("国庆节、中秋节", Festival.NATIONAL_DAY), ("抗日战争暨世界反法西斯战争胜利70周年纪念日", Festival.SPECIAL),
    ],
)  # fmt: skip
def test_every_name_is_a_festival(name: str, festival: Festival) -> None:
    assert festival_of(name) is festival


@pytest.mark.parametrize("year", KNOWN)
def test_every_known_year_converts_into_what_the_calendar_has(year: int, shared_data: Callable[[str], Path]) -> None:
    path = shared_data("holiday_cn") / f"{year}.json"
    notice = parse_notice(path.read_text(encoding="utf-8"), path.name)
    (found,) = compare(notice, CALENDAR)
    assert (found.year, found.standing, found.status, found.differing) == (year, "unchanged", "confirmed", ())
    # Every single day of the file, read without our code.
    alone = WorkingCalendar(notice)
    for one in json.loads(path.read_text(encoding="utf-8"))["days"]:
        day = date.fromisoformat(one["date"])
        assert CALENDAR.is_workday(day) is alone.is_workday(day) is not one["isOffDay"]


def test_no_file_of_the_second_source_is_left_out(shared_data: Callable[[str], Path]) -> None:
    there = sorted(int(path.stem) for path in shared_data("holiday_cn").glob("[0-9]*.json"))
    assert there == list(KNOWN)


def test_json_with_tabs_and_escaped_slashes_is_read() -> None:
    text = json.dumps(notice_2027(), indent="\t").replace("/", "\\/")
    assert parse_notice(text, "2027.JSON").years.keys() == {2027}


@pytest.mark.parametrize("value", [{"year": 2027, "papers": [], "days": []}, {"years": {}}])
def test_a_year_without_days_has_no_notice_yet(value: dict[str, Any]) -> None:
    name = "2027.json" if "year" in value else "2027.yaml"
    with pytest.raises(UserError) as refused:
        parsed(value, name)
    assert "尚未发布" in refused.value.zh and "no notice yet" in refused.value.en
    assert refused.value.where == name


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ({"name": "元旦", "date": "2026-12-28", "isOffDay": True}, "2026-12-28"),
        ({"name": "元旦", "date": "2027-12-29", "isOffDay": True}, "2027-12-29"),
        ({"name": "元旦", "date": "2027-01-01", "isOffDay": True}, "重复日期：2027-01-01"),
        ({"name": "元旦", "date": "2027-02-30", "isOffDay": True}, "days.29.date"),
        ({"name": "元旦", "date": "2027-01-09"}, "days.29.isOffDay"),
        ({"name": "元旦", "date": "2027-01-09", "isOffday": False}, "isOffDay"),
    ],
)
def test_a_wrong_day_is_refused_with_its_place(day: dict[str, Any], message: str) -> None:
    value = notice_2027()
    with pytest.raises(DocumentError) as refused:
        parsed(value | {"days": [*value["days"], day]})
    assert message in refused.value.zh
    assert "2027.json:" in refused.value.en


def test_a_notice_from_which_festivals_are_missing_is_refused() -> None:
    value = notice_2027()
    kept = [one for one in value["days"] if one["name"] not in ("端午节", "国庆节")]
    with pytest.raises(UserError) as refused:
        parsed(value | {"days": kept})
    assert "国庆节、端午节" in refused.value.zh and "Dragon Boat Festival" in refused.value.en


def test_the_mid_autumn_festival_is_missed_unless_national_day_has_it_within() -> None:
    value = notice_2027()
    kept = [one for one in value["days"] if one["name"] != "中秋节"]
    assert len(kept) < len(value["days"]), "the test takes nothing out"
    with pytest.raises(UserError) as refused:
        parsed(value | {"days": kept})
    assert "中秋节" in refused.value.zh and "Mid-Autumn" in refused.value.en
    eighth = {"name": "国庆节、中秋节", "date": "2027-10-08", "isOffDay": True}
    parsed(value | {"days": [one for one in kept if one["date"] != "2027-10-08"] + [eighth]})


@pytest.mark.parametrize("name", ["2027.txt", "2027", "2027.xlsx"])
def test_another_kind_of_file_is_refused(name: str) -> None:
    with pytest.raises(UserError) as refused:
        parsed(notice_2027(), name)
    assert ".json" in refused.value.zh and refused.value.where == name


def test_a_year_outside_the_calendar_is_refused() -> None:
    with pytest.raises(UserError) as refused:
        parse_notice(
            "years: {1999: {status: confirmed, source: x, rest: [{first: 1999-10-01, last: 1999-10-07, festival: national_day}]}}",
            "1999.yaml",
        )
    assert "1999" in refused.value.zh


# --- our own form, comparison, keeping ----------------------------------------------------------------------------


def test_our_own_form_is_read_and_says_when_it_was_imported() -> None:
    notice = parsed(notice_2027())
    kept = merged_notices(None, notice, compare(notice, CALENDAR), NOW)
    assert kept.years[2027].imported_at == NOW
    again = parse_notice(written(kept), "calendar_years.yaml")
    assert again == kept
    calendar = WorkingCalendar.standard(again)
    assert (calendar.status(2027), calendar.imported_at(2027)) == ("confirmed", NOW)
    assert "invented" in calendar.source(2027)
    assert "chinesecalendar" in calendar.source(2026)
    assert "尚未录入" in CALENDAR.source(2027)
    assert "农历" in CALENDAR.source(2031)


def test_a_notice_for_an_unannounced_year_says_what_it_changes() -> None:
    (found,) = compare(parsed(notice_2027()), CALENDAR)
    assert (found.standing, found.status) == ("new", "confirmed")
    changed = {now.date.isoformat(): now.works for _, now in found.differing}
    # Known before: 1 January, 5 to 8 February, 5 April, 1 and 2 May, 9 June, 15 September, 1 to 3 October.
    assert changed == {
        "2026-12-31": False, "2027-02-09": False, "2027-02-10": False, "2027-02-11": False, "2027-02-13": True,
        "2027-05-03": False, "2027-05-04": False, "2027-05-05": False,
        "2027-10-04": False, "2027-10-05": False, "2027-10-06": False, "2027-10-07": False,
    }  # fmt: skip


def test_a_confirmed_year_is_not_replaced_unless_somebody_says_so() -> None:
    first = parsed(notice_2027())
    before = WorkingCalendar.standard(first)
    value = notice_2027()
    value["days"] = [one for one in value["days"] if one["date"] != "2027-02-13"]
    second = parsed(value)
    (found,) = compared = compare(second, before)
    assert found.standing == "differs"
    assert [(was.works, now.works, str(now.date)) for was, now in found.differing] == [(True, False, "2027-02-13")]
    with pytest.raises(UserError) as refused:
        check_replaceable(second, compared, name="2027.json", replace=False)
    assert "2027-02-13（原：周六，春节调休上班；通知：周六，休息日）" in refused.value.zh
    assert "--replace" in refused.value.en and refused.value.where == "2027.json"
    check_replaceable(second, compared, name="2027.json", replace=True)
    kept = merged_notices(first, second, compared, NOW)
    assert not WorkingCalendar.standard(kept).is_workday(date(2027, 2, 13))


def test_a_year_of_the_package_is_guarded_too_and_a_provisional_table_never_replaces_one() -> None:
    text = """
years:
  2026:
    status: STATUS
    source: invented for this test
    rest:
      - {first: 2026-01-01, last: 2026-01-03, festival: new_year}
      - {first: 2026-02-15, last: 2026-02-23, festival: spring_festival}
      - {first: 2026-04-04, last: 2026-04-06, festival: qingming}
      - {first: 2026-05-01, last: 2026-05-05, festival: labour_day}
      - {first: 2026-06-19, last: 2026-06-21, festival: dragon_boat}
      - {first: 2026-09-25, last: 2026-09-27, festival: mid_autumn}
      - {first: 2026-10-01, last: 2026-10-08, festival: national_day}
    make_up: [{day: 2026-01-04, festival: new_year}, {day: 2026-02-14, festival: spring_festival},
      {day: 2026-02-28, festival: spring_festival}, {day: 2026-05-09, festival: labour_day},
      {day: 2026-09-20, festival: national_day}, {day: 2026-10-10, festival: national_day}]
"""
    confirmed = parse_notice(text.replace("STATUS", "confirmed"), "2026.yml")
    (found,) = compare(confirmed, CALENDAR)
    assert [str(now.date) for _, now in found.differing] == ["2026-10-08"]
    provisional = parse_notice(text.replace("STATUS", "provisional"), "2026.yml")
    with pytest.raises(UserError) as refused:
        check_replaceable(provisional, compare(provisional, CALENDAR), name="2026.yml", replace=True)
    assert "provisional" in refused.value.en


def test_what_is_known_already_is_not_kept_twice_and_other_years_stay() -> None:
    first = parsed(notice_2027())
    kept = merged_notices(None, first, compare(first, CALENDAR), NOW)
    again = compare(first, WorkingCalendar.standard(kept))
    assert [one.standing for one in again] == ["unchanged"]
    later = merged_notices(kept, first, again, NOW + timedelta(days=1))
    assert later == kept


@given(st.integers(2005, 2100))
def test_the_window_of_a_notice_is_the_days_that_it_settles(year: int) -> None:
    first, last = notice_window(year)
    assert notice_year(first) == notice_year(last) == year
    assert notice_year(first - timedelta(days=1)) == year - 1
    assert notice_year(last + timedelta(days=1)) == year + 1


@given(
    st.dictionaries(
        st.dates(date(2026, 12, 29), date(2027, 12, 28)),
        st.tuples(st.booleans(), st.sampled_from(["元旦", "春节", "国庆节"])),
    )
)
def test_whatever_days_a_file_lists_the_calendar_has_them(listed: dict[date, tuple[bool, str]]) -> None:
    value = notice_2027()
    there = {one["date"] for one in value["days"]}
    more = [
        {"name": name, "date": str(day), "isOffDay": off}
        for day, (off, name) in listed.items()
        if str(day) not in there
    ]
    notice = parsed(value | {"days": [*more, *value["days"]]})
    calendar = WorkingCalendar.standard(parse_document(written(notice), CalendarYears, name="kept"))
    for one in [*value["days"], *more]:
        day = date.fromisoformat(one["date"])
        assert calendar.is_workday(day) is not one["isOffDay"]
    named = {date.fromisoformat(one["date"]) for one in [*value["days"], *more]}
    for one in calendar.days(date(2026, 12, 29), date(2027, 12, 28)):
        assert one.date in named or one.kind in (DayKind.WORKDAY, DayKind.WEEKEND)
