"""The lives of projects, purchases, filings and archive packages: every pair of state and event, and who may take each step."""

from __future__ import annotations

import pytest
from project_office import BUREAU, CENTRE, EAST, EAST_MZ, GA, MZ, ROOT, city_of

from catalog.cases.machine import DUE_RECOMPUTED, NOTED, OVERDUE, REMINDED, Machine
from catalog.cases.person import HUB, Person
from catalog.filings import permissions as filing_permissions
from catalog.filings.states import EXCEPTION, RETURN_FLOW
from catalog.projects import permissions as project_permissions
from catalog.projects.states import PROJECT
from catalog.purchases import permissions as purchase_permissions
from catalog.purchases.states import PURCHASE
from ground.errors import Conflict, Forbidden
from pipelines.archiving import ARCHIVE

ORGANISATION = city_of().organisation
COMMON = (REMINDED, OVERDUE, DUE_RECOMPUTED, NOTED)

# Written by hand from the articles, not read from the tables: state before -> event -> state after.
LIVES: dict[str, tuple[Machine, dict[str | None, dict[str, str]]]] = {
    "project": (PROJECT, {
        None: {"registered": "registered"},
        "registered": {
            "linked": "registered", "opinion_agreed": "agreed", "opinion_refused": "opinion_refused",
            "approved": "approved", "approval_refused": "not_approved", "stated": "registered", "withdrawn": "withdrawn",
        },
        "opinion_refused": {
            "linked": "opinion_refused", "revised": "registered", "stated": "opinion_refused", "withdrawn": "withdrawn",
        },
        "agreed": {
            "linked": "agreed", "approved": "approved", "approval_refused": "not_approved", "stated": "agreed",
            "withdrawn": "withdrawn",
        },
        "not_approved": {
            "linked": "not_approved", "revised": "registered", "stated": "not_approved", "withdrawn": "withdrawn",
        },
        "approved": {"linked": "approved", "started": "building", "stated": "approved", "withdrawn": "withdrawn"},
        "building": {"linked": "building", "acceptance_asked": "acceptance_asked", "stated": "building"},
        "acceptance_asked": {
            "accepted": "accepted", "acceptance_refused": "acceptance_refused", "stated": "acceptance_asked",
        },
        "acceptance_refused": {
            "linked": "acceptance_refused", "acceptance_asked": "acceptance_asked", "stated": "acceptance_refused",
            "funds_refused": "acceptance_refused",
        },
        "accepted": {
            "put_into_operation": "operating", "funds_granted": "accepted", "funds_refused": "accepted",
            "stated": "accepted",
        },
        "operating": {"funds_granted": "operating", "funds_refused": "operating", "stated": "operating"},
        "withdrawn": {},
    }),
    "purchase": (PURCHASE, {
        None: {"told": "clear", "refused_as_duplicate": "duplicate"},
        "duplicate": {"cleared": "clear", "withdrawn": "withdrawn"},
        "clear": {"bought": "bought", "withdrawn": "withdrawn"},
        "bought": {"entry_named": "bought", "shared": "shared"},
        "shared": {}, "withdrawn": {},
    }),
    "exception": (EXCEPTION, {
        None: {"filed": "filed"},
        "filed": {"accepted": "accepted", "refused": "refused", "withdrawn": "withdrawn"},
        "accepted": {"ended": "ended"},
        "refused": {}, "ended": {}, "withdrawn": {},
    }),
    "return_flow": (RETURN_FLOW, {
        None: {"requested": "requested"},
        "requested": {"passed_up": "passed_up", "refused": "refused", "withdrawn": "withdrawn"},
        "passed_up": {"granted": "granted", "refused_above": "refused_above"},
        "granted": {}, "refused": {}, "refused_above": {}, "withdrawn": {},
    }),
    "archive": (ARCHIVE, {
        None: {"packed": "kept"},
        "kept": {"verified": "kept", "found_damaged": "damaged"},
        "damaged": {"verified": "kept", "found_damaged": "damaged", "replaced": "replaced"},
        "replaced": {},
    }),
}  # fmt: skip
ENDED = {
    "project": {"withdrawn"}, "purchase": {"shared", "withdrawn"}, "exception": {"refused", "ended", "withdrawn"},
    "return_flow": {"granted", "refused", "refused_above", "withdrawn"}, "archive": {"replaced"},
}  # fmt: skip
PAIRS = [
    (name, state, event)
    for name, (machine, life) in LIVES.items()
    for state in life
    for event in machine.events
    if event not in COMMON
]


@pytest.mark.parametrize("name", LIVES)
def test_the_states_are_these_and_those_are_the_ends(name: str) -> None:
    machine, life = LIVES[name]
    assert set(life) == {None, *machine.states}
    assert machine.ended == ENDED[name]


