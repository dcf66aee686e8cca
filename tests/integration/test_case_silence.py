"""Nobody answers, in each of the five cities: what is owed by a date becomes overdue, and nothing else follows (Wuhan 11 states no more).

Silence is consent for applications to share in Wuhan alone (17), and goes up for an order to rectify in Lianyungang alone (39;
`test_five_cities`). No instrument gives it a meaning for a case of the catalogue.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from entry_desk import BUREAU, CALENDAR, GA, NOW, make_desk, resource

from catalog.cases import store
from catalog.cases.machine import OVERDUE, REMINDED
from catalog.cases.timing import CaseTimer
from catalog.entries.states import ENTRY
from catalog.machines import MACHINES
from catalog.tasks.model import Opening
from catalog.tasks.rules import task_rules
from catalog.tasks.service import TaskService
from catalog.tasks.states import TASK, TaskKind
from policy.profile import load_profile, profile_ids

REVIEW = {"wuhan": date(2026, 11, 30)}
"""Until when a change that was asked for on 25 November is reviewed; no other instrument states days."""


def test_there_are_five_cities() -> None:
    assert profile_ids() == ["chifeng", "haishu", "lianyungang", "longyan", "wuhan"]


def test_the_clock_alone_leads_no_case_of_the_catalogue_anywhere() -> None:
    moved = {
        (kind, step.event) for kind, machine in MACHINES.items() for step in machine.steps if step.by == "clock" and step.after
    }  # fmt: skip
    assert moved == set(), "a step of the clock notes a fact and leaves the state as it is"


@pytest.mark.parametrize("city", profile_ids())
def test_what_nobody_answers_is_overdue_and_nothing_follows(operational, tmp_path, city: str) -> None:
    desk = make_desk(operational, tmp_path, city=city)
    rules = task_rules(load_profile(city), load_profile(city).version)
    tasks = TaskService(operational, CALENDAR, lambda _: rules, lambda *_: True)
    desk.service.draft(resource(), GA, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], GA, NOW)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    law = Opening(
        TaskKind.LEGAL_CHANGE, "数据安全法@2026-11-25", "ga", "核对条目", {"law": "数据安全法", "entries": {}}
    )
    task = tasks.open_all([law], NOW)[0].case.id
    timer = CaseTimer(operational, MACHINES, CALENDAR)
    for day in range(60):
        timer.tick(NOW + timedelta(days=day))
    with operational.begin() as connection:
        entry, asked = store.get(connection, ENTRY, "ga_household"), store.get(connection, TASK, task)
        of_entry = [one.event for one in store.events(connection, ENTRY.kind, entry.id)]
        of_task = [one.event for one in store.events(connection, TASK.kind, task)]
    due = REVIEW.get(city)
    assert (entry.state, entry.limit.due if entry.limit else None) == ("change_submitted", due)
    assert entry.facts["published"]["title"] == "户籍登记"
    follows = [REMINDED, REMINDED, OVERDUE]
    assert of_entry[of_entry.index("change_requested") + 1 :] == (follows if due else [])
    assert (asked.state, of_task) == ("open", ["opened", *follows])
