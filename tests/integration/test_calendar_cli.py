"""A holiday notice brought into a home by command, and the cases whose dates it moves; the year as a picture; the clock.

The dates expected here are counted by hand on the calendar, not by the code.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from ticket_desk import OFFICER, SEX, Desk, databases

from ground.errors import Conflict
from ground.files import turn
from hub.calendars import carry_out, read_import
from hub.home_calendar import entered_notices
from hub.hub import Hub, init_home
from hub.recomputing import recompute
from notices.tables import notice as queued
from policy.calendar import WorkingCalendar
from policy.calendar_import import parse_notice
from policy.clock import SHANGHAI
from portal.cli.app import main
from quality.tickets.states import Event
from warehouse.operational import OperationalDatabase

NOW = "2026-12-30T08:00"
SPANS = [
    ("元旦", "new_year", "2027-01-01", "2027-01-04"), ("春节", "spring_festival", "2027-02-05", "2027-02-11"),
    ("清明节", "qingming", "2027-04-05", "2027-04-05"), ("劳动节", "labour_day", "2027-05-01", "2027-05-03"),
    ("端午节", "dragon_boat", "2027-06-09", "2027-06-09"), ("中秋节", "mid_autumn", "2027-09-15", "2027-09-15"),
    ("国庆节", "national_day", "2027-10-01", "2027-10-07"),
]  # fmt: skip
"""An invented notice for 2027: the Monday after New Year is off, Saturday the 9th is worked for it."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def own_form(path: Path, *, last: str = "2027-01-04") -> Path:
    rest = "".join(
        f"      - {{first: {first}, last: {last if name == 'new_year' else end}, festival: {name}}}\n"
        for _, name, first, end in SPANS
    )
    path.write_text(
        "years:\n  2027:\n    status: confirmed\n    source: 国务院办公厅2027年通知（为测试所拟）\n    rest:\n"
        f"{rest}    make_up:\n      - {{day: 2027-01-09, festival: new_year}}\n",
        encoding="utf-8",
    )
    return path


