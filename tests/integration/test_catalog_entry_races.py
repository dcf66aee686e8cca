"""Several processes over one folder: what one of them read before another moved on rewrites nobody's life."""

from __future__ import annotations

from datetime import timedelta

import pytest
from entry_desk import BUREAU, GA, NOW, make_desk, resource

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
