"""A package comes in entry by entry: what is under review or cannot be submitted waits, is told, and comes when it can be taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from district_packages import canteen, exchange, package, pension, receive, sent
from docked_homes import CITY_ENTRIES, make_home
from entry_desk import BUREAU, EAST, EAST_MZ, MZ, NOW, ORGANISATION, UNITS, Desk, make_desk, resource

from catalog.cases import store
from catalog.cases.person import Part, Person
from catalog.entries.desk import Passed, Verdict
from catalog.gate.verdict import Reason, Refusal
from catalog.interchange.outcomes import outcomes_since
from catalog.interchange.receipts import RECEIPT
from catalog.model import Resource
from ground.errors import DocumentError
from hub.hub import Hub
from portal.cli.app import main
from warehouse.operational import OperationalDatabase

KEY = Person("key:k_east", Part.AUTHORITY, "east_data")
ID = "east_mz_pension"


@pytest.fixture
def desk(operational: OperationalDatabase, tmp_path: Any) -> Desk:
    return make_desk(operational, tmp_path / "home")


def publish(desk: Desk, *entries: Resource) -> None:
    for one in entries:
        desk.write(one)
    desk.service.reconcile(desk.city(), NOW)


def held(done: Any) -> dict[str, str]:
    return {one.entry: one.code for one in done.receipt.held_back}


def receipts(desk: Desk) -> list[str]:
    with desk.database.begin() as connection:
        return [one.event for one in store.trail(connection, kind=RECEIPT.kind)]


# --- what is under review ------------------------------------------------------------------------------------------


@pytest.mark.duty("R-014", "R-017")
def test_an_entry_under_review_waits_and_the_rest_of_the_package_comes_in(desk: Desk) -> None:
    receive(desk, package(pension("一")))
    desk.service.submit([ID], EAST_MZ, NOW)
    done = receive(desk, package(pension("二"), canteen(), version=2))
    assert (done.drafts, done.changes, held(done)) == (("east_mz_canteen",), (), {ID: "in_review"})
    assert desk.case(ID).state == "submitted" and desk.case(ID).facts["draft"]["abstract"] == "一"
    assert desk.case("east_mz_canteen").state == "drafted"
    last = desk.trail(ID)[-1]
    assert (last.event, last.by, last.facts["code"]) == ("held_back", BUREAU, "in_review")
    told = outcomes_since(desk.database, ORGANISATION.district_area("east"), 0, 100).outcomes
    assert [(one.entry, one.state) for one in told if one.event == "held_back"] == [(ID, "submitted")]
    assert next(one.reason for one in told if one.event == "held_back"), "the district is told why"


@pytest.mark.parametrize("later", [False, True], ids=["the same package", "a later one"])
def test_after_the_review_the_package_that_is_sent_again_brings_the_newest_state(desk: Desk, later: bool) -> None:
    receive(desk, package(pension("一")))
    desk.service.submit([ID], EAST_MZ, NOW)
    waiting = package(pension("二"), canteen(), version=2)
    receive(desk, waiting)
    desk.service.review([ID], EAST, NOW)
    assert held(receive(desk, waiting)) == {ID: "in_review"}, "reviewed by the district, the city still looks at it"
    desk.service.merge([ID], BUREAU, NOW)
    desk.service.publish([ID], BUREAU, NOW)
    done = receive(desk, package(pension("三"), canteen(), version=3) if later else waiting)
    assert (done.drafts, done.changes, held(done)) == ((), (ID,), {})
    assert desk.case(ID).state == "change_submitted"
    assert desk.case(ID).facts["draft"]["abstract"] == ("三" if later else "二")


def test_a_returned_entry_takes_the_newest_state_and_the_receipt_of_the_same_package_grows(desk: Desk) -> None:
    receive(desk, package(pension("一")))
    desk.service.submit([ID], EAST_MZ, NOW)
    waiting = package(pension("二"), canteen(), version=2)
    first = receive(desk, waiting)
    desk.service.return_([ID], EAST, NOW, reason="请改摘要")
    again = receive(desk, waiting)
    assert again.receipt.number == first.receipt.number and again.drafts == (ID,)
    assert set(again.receipt.drafts) == {ID, "east_mz_canteen"} and held(again) == {}
    assert desk.case(ID).facts["draft"]["abstract"] == "二"
    assert receipts(desk) == ["package_received", "package_received", "package_completed"]


def test_the_same_package_again_while_it_waits_writes_nothing(desk: Desk) -> None:
    receive(desk, package(pension("一")))
    desk.service.submit([ID], EAST_MZ, NOW)
    waiting = package(pension("二"), version=2)
    first = receive(desk, waiting)
    before, events = receipts(desk), desk.events(ID)
    again = receive(desk, waiting)
    assert not again.wrote and again.receipt == first.receipt
    assert (receipts(desk), desk.events(ID)) == (before, events)
    receive(desk, package(pension("二"), canteen(), version=3))
    assert desk.events(ID) == events, "the same content that waits is told once"


def test_what_waited_in_an_older_package_never_undoes_what_a_later_one_said(desk: Desk) -> None:
    """Two packages of one version may follow one another, and the entry waited in the first."""
    receive(desk, package(pension("一")))
    desk.service.submit([ID], EAST_MZ, NOW)
    older, newer = package(pension("二"), canteen(), version=2), package(pension("三"), version=2)
    receive(desk, older)
    receive(desk, newer)
    desk.service.return_([ID], EAST, NOW, reason="请改摘要")
    assert not receive(desk, older, sent=True, by=KEY).wrote
    with pytest.raises(DocumentError, match="旧版不再接收"):
        receive(desk, older)
    assert desk.case(ID).facts["draft"]["abstract"] == "一"
    assert receive(desk, newer).drafts == (ID,)
    assert desk.case(ID).facts["draft"]["abstract"] == "三"


def test_parts_of_one_version_are_each_completed_though_another_came_since(desk: Desk) -> None:
    receive(desk, package(pension("一")))
    desk.service.submit([ID], EAST_MZ, NOW)
    part, other = package(pension("二"), version=2), package(canteen(), version=2)
    for one in (part, other):
        receive(desk, one, sent=True, by=KEY)
    desk.service.return_([ID], EAST, NOW, reason="请改摘要")
    assert receive(desk, part, sent=True, by=KEY).drafts == (ID,)
    assert desk.trail(ID)[-1].by == KEY


def _published(desk: Desk) -> None:
    publish(desk, pension("一"))


def _own_change(desk: Desk) -> None:
    _published(desk)
    desk.service.request_change([pension("部门自改")], EAST_MZ, NOW, cause="data_changed", note="自查")


def _withdrawal(desk: Desk) -> None:
    _published(desk)
    desk.service.request_withdrawal([ID], EAST_MZ, NOW, reason="系统下线")


def _by_hand(desk: Desk) -> None:
    _published(desk)
    publish(desk, pension("工程人员所改"))


def _gone_by_hand(desk: Desk) -> None:
    _published(desk)
    desk.file(ID).unlink()
    desk.service.reconcile(desk.city(), NOW)


@pytest.mark.parametrize(
    ("before", "state", "code"),
    [
        (_own_change, "change_submitted", "in_review"), (_withdrawal, "withdrawal_requested", "withdrawal"),
        (_by_hand, "redeclared", "by_hand"), (_gone_by_hand, "undeclared", "by_hand"),
    ],
)  # fmt: skip
def test_whatever_the_city_still_decides_keeps_only_that_entry_out(
    desk: Desk, before: Callable[[Desk], None], state: str, code: str
) -> None:
    before(desk)
    kept = desk.case(ID).facts
    done = receive(desk, package(pension("二"), canteen(), version=2))
    assert (done.drafts, held(done)) == (("east_mz_canteen",), {ID: code})
    after = desk.case(ID)
    assert (
        after.state == state
        and after.facts["draft" if state == "change_submitted" else "published"]
        == kept["draft" if state == "change_submitted" else "published"]
    )


def test_what_says_the_same_as_the_department_asked_for_itself_is_under_way_already(desk: Desk) -> None:
    _own_change(desk)
    done = receive(desk, package(pension("部门自改"), version=2))
    assert held(done) == {} and done.receipt.unchanged == 1


# --- what cannot be submitted -----------------------------------------------------------------------------------------


@pytest.mark.duty("R-014")
def test_a_change_that_the_gate_bars_or_that_lacks_a_field_keeps_only_that_entry_out(desk: Desk) -> None:
    publish(desk, pension("一"), canteen("一"))

    def gate(candidates: Any, others: Any) -> list[Verdict]:
        refusal = Refusal(Reason.NO_SOURCE, ID, "name", None, "与户籍登记重复采集", "collected twice")
        bad = Passed(refusals=(refusal,))
        return [bad if one.abstract == "重复" else Passed() for one in candidates]

    other = resource("east_mz_low", code="2/3", title="低收入家庭", department="east_mz")
    done = receive(
        desk, package(pension("重复"), canteen("二", share_until="2020-01-01"), other, version=2), office={"gate": gate}
    )
    assert (done.drafts, done.changes) == (("east_mz_low",), ())
    assert held(done) == {ID: "barred", "east_mz_canteen": "barred"}
    said = {one.entry: one.zh for one in done.receipt.held_back}
    assert "重复采集" in said[ID] and "共享期限" in said["east_mz_canteen"]
    assert desk.case(ID).state == "published"
    done = receive(desk, package(pension("重复"), canteen("三"), other, version=3), office={"gate": gate})
    assert done.changes == ("east_mz_canteen",) and held(done) == {ID: "barred"}


def test_a_change_with_which_the_catalogue_would_not_load_is_found_among_many(desk: Desk) -> None:
    """A feed of the city names an item that one change takes out: what loads without it comes in."""
    named = [{"id": "no", "title": "编号"}, {"id": "sum", "title": "金额"}]
    several = [
        resource(f"east_mz_{name}", code=f"3/{n}", title=f"资源{name}", department="east_mz", key=["no"], items=named)
        for n, name in enumerate("abcdef")
    ]
    publish(desk, *several)
    feed = (
        f"id: d\nresource: {several[3].id}\nsource: {{kind: file, path: d.csv}}\nformat: {{kind: csv}}\nmode: full\n"
        "columns: {编号: 'no', 金额: sum}\n"
    )
    (desk.directory / "feeds" / "d.yaml").write_text(feed, encoding="utf-8")
    changed = [one.model_copy(update={"abstract": "新"}) for one in several]
    changed[3] = changed[3].model_copy(update={"items": changed[3].items[:1]})
    done = receive(desk, package(*changed, version=2))
    assert held(done) == {several[3].id: "barred"} and len(done.changes) == 5
    assert "sum" in done.receipt.held_back[0].zh and "未作任何更改" not in done.receipt.held_back[0].zh


# --- moves -----------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-017")
def test_an_entry_that_moves_within_the_district_comes_with_its_cause_beside_others(desk: Desk) -> None:
    own = {"key": ["name"], "items": [{"id": "name", "title": "食堂名称"}]}  # two departments do not collect one fact
    publish(desk, pension("一"), canteen("一", **own))
    moved = pension("一", department="east_data")
    done = receive(desk, package(moved, canteen("二", **own), version=2), basis="区编〔2026〕3号")
    assert set(done.changes) == {ID, "east_mz_canteen"}
    change = desk.case(ID).facts["change"]
    assert (change["cause"], change["basis"]) == ("function_changed", "区编〔2026〕3号")
    assert desk.case("east_mz_canteen").facts["change"]["cause"] == "data_changed"
    desk.service.review([ID], EAST, NOW)
    desk.service.merge([ID], BUREAU, NOW)
    desk.service.publish([ID], BUREAU, NOW)
    assert desk.case(ID).department == "east_data"


def test_a_move_that_nobody_gives_a_text_for_rests_on_the_catalogue_that_the_district_filed(desk: Desk) -> None:
    publish(desk, pension("一"))
    receive(desk, package(pension("一", department="east_data"), version=2), sent=True, by=KEY)
    change = desk.case(ID).facts["change"]
    assert (change["cause"], change["basis"]) == ("function_changed", "东区人民政府报送目录第 2 版")


def test_an_entry_never_moves_out_of_its_district_nor_in(desk: Desk) -> None:
    publish(desk, resource("mz_x", code="9/1", title="市级", department="mz"))
    desk.service.request_withdrawal(["mz_x"], MZ, NOW, reason="下线")
    desk.service.withdraw(["mz_x"], BUREAU, NOW)
    taken = resource("mz_x", code="9/1", title="市级", department="east_mz")
    with pytest.raises(DocumentError, match="属于另一部门 mz"):
        receive(desk, package(taken, canteen()))
    assert desk.case("mz_x").department == "mz" and receipts(desk) == []


# --- what the city wrote itself ---------------------------------------------------------------------------------------


def test_what_the_city_wrote_at_publication_is_no_difference(desk: Desk) -> None:
    """A day of release and the number of an approval are each platform's own; a class that holds for a time is none of the district's."""
    not_shared = {"class": "not", "reason": "法律规定不得提供", "legal_basis": "档案法第二十八条"}
    here = pension("一", released="2026-11-20", sharing={**not_shared, "approval": "市府〔2026〕9号"})
    publish(desk, here)
    done = receive(desk, package(pension("一", sharing=not_shared, released="2026-10-01"), version=2))
    assert (done.changes, done.receipt.unchanged, held(done)) == ((), 1, {})
    done = receive(desk, package(pension("二", sharing=not_shared), version=3))
    assert done.changes == (ID,)
    assert desk.case(ID).facts["draft"]["sharing"]["approval"] == "市府〔2026〕9号"


def test_a_class_that_holds_for_a_time_is_not_undone_by_the_next_package(desk: Desk) -> None:
    publish(desk, pension("一"))
    desk.service.override([ID], EAST_MZ, NOW, to="not", until=NOW.date().replace(month=12), reason="处置公共事件")
    done = receive(desk, package(pension("一"), canteen(), version=2))
    assert (done.changes, done.receipt.unchanged, held(done)) == ((), 1, {})
    assert exchange(desk).plan_receipt(package(pension("一"), version=2)).unchanged == (ID,)


def test_a_change_that_is_half_that_of_a_class_for_a_time_keeps_only_that_entry_out(desk: Desk) -> None:
    publish(desk, pension("一"))
    desk.service.override([ID], EAST_MZ, NOW, to="not", until=NOW.date().replace(month=12), reason="处置公共事件")
    copied = desk.case(ID).facts["override"]["sharing"]
    whole = pension("一", sharing=copied)
    assert receive(desk, package(whole, version=2)).receipt.unchanged == 1, "a copy of the file asks for nothing"
    half = pension("一", sharing={**copied, "class": "conditional", "condition": "按履职需要"})
    done = receive(desk, package(half, canteen(), version=3))
    assert (done.drafts, held(done)) == (("east_mz_canteen",), {ID: "barred"})


def test_a_change_to_a_code_that_another_entry_has_keeps_only_that_entry_out(desk: Desk) -> None:
    publish(desk, pension("一"), resource("east_mz_low", code="8/1", title="低收入家庭", department="east_mz"))
    done = receive(desk, package(pension("一", code="8/1"), canteen(), version=2))
    assert (done.drafts, held(done)) == (("east_mz_canteen",), {ID: "barred"})


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_tells_what_waits_and_takes_it_in_when_the_file_is_received_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = make_home(tmp_path / "city", UNITS, CITY_ENTRIES)
    own: dict[str, Any] = {"key": ["no"], "items": [{"id": "no", "title": "津贴编号"}], "system": "东区民政系统"}

    def run(*words: str) -> str:
        with pytest.raises(SystemExit) as left:
            main(["catalog", *words, "--home", str(city), "--now", NOW.isoformat()])
        assert not left.value.code, capsys.readouterr().err
        return capsys.readouterr().out

    first, second = tmp_path / "1.json", tmp_path / "2.json"
    first.write_bytes(sent(pension("一", code="3/1", **own)))
    second.write_bytes(sent(pension("二", code="3/1", **own), canteen(code="3/2", **own), version=2))
    run("receive", str(first))
    with closing(Hub(city)) as hub:
        hub.load_catalogue(NOW)
        hub.entries.submit([ID], EAST_MZ, NOW)
    assert "暂缓接收 held back 1" in run("receive", str(second), "--dry-run")
    said = run("receive", str(second))
    assert "草稿 1" in said and "暂缓接收" in said and "正在审核" in said
    assert "未再写入" in run("receive", str(second)), "it still waits"
    assert "held_back" in run("trail", ID, "--json")
    with closing(Hub(city)) as hub:
        hub.entries.return_([ID], EAST, NOW, reason="请改摘要")
    told = json.loads(run("receive", str(second), "--json"))
    assert (told["drafts"], told["changes"], told["held_back"]) == ([ID], [], [])