def holiday_cn(path: Path) -> Path:
    days = [
        {"name": name, "date": str(date.fromordinal(one)), "isOffDay": True}
        for name, _, first, end in SPANS
        for one in range(date.fromisoformat(first).toordinal(), date.fromisoformat(end).toordinal() + 1)
    ]
    days.append({"name": "元旦", "date": "2027-01-09", "isOffDay": False})
    path.write_text(json.dumps({"year": 2027, "papers": ["https://example.org"], "days": days}), encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in words])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def answer(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Any:
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    init_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def tickets(home: Path) -> list[str]:
    """Received on Tuesday 29 December 2026 (due 6 January, provisional), on the 15th (due 22 December), and closed."""
    hub = Hub(home)
    desk = Desk(hub.database)
    opened = [
        desk.one("a", now=at("2026-12-29T10:00")),
        desk.one("b", now=at("2026-12-15T10:00"), rule=SEX),
    ]
    closed = desk.one("c", now=at("2026-12-29T10:00"))
    desk.repair(8, ["c"], now=at("2026-12-29T12:00"))
    hub.close()
    return [*(one.id for one in opened), closed.id]


def due_of(home: Path, name: str) -> tuple[str, bool]:
    hub = Hub(home)
    one = hub.tickets.show(name).ticket
    hub.close()
    return one.due.isoformat(), one.due_provisional


def told(home: Path, name: str) -> list[dict[str, Any]]:
    hub = Hub(home)
    events = hub.tickets.show(name).events
    hub.close()
    return [dict(one.payload) for one in events if one.event is Event.DUE_RECOMPUTED]


def notices(home: Path) -> list[tuple[str, str, str, str]]:
    """What was queued of dates that moved: about, recipient, Chinese and English words."""
    hub = Hub(home)
    with hub.database.begin() as connection:
        found = connection.execute(queued.select().where(queued.c.topic == "due_moved").order_by(queued.c.seq))
        said = [(one.about, one.recipient, one.body_zh, one.body_en) for one in found]
    hub.close()
    return said


# --- bringing a notice in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [own_form, holiday_cn])
def test_a_notice_is_kept_and_the_cases_that_rest_on_it_move(
    form: Any, home: Path, tickets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = form(tmp_path / ("notice.yaml" if form is own_form else "2027.json"))
    found = answer(capsys, "calendar", "import", file, "--home", home, "--now", NOW)
    # The 4th is off now: 30 and 31 December, 5, 6 and 7 January.
    assert found["moved"] == [
        {
            "kind": "ticket",
            "id": tickets[0],
            "department": "ga",
            "was": "2027-01-06",
            "due": "2027-01-07",
            "provisional": False,
        }
    ]
    (year,) = found["years"]
    assert (year["year"], year["standing"], year["status"]) == (2027, "new", "confirmed")
    assert {"date": "2027-01-04", "worked": True, "works": False} in year["differing"]
    assert due_of(home, tickets[0]) == ("2027-01-07", False)
    assert due_of(home, tickets[1]) == ("2026-12-22", False)
    assert due_of(home, tickets[2]) == ("2027-01-06", True), "closed, it keeps its date"
    (event,) = told(home, tickets[0])
    assert (event["was"], event["limit"]["due"]) == ("2027-01-06", "2027-01-07")
    kept = (home / "city" / "calendar_years.yaml").read_text(encoding="utf-8")
    assert "2026-12-30T08:00:00+08:00" in kept and "2027" in kept
    assert [one.name for one in (home / "city").iterdir() if one.name.startswith(".")] == []
    # Once more: nothing is new, nothing moves, and the file stays as it is.
    again = answer(capsys, "calendar", "import", file, "--home", home, "--now", "2026-12-31T08:00")
    assert (again["moved"], again["years"][0]["standing"]) == ([], "unchanged")
    assert (home / "city" / "calendar_years.yaml").read_text(encoding="utf-8") == kept
    assert len(told(home, tickets[0])) == 1


def test_the_unit_that_has_to_act_is_told_of_both_dates_and_of_the_notice(
    home: Path, tickets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own_form(tmp_path / "a.yaml")
    answer(capsys, "calendar", "import", file, "--dry-run", "--home", home, "--now", NOW)
    assert notices(home) == []
    answer(capsys, "calendar", "import", file, "--home", home, "--now", NOW)
    ((about, recipient, zh, en),) = notices(home)
    assert (about, recipient) == (tickets[0], "department:ga")
    for words in (zh, en):
        assert "2027-01-06" in words and "2027-01-07" in words and "国务院办公厅2027年通知（为测试所拟）" in words
    answer(capsys, "calendar", "import", file, "--home", home, "--now", "2026-12-31T08:00")
    assert len(notices(home)) == 1, "the same notice once more moves nothing"
    longer = own_form(tmp_path / "b.yaml", last="2027-01-05")
    answer(capsys, "calendar", "import", longer, "--replace", "--home", home, "--now", "2026-12-31T09:00")
    assert [one[:2] for one in notices(home)] == [(tickets[0], "department:ga")] * 2


def test_a_date_that_only_became_certain_is_told_to_nobody(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = Hub(home)
    one = Desk(hub.database).one("a", now=at("2026-12-23T10:00"))  # due on the 30th, which the notice for 2027 settles
    hub.close()
    found = answer(capsys, "calendar", "import", own_form(tmp_path / "a.yaml"), "--home", home, "--now", NOW)
    assert [(moved["id"], moved["was"], moved["due"]) for moved in found["moved"]] == [
        (one.id, "2026-12-30", "2026-12-30")
    ]
    assert notices(home) == []


def test_whoever_has_the_next_step_is_told(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = Hub(home)
    when = at("2026-12-29T10:00")
    answered = Desk(hub.database).one("a", now=when).id
    hub.problems.handling.accept(answered, OFFICER, when)
    hub.problems.handling.answer_confirmed(answered, OFFICER, when, check="核对档案", basis="档案 1")
    waiting = Desk(hub.database, route=False).one("b", now=at("2026-12-31T10:00"), rule=SEX).id
    hub.close()
    answer(capsys, "calendar", "import", own_form(tmp_path / "a.yaml"), "--home", home, "--now", "2026-12-31T12:00")
    assert sorted(one[:2] for one in notices(home)) == [
        (answered, "department:bureau"),  # the authority reviews the answer
        (waiting, "department:bureau"),  # and routes what was found
    ]


def test_a_dry_run_tells_what_would_move_and_writes_nothing(
    home: Path, tickets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own_form(tmp_path / "notice.yaml")
    found = answer(capsys, "calendar", "import", file, "--dry-run", "--home", home, "--now", NOW)
    assert [(one["id"], one["was"], one["due"]) for one in found["moved"]] == [(tickets[0], "2027-01-06", "2027-01-07")]
    assert not (home / "city" / "calendar_years.yaml").exists()
    assert due_of(home, tickets[0]) == ("2027-01-06", True)
    assert told(home, tickets[0]) == []
    code, out, _ = run(capsys, "calendar", "import", file, "--dry-run", "--home", home, "--now", NOW)
    assert code == 0 and "试运行" in out and tickets[0] in out and "2027-01-07" in out


def test_a_replaced_year_moves_dates_that_were_certain(
    home: Path, tickets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, "calendar", "import", own_form(tmp_path / "a.yaml"), "--home", home, "--now", NOW)
    second = own_form(tmp_path / "b.yaml", last="2027-01-05")  # the holidays are made longer, as in 2020
    code, _, err = run(capsys, "calendar", "import", second, "--home", home, "--now", NOW)
    assert code == 2 and "2027-01-05" in err and "--replace" in err and "b.yaml" in err
    assert due_of(home, tickets[0]) == ("2027-01-07", False)
    found = answer(capsys, "calendar", "import", second, "--replace", "--home", home, "--now", "2026-12-31T08:00")
    # 30 and 31 December, 6, 7 and 8 January.
    assert [(one["was"], one["due"]) for one in found["moved"]] == [("2027-01-07", "2027-01-08")]
    assert due_of(home, tickets[0]) == ("2027-01-08", False)
    assert [one["was"] for one in told(home, tickets[0])] == ["2027-01-06", "2027-01-07"]
    assert due_of(home, tickets[1]) == ("2026-12-22", False)


def test_an_import_that_was_cut_off_before_the_cases_is_finished_by_the_next(
    home: Path, tickets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, "calendar", "import", own_form(tmp_path / "a.yaml"), "--home", home, "--now", NOW)
    second = own_form(tmp_path / "b.yaml", last="2027-01-05")
    hub = Hub(home)
    notice = read_import(home, second, at(NOW), replace=True)
    (home / "city" / "calendar_years.yaml").write_bytes(second.read_bytes())  # written, and then the power failed
    hub.close()
    assert notice.kept is not None
    assert due_of(home, tickets[0]) == ("2027-01-07", False)
    found = answer(capsys, "calendar", "import", second, "--home", home, "--now", NOW)
    assert (found["years"][0]["standing"], len(found["moved"])) == ("unchanged", 1)
    assert due_of(home, tickets[0]) == ("2027-01-08", False)


def test_of_two_imports_at_once_none_is_lost(home: Path, tickets: list[str], tmp_path: Path) -> None:
    hub = Hub(home)
    one = read_import(home, own_form(tmp_path / "a.yaml"), at(NOW))
    other = read_import(home, own_form(tmp_path / "b.yaml", last="2027-01-05"), at(NOW))
    carry_out(hub, one, at(NOW))
    due = due_of(home, tickets[0])
    with pytest.raises(Conflict, match="另一次导入刚刚改动"):
        carry_out(hub, other, at(NOW))
    hub.close()
    assert entered_notices(home) == one.kept and due_of(home, tickets[0]) == due


def test_an_import_waits_for_the_turn_of_another(home: Path, tmp_path: Path) -> None:
    hub = Hub(home)
    notice = read_import(home, own_form(tmp_path / "a.yaml"), at(NOW))
    _ = hub.city
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with turn(home):
            waits = pool.submit(lambda: (carry_out(hub, notice, at(NOW)), done.set()))
            assert not done.wait(0.5) and entered_notices(home) is None
        waits.result()
    hub.close()
    assert entered_notices(home) == notice.kept


def test_a_year_without_days_is_refused_and_nothing_is_written(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "2027.json"
    file.write_text('{"year": 2027, "papers": [], "days": []}', encoding="utf-8")
    code, _, err = run(capsys, "calendar", "import", file, "--home", home)
    assert code == 2 and "尚未发布" in err and "no notice yet" in err and "2027.json" in err
    assert not (home / "city" / "calendar_years.yaml").exists()
    code, _, err = run(capsys, "calendar", "import", tmp_path / "none.yaml", "--home", home)
    assert code == 2 and "none.yaml" in err


def test_the_other_years_of_a_home_stay(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = (
        own_form(tmp_path / "2027.yaml")
        .read_text(encoding="utf-8")
        .replace("2027", "2028")
        .replace("2028-01-09", "2028-01-08")
    )
    (home / "city" / "calendar_years.yaml").write_text(later, encoding="utf-8")
    answer(capsys, "calendar", "import", own_form(tmp_path / "2027.yaml"), "--home", home, "--now", NOW)
    hub = Hub(home)
    assert [hub.calendar.status(year) for year in (2026, 2027, 2028, 2029)] == ["confirmed"] * 3 + ["provisional"]
    hub.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OperationalDatabase]:
    yield from databases(request.param, tmp_path)


def test_only_counts_that_touch_a_changed_year_are_counted_again(db: OperationalDatabase, tmp_path: Path) -> None:
    desk = Desk(db)
    over = desk.one("a", now=at("2026-12-30T10:00"))  # 31 December, 4, 5, 6, 7 January
    before = desk.one("b", now=at("2026-12-14T10:00"), rule=SEX)
    notice = parse_notice(own_form(tmp_path / "a.yaml").read_text(encoding="utf-8"), "a.yaml")
    clock = replace(desk.clock, calendar=WorkingCalendar.standard(notice))
    now = at("2026-12-31T08:00")
    assert desk.timer.moving([], clock) == desk.timer.moving([2026, 2028], clock) == []
    assert desk.timer.recompute([2026, 2028], clock, now) == []
    assert [(one.id, limit.due) for one, limit in desk.timer.moving([2027], clock)] == [(over.id, date(2027, 1, 8))]
    assert desk.show(over.id).due == date(2027, 1, 7), "nothing was written yet"
    ((was, done),) = desk.timer.recompute([2027], clock, now)
    assert (was.due, done.due, done.due_provisional) == (date(2027, 1, 7), date(2027, 1, 8), False)
    assert desk.timer.recompute([2027], clock, now) == []
    assert desk.show(before.id).due == date(2026, 12, 21)
    stands = desk.contents()
    desk.tickets.rebuild()
    assert desk.contents() == stands


def test_every_kind_of_case_stands_in_one_list(home: Path, tickets: list[str], tmp_path: Path) -> None:
    hub = Hub(home)
    notice = read_import(home, own_form(tmp_path / "a.yaml"), at(NOW))
    would = recompute(hub, notice.calendar, [2027], at(NOW), dry_run=True)
    done = recompute(hub, notice.calendar, [2027], at(NOW))
    assert would == done
    assert [(one.kind, one.id) for one in done] == [("ticket", tickets[0])]
    hub.close()


# --- a year as a picture ------------------------------------------------------------------------------------------


def test_a_year_is_drawn_with_its_days_off_and_made_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "calendar", "show", "2026")
    assert code == 0
    assert "已确认 confirmed" in out and "工作日 working days：248" in out and "chinesecalendar" in out
    for line in ("国庆节 National Day：放假 off 10-01 至 10-07；上班 worked 09-20、10-10", "2026-12", "10班", "31  ?"):
        assert line in out
    code, out, _ = run(capsys, "calendar", "show", "--now", "2027-03-01")
    assert code == 0 and "暂定 provisional" in out and "国务院办公厅2027年放假通知尚未录入" in out
    code, _, err = run(capsys, "calendar", "show", "1999")
    assert code == 2 and "2004" in err
    assert list(tmp_path.iterdir()) == [], "no home was made"


def test_a_year_for_programs(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = answer(capsys, "calendar", "show", "2027", "--home", home)
    assert (before["status"], before["imported_at"], len(before["provisional"])) == ("provisional", None, 365)
    answer(capsys, "calendar", "import", own_form(tmp_path / "a.yaml"), "--home", home, "--now", NOW)
    found = answer(capsys, "calendar", "show", "2027", "--home", home)
    assert (found["status"], found["make_up"]) == ("confirmed", ["2027-01-09"])
    assert found["off"][:4] == ["2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04"]
    assert found["provisional"] == ["2027-12-29", "2027-12-30", "2027-12-31"]
    assert found["imported_at"] == "2026-12-30T08:00:00+08:00"
    assert len(found["days"]) == 365
    assert found["working_days"] == sum(one["kind"] in ("workday", "makeup_workday") for one in found["days"])


# --- the clock ----------------------------------------------------------------------------------------------------


def test_the_clock_says_the_result_and_explains_it_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "clock", "2026-09-24", "--days", "10wd")
    assert code == 0 and len(out.splitlines()) == 1 and "截止 2026-10-15 24:00" in out
    code, out, _ = run(capsys, "clock", "2026-09-24", "--days", "10wd", "--explain")
    lines = out.splitlines()
    assert len(lines) == 23  # the result, and 24 September to 15 October
    assert (
        lines[18].startswith("2026-10-10  第6日  周六，国庆节调休上班")
        or "2026-10-10  第6日  周六，国庆节调休上班" in out
    )
    assert answer(capsys, "clock", "2026-09-24", "--days", "10wd", "--explain")["due"] == "2026-10-15"
    code, out, _ = run(capsys, "clock", "2026-12-21", "--days", "10wd")
    assert code == 0 and len(out.splitlines()) == 2 and "calendar import" in out
    assert list(tmp_path.iterdir()) == [], "no home was made"


def test_the_clock_counts_by_the_calendar_of_the_home(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("clock", "2026-12-29", "--days", "5wd", "--home", home, "--now", NOW)
    before = answer(capsys, *words)
    assert (before["due"], before["provisional"], before["calendar"]) == ("2027-01-06", True, "standard")
    answer(capsys, "calendar", "import", own_form(tmp_path / "a.yaml"), "--home", home, "--now", NOW)
    after = answer(capsys, *words)
    assert (after["due"], after["provisional"], after["calendar"]) == ("2027-01-07", False, "home")
    nowhere = answer(capsys, "clock", "2026-12-29", "--home", tmp_path / "nowhere")
    assert nowhere["due"] == "2027-01-06"
    assert not (tmp_path / "nowhere").exists()


def test_pauses_by_command(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("clock", "2026-09-24", "--days", "5wd")
    found = answer(capsys, *words, "--pause", "2026-09-28..2026-09-29 等待补正", "--pause", "2026-09-29..2026-09-30")
    assert found["due"] == "2026-10-13"  # 8, 9, 10 (worked), 12, 13 October
    assert found["pauses"][0]["since"] == "2026-09-28" and found["pauses"][0]["until"] == "2026-09-30"
    assert any("暂停：等待补正" in line for line in found["explanation"]["zh"])
    open_ = answer(capsys, *words, "--pause", "2026-09-29..", "--silence", "consent", "--now", "2027-09-01")
    assert (open_["due"], open_["overdue"], open_["suspended"]["left"]) == (None, False, 4)
    assert (open_["silence"]["follows"], open_["silence"]["provides"]) == ("paused", False)
    code, out, _ = run(capsys, *words, "--pause", "2026-09-29..")
    assert code == 0 and "没有截止日" in out


def test_extension_and_urgent_limit_by_command(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("clock", "2026-08-03")
    assert answer(capsys, *words, "--extend-to", "60nd")["due"] == "2026-10-02"
    assert answer(capsys, *words, "--extend-to", "60nd", "--roll")["due"] == "2026-10-08"
    assert answer(capsys, *words, "--urgent", "2026-08-04")["due"] == "2026-08-04"


@pytest.mark.parametrize(
    ("silence", "now", "follows", "provides"),
    [
        ("consent", "2026-10-15T23:59:59", "waiting", False),
        ("consent", "2026-10-16T00:00:00", "consent", True),
        ("nothing", "2026-10-16T00:00:00", "nothing", False),
        ("escalate", "2026-10-16T00:00:00", "escalated", False),
    ],
)
def test_silence_by_command(
    silence: str, now: str, follows: str, provides: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("clock", "2026-09-24", "--days", "10wd", "--silence", silence, "--now", now)
    found = answer(capsys, *words)["silence"]
    assert (found["follows"], found["provides"]) == (follows, provides)
    code, out, _ = run(capsys, *words)
    assert code == 0 and len(out.splitlines()) == 3
    assert ("武汉市第17条" in out) == (silence == "consent"), "whose rules say so is told: the option only asks"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pause", "2026-09-31.."], "2026-09-31"),
        (["--pause", "soon"], "soon"),
        (["--pause", "2026-09-30..2026-09-28"], "2026-09-28"),
        (["--urgent", "tomorrow"], "tomorrow"),
        (["--urgent", "2026-09-25", "--extend-to", "60nd"], "--urgent"),
        (["--extend-to", "sixty"], "sixty"),
        (["--pause", "2026-09-28..", "--extend-to", "60nd"], "2026-09-28"),
        (["--extend-to", "3nd"], "2026-09-27"),
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "clock", "2026-09-24", *words)
    assert code == 2 and said in err
