"""Several processes over one folder: what one of them read before another moved on rewrites nobody's life."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from entry_desk import BUREAU, GA, MZ, NOW, make_desk, resource

from catalog.documents import load_city
from catalog.entries.files import Shelf
from catalog.gate.gate import CatalogueGate
from ground.errors import Conflict, UserError

DAY = timedelta(days=1)


@pytest.fixture
def desk(operational, tmp_path):
    return make_desk(operational, tmp_path)


def publish(desk, now=NOW):
    desk.service.draft(resource(), GA, now)
    desk.service.submit(["ga_household"], GA, now)
    desk.service.review(["ga_household"], BUREAU, now)
    desk.service.publish(["ga_household"], BUREAU, now)


def test_who_read_the_folder_before_a_withdrawal_does_not_bring_the_entry_back(desk):
    publish(desk)
    stale = desk.city()
    desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="停用")
    desk.service.withdraw(["ga_household"], BUREAU, NOW)
    assert not desk.service.reconcile(stale, NOW)
    assert not desk.service.reconcile(desk.city(), NOW)
    assert (desk.case().state, desk.events()[-1]) == ("withdrawn", "withdrawn")


def test_who_read_the_folder_before_a_publication_does_not_take_the_entry_away(desk):
    desk.service.draft(resource(), GA, NOW)
    stale = desk.city()
    desk.service.submit(["ga_household"], GA, NOW)
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], BUREAU, NOW)
    assert not desk.service.reconcile(stale, NOW)
    assert desk.case().state == "published"


def test_who_read_the_folder_before_a_change_does_not_put_the_old_document_into_its_trail(desk):
    publish(desk)
    stale = desk.city()
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], BUREAU, NOW)
    assert not desk.service.reconcile(stale, NOW)
    assert (desk.case().state, desk.case().title, desk.events()[-1]) == ("published", "户口", "change_published")


def test_what_an_engineer_changes_again_while_it_is_noted_is_noted_as_it_stands(desk):
    publish(desk)
    desk.write(resource(title="户口"))
    stale = desk.city()
    desk.write(resource(title="户籍"))
    assert not desk.service.reconcile(stale, NOW)
    assert desk.service.reconcile(desk.city(), NOW).redeclared == ["ga_household"]
    assert desk.case().title == "户籍"


def test_an_event_of_a_slow_process_does_not_lie_before_the_one_before_it(desk):
    publish(desk, NOW + DAY)
    desk.write(resource(title="户口"))
    desk.service.reconcile(desk.city(), NOW)  # it began yesterday
    trail = desk.trail()
    assert trail[-1].event == "redeclared"
    assert [one.at for one in trail] == sorted(one.at for one in trail)


def overridden(desk):
    publish(desk)
    desk.service.override(["ga_household"], GA, NOW, to="conditional", until=date(2026, 11, 26), reason="防汛")
    assert not desk.service.reconcile(desk.city(), NOW)


def edited(desk, title):
    text = desk.file().read_text(encoding="utf-8")
    desk.file().write_text(text.replace("title: 户籍登记", f"title: {title}"), encoding="utf-8")


def test_the_end_of_a_temporary_class_writes_over_no_edit_that_nobody_has_noted(desk):
    overridden(desk)
    edited(desk, "户口登记")
    later = NOW + 3 * DAY
    assert desk.service.tick(later).overrides == []
    assert desk.city().resource("ga_household").title == "户口登记"
    assert desk.service.reconcile(desk.city(), later).redeclared == ["ga_household"]
    assert [one.id for one in desk.service.tick(later).overrides] == ["ga_household"]
    assert desk.city().resource("ga_household").title == "户口登记"
    assert desk.case().state == "redeclared"


@pytest.mark.parametrize("step", ["publish", "withdraw", "end"])
def test_no_step_writes_over_an_edit_that_nobody_has_noted(desk, step):
    if step == "end":
        overridden(desk)
    else:
        publish(desk)
    if step == "publish":
        desk.service.request_change([resource(abstract="另一摘要")], GA, NOW, cause="error")
        desk.service.review(["ga_household"], BUREAU, NOW)
    if step == "withdraw":
        desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="停用")
    edited(desk, "户口登记")
    text, events = desk.file().read_bytes(), desk.events()
    with pytest.raises(Conflict, match="刚被手工改动"):
        if step == "publish":
            desk.service.publish(["ga_household"], BUREAU, NOW)
        elif step == "withdraw":
            desk.service.withdraw(["ga_household"], BUREAU, NOW)
        else:
            desk.service.end_override(["ga_household"], GA, NOW, reason="险情解除")
    assert (desk.file().read_bytes(), desk.events()) == (text, events)


def test_while_the_city_is_read_others_write_and_what_moved_meanwhile_is_told(operational, tmp_path):
    meanwhile = []

    def load(directory):
        for one in meanwhile:
            one()
        return load_city(directory)

    desk = make_desk(operational, tmp_path, shelf=Shelf(tmp_path / "city", load))
    desk.service.draft(resource(), GA, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    desk.service.review(["ga_household"], BUREAU, NOW)
    other = resource("mz_fee", department="mz", key=["fee"], items=[{"id": "fee", "title": "收费编号"}])
    meanwhile.append(lambda: desk.service.draft_many([other], MZ, NOW))  # is not locked out
    desk.service.publish(["ga_household"], BUREAU, NOW)
    meanwhile.clear()
    desk.service.request_change([resource(abstract="另一摘要")], GA, NOW, cause="error")
    desk.service.review(["ga_household"], BUREAU, NOW)
    meanwhile[:] = [lambda: desk.service.cancel_change(["ga_household"], GA, NOW, reason="不改了")]
    with pytest.raises(Conflict, match="已有变动：ga_household"):
        desk.service.publish(["ga_household"], BUREAU, NOW)
    meanwhile.clear()
    desk.service.request_change([resource(abstract="另一摘要")], GA, NOW, cause="error")
    desk.service.review(["ga_household"], BUREAU, NOW)
    meanwhile[:] = [lambda: edited(desk, "户口登记")]
    with pytest.raises(Conflict, match="检查期间被改动"):
        desk.service.publish(["ga_household"], BUREAU, NOW)
    assert desk.city().resource("ga_household").title == "户口登记"


def test_a_submission_and_a_change_read_the_city_without_a_lock(operational, tmp_path):
    number = []

    def load(directory):
        other = resource(f"mz_fee_{len(number)}", department="mz")
        number.append(1)
        desk.service.draft_many([other], MZ, NOW)
        return load_city(directory)

    desk = make_desk(operational, tmp_path, shelf=Shelf(tmp_path / "city", load))
    publish(desk)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    assert (desk.case().state, len(number)) == ("change_submitted", 3)


def test_two_changes_under_way_are_held_against_each_other(operational, tmp_path):
    """Of two departments that each ask to collect the same fact the second is told so, not the second to publish."""
    desk = make_desk(operational, tmp_path, "haishu")

    def gate(candidates, under_review):
        known = desk.city()
        return CatalogueGate(known.resources, known.register, known.departments)(candidates, under_review)

    desk = make_desk(operational, tmp_path, "haishu", gate=gate)
    plate, number = {"id": "plate", "title": "号牌号码"}, {"id": "number", "title": "检验报告编号"}
    colour = {"id": "colour", "title": "车身颜色"}
    for name, department, by, key in (("aa_list", "ga", GA, plate), ("bb_list", "mz", MZ, number)):
        desk.service.draft(
            resource(name, department=department, title="车辆信息", key=[key["id"]], items=[key]), by, NOW
        )
        desk.service.submit([name], by, NOW)
        desk.service.review([name], BUREAU, NOW)
        desk.service.publish([name], BUREAU, NOW)
    desk.service.request_change(
        [resource("aa_list", title="车辆信息", key=["plate"], items=[plate, colour])], GA, NOW, cause="data_changed"
    )
    second = resource("bb_list", department="mz", title="车辆信息", key=["number"], items=[number, colour])
    with pytest.raises(UserError, match=r"已有来源.*aa_list\.colour"):
        desk.service.request_change([second], MZ, NOW, cause="data_changed")
    desk.service.review(["aa_list"], BUREAU, NOW)
    with pytest.raises(UserError, match=r"已有来源.*aa_list\.colour"):
        desk.service.request_change([second], MZ, NOW, cause="data_changed")
