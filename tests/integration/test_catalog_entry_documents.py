"""Documents and cases: what an engineer does by hand becomes an event, and a killed step is brought to its end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from entry_desk import BUREAU, CONDITIONAL, EAST, GA, MZ, NOT_SHARED, NOW, UNITS, make_desk, resource

from catalog.cases.person import HUB
from catalog.city import City
from catalog.departments import Department
from catalog.entries.files import Shelving
from catalog.entries.journal import JOURNAL
from catalog.register import Register
from ground.errors import Conflict, Forbidden, UserError

DAY = timedelta(days=1)


MARRIAGE = {"key": ["certificate"], "items": [{"id": "certificate", "title": "结婚证字号"}]}


class Killed(BaseException):
    """The process ends between one thing and the next."""


@dataclass(frozen=True)
class Said:
    """A remark of the gate."""

    zh: str
    en: str


@dataclass(frozen=True)
class Barred:
    """A verdict of the gate."""

    refusals: tuple[Said, ...] = ()
    findings: tuple[Said, ...] = ()


@pytest.fixture
def desk(operational, tmp_path):
    return make_desk(operational, tmp_path)


def load(desk, now=NOW):
    return desk.service.reconcile(desk.city(), now)


def reviewed(desk, **over):
    desk.service.draft(resource(**over), GA, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    desk.service.review(["ga_household"], BUREAU, NOW)


def test_a_document_without_a_case_is_declared_once(desk):
    desk.write(resource())
    desk.write(resource("mz_marriage", department="mz", sharing=CONDITIONAL, **MARRIAGE))
    assert load(desk).declared == ["ga_household", "mz_marriage"]
    assert not load(desk, NOW + DAY)
    case, (event,) = desk.case("mz_marriage"), desk.trail("mz_marriage")
    assert (case.state, case.department, case.facts["by_documents"]) == ("published", "mz", True)
    assert (event.event, event.by, event.facts["sharing"]) == ("declared", HUB, "conditional")


def test_a_document_put_into_a_home_that_has_entries_waits_for_the_authority(desk):
    desk.write(resource())
    load(desk)
    desk.write(resource("mz_marriage", department="mz", sharing=NOT_SHARED, **MARRIAGE))
    assert load(desk, NOW + DAY).added == ["mz_marriage"]
    assert not load(desk, NOW + DAY)
    case, (event,) = desk.case("mz_marriage"), desk.trail("mz_marriage")
    assert (case.state, case.facts.get("published")) == ("added", None)
    assert (event.event, event.by, event.facts["sharing"]) == ("added", HUB, "not")
    assert case.limit.due == date(2026, 12, 1)
    due = desk.service.reading.due(date(2026, 11, 26), NOW + DAY)
    assert [(one.what, one.entry) for one in due] == [("review", "mz_marriage")]
    assert [one.reviewed for one in desk.service.reading.changes(NOW + DAY)] == [False]
    desk.service.tick(NOW + DAY * 60)
    assert desk.case("mz_marriage").state == "added"
    with pytest.raises(Conflict, match="文件新增，未复核"):
        desk.service.restore(["mz_marriage"], BUREAU, NOW + DAY, reason="未经审核")
    with pytest.raises(UserError, match="武汉市第16条"):
        desk.service.confirm(["mz_marriage"], BUREAU, NOW + DAY)
    (case,) = desk.service.confirm(["mz_marriage"], BUREAU, NOW + DAY, document="武政〔2026〕9号")
    assert (case.state, case.limit, case.facts["version"]) == ("published", None, 1)
    assert not load(desk, NOW + DAY)


def test_a_document_put_into_a_home_and_taken_out_again_is_withdrawn_by_the_authority(desk):
    desk.write(resource())
    load(desk)
    desk.write(resource("mz_marriage", department="mz", **MARRIAGE))
    load(desk)
    desk.file("mz_marriage").unlink()
    assert load(desk).undeclared == ["mz_marriage"]
    desk.service.withdraw(["mz_marriage"], BUREAU, NOW, reason="未经审核")
    assert desk.case("mz_marriage").state == "withdrawn"
    assert not load(desk)


def test_a_document_changed_by_hand_waits_for_the_authority_and_nothing_approves_it(desk):
    desk.write(resource())
    load(desk)
    desk.write(resource(title="户口", sharing=CONDITIONAL))
    assert load(desk, NOW + DAY).redeclared == ["ga_household"]
    assert not load(desk, NOW + DAY)
    case = desk.case()
    assert (case.state, case.title, case.limit.due) == ("redeclared", "户口", date(2026, 12, 1))
    event = next(one for one in desk.trail() if one.event == "redeclared")
    assert {one["field"] for one in event.facts["fields"]} >= {"title", "sharing.class"}
    assert event.facts["old_digest"] != event.facts["new_digest"] == case.facts["digest"]
    assert desk.events()[-1] == "sharing_changed"
    assert [one.reviewed for one in desk.service.reading.changes(NOW + DAY)] == [False]
    desk.service.tick(NOW + DAY * 60)
    assert desk.case().state == "redeclared"
    (case,) = desk.service.confirm(["ga_household"], BUREAU, NOW + DAY * 2)
    assert (case.state, case.limit, case.facts["version"], case.facts["declared"]) == ("published", None, 2, None)
    assert not load(desk, NOW + DAY * 3)


@pytest.mark.duty("R-027")
def test_what_a_hand_did_to_a_district_s_entry_is_confirmed_by_the_district_and_merged_by_the_city(desk):
    """Wuhan 10: what a district reviewed, the city checks and merges; a file changed or added by hand is no way round it."""
    desk.write(resource("east_aid", department="east_mz", title="救助"))
    load(desk)
    desk.write(resource("east_aid", department="east_mz", title="临时救助", sharing=NOT_SHARED))
    desk.write(resource("east_marriage", department="east_mz", **MARRIAGE))
    load(desk)
    both = ["east_aid", "east_marriage"]
    with pytest.raises(Forbidden, match=r"区级确认文件改动.*东区大数据局"):
        desk.service.confirm(both, BUREAU, NOW)
    with pytest.raises(UserError, match="武汉市第16条"):
        desk.service.confirm(both, EAST, NOW)
    cases = desk.service.confirm(both, EAST, NOW, document="东政〔2026〕3号")
    assert [one.state for one in cases] == ["confirmed_with_city"] * 2
    assert [one.limit is not None for one in cases] == [True, True], "the city's part is still to come"
    assert not load(desk)
    with pytest.raises(Forbidden, match="市大数据局（bureau）"):
        desk.service.confirm(both, EAST, NOW)
    cases = desk.service.confirm(both, BUREAU, NOW + DAY)
    assert [(one.state, one.limit, one.facts["declared"]) for one in cases] == [("published", None, None)] * 2
    assert desk.city().resource("east_aid").sharing.approval == "东政〔2026〕3号"
    assert not load(desk)


def test_what_a_district_confirmed_and_the_city_does_not_take_is_put_back(desk):
    desk.write(resource("east_aid", department="east_mz", title="救助"))
    load(desk)
    desk.write(resource("east_aid", department="east_mz", title="临时救助"))
    load(desk)
    desk.service.confirm(["east_aid"], EAST, NOW)
    desk.service.restore(["east_aid"], BUREAU, NOW, reason="未经变更程序")
    assert (desk.case("east_aid").state, desk.city().resource("east_aid").title) == ("published", "救助")
    desk.write(resource("east_aid", department="east_mz", title="临时救助"))
    load(desk)
    desk.service.confirm(["east_aid"], EAST, NOW)
    desk.write(resource("east_aid", department="east_mz", title="急难救助"))
    assert load(desk).redeclared == ["east_aid"], "what is edited once more begins with the district again"
    assert desk.case("east_aid").state == "redeclared"


def test_a_city_without_two_levels_confirms_at_once(operational, tmp_path):
    desk = make_desk(operational, tmp_path, "haishu")
    desk.write(resource("east_aid", department="east_mz", title="救助"))
    load(desk)
    desk.write(resource("east_aid", department="east_mz", title="临时救助"))
    load(desk)
    assert desk.service.confirm(["east_aid"], EAST, NOW)[0].state == "published"


def test_a_change_by_hand_may_be_put_back(desk):
    desk.write(resource())
    load(desk)
    before = desk.city().resource("ga_household")
    desk.write(resource(title="户口"))
    load(desk)
    desk.service.restore(["ga_household"], BUREAU, NOW, reason="未经变更程序")
    assert desk.city().resource("ga_household") == before
    assert not load(desk)
    assert (desk.case().state, desk.case().title) == ("published", "户籍登记")


def test_a_class_taken_by_hand_is_not_confirmed_without_its_number(desk):
    desk.write(resource())
    load(desk)
    desk.write(resource(sharing=NOT_SHARED))
    load(desk)
    with pytest.raises(UserError, match="武汉市第16条"):
        desk.service.confirm(["ga_household"], BUREAU, NOW)
    desk.service.confirm(["ga_household"], BUREAU, NOW, document="武政〔2026〕9号")
    assert desk.city().resource("ga_household").sharing.approval == "武政〔2026〕9号"
    assert not load(desk)


def test_a_document_removed_by_hand_is_noted_and_comes_back(desk):
    desk.write(resource())
    load(desk)
    desk.file().unlink()
    assert load(desk).undeclared == ["ga_household"]
    assert not load(desk)
    desk.write(resource())
    assert load(desk).completed == ["ga_household"]
    assert desk.events() == ["declared", "undeclared", "restored"]
    desk.file().unlink()
    load(desk)
    desk.service.withdraw(["ga_household"], BUREAU, NOW, reason="已停用")
    assert desk.case().state == "withdrawn"
    assert not load(desk)
    desk.write(resource())
    assert load(desk).redeclared == ["ga_household"]


def test_a_change_by_hand_comes_before_one_that_is_under_way(desk):
    desk.write(resource())
    load(desk)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    desk.write(resource(abstract="摘要已改"))
    load(desk)
    assert (desk.case().state, desk.trail()[-1].facts["while"]) == ("redeclared", "change_submitted")


def test_the_layout_of_a_document_is_no_change(desk):
    desk.write(resource())
    load(desk)
    text = desk.file().read_text(encoding="utf-8")
    desk.file().write_text(
        "# 户籍人口，每人一行\n\n" + text.replace("share_until: 长期", 'share_until: "长期"  # 无期限'),
        encoding="utf-8",
    )
    assert not load(desk)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], GA, NOW)
    assert desk.file().read_text(encoding="utf-8").startswith("# 户籍人口，每人一行\n")


@pytest.mark.parametrize("first", [True, False], ids=["first entry", "change"])
def test_a_publication_killed_after_its_file_is_completed_at_the_next_load(desk, monkeypatch, first):
    reviewed(desk)
    if not first:
        desk.service.publish(["ga_household"], GA, NOW)
        desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
        desk.service.review(["ga_household"], BUREAU, NOW)
    killed_after_writing(desk, monkeypatch, lambda: desk.service.publish(["ga_household"], GA, NOW))
    assert desk.case().state == ("reviewed" if first else "change_reviewed")
    assert load(desk, NOW + DAY).completed == ["ga_household"]
    case, last = desk.case(), desk.trail()[-1]
    assert (case.state, case.facts["version"]) == ("published", 1 if first else 2)
    assert (last.event, last.facts["completed"]) == ("published" if first else "change_published", True)
    assert not load(desk, NOW + DAY)


def test_a_publication_killed_before_its_file_may_be_done_again(desk, monkeypatch):
    reviewed(desk)

    def killed(*_):
        raise Killed

    monkeypatch.setattr(Shelving, "write", killed)
    with pytest.raises(Killed):
        desk.service.publish(["ga_household"], GA, NOW)
    monkeypatch.undo()
    assert not load(desk)
    assert desk.service.publish(["ga_household"], GA, NOW)[0].state == "published"


def test_a_withdrawal_killed_after_its_file_is_completed(desk, monkeypatch):
    reviewed(desk)
    desk.service.publish(["ga_household"], GA, NOW)
    desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="停用")
    killed_after_writing(desk, monkeypatch, lambda: desk.service.withdraw(["ga_household"], BUREAU, NOW))
    assert load(desk).completed == ["ga_household"]
    assert (desk.case().state, desk.trail()[-1].facts["reason"]) == ("withdrawn", "停用")


def test_an_override_killed_at_its_end_is_completed(desk, monkeypatch):
    reviewed(desk)
    desk.service.publish(["ga_household"], GA, NOW)
    desk.service.override(["ga_household"], GA, NOW, to="not", until=date(2026, 11, 26), reason="应急")
    killed_after_writing(desk, monkeypatch, lambda: desk.service.tick(NOW + DAY * 3))
    assert load(desk, NOW + DAY * 3).completed == ["ga_household"]
    assert desk.case().facts["override"] is None
    assert desk.service.tick(NOW + DAY * 4).overrides == []


def killed_after_writing(desk, monkeypatch, step):
    """The process ends when the files are written and nothing is committed: nothing more of it runs, no undoing either.

    Its journal is lost too: it was an earlier version, or somebody has tidied the folder.
    """
    write = Shelving.write

    def killed(shelving):
        write(shelving)
        (desk.directory / JOURNAL).unlink()
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Shelving, "write", killed)
        patched.setattr(Shelving, "undo", lambda _: None)
        with pytest.raises(Killed):
            step()


def test_ten_thousand_documents_load_in_seconds_and_a_load_without_change_writes_nothing(desk):
    whole = City(
        tuple(Department.model_validate(one) for one in UNITS),
        tuple(resource(f"ga_{n:05d}") for n in range(10_000)),
        (),
        Register(libraries={}),
    )
    whole.content  # noqa: B018 - the digest of the catalogue needs it anyway, at every load
    seen = []
    sa.event.listen(desk.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert len(desk.service.reconcile(whole, NOW).declared) == 10_000
    assert len(seen) < 100
    seen.clear()
    started = time.perf_counter()
    assert not desk.service.reconcile(whole, NOW)
    assert time.perf_counter() - started < 10, "about 0.4 s on two cores"
    assert len(seen) < 5
    assert all(one.lstrip().startswith(("SELECT", "PRAGMA")) for one in seen)


def test_what_was_put_into_the_folder_passes_the_gate_before_it_is_confirmed(operational, tmp_path):
    asked = []

    def gate(candidates, under_review):
        asked.append(([one.title for one in candidates], [one.id for one in under_review]))
        return [Barred((Said("已有来源", "has a source"),)) if one.title == "户口" else Barred() for one in candidates]

    desk = make_desk(operational, tmp_path, gate=gate)
    desk.write(resource())
    desk.write(resource("mz_marriage", department="mz", **MARRIAGE))
    load(desk)
    desk.service.request_change(
        [resource("mz_marriage", department="mz", title="婚姻登记", **MARRIAGE)], MZ, NOW, cause="error"
    )
    desk.write(resource(title="户口"))
    load(desk)
    with pytest.raises(UserError, match="已有来源"):
        desk.service.confirm(["ga_household"], BUREAU, NOW)
    assert asked[-1] == (["户口"], ["mz_marriage"])
    assert desk.case().state == "redeclared"
    desk.write(resource(title="户籍"))
    load(desk)
    desk.service.confirm(["ga_household"], BUREAU, NOW)
    assert (desk.case().state, desk.trail()[-1].facts["ground"]) == ("published", "武汉市第10、11条")


def test_what_was_put_into_the_folder_says_what_a_submission_says_before_it_is_confirmed(desk):
    desk.write(resource())
    load(desk)
    desk.write(resource("mz_marriage", department="mz", share_until="2026-10-31", **MARRIAGE))
    load(desk)
    with pytest.raises(UserError, match="mz_marriage：共享期限 2026-10-31 已过"):
        desk.service.confirm(["mz_marriage"], BUREAU, NOW)
    assert desk.case("mz_marriage").state == "added"


@pytest.mark.parametrize("done", ["restored", "confirmed"])
def test_a_change_that_was_put_aside_is_over_and_the_trail_says_so(desk, done):
    desk.write(resource())
    load(desk)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error", note="名称有误")
    desk.write(resource(abstract="摘要已改"))
    load(desk)
    if done == "restored":
        desk.service.restore(["ga_household"], BUREAU, NOW, reason="未经变更程序")
    else:
        desk.service.confirm(["ga_household"], BUREAU, NOW)
    case, event = desk.case(), next(one for one in desk.trail() if one.event == done)
    assert (case.state, case.facts["draft"], case.facts["change"]) == ("published", None, None)
    assert event.facts["put_aside"]["note"] == "名称有误"
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    assert desk.case().state == "change_submitted"
