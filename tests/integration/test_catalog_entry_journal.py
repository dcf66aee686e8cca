"""A step killed between two of its documents: the next opening takes it back or brings it to its end, whole either way."""

from __future__ import annotations

import os
import shutil
import threading

import pytest
from entry_desk import BUREAU, GA, NOW, make_desk, resource

from catalog.cases.person import Part, Person
from catalog.documents import load_city
from catalog.entries import journal
from catalog.entries.files import Shelving
from ground.errors import DocumentError
from hub.hub import Hub

PLATE = {"id": "plate", "title": "号牌号码"}
COLOUR = {"id": "colour", "title": "车身颜色"}
NUMBER = {"id": "number", "title": "检验报告编号"}
LISTED = resource("aa_list", title="车辆信息", key=["plate"], items=[PLATE, COLOUR])
EXAMINED = resource(
    "bb_list", title="车辆检验", key=["number"],
    items=[NUMBER, {**COLOUR, "collection": {"as": "corroboration", "source": "aa_list.colour"}}],
)  # fmt: skip
LISTED_ANEW = resource("aa_list", title="车辆信息", key=["plate"], items=[PLATE, {"id": "weight", "title": "整备质量"}])
EXAMINED_ANEW = resource(
    "bb_list", title="车辆检验", key=["number"], items=[NUMBER, {"id": "exam", "title": "检验结论"}]
)
BOTH = ["aa_list", "bb_list"]


@pytest.fixture
def desk(operational, tmp_path):
    """Two entries of which the one refers to the other; a change of both is reviewed, and neither goes alone."""
    made = make_desk(operational, tmp_path, "haishu")
    for one in (LISTED, EXAMINED):
        made.service.draft(one, GA, NOW)
        made.service.submit([one.id], GA, NOW)
        made.service.review([one.id], BUREAU, NOW)
        made.service.publish([one.id], BUREAU, NOW)
    made.service.request_change([LISTED_ANEW, EXAMINED_ANEW], GA, NOW, cause="data_changed")
    made.service.review(BOTH, BUREAU, NOW)
    return made


def killed(desk, step, where):
    """Take a step in a process of its own that ends in the middle of it, without a word to anybody."""
    child = os.fork()
    if child == 0:
        try:
            desk.database.engine.dispose(close=False)  # the parent's connections
            where()
            step()
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def after_documents(number):
    """The end of a process after it has put so many documents into place; its journal stands, and none of them is lost."""
    move, done = journal.move, []

    def moved(waits, path):
        if len(done) == number:
            os._exit(9)
        move(waits, path)
        done.append(path)
        if len(done) == 2:
            os._exit(9)

    journal.move = moved


def when_committed():
    """The end of a process between the commit and the end of its journal."""
    Shelving.done = lambda _: os._exit(9)


def titles(desk):
    return {one.id: [item.id for item in one.items] for one in desk.city().resources}


BEFORE = {"aa_list": ["plate", "colour"], "bb_list": ["number", "colour"]}
AFTER = {"aa_list": ["plate", "weight"], "bb_list": ["number", "exam"]}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_killed_before_its_commit_a_change_of_two_entries_is_taken_back_and_may_be_done_again(desk, number):
    killed(desk, lambda: desk.service.publish(BOTH, BUREAU, NOW), lambda: after_documents(number))
    if number == 1:
        with pytest.raises(DocumentError):
            load_city(desk.directory)
    assert titles(desk) == BEFORE
    assert not (desk.directory / journal.JOURNAL).exists()
    assert not desk.service.reconcile(desk.city(), NOW)
    assert [one.state for one in desk.service.publish(BOTH, BUREAU, NOW)] == ["published", "published"]
    assert titles(desk) == AFTER


def test_killed_after_its_commit_a_step_is_brought_to_its_end(desk):
    before = desk.file("bb_list").read_bytes()
    killed(desk, lambda: desk.service.publish(BOTH, BUREAU, NOW), when_committed)
    desk.file("bb_list").write_bytes(before)  # the power went too, and this name with it
    with pytest.raises(DocumentError):
        load_city(desk.directory)
    assert titles(desk) == AFTER
    assert not desk.service.reconcile(desk.city(), NOW)
    assert [desk.case(one).state for one in BOTH] == ["published", "published"]


