"""Whoever writes has read the catalogue before the database is locked: a publication, killed or alive, locks nobody out."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing
from datetime import timedelta

import pytest
import yaml
from entry_desk import BUREAU, GA, NOW, UNITS, resource
from ticket_desk import group

from catalog.documents import load_city
from catalog.entries.content import document_of, text_of
from catalog.entries.files import Shelving
from catalog.entries.journal import JOURNAL
from ground.errors import Unavailable
from hub.hub import Hub, init_home
from hub.renewal import fresh
from quality.tickets.states import Event

LATER = NOW + timedelta(days=30)


@pytest.fixture
def home(tmp_path):
    """A home with one published entry, a reviewed change of it, and a ticket of it that nobody has answered."""
    made = tmp_path / "home"
    init_home(made)
    text = yaml.safe_dump({"departments": UNITS}, allow_unicode=True)
    (made / "city" / "departments.yaml").write_text(text, encoding="utf-8")
    (made / "city" / "resources" / "ga_household.yaml").write_text(text_of(document_of(resource())), encoding="utf-8")
    with closing(Hub(made)) as hub:
        hub.load_catalogue(NOW)
        hub.entries.request_change([resource(title="户口")], GA, NOW, cause="error")
        hub.entries.review(["ga_household"], BUREAU, NOW)
        with hub.database.writing() as connection:
            hub.follower.open_from_findings(connection, 7, [group(["a"])], NOW)
    return made


def publish(home):
    with closing(Hub(home)) as hub:
        hub.load_catalogue(NOW)
        return hub.entries.publish(["ga_household"], BUREAU, NOW)


def killed_among_documents(home):
    """A publication that ends when its journal stands, without a word to anybody."""
    child = os.fork()
    if child == 0:
        try:
            Shelving.write = lambda _: os._exit(9)
            publish(home)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (home / "city" / JOURNAL).exists()


def test_the_clock_of_tickets_settles_a_killed_publication_before_it_locks_the_database(home):
    killed_among_documents(home)
    with closing(Hub(home)) as hub:
        started = time.perf_counter()
        told = hub.timer.tick(LATER)
        assert time.perf_counter() - started < 5, "SQLite waits ten seconds for a lock"
        assert len(told[Event.OVERDUE]) == 1
    assert not (home / "city" / JOURNAL).exists()
    assert publish(home)[0].title == "户口"


def test_whoever_opens_the_home_settles_a_killed_publication_once(home):
    killed_among_documents(home)
    with closing(Hub(home)) as hub:
        assert hub.city.resource("ga_household").title == "户籍登记"
        with closing(Hub(home)) as other:  # over the same connections, as a server renews its hub
            vars(other)["database"] = hub.database
            killed_among_documents(home)
            assert other.entries.publish(["ga_household"], BUREAU, NOW)[0].title == "户口"


def test_whoever_writes_waits_for_a_publication_before_the_database_is_locked(home, monkeypatch):
    prepared, prepare, done = threading.Event(), Shelving.prepare, []

    def slow(shelving, changes):
        prepare(shelving, changes)
        prepared.set()
        time.sleep(0.5)

    monkeypatch.setattr(Shelving, "prepare", slow)
    step = threading.Thread(target=lambda: done.extend(publish(home)))
    step.start()
    assert prepared.wait(20)
    with closing(Hub(home)) as hub:
        started = time.perf_counter()
        with hub.database.writing():
            assert hub.city.resource("ga_household").title == "户口", "as it is published by then"
        assert time.perf_counter() - started < 5
    step.join(20)
    assert [one.state for one in done] == ["published"]


def test_a_catalogue_that_cannot_be_read_first_locks_nobody_out_either(home):
    (home / "city" / "resources" / "ga_household.yaml").write_text("id: [", encoding="utf-8")
    with closing(Hub(home)) as hub, hub.database.writing():  # what needs no catalogue goes on
        (home / "city" / JOURNAL).write_text("{}", encoding="ascii")
        started = time.perf_counter()
        with pytest.raises(Unavailable, match="目录正在发布"):
            _ = hub.city
        assert time.perf_counter() - started < 5


def test_a_renewed_hub_takes_over_what_is_read_first(home):
    with closing(Hub(home)) as hub:
        hub.load_catalogue(NOW)
        made = fresh(hub)
        assert made.database is hub.database
        assert made.database.before_writing == made.read_first
        assert load_city(home / "city").digest == made.city.digest
