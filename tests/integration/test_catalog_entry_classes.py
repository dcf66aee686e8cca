"""Classes for a time, classes assessed again, share terms; and how the five cities differ in them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from entry_desk import BUREAU, CENTRE, CONDITIONAL, GA, NOW, make_desk, resource
from pydantic import ValidationError

from catalog.entries.reconciling import Reconciled
from ground.errors import Forbidden, UserError

DAY = timedelta(days=1)
TEXT = "防汛应急"


@pytest.fixture
def desk(operational, tmp_path):
    return make_desk(operational, tmp_path)


def published(desk, **over):
    desk.service.draft(resource(**over), GA, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    desk.service.review(["ga_household"], BUREAU, NOW, document="备案1号")
    desk.service.publish(["ga_household"], GA, NOW)


def test_a_class_for_a_time_goes_on_its_day(desk):
    published(desk, sharing=CONDITIONAL)
    until = date(2026, 12, 2)
    desk.service.override(["ga_household"], GA, NOW, to="unconditional", until=until, reason=TEXT)
    meanwhile = desk.city().resource("ga_household").sharing
    assert (meanwhile.class_, meanwhile.legal_basis) == ("unconditional", "武汉市第16条")
    assert not desk.service.reconcile(desk.city(), NOW)
    assert desk.service.tick(NOW + DAY * 7).overrides == [], "the last day is still within"
    assert [one.id for one in desk.service.tick(NOW + DAY * 8).overrides] == ["ga_household"]
    assert desk.service.tick(NOW + DAY * 8).overrides == []
    again = desk.city().resource("ga_household").sharing
    assert (again.class_, again.condition) == ("conditional", "按履职需要")
    moved = [one for one in desk.trail() if one.event == "sharing_changed"]
    assert [(one.facts["old"], one.facts["new"]) for one in moved] == [
        ("conditional", "unconditional"), ("unconditional", "conditional"),
    ]  # fmt: skip
    assert desk.case().state == "published"


def test_a_change_published_meanwhile_does_not_end_the_class_for_a_time(desk):
    published(desk)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    desk.service.override(["ga_household"], GA, NOW, to="not", until=date(2026, 12, 2), reason=TEXT)
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], GA, NOW)
    now = desk.city().resource("ga_household")
    assert (now.title, now.sharing.class_) == ("户口", "not")
    desk.service.end_override(["ga_household"], BUREAU, NOW, reason="应急结束")
    assert desk.city().resource("ga_household").sharing.class_ == "unconditional"
    with pytest.raises(UserError, match="没有临时性调整"):
        desk.service.end_override(["ga_household"], BUREAU, NOW, reason="应急结束")


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"reason": " "}, "写明原因"),
        ({"until": date(2026, 11, 24)}, "已过"),
        ({"to": "unconditional"}, "已是"),
    ],
)
def test_a_class_for_a_time_needs_reason_day_and_difference(desk, over, told):
    published(desk)
    with pytest.raises(UserError, match=told):
        desk.service.override(
            ["ga_household"], GA, NOW, **{"to": "not", "until": date(2026, 12, 2), "reason": TEXT, **over}
        )
    with pytest.raises(Forbidden):
        desk.service.override(["ga_household"], CENTRE, NOW, to="not", until=date(2026, 12, 2), reason=TEXT)
    assert desk.case().facts["override_until"] is None


@pytest.mark.parametrize("city", ["lianyungang", "longyan", "chifeng", "haishu"])
def test_only_wuhan_knows_a_class_for_a_time(operational, tmp_path, city):
    desk = make_desk(operational, tmp_path, city)
    published(desk)
    with pytest.raises(UserError, match="没有临时性调整共享类型的规定"):
        desk.service.override(["ga_household"], GA, NOW, to="not", until=date(2026, 12, 2), reason=TEXT)


@pytest.mark.duty("R-040")
@pytest.mark.parametrize("city", ["chifeng", "haishu", "wuhan", "longyan", "lianyungang"])
def test_classes_are_assessed_again_where_the_city_says_so(operational, tmp_path, city):
    desk = make_desk(operational, tmp_path, city)
    published(desk)
    due = desk.service.reading.due(date(2027, 11, 25), NOW)
    if city != "chifeng":
        assert due == []
        return
    assert [(one.what, one.on) for one in due] == [("assessment", date(2027, 11, 25))]
    assert desk.service.reading.due(date(2027, 11, 24), NOW) == []
    later = NOW + DAY * 370
    with pytest.raises(UserError, match="理由"):
        desk.service.reassess(["ga_household"], BUREAU, later, reason="")
    (case,) = desk.service.reassess(["ga_household"], BUREAU, later, reason="依据未变")
    assert case.facts["review_on"] == "2028-11-29"
    assert desk.service.reading.due(date(2027, 12, 1), later) == []
    (case,) = desk.service.request_change(
        [resource(sharing=CONDITIONAL)], GA, later, cause="class_reassessed", basis="个人信息保护法第三十四条"
    )
    assert case.state == "change_submitted"
    outcomes = [one.facts["outcome"] for one in desk.trail() if one.event == "reassessed"]
    assert outcomes == ["kept", "changed"]


@pytest.mark.duty("R-036")
def test_a_share_term_that_ends_is_told_once(desk):
    published(desk, share_until="2026-12-01")
    assert desk.service.tick(NOW + DAY * 6).terms == []
    assert [one.id for one in desk.service.tick(NOW + DAY * 7).terms] == ["ga_household"]
    assert desk.service.tick(NOW + DAY * 8).terms == []
    assert [(one.what, one.late) for one in desk.service.reading.due(date(2026, 12, 3), NOW)] == [("term", True)]
    later = NOW + DAY * 10
    desk.service.request_change([resource(share_until="2027-12-31")], GA, later, cause="data_changed")
    desk.service.review(["ga_household"], BUREAU, later)
    desk.service.publish(["ga_household"], GA, later)
    assert desk.service.reading.due(date(2026, 12, 8), later) == []
    assert len(desk.service.tick(NOW + DAY * 500).terms) == 1


@pytest.mark.duty("R-039")
def test_no_entry_without_a_class_and_its_ground():
    for attribute in ("sharing", "opening"):
        with pytest.raises(ValidationError):
            resource(**{attribute: None})
        for wrong in ({"class": "conditional"}, {"class": "not", "reason": "不便"}, {"class": "maybe"}):
            with pytest.raises(ValidationError):
                resource(**{attribute: wrong})


@pytest.mark.duty("R-039")
def test_requirements_are_fixed_when_the_entry_is_made(operational, tmp_path):
    """Chifeng: the class and what it asks are determined at cataloguing; a conditional class states its condition."""
    desk = make_desk(operational, tmp_path, "chifeng")
    bare = {"class": "conditional", "reason": "含个人信息", "legal_basis": "个人信息保护法第三十四条"}
    desk.service.draft(resource(sharing=bare), GA, NOW)
    with pytest.raises(UserError, match=r"共享条件（sharing.condition）。依据：赤峰市四（二）2"):
        desk.service.submit(["ga_household"], GA, NOW)
    desk.service.draft(resource(sharing=CONDITIONAL), GA, NOW)
    assert desk.service.submit(["ga_household"], GA, NOW)


def test_nothing_found_is_falsy():
    assert not Reconciled()
    assert Reconciled(completed=["x"])
