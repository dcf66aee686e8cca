"""The life of a ticket: every pair of state and event, the policies, the diagram, the fold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ground.errors import InternalFault, UserError
from quality.tickets import diagram
from quality.tickets.events import TicketEvent, TicketRow, apply
from quality.tickets.policies import (
    can_accept,
    can_close_repaired,
    can_open,
    check_can_accept,
    check_can_close_repaired,
    check_can_open,
    is_overdue,
)
from quality.tickets.service import ticket_id
from quality.tickets.states import NEXT, STATE_WORDS, STEPS, Event, Outcome, Stage, State

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
OPENED = {
    "resource": "ga_household",
    "rule": "ga_household.citizen_id.valid",
    "department": "ga",
    "severity": "error",
    "received_at": NOW.isoformat(),
    "due": "2026-03-09",
    "due_at": "2026-03-09T16:00:00+00:00",
    "due_provisional": False,
    "profile": "haishu@2021",
    "findings": 3,
}
PAYLOADS = {
    Event.OPENED: OPENED,
    Event.ACCEPTED: {"by": "王芳"},
    Event.FINDINGS_GONE: {"findings": 1, "batches": ["b1"]},
    Event.REPAIRED: {"findings": 3, "batches": ["b1"]},
}


def an_event(kind, seq, at=NOW):
    return TicketEvent(ticket="T-1", seq=seq, at=at, event=kind, snapshot=7, payload=PAYLOADS[kind])


def a_ticket(state=State.ROUTED, **changes):
    ticket = apply(None, an_event(Event.OPENED, 1))
    return replace(ticket, state=state, **changes)


MATRIX = {
    (None, Event.OPENED): State.ROUTED,
    (State.ROUTED, Event.ACCEPTED): State.ACCEPTED,
    (State.ROUTED, Event.FINDINGS_GONE): State.ROUTED,
    (State.ACCEPTED, Event.FINDINGS_GONE): State.ACCEPTED,
    (State.ROUTED, Event.REPAIRED): State.CLOSED,
    (State.ACCEPTED, Event.REPAIRED): State.CLOSED,
}


@pytest.mark.duty("R-178")
@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize("event", list(Event))
def test_every_pair_of_state_and_event(state, event):
    ticket = a_ticket(state) if state else None
    happening = an_event(event, 2 if state else 1)
    if (state, event) in MATRIX:
        assert apply(ticket, happening).state is MATRIX[state, event]
    else:
        with pytest.raises(InternalFault):
            apply(ticket, happening)
    assert ((state, event) in NEXT) is ((state, event) in MATRIX)


@pytest.mark.parametrize("seq", [1, 3])
def test_an_event_out_of_order_is_refused(seq):
    with pytest.raises(InternalFault):
        apply(a_ticket(), an_event(Event.ACCEPTED, seq))


@pytest.mark.duty("R-178")
def test_the_states_cover_the_four_stages_and_every_state_is_reached():
    stages = [Stage.FIND, *[stage for _, _, stage in STATE_WORDS.values()]]
    assert stages == list(Stage) == ["发现", "反馈", "修正", "共享"]
    assert set(STATE_WORDS) == set(State) == set(NEXT.values())
    assert {step.event for step in STEPS} == set(Event)


def test_the_fold_counts_and_dates():
    ticket = apply(None, an_event(Event.OPENED, 1))
    assert ticket == TicketRow(
        id="T-1",
        snapshot=7,
        resource="ga_household",
        rule="ga_household.citizen_id.valid",
        department="ga",
        severity="error",
        state=State.ROUTED,
        opened_at=NOW,
        received_at=NOW,
        due=date(2026, 3, 9),
        due_at=datetime(2026, 3, 9, 16, tzinfo=UTC),
        due_provisional=False,
        profile="haishu@2021",
        findings_total=3,
        findings_open=3,
        accepted_at=None,
        outcome=None,
        closed_at=None,
        last_seq=1,
    )
    later = NOW + timedelta(days=1)
    accepted = apply(ticket, an_event(Event.ACCEPTED, 2, later))
    assert accepted == replace(ticket, state=State.ACCEPTED, accepted_at=later, last_seq=2)
    less = apply(accepted, an_event(Event.FINDINGS_GONE, 3, later))
    assert less == replace(accepted, findings_open=2, last_seq=3)
    done = apply(accepted, an_event(Event.REPAIRED, 3, later))
    assert done == replace(
        accepted, state=State.CLOSED, findings_open=0, outcome=Outcome.CORRECTED, closed_at=later, last_seq=3
    )


def test_an_error_opens_a_ticket_and_a_warning_does_not():
    assert can_open("error")
    check_can_open("error")
    assert not can_open("warning")
    with pytest.raises(UserError, match="warning"):
        check_can_open("warning")


@pytest.mark.parametrize(("state", "may"), [(State.ROUTED, True), (State.ACCEPTED, False), (State.CLOSED, False)])
def test_receipt_is_confirmed_once_and_before_the_end(state, may):
    assert can_accept(a_ticket(state)) is may
    if not may:
        with pytest.raises(UserError) as caught:
            check_can_accept(a_ticket(state))
        assert STATE_WORDS[state][0] in caught.value.zh
        assert "已分派" in caught.value.zh


@pytest.mark.parametrize(
    ("state", "gone", "batches", "reason"),
    [
        (State.ROUTED, 3, ["b1"], None),
        (State.ACCEPTED, 3, ["b1", "b2"], None),
        (State.ROUTED, 2, ["b1"], "1 findings"),
        (State.ROUTED, 3, [], "No batch"),
        (State.CLOSED, 0, ["b1"], "closed"),
    ],
)
def test_corrected_needs_every_finding_gone_and_a_batch_that_gathered_again(state, gone, batches, reason):
    ticket = a_ticket(state)
    assert can_close_repaired(ticket, gone, batches) is (reason is None)
    if reason:
        with pytest.raises(UserError, match=reason):
            check_can_close_repaired(ticket, gone, batches)


@pytest.mark.duty("R-180")
def test_a_ticket_is_overdue_after_its_deadline_and_stays_so_if_closed_late():
    ticket = a_ticket()
    assert not is_overdue(ticket, ticket.due_at - timedelta(microseconds=1))
    assert is_overdue(ticket, ticket.due_at)
    in_time = replace(ticket, closed_at=ticket.due_at - timedelta(hours=1))
    late = replace(ticket, closed_at=ticket.due_at + timedelta(hours=1))
    year_after = ticket.due_at + timedelta(days=365)
    assert (is_overdue(in_time, year_after), is_overdue(late, year_after)) == (False, True)


def test_a_ticket_is_named_by_day_rule_and_snapshot():
    late_evening_utc = datetime(2026, 3, 1, 17, tzinfo=UTC)  # the second of March in China
    assert (
        ticket_id(42, "ga_household", "ga_household.sex.code", late_evening_utc)
        == "T-20260302-ga_household.sex.code-42"
    )
    assert ticket_id(42, "ga_household", "base.sex.code", NOW) == "T-20260302-ga_household.base.sex.code-42"


def test_the_committed_diagram_is_the_one_drawn_from_the_states():
    assert diagram.COMMITTED.read_text(encoding="utf-8") == diagram.render(), (
        'docs/ticket-states.md is not up to date: python -c "from quality.tickets.diagram import write; write()"'
    )


@pytest.mark.parametrize(
    "arrow", ["[*] --> routed", "routed --> accepted", "accepted --> closed", "routed --> closed", "closed --> [*]"]
)
def test_the_diagram_shows_every_step(arrow):
    assert f"    {arrow}" in diagram.render()


def test_the_diagram_shows_no_step_that_is_not_there():
    arrows = [line for line in diagram.render().splitlines() if "-->" in line]
    assert len(arrows) == len(MATRIX) + 1
