"""What comes next for a project, under the rules of each city; held against the steps that the service takes and refuses."""

from __future__ import annotations

import pytest
from project_office import BUREAU, DRAFT, GA, NOW, PUBLISHED, Office, delivered, resource

from catalog.projects.model import NamedAsset
from catalog.projects.states import PROJECT
from ground.errors import Conflict
from portal.cli.project_words import NextStep, next_step


def of(office: Office, name: str) -> NextStep | None:
    return next_step(office.projects.show(name, GA, NOW), office.profile, "市公安局")


def registered(office: Office) -> str:
    return office.projects.register("人口平台二期", "ga", 2027, "建设方案", GA, NOW).case.id


@pytest.mark.parametrize(
    ("city", "way"),
    [
        ("haishu", ["linked", "opinion_agreed"]),
        ("wuhan", ["linked", "approved"]),
        ("longyan", ["linked", "approved"]),
        ("lianyungang", ["approved"]),
        ("chifeng", ["linked", "approved"]),
    ],
)
def test_the_way_to_approval_is_the_citys(operational, city: str, way: list[str]) -> None:
    office = Office(operational, city)
    name = registered(office)
    step = of(office, name)
    assert step is not None and step.event == way[0]
    assert step.by == ("市公安局" if way[0] == "linked" else office.profile.vocabulary.authority.value)
    assert step.command.startswith("project ") and name in step.command
    office.entry(resource("e1"), *DRAFT)
    if city == "longyan":  # it asks for named data assets, not for entries
        assert step.command.endswith("--asset 名称")
    office.projects.link(name, GA, NOW, entries=["e1"], assets=[NamedAsset("户籍", "e1")])
    step = of(office, name)
    assert step is not None and step.event == way[1 if way[0] == "linked" else 0]


def test_every_step_that_is_named_is_one_of_the_state_and_leads_to_operation(operational) -> None:
    office = Office(operational, "longyan", came={"e1": delivered()})
    name = registered(office)
    office.entry(resource("e1"), *DRAFT, *PUBLISHED[1:])
    office.projects.link(name, GA, NOW, entries=["e1"], assets=[NamedAsset("户籍", "e1")])
    take = {
        "approved": lambda: office.projects.approve(name, "发改1号", BUREAU, NOW),
        "started": lambda: office.projects.start(name, GA, NOW),
        "acceptance_asked": lambda: office.projects.ask_acceptance(name, GA, NOW),
        "accepted": lambda: office.projects.accept(name, "验收1号", BUREAU, NOW),
        "put_into_operation": lambda: office.projects.operate(name, GA, NOW),
        "funds_granted": lambda: office.projects.grant_funds(name, 2028, BUREAU, NOW),
    }
    taken = []
    while (step := of(office, name)) is not None and step.event not in taken:
        assert not step.waits
        state = office.projects.show(name, GA, NOW).project.case.state
        assert step.event in {one.event for one in PROJECT.possible(state)}
        take[step.event]()
        taken.append(step.event)
    assert taken == ["approved", "started", "acceptance_asked", "accepted", "put_into_operation", "funds_granted"]


def test_a_gate_that_is_not_passed_is_waited_for_and_nothing_follows_a_withdrawal(operational) -> None:
    office = Office(operational, "wuhan")
    name = registered(office)
    office.entry(resource("e1"), *DRAFT)
    office.projects.link(name, GA, NOW, entries=["e1"])
    office.projects.approve(name, "发改1号", BUREAU, NOW)
    office.projects.start(name, GA, NOW)
    office.projects.ask_acceptance(name, GA, NOW)
    step = of(office, name)
    assert step is not None and (step.event, step.waits) == ("accepted", ("acceptance",))
    with pytest.raises(Conflict):
        office.projects.accept(name, "验收1号", BUREAU, NOW)
    office.projects.refuse_acceptance(name, "未编目", BUREAU, NOW)
    assert of(office, name).event == "acceptance_asked"  # type: ignore[union-attr]
    other = registered(office)
    office.projects.withdraw(other, "不建了", GA, NOW)
    assert of(office, other) is None
