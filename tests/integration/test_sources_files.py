"""Files in parts, by hand, late, again and out of order: whatever the order of arrival, standard says what the newest period says."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlwt
from intake_home import COLUMNS, NOW, Home, citizen, feed, people

from catalog.documents import load_city
from catalog.model import UpdateCycle
from ground.errors import DocumentError, UserError
from pipelines.intake import inbox, periods
from pipelines.intake.store import Outcome
from pipelines.intake.uploads import Upload


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    one = Home(tmp_path / "home", feed("full"), feed("inc", "increment"))
    yield one
    one.close()


def in_parts(mark: str = "part{part}of{parts}", **changes: Any) -> dict[str, Any]:
    return feed("hh", source={"kind": "file", "path": f"ga/hh_{{period}}_{mark}.csv"}, **changes)


# --- parts --------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-062")
def test_parts_of_a_period_are_one_full_delivery_and_remove_nobody_of_each_other(home):
    home.declare(in_parts())
    home.drop("hh_202610_part2of2.csv", people(range(30, 60)))
    home.drop("hh_202610_part1of2.csv", people(range(30)))
    (one,) = home.run("hh")
    assert (one.outcome, one.rows_in, one.rows_taken, one.rows_gone) == (Outcome.TAKEN, 60, 60, 0)
    assert one.name == "ga/hh_202610_part{part}of{parts}.csv"
    (payload,) = (home.root / "landing" / "hh" / "2026-10" / "0001").glob("payload*")
    with zipfile.ZipFile(payload) as archive:
        assert archive.namelist() == ["hh_202610_part1of2.csv", "hh_202610_part2of2.csv"]
        assert archive.read("hh_202610_part1of2.csv") == people(range(30)).encode(), "the pieces are untouched"
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert [one.outcome for one in home.run("hh", minutes=5)] == [Outcome.UNCHANGED]
    assert home.replay(one.id).rows_taken == 60
    # The next month has a household less, in the second part.
    home.drop("hh_202611_part1of2.csv", people(range(30)))
    home.drop("hh_202611_part2of2.csv", people(range(30, 59)))
    after = home.run("hh", minutes=10)[-1]
    assert (after.period, after.rows_gone, len(home.names())) == ("2026-11", 1, 59)


def test_a_part_that_has_not_come_is_waited_for(home):
    home.declare(in_parts())
    home.drop("hh_202610_part1of3.csv", people(range(30)))
    home.drop("hh_202610_part3of3.csv", people(range(60, 90)))
    said: list[str] = []
    assert home.service.run("hh", NOW, said.append) == []
    assert home.deliveries() == 0 and "还缺第 2 份" in said[0] and "part 2 has not come" in said[0]
    (reading,) = home.service.check("hh", NOW)
    assert "还缺第 2 份" in reading.notes[0][0] and reading.refusal is None
    home.drop("hh_202610_part2of3.csv", people(range(30, 60)))
    assert [one.rows_taken for one in home.run("hh", minutes=5)] == [90]


def test_a_period_that_waits_for_a_part_does_not_keep_another_waiting(home):
    home.declare(in_parts())
    home.drop("hh_202610_part1of2.csv", people(range(3)))
    home.drop("hh_202611_part1of1.csv", people(range(4)))
    assert [one.period for one in home.run("hh")] == ["2026-11"]


@pytest.mark.parametrize(
    ("names", "says"),
    [(["hh_202610_part1of2.csv", "hh_2026-10_part1of2.csv"], "Part 1 is there twice"),
     (["hh_202610_part1of2.csv", "hh_202610_part2of3.csv"], "different numbers of parts"),
     (["hh_202610_part0of1.csv", "hh_202610_part1of1.csv"], "Part 0 is out of range"),
     (["hh_202610_part2of1.csv", "hh_202610_part1of1.csv"], "Part 2 is out of range"),
     (["hh_202610_part2of2.csv"], "part 1 has not come")],
)  # fmt: skip
def test_parts_that_do_not_make_a_whole_wait_and_say_why(home, names, says):
    home.declare(in_parts())
    for number, name in enumerate(names):
        home.drop(name, people(range(number * 3, number * 3 + 3)))
    said: list[str] = []
    assert home.service.run("hh", NOW, said.append) == []
    assert says in "\n".join(said)


def test_a_gap_in_numbers_shows_without_a_declared_count(home):
    home.declare(in_parts("{part}"))
    home.drop("hh_202610_1.csv", people(range(3)))
    home.drop("hh_202610_3.csv", people(range(6, 9)))
    assert home.run("hh") == []
    home.drop("hh_202610_2.csv", people(range(3, 6)))
    assert [one.rows_taken for one in home.run("hh", minutes=5)] == [9]


def test_ten_parts_are_in_the_order_of_their_numbers(home):
    home.declare(in_parts("{part}"))
    for number in range(1, 12):
        home.drop(f"hh_202610_{number}.csv", people(range(number * 2, number * 2 + 2)))
    (one,) = home.run("hh")
    (payload,) = (home.root / "landing" / "hh" / "2026-10" / "0001").glob("payload*")
    with zipfile.ZipFile(payload) as archive:
        assert archive.namelist()[-2:] == ["hh_202610_10.csv", "hh_202610_11.csv"]
    assert one.rows_taken == 22


def test_sheets_in_parts_are_read_as_one_register(home):
    home.declare(in_parts() | {
        "source": {"kind": "file", "path": "ga/hh_{period}_part{part}of{parts}.xls"}, "format": {"kind": "xls"},
    })  # fmt: skip
    for part in (1, 2):
        book = xlwt.Workbook(encoding="utf-8")
        sheet = book.add_sheet("户")
        rows = [list(COLUMNS), *([citizen(n), f"李{n}", "", ""] for n in range(part * 10, part * 10 + 10))]
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(at, place, cell)
        book.save(str(home.inbox / "ga" / f"hh_202610_part{part}of2.xls"))
    (one,) = home.run("hh")
    assert (one.outcome, one.rows_taken) == (Outcome.TAKEN, 20)


@pytest.mark.parametrize(
    ("path", "says"),
    [("ga/hh_{parts}.csv", "{parts} goes with {part}"), ("ga/{part}/hh.csv", "in the file's name"),
     ("ga/hh_{part}_{part}.csv", "stand once each")],
)  # fmt: skip
def test_marks_that_make_no_sense_are_refused(home, path, says):
    home.declare(feed("hh", source={"kind": "file", "path": path}))
    with pytest.raises(DocumentError, match=says):
        load_city(home.root / "city")


def test_a_shapefile_is_found_with_the_files_beside_it(tmp_path):
    from catalog.formats import Vector
    from catalog.sources import FileSource

    folder = tmp_path / "gh"
    folder.mkdir()
    for ending in ("shp", "SHX", "dbf", "prj", "cpg", "sbn", "xml"):
        (folder / f"路网_2026.{ending}").write_bytes(b"x")
    (folder / "别的_2026.dbf").write_bytes(b"x")
    source = FileSource(path="gh/路网_{period}.shp")
    (found,) = inbox.find(tmp_path, source, UpdateCycle.YEARLY, date(2026, 11, 21), Vector(kind="shapefile"))
    assert [path.suffix for path in found.paths] == [".SHX", ".cpg", ".dbf", ".prj", ".shp"]
    assert (found.name, found.period) == ("gh/路网_2026.shp", "2026")


# --- by hand ------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-062")
def test_a_file_by_hand_goes_the_same_way_and_keeps_who_brought_it_and_why(home, tmp_path):
    path = tmp_path / "from a stick.csv"
    path.write_text(people(range(3)) + "broken\n", encoding="utf-8")
    one = home.service.upload("full", Upload(path, "王科长", "系统停机，U 盘送达", "202610"), NOW)
    assert (one.id, one.outcome, one.rows_taken, one.rows_quarantined) == ("full/2026-10/0001", Outcome.TAKEN, 3, 1)
    assert (one.uploaded_by, one.upload_reason) == ("王科长", "系统停机，U 盘送达")
    assert home.payload(one) == path.read_bytes()
    facts = home.outcome(one)
    assert (facts["uploaded_by"], facts["delivered_as"]) == ("王科长", "from a stick.csv")
    replayed = home.replay(one.id)
    assert replayed.uploaded_by == "王科长" and home.outcome(replayed)["upload_reason"] == "系统停机，U 盘送达"
    again = home.service.upload("full", Upload(path, "李科长", "再送一次", "2026-10"), NOW)
    assert (again.number, again.outcome, again.uploaded_by) == (2, Outcome.UNCHANGED, "李科长"), "who brings it is kept"
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "stated", "period"),
    [
        ("full_202610_x.csv", None, "2026-10"),
        ("whatever.csv", None, "2026-11"),
        ("full_202610.csv", "2026-09", "2026-09"),
    ],
)
def test_the_period_is_the_stated_one_or_that_of_the_name_or_of_the_day(home, tmp_path, name, stated, period):
    path = tmp_path / name
    path.write_text(people(range(3)), encoding="utf-8")
    assert home.service.upload("full", Upload(path, "u", "r", stated), NOW).period == period


@pytest.mark.parametrize("stated", ["november", "2026-13", "2026-02-30", "26-11", ""])
def test_what_is_no_period_is_refused_and_nothing_is_landed(home, tmp_path, stated):
    path = tmp_path / "x.csv"
    path.write_text(people(range(3)), encoding="utf-8")
    with pytest.raises(UserError, match="is no period"):
        home.service.upload("full", Upload(path, "u", "r", stated), NOW)
    assert home.deliveries() == 0


def test_a_single_file_may_be_uploaded_where_parts_are_expected(home, tmp_path):
    home.declare(in_parts())
    path = tmp_path / "all.csv"
    path.write_text(people(range(5)), encoding="utf-8")
    one = home.service.upload("hh", Upload(path, "u", "r"), NOW)
    assert one.rows_taken == 5 and home.replay(one.id).rows_taken == 5


def test_a_feed_that_reads_a_database_takes_no_upload(home, tmp_path):
    home.declare(
        feed("db", source={"kind": "sql", "url": "sqlite:///inbox/x", "query": "SELECT 1"}, format={"kind": "rows"})
    )
    path = tmp_path / "x.csv"
    path.write_text(people(range(3)), encoding="utf-8")
    with pytest.raises(UserError, match="no form of file to upload"):
        home.service.upload("db", Upload(path, "u", "r"), NOW)


def test_the_command_says_what_became_of_it(tmp_path, capsys):
    from portal.cli.app import main

    home = Home(tmp_path / "home", feed("full"), whole=True)
    path = tmp_path / "full_202610.csv"
    path.write_text(people(range(3)), encoding="utf-8")
    where = ["--home", str(home.root), "--now", "2026-11-21T15:00"]
    with pytest.raises(SystemExit) as ended:
        main(["feed", "upload", "full", str(path), "--user", "王科长", "--reason", "[补报]", *where])
    said = capsys.readouterr().out
    assert ended.value.code == 0 and "full/2026-10/0001" in said and "王科长" in said and "[补报]" in said
    path.write_text("no header\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["feed", "upload", "full", str(path), "--json", *where])
    facts = json.loads(capsys.readouterr().out)
    assert (ended.value.code, facts["outcome"], facts["upload_reason"]) == (3, "refused", "未说明 not stated")
    home.close()


# --- late, again, out of order --------------------------------------------------------------------------------------

ORDERS: dict[str, tuple[str, list[tuple[str, str, range]], dict[int, str]]] = {
    "full: an older period after a newer one overwrites nothing": (
        "full", [("202611", "新", range(3)), ("202610", "旧", range(5))], {0: "新", 1: "新", 2: "新"}),
    "full: a period corrected, then the next": (
        "full", [("202610", "错", range(3)), ("202610", "对", range(3)), ("202611", "新", range(2))], {0: "新", 1: "新"}),
    "full: an older period corrected after a newer one": (
        "full", [("202610", "旧", range(3)), ("202611", "新", range(3)), ("202610", "改", range(3))],
        {0: "新", 1: "新", 2: "新"}),
    "increment: an older day after a newer one fills in what that did not speak of": (
        "inc", [("20261102", "新", range(2)), ("20261101", "旧", range(4))], {0: "新", 1: "新", 2: "旧", 3: "旧"}),
    "increment: an older day corrected after a newer one": (
        "inc", [("20261101", "错", range(3)), ("20261102", "新", range(1)), ("20261101", "对", range(3))],
        {0: "新", 1: "对", 2: "对"}),
}  # fmt: skip


@pytest.mark.duty("R-071")
@pytest.mark.parametrize("case", ORDERS)
def test_whatever_the_order_of_arrival_the_newest_period_is_believed(home, case):
    name, deliveries, expected = ORDERS[case]
    settled = []
    for number, (period, word, who) in enumerate(deliveries):
        settled.append(home.take(f"{name}_{period}_{number}.csv", people(who, word)))
    assert {key: value[0] for key, value in home.names().items()} == {citizen(n): word for n, word in expected.items()}
    assert all(home.payload(one) for one in settled), "what changed nothing is kept all the same"
    # A replay of any of them, in any order, changes nothing of what standard says.
    for one in reversed(settled):
        if one.outcome is Outcome.TAKEN:
            try:
                home.replay(one.id)
            except UserError as fault:
                assert "replaying the older one would change nothing" in str(fault)
    assert {key: value[0] for key, value in home.names().items()} == {citizen(n): word for n, word in expected.items()}


def test_the_same_bytes_of_a_period_are_unchanged_whenever_they_come(home):
    first = home.take("inc_20261101.csv", people(range(3)))
    home.take("inc_20261102.csv", people(range(3), "李娜"))
    again = home.take("inc_20261101_again.csv", people(range(3)))
    assert (again.outcome, again.id) == (Outcome.UNCHANGED, "inc/2026-11-01/0002")
    assert set(home.names().values()) == {"李娜0", "李娜1", "李娜2"} and first.outcome is Outcome.TAKEN


# --- lateness follows the period -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "received", "cycle", "until"),
    [("2026-10", "2026-11-21", "monthly", "2026-11-21"), ("2026-11", "2026-11-21", "monthly", "2026-11-21"),
     ("2026-08", "2026-11-21", "monthly", "2026-09-30"), ("2026-11-21", "2026-11-21", "daily", "2026-11-21"),
     ("2026-11-01", "2026-11-21", "daily", "2026-11-02"), ("2025", "2026-11-21", "yearly", "2026-11-21"),
     ("2020", "2026-11-21", "yearly", "2021-12-31"), ("2026Q1", "2026-11-21", "quarterly", "2026-06-30"),
     ("2025Q4", "2026-11-21", "half_yearly", "2026-06-30"), ("2026-11-01", "2026-11-21", "real_time", "2026-11-02"),
     ("2026-11-02", "2026-11-21", "weekly", "2026-11-09"), ("2026-09-30", "2026-10-09", "working_day", "2026-10-09"),
     ("2026-13", "2026-11-21", "monthly", "2026-11-21")],
)  # fmt: skip
def test_an_old_period_says_nothing_about_the_time_since(period, received, cycle, until):
    found = periods.speaks_until(period, date.fromisoformat(received), UpdateCycle(cycle))
    assert found == date.fromisoformat(until)


@pytest.mark.duty("R-071", "R-073")
def test_an_old_file_that_arrives_today_does_not_make_a_late_department_timely(tmp_path):
    from hub.hub import Hub
    from hub.overview import feed_state

    home = Home(tmp_path / "home", feed("full"), whole=True)
    hub = Hub(home.root)

    def bring(name: str, at: datetime) -> Any:
        (home.inbox / "ga" / name).write_text(people(range(3), name), encoding="utf-8")
        hub.intake.run("full", at)
        return feed_state(hub, "full", at)

    shanghai = ZoneInfo("Asia/Shanghai")
    august = bring("full_202608.csv", datetime(2026, 9, 10, tzinfo=shanghai))
    assert not august.late
    # Nothing for September or October; at the end of November July comes once more.
    july = bring("full_202607_again.csv", datetime(2026, 11, 27, tzinfo=shanghai))
    assert july.late and july.next_due == august.next_due
    october = bring("full_202610.csv", datetime(2026, 11, 28, tzinfo=shanghai))
    assert not october.late
    hub.close()
    home.close()


def test_the_oldest_registers_do_not_leave_the_calendar(tmp_path):
    from hub.hub import Hub
    from hub.overview import feed_state

    home = Home(tmp_path / "home", feed("full"), whole=True)
    hub = Hub(home.root)
    (home.inbox / "ga" / "full_198012.csv").write_text(people(range(3)), encoding="utf-8")
    hub.intake.run("full", NOW)
    assert feed_state(hub, "full", NOW).late
    hub.close()
    home.close()


def test_what_is_not_whole_is_found_with_its_reason(home: Home) -> None:
    def found() -> list[inbox.Dropped]:
        declared = load_city(home.root / "city").feed("hh")
        return inbox.find(home.inbox, declared.source, UpdateCycle.MONTHLY, NOW.date(), declared.format)

    home.declare(in_parts())
    home.drop("hh_202610_part1of2.csv", people(range(3)))
    assert [one.lacking is None for one in found()] == [False]
    home.drop("hh_202610_part2of2.csv", people(range(3, 6)))
    assert [(one.lacking, len(one.paths)) for one in found()] == [(None, 2)]
