"""The whole life of an entry against a table written apart, and who may take each step."""

from __future__ import annotations

import itertools

import pytest
from entry_desk import BUREAU, CENTRE, EAST, EAST_GA, EAST_MZ, GA, MZ, ORGANISATION, ROOT, UNITS, WATER, WEST

from catalog.cases.person import HUB, Part, Person
from catalog.departments import Department
from catalog.entries import permissions
from catalog.entries.states import CHANGING, ENTRY, IN_FORCE
from catalog.organisation import Organisation
from ground.errors import Conflict, Forbidden
from portal.cli.catalog_words import _option

COMMON = "reminded overdue due_recomputed noted held_back decided_above"
LIFE = f"""
(none)                  drafted>drafted declared>published added>added
drafted                 redrafted>drafted submitted>submitted discarded>withdrawn redeclared>redeclared {COMMON}
submitted               returned>returned reviewed>reviewed passed_to_government>with_government passed_to_city>with_city
                        discarded>withdrawn redeclared>redeclared {COMMON}
returned                redrafted>drafted submitted>submitted discarded>withdrawn redeclared>redeclared {COMMON}
with_government         returned>returned approved>reviewed approved_for_city>with_city discarded>withdrawn
                        redeclared>redeclared {COMMON}
with_city               returned>returned merged>reviewed discarded>withdrawn redeclared>redeclared {COMMON}
reviewed                returned>returned published>published discarded>withdrawn redeclared>redeclared {COMMON}
published               change_requested>change_submitted redeclared>redeclared undeclared>undeclared
                        withdrawal_requested>withdrawal_requested sharing_changed opening_changed overridden override_ended
                        reassessed term_ended {COMMON}
change_submitted        change_returned>change_returned change_reviewed>change_reviewed
                        change_passed_to_government>change_with_government change_passed_to_city>change_with_city
                        change_cancelled>published redeclared>redeclared undeclared>undeclared sharing_changed
                        opening_changed overridden override_ended reassessed term_ended {COMMON}
change_returned         change_requested>change_submitted change_cancelled>published redeclared>redeclared
                        undeclared>undeclared sharing_changed opening_changed overridden override_ended reassessed term_ended
                        {COMMON}
change_with_government  change_returned>change_returned change_approved>change_reviewed
                        change_approved_for_city>change_with_city change_cancelled>published redeclared>redeclared
                        undeclared>undeclared sharing_changed opening_changed overridden override_ended reassessed term_ended
                        {COMMON}
change_with_city        change_returned>change_returned change_merged>change_reviewed change_cancelled>published
                        redeclared>redeclared undeclared>undeclared sharing_changed opening_changed overridden override_ended
                        reassessed term_ended {COMMON}
change_reviewed         change_returned>change_returned change_published>published change_cancelled>published
                        redeclared>redeclared undeclared>undeclared sharing_changed opening_changed overridden override_ended
                        reassessed term_ended {COMMON}
added                   confirmed>published confirmed_for_city>confirmed_with_city redeclared>redeclared undeclared>undeclared sharing_changed opening_changed
                        override_ended term_ended {COMMON}
redeclared              confirmed>published confirmed_for_city>confirmed_with_city restored>published
                        redeclared>redeclared undeclared>undeclared sharing_changed opening_changed override_ended term_ended {COMMON}
confirmed_with_city     confirmed_merged>published restored>published redeclared>redeclared undeclared>undeclared
                        sharing_changed opening_changed override_ended term_ended {COMMON}
undeclared              restored>published withdrawn>withdrawn redeclared>redeclared {COMMON}
withdrawal_requested    withdrawal_refused>published withdrawn>withdrawn redeclared>redeclared undeclared>undeclared
                        sharing_changed opening_changed override_ended term_ended {COMMON}
withdrawn               drafted>drafted redeclared>redeclared decided_above
"""


def _table() -> dict[tuple[str | None, str], str]:
    found: dict[tuple[str | None, str], str] = {}
    state: str | None = None
    for line in LIFE.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            name = words.pop(0)
            state = None if name == "(none)" else name
        for word in words:
            event, _, after = word.partition(">")
            found[(state, event)] = after or str(state)
    return found


EXPECTED = _table()


@pytest.mark.parametrize("state", [None, *ENTRY.states])
def test_every_event_in_every_state(state):
    for event in ENTRY.events:
        if (state, event) in EXPECTED:
            ENTRY.check_can(state, event, "x")
            assert ENTRY.next[(state, event)] == EXPECTED[(state, event)], event
        else:
            with pytest.raises(Conflict):
                ENTRY.check_can(state, event, "x")


def test_the_table_names_nothing_else():
    assert {event for _, event in EXPECTED} == set(ENTRY.events)
    assert {state for state, _ in EXPECTED} - {None} == set(ENTRY.states)


@pytest.mark.duty("R-029")
def test_nothing_that_the_clock_does_approves_an_entry():
    """No reminder, no lateness and no other step of the hub leads out of a review."""
    waiting = [one for one in ENTRY.states if "submitted" in one or "with_" in one]
    assert len(waiting) == 7
    for state, event in itertools.product(waiting, permissions.HUB_ALONE):
        after = ENTRY.next.get((state, event), state)
        assert after in (state, "redeclared", "undeclared"), (state, event)


def test_while_a_change_is_under_way_something_is_in_force():
    assert set(CHANGING) < set(IN_FORCE)
    for state in CHANGING:
        assert ENTRY.next[(state, "change_cancelled")] == "published"