@pytest.mark.parametrize(("name", "state", "event"), PAIRS)
def test_every_pair_of_state_and_event_leads_where_it_should_or_is_refused(
    name: str, state: str | None, event: str
) -> None:
    machine, life = LIVES[name]
    if event in life[state]:
        machine.check_can(state, event, "X")
        assert machine.next[state, event] == life[state][event]
    else:
        with pytest.raises(Conflict) as refused:
            machine.check_can(state, event, "X")
        assert machine.events[event].zh in refused.value.zh


DEPARTMENT, AUTHORITY = "department", "authority"
OWN = {"ga": GA, "east_mz": EAST_MZ}
PROJECT_STEPS = {
    "registered": DEPARTMENT, "linked": DEPARTMENT, "revised": DEPARTMENT, "started": DEPARTMENT,
    "acceptance_asked": DEPARTMENT, "put_into_operation": DEPARTMENT, "withdrawn": DEPARTMENT,
    "opinion_agreed": AUTHORITY, "opinion_refused": AUTHORITY, "approved": AUTHORITY, "approval_refused": AUTHORITY,
    "accepted": AUTHORITY, "acceptance_refused": AUTHORITY, "funds_granted": AUTHORITY, "funds_refused": AUTHORITY,
    "stated": "both", NOTED: "both",
}  # fmt: skip


@pytest.mark.parametrize("department", ["ga", "east_mz"])
@pytest.mark.parametrize("event", PROJECT_STEPS)
def test_who_takes_which_step_of_a_project(event: str, department: str) -> None:
    own, authorities = {OWN[department]}, {BUREAU, ROOT, *([EAST] if department == "east_mz" else [])}
    right = {DEPARTMENT: own, AUTHORITY: authorities, "both": own | authorities}[PROJECT_STEPS[event]]
    assert _may(project_permissions, event, department) == right


@pytest.mark.parametrize("event", sorted(set(PROJECT.events) - set(PROJECT_STEPS)))
def test_nobody_takes_by_hand_what_the_clock_does(event: str) -> None:
    assert _may(project_permissions, event, "ga") == set()


PURCHASE_STEPS = {
    "told": DEPARTMENT, "refused_as_duplicate": DEPARTMENT, "bought": DEPARTMENT, "entry_named": DEPARTMENT,
    "withdrawn": DEPARTMENT, "cleared": AUTHORITY, "shared": "hub",
}  # fmt: skip


@pytest.mark.parametrize("event", PURCHASE_STEPS)
def test_who_takes_which_step_of_a_purchase(event: str) -> None:
    right = {DEPARTMENT: {GA}, AUTHORITY: {BUREAU, ROOT}, "hub": {HUB}}[PURCHASE_STEPS[event]]
    assert _may(purchase_permissions, event, "ga") == right


@pytest.mark.parametrize(
    ("machine", "event", "applies", "right"),
    [
        (EXCEPTION, "filed", "authority", {GA}),
        (EXCEPTION, "accepted", "authority", {BUREAU, ROOT}),
        (EXCEPTION, "refused", "authority", {BUREAU, ROOT}),
        (EXCEPTION, "ended", "authority", {GA, BUREAU, ROOT, HUB}),
        (EXCEPTION, "withdrawn", "authority", {GA}),
        (RETURN_FLOW, "requested", "authority", {GA}),
        (RETURN_FLOW, "passed_up", "authority", {BUREAU, ROOT}),
        (RETURN_FLOW, "passed_up", "provider", {GA}),
        (RETURN_FLOW, "granted", "authority", {BUREAU, ROOT}),
        (RETURN_FLOW, "granted", "provider", {GA}),
        (RETURN_FLOW, "refused_above", "authority", {BUREAU, ROOT}),
        (RETURN_FLOW, "refused_above", "provider", {GA}),
        (RETURN_FLOW, "refused", "provider", {BUREAU, ROOT}),
        (RETURN_FLOW, "withdrawn", "authority", {GA}),
    ],
)
def test_who_takes_which_step_of_a_filing(machine: Machine, event: str, applies: str, right: set[Person]) -> None:
    everybody = (GA, MZ, EAST_MZ, BUREAU, EAST, CENTRE, ROOT, HUB)
    found = {
        one for one in everybody if filing_permissions.may(one, machine, event, "ga", ORGANISATION, applies=applies)
    }
    assert found == right
    with pytest.raises(Forbidden, match=machine.events[event].zh):
        filing_permissions.check_may(MZ, machine, event, "ga", ORGANISATION, applies=applies)


def _may(permissions, event: str, department: str) -> set[Person]:
    everybody = (GA, MZ, EAST_MZ, BUREAU, EAST, CENTRE, ROOT, HUB)
    return {one for one in everybody if permissions.may(one, event, department, ORGANISATION)}
