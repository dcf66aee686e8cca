"""The life of a catalogue task: every pair of state and event, and who may take which step."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import entry_desk
import pytest

from catalog.cases.machine import DUE_RECOMPUTED, NOTED, OVERDUE, REMINDED
from catalog.cases.model import Case
from catalog.cases.person import HUB, Part, Person
from catalog.model import Resource
from catalog.tasks import law, policies
from catalog.tasks.model import LawChange, Task
from catalog.tasks.permissions import may
from catalog.tasks.rules import task_rules
from catalog.tasks.states import KIND_WORDS, TASK, TaskKind
from ground.errors import Conflict, UserError
from policy.profile import load_profile

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LEADS = {
    (None, "opened"): "open",
    (None, "demanded"): "proposed",
    ("proposed", "approved"): "open",
    ("proposed", "refused"): "dismissed",
    ("open", "added"): "open",
    ("in_hand", "added"): "in_hand",
    ("open", "taken"): "in_hand",
    ("open", "done"): "done",
    ("in_hand", "done"): "done",
    ("open", "decided"): "done",
    ("in_hand", "decided"): "done",
    ("open", "settled"): "done",
    ("in_hand", "settled"): "done",
    ("open", "dismissed"): "dismissed",
    ("in_hand", "dismissed"): "dismissed",
}
"""Written apart from the machine: a step that is not here does not exist."""
COMMON = (REMINDED, OVERDUE, DUE_RECOMPUTED, NOTED)


@pytest.mark.parametrize("event", [step.event for step in TASK.steps])
@pytest.mark.parametrize("state", [None, *TASK.states])
def test_every_pair_of_state_and_event_leads_where_the_table_says_or_is_no_step(state: str | None, event: str) -> None:
    expected = LEADS.get((state, event))
    if event in COMMON and state in ("proposed", "open", "in_hand"):
        expected = state
    assert TASK.next.get((state, event)) == expected
    if expected is None:
        with pytest.raises(Conflict):
            TASK.check_can(state, event, "CT-1")


AUTHORITY, OPERATOR = Person("person:a", Part.AUTHORITY, "bureau"), Person("person:o", Part.OPERATOR, "centre")
OWNER, OTHER = Person("person:w", Part.PROVIDER, "ga"), Person("person:x", Part.PROVIDER, "sw")
MAY = {
    "opened": {AUTHORITY, HUB},
    "demanded": {AUTHORITY, OWNER},
    "approved": {AUTHORITY},
    "refused": {AUTHORITY},
    "decided": {AUTHORITY},
    "added": {HUB},
    "settled": {HUB},
    "taken": {AUTHORITY, OWNER},
    "done": {AUTHORITY, OWNER},
    "dismissed": {AUTHORITY, OWNER},
    NOTED: {AUTHORITY, OWNER, OPERATOR, HUB},
}


@pytest.mark.parametrize("event", MAY)
@pytest.mark.parametrize(
    "person", [AUTHORITY, OPERATOR, OWNER, OTHER, HUB], ids=lambda one: f"{one.part}-{one.department}"
)
def test_who_may_take_which_step(event: str, person: Person) -> None:
    assert may(person, event, "ga", governing=person is AUTHORITY) is (person in MAY[event])


@pytest.mark.duty("R-006")
@pytest.mark.parametrize("event", MAY)
def test_an_authority_takes_no_step_outside_its_jurisdiction(event: str) -> None:
    assert not may(AUTHORITY, event, "ga", governing=False)


HEATING = entry_desk.resource("heating")
"""A published entry of the department that has the tasks here."""


def task(kind: TaskKind, state: str = "open") -> Task:
    facts: dict[str, Any] = {"kind": kind.value, "subject": "x"}
    return Task(
        Case(
            kind=TASK.kind, id="CT-1", department="ga", title="x", state=state, is_open=TASK.is_open(state), opened_at=NOW,
            changed_at=NOW, profile="haishu", events=1, limit=None, facts=facts,
        )
    )  # fmt: skip


@pytest.mark.parametrize("kind", TaskKind)
def test_only_near_duplicates_are_decided_and_only_others_are_simply_done(kind: TaskKind) -> None:
    decides, finishes = [], []
    try:
        policies.check_can_decide(task(kind), "same", "理由")
        decides.append(kind)
    except Conflict:
        pass
    try:
        policies.check_can_finish(task(kind), "已改", "heating", lambda _: HEATING)
        finishes.append(kind)
    except Conflict:
        pass
    not_by_hand = (TaskKind.NEAR_DUPLICATE, TaskKind.GATHERING)
    assert (bool(decides), bool(finishes)) == (kind is TaskKind.NEAR_DUPLICATE, kind not in not_by_hand)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_a_dismissal_a_decision_and_an_end_say_why(text: str | None) -> None:
    for check in (
        lambda: policies.check_can_dismiss(task(TaskKind.DRIFT), text),
        lambda: policies.check_can_decide(task(TaskKind.NEAR_DUPLICATE), "different", text),
        lambda: policies.check_can_finish(task(TaskKind.DRIFT), text, None, lambda _: None),
        lambda: policies.check_can_refuse(task(TaskKind.DEMAND, "proposed"), text),
    ):
        with pytest.raises(UserError):
            check()


def test_a_decision_is_same_or_different() -> None:
    with pytest.raises(UserError, match="same"):
        policies.check_can_decide(task(TaskKind.NEAR_DUPLICATE), "maybe", "理由")


def test_a_demand_is_done_by_a_published_entry_only() -> None:
    for entry in (None, "draft"):
        with pytest.raises(UserError, match="发布"):
            policies.check_can_finish(task(TaskKind.DEMAND), "已列入", entry, {"heating": HEATING}.get)
    policies.check_can_finish(task(TaskKind.DEMAND), None, "heating", {"heating": HEATING}.get)


@pytest.mark.duty("R-041")
@pytest.mark.parametrize(
    ("other", "message"),
    [({"department": "zj"}, "由 zj 提供"), ({"sharing": {"class": "not", "reason": "涉密", "legal_basis": "《保守国家秘密法》"}}, "不予共享")],
)  # fmt: skip
def test_a_demand_is_answered_by_an_entry_of_the_holder_that_can_be_shared(
    other: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        policies.check_can_finish(
            task(TaskKind.DEMAND), None, "heating", lambda _: entry_desk.resource("heating", **other)
        )


def test_limits_are_house_rules_and_say_so() -> None:
    for city in ("chifeng", "haishu", "longyan", "lianyungang", "wuhan"):
        rules = task_rules(load_profile(city), city)
        assert set(rules.within) == set(TaskKind) == set(KIND_WORDS)
        assert all("自定规则" in ground for _, ground in rules.within.values())
        periods = {kind: str(period) for kind, (period, _) in rules.within.items()}
        assert periods == {kind: "20wd" if kind is TaskKind.GATHERING else "5wd" for kind in TaskKind}
        assert (rules.added_and_shared is not None) is (city == "chifeng")


def resource(name: str, **more: Any) -> Resource:
    declared: dict[str, Any] = {
        "id": name, "title": name, "department": "sw", "system": "s", "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"}, "update_cycle": "daily", "key": ["a"], "items": [{"id": "a", "title": "a"}],
    }  # fmt: skip
    return Resource.model_validate(declared | more)


@pytest.mark.duty("R-028")
def test_a_changed_law_names_the_entries_that_rest_on_it_and_no_others() -> None:
    basis = {"class": "not", "reason": "r", "legal_basis": "政务数据共享条例；税收征收管理法第八条"}
    marked = {"class": "not", "reason": "r", "legal_basis": "《中华人民共和国税收征收管理法》第八条"}
    exception = {"id": "b", "title": "b", "collection": {"as": "exception", "legal_basis": "依据税收征收管理法第六条"}}
    resources = [
        resource("plain", sharing=basis),
        resource("marked", opening=marked),
        resource("collected", collection_basis="税收征收管理法 第六条"),
        resource("excepted", items=[{"id": "a", "title": "a"}, exception]),
        resource("elsewhere", department="ga", sharing=basis),
        resource(
            "another",
            sharing={**basis, "legal_basis": "税收征收管理法实施细则"},
            opening={**basis, "legal_basis": "网络安全法"},
        ),
        resource("none"),
    ]
    change = LawChange("《税收征收管理法》", "修订", date(2026, 12, 1))
    found = {one.department: one.facts["entries"] for one in law.openings(change, resources)}
    assert found == {
        "ga": {"elsewhere": ["sharing.legal_basis"]},
        "sw": {
            "plain": ["sharing.legal_basis"],
            "marked": ["opening.legal_basis"],
            "collected": ["collection_basis"],
            "excepted": ["items.b.collection"],
        },
    }
    assert law.openings(LawChange("安全法", "废止", date(2026, 12, 1)), resources) == [], "网络安全法 is another law"
