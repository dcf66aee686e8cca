"""Classes for a time, classes assessed again, share terms; and how the five cities differ in them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from entry_desk import BUREAU, CENTRE, CONDITIONAL, GA, NOT_SHARED, NOW, make_desk, resource
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


def overridden(desk):
    """A conditional entry that is unconditional until 2 December; its file as people copy it meanwhile."""
    published(desk, sharing=CONDITIONAL)
    until = date(2026, 12, 2)
    desk.service.override(["ga_household"], GA, NOW, to="unconditional", until=until, reason=TEXT)
    return desk.city().resource("ga_household")


def through_review(desk, document, now=NOW):
    desk.service.request_change([document], GA, now, cause="data_changed")
    asked = [one["field"] for one in desk.case().facts["change"]["fields"]]
    desk.service.review(["ga_household"], BUREAU, now)
    desk.service.publish(["ga_household"], GA, now)
    return asked


def stands(desk):
    """Title and class in the folder; what is noted at a load would differ from what was done."""
    assert not desk.service.reconcile(desk.city(), NOW)
    now = desk.city().resource("ga_household")
    return now.title, now.sharing.class_


def test_a_change_of_a_copied_file_does_not_make_the_class_for_a_time_last(desk):
    copied = overridden(desk).model_copy(update={"title": "户口"})
    assert through_review(desk, copied) == ["title"]
    assert stands(desk) == ("户口", "unconditional")
    assert [one.id for one in desk.service.tick(NOW + DAY * 8).overrides] == ["ga_household"]
    assert stands(desk) == ("户口", "conditional")
    assert desk.city().resource("ga_household").sharing.condition == "按履职需要"
    old = copied.model_copy(update={"title": "户口簿"})
    assert through_review(desk, old, NOW + DAY * 9) == ["title"], "a copy that was kept until after the day"
    assert stands(desk) == ("户口簿", "conditional")


@pytest.mark.parametrize("first", ["confirmed", "ended"])
def test_an_edit_of_the_file_does_not_make_the_class_for_a_time_last(desk, first):
    desk.write(overridden(desk).model_copy(update={"title": "户口"}))
    assert desk.service.reconcile(desk.city(), NOW).redeclared == ["ga_household"]
    if first == "confirmed":
        desk.service.confirm(["ga_household"], BUREAU, NOW)
        assert stands(desk) == ("户口", "unconditional")
    assert desk.service.tick(NOW + DAY * 8).overrides
    assert stands(desk) == ("户口", "conditional")
    if first == "ended":
        assert desk.case().state == "redeclared"
        desk.service.confirm(["ga_household"], BUREAU, NOW + DAY * 8)
        assert stands(desk) == ("户口", "conditional")
    assert desk.case().facts["published"]["sharing"] == CONDITIONAL


def test_an_edit_that_takes_the_class_for_a_time_out_ends_it_when_it_is_confirmed(desk):
    desk.write(overridden(desk).model_copy(update={"sharing": resource(sharing=NOT_SHARED).sharing}))
    desk.service.reconcile(desk.city(), NOW)
    desk.service.confirm(["ga_household"], BUREAU, NOW, document="武政〔2026〕9号")
    assert stands(desk) == ("户籍登记", "not")
    assert desk.service.tick(NOW + DAY * 8).overrides == []
    assert stands(desk) == ("户籍登记", "not")


def test_a_change_of_the_class_itself_during_a_class_for_a_time_is_told_plainly(desk):
    copied = overridden(desk)
    half = copied.sharing.model_copy(update={"class_": "not"})
    with pytest.raises(UserError, match=r"沿用临时性调整（至 2026-12-02）的理由，却另有改动"):
        desk.service.request_change([copied.model_copy(update={"sharing": half})], GA, NOW, cause="error")
    assert desk.case().state == "published"
    own = resource(sharing={"class": "unconditional", "reason": "依法公开"})
    through_review(desk, own)
    asked = next(one for one in desk.trail() if one.event == "change_requested")
    (told,) = asked.sets["findings"]
    assert told["zh"].startswith(
        "此变更所改的是临时性调整期满后的共享属性（conditional → unconditional）；至 2026-12-02 仍"
    )
    assert desk.city().resource("ga_household").sharing.reason == f"临时性调整至 2026-12-02：{TEXT}"
    desk.service.tick(NOW + DAY * 8)
    assert stands(desk) == ("户籍登记", "unconditional")
    assert desk.city().resource("ga_household").sharing.reason == "依法公开"


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