def test_a_withdrawal_of_two_killed_between_them_is_taken_back(desk):
    desk.service.cancel_change(BOTH, GA, NOW, reason="不改了")
    desk.service.request_withdrawal(BOTH, GA, NOW, reason="停用")
    killed(desk, lambda: desk.service.withdraw(BOTH, BUREAU, NOW), lambda: after_documents(1))
    assert titles(desk) == BEFORE
    assert not (desk.directory / "withdrawn" / "aa_list.yaml").exists()
    desk.service.withdraw(BOTH, BUREAU, NOW)
    assert titles(desk) == {}


def test_what_somebody_edited_after_the_kill_stays_as_it_was_edited(desk):
    killed(desk, lambda: desk.service.publish(BOTH, BUREAU, NOW), lambda: after_documents(2))
    text = desk.file("aa_list").read_text(encoding="utf-8").replace("车辆信息", "机动车信息")
    desk.file("aa_list").write_text(text, encoding="utf-8")
    journal.settle(desk.directory, desk.database)
    assert desk.file("aa_list").read_text(encoding="utf-8") == text


def test_the_next_step_settles_what_was_left_before_it_begins(desk):
    killed(desk, lambda: desk.service.publish(BOTH, BUREAU, NOW), lambda: after_documents(1))
    desk.service.publish(BOTH, BUREAU, NOW)
    assert titles(desk) == AFTER


def test_a_step_under_way_in_another_process_is_waited_for_and_not_taken_back(desk, monkeypatch):
    written, go = threading.Event(), threading.Event()
    write = Shelving.write

    def slow(shelving):
        write(shelving)
        written.set()
        assert go.wait(20)

    monkeypatch.setattr(Shelving, "write", slow)
    step = threading.Thread(target=lambda: desk.service.publish(BOTH, BUREAU, NOW))
    step.start()
    assert written.wait(20)
    seen = []
    reader = threading.Thread(target=lambda: seen.append(titles(desk)))
    reader.start()
    reader.join(0.3)
    assert reader.is_alive()
    go.set()
    step.join(20)
    reader.join(20)
    assert seen == [AFTER]


def test_a_home_that_was_left_in_the_middle_opens_whole(small_city, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(small_city, home)
    hub = Hub(home)
    hub.upgrade()
    hub.load_catalogue(NOW)
    chosen = hub.city.resources[:2]
    ids = [one.id for one in chosen]
    for one in chosen:
        anew = one.model_copy(update={"title": f"{one.title}（新）"})
        hub.entries.request_change([anew], Person("person:x", Part.PROVIDER, one.department), NOW, cause="error")
    authority = Person("person:a", Part.AUTHORITY)
    hub.entries.review(ids, authority, NOW)
    killed(hub, lambda: hub.entries.publish(ids, authority, NOW), lambda: after_documents(1))
    hub.close()
    assert (home / "city" / journal.JOURNAL).exists()
    again = Hub(home)
    assert [again.city.resource(one.id).title for one in chosen] == [one.title for one in chosen]
    assert not again.entries.reconcile(again.city, NOW)
    again.entries.publish(ids, authority, NOW)
    again.close()
    whole = Hub(home)
    assert [whole.city.resource(one.id).title for one in chosen] == [f"{one.title}（新）" for one in chosen]
    whole.close()


@pytest.mark.parametrize("damaged", ["garbage{", "{}", '{"events": [], "files": [["a.yaml"]]}'])
def test_a_damaged_record_of_a_step_is_named_with_what_to_do(desk, damaged):
    path = desk.directory / journal.JOURNAL
    path.write_text(damaged, encoding="ascii")
    with pytest.raises(DocumentError, match="移出 city 目录") as caught:
        journal.settle(desk.directory, desk.database)
    assert (
        caught.value.where == f"{desk.directory.name}/{journal.JOURNAL}" and path.read_text(encoding="ascii") == damaged
    )