OWNER = {
    "drafted", "redrafted", "submitted", "discarded", "change_requested", "change_cancelled", "withdrawal_requested",
    "overridden",
}  # fmt: skip
FIRST = {
    "reviewed", "passed_to_government", "passed_to_city", "approved", "approved_for_city", "change_reviewed",
    "change_passed_to_government", "change_passed_to_city", "change_approved", "change_approved_for_city",
    "confirmed_for_city",
}  # fmt: skip
CITY = {"merged", "change_merged", "confirmed_merged"}
WITHIN = {"returned", "change_returned", "confirmed", "restored", "withdrawal_refused", "withdrawn"}
EITHER = {"published", "change_published", "override_ended", "reassessed", "noted"}
EVERYTHING = OWNER | FIRST | CITY | WITHIN | EITHER

ORDER = Organisation(
    Department.model_validate(one)
    for one in [
        *UNITS,
        {"id": "east_water", "name": "东区水厂", "kind": "public_enterprise", "level": "district", "parent": "east"},
        {"id": "town", "name": "东镇人民政府", "kind": "peoples_government", "level": "township", "parent": "east"},
        {"id": "town_data", "name": "东镇数据办", "kind": "authority", "level": "township", "parent": "town"},
        {"id": "town_mz", "name": "东镇民政所", "level": "township", "parent": "town"},
    ]
)
EAST_WATER = Person("person:chang", Part.PROVIDER, "east_water")
TOWN = Person("person:zhen", Part.AUTHORITY, "town_data")

# Of whose entry -> person -> what the person may do with it.
MAY = {
    "ga": {GA: OWNER | EITHER, BUREAU: FIRST | CITY | WITHIN | EITHER, ROOT: FIRST | CITY | WITHIN | EITHER},
    "east_mz": {
        EAST_MZ: OWNER | EITHER, EAST: FIRST | WITHIN | EITHER, BUREAU: CITY | WITHIN | EITHER, ROOT: CITY | WITHIN | EITHER,
    },
    "east_ga": {GA: OWNER | EITHER, BUREAU: FIRST | CITY | WITHIN | EITHER, ROOT: FIRST | CITY | WITHIN | EITHER},
    "water": {WATER: OWNER | EITHER, BUREAU: FIRST | CITY | WITHIN | EITHER, ROOT: FIRST | CITY | WITHIN | EITHER},
    "east_water": {
        EAST_WATER: OWNER | EITHER, BUREAU: FIRST | CITY | WITHIN | EITHER, ROOT: FIRST | CITY | WITHIN | EITHER,
    },
    "town_mz": {
        TOWN: FIRST | WITHIN | EITHER, EAST: WITHIN | EITHER, BUREAU: CITY | WITHIN | EITHER, ROOT: CITY | WITHIN | EITHER,
    },
    "bureau": {BUREAU: EVERYTHING, ROOT: FIRST | CITY | WITHIN | EITHER},
    "east_data": {EAST: EVERYTHING - CITY, BUREAU: CITY | WITHIN | EITHER, ROOT: CITY | WITHIN | EITHER},
}  # fmt: skip
PEOPLE = (GA, MZ, WATER, EAST_MZ, EAST_GA, EAST_WATER, BUREAU, EAST, WEST, TOWN, ROOT, CENTRE)


@pytest.mark.duty("R-006")
@pytest.mark.duty("R-007")
@pytest.mark.duty("R-024")
@pytest.mark.parametrize("department", MAY)
@pytest.mark.parametrize("person", PEOPLE, ids=lambda one: one.id)
def test_who_may_take_which_step(department, person):
    allowed = MAY[department].get(person, set())
    for event in ENTRY.events:
        if event in allowed:
            permissions.check_may(person, event, department, ORDER)
        else:
            assert not permissions.may(person, event, department, ORDER), event


def test_a_district_is_told_that_its_waterworks_are_the_citys():
    with pytest.raises(Forbidden, match=r"由市大数据局（bureau）办理，您现为数据主管部门（east_data）"):
        permissions.check_may(EAST, "withdrawn", "east_water", ORDER)


def test_the_operator_decides_nothing_and_the_hub_what_is_its_own():
    for event in ENTRY.events:
        with pytest.raises(Forbidden):
            permissions.check_may(CENTRE, event, "centre", ORGANISATION)
        assert permissions.may(HUB, event, "ga", ORGANISATION)


def test_a_refusal_names_who_may():
    with pytest.raises(
        Forbidden, match=r"“审核通过|条目审核通过”由东区大数据局（east_data）办理，您现为数据主管部门（west_data）"
    ):
        permissions.check_may(WEST, "reviewed", "east_mz", ORGANISATION)
    with pytest.raises(Forbidden, match="市大数据局（bureau）"):
        permissions.check_may(EAST, "merged", "east_mz", ORGANISATION)
    with pytest.raises(Forbidden, match="系统"):
        permissions.check_may(BUREAU, "redeclared", "ga", ORGANISATION)
    with pytest.raises(
        Forbidden, match=r"由东区大数据局（east_data）办理，您现为数据主管部门（未指明部门）。.*--department"
    ):
        permissions.check_may(ROOT, "reviewed", "east_mz", ORGANISATION)


@pytest.mark.parametrize(
    ("event", "department", "said"),
    [
        ("submitted", "ga", " --department ga"), ("submitted", "east_ga", " --department ga"), ("reviewed", "ga", ""),
        ("reviewed", "east_mz", " --department east_data"), ("approved_for_city", "east_mz", " --department east_data"),
        ("merged", "east_mz", ""), ("published", "east_mz", ""),
    ],
)  # fmt: skip
def test_the_command_for_a_step_says_for_whom_where_the_administrator_may_not_take_it(event, department, said):
    assert _option(event, department, ORGANISATION) == said
