"""The life of a ticket: every pair of state and event, the fold, the diagram, who may do what."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.model import Role
from ground.errors import Conflict, Forbidden, InternalFault, NotFound, UserError
from quality.tickets import diagram
from quality.tickets.clocks import Limit, LimitKind
from quality.tickets.events import Channel, Kind, TicketEvent, apply
from quality.tickets.permissions import MAY, SYSTEM, Actor, check_may, check_may_see, may, may_see
from quality.tickets.policies import (
    can_close_repaired,
    can_open,
    can_step,
    check_can_ask_extension,
    check_can_close_repaired,
    check_can_confirm,
    check_can_open,
    check_can_talk_through,
    check_step,
    check_unchanged,
    is_overdue,
)
from quality.tickets.states import (
    ENDED,
    EVENT_WORDS,
    NEXT,
    OPEN,
    OUTCOME_WORDS,
    STATE_WORDS,
    STEPS,
    Event,
    Outcome,
    Stage,
    State,
)

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def limit(kind="legal", text="5wd", due="2026-03-09", due_at="2026-03-09T16:00:00+00:00"):
    return {
        "kind": kind, "text": text, "received_at": NOW.isoformat(), "due": due, "due_at": due_at, "provisional": False,
    }  # fmt: skip


FOUND = {
    "kind": "findings", "channel": "monitor", "resource": "ga_household", "rule": "ga_household.citizen_id.valid",
    "item": "citizen_id", "department": "ga", "severity": "error", "findings": 3, "profile": "haishu",
    "limit": limit("triage", "1wd", "2026-03-03", "2026-03-03T16:00:00+00:00"),
}  # fmt: skip
REPORTED = {
    **FOUND,
    "kind": "wrong_value",
    "channel": "form",
    "rule": "report.wrong_value",
    "findings": 1,
    "reporter": "person:sun",
}
PAYLOADS = {
    Event.FOUND: FOUND,
    Event.REPORTED: REPORTED,
    Event.SPLIT_FROM: {**FOUND, "from": "T-0"},
    Event.FINDINGS_JOINED: {"findings": 2},
    Event.RESUBMITTED: {"limit": limit("triage", "1wd")},
    Event.ROUTED: {"department": "ga", "limit": limit()},
    Event.REASSIGNED: {"department": "sw", "limit": limit(), "reason": "x"},
    Event.ACCEPTED: {"assignee": "person:wang"},
    Event.URGENT_SET: {"limit": limit("urgent", "2026-03-04", "2026-03-04", "2026-03-04T16:00:00+00:00")},
    Event.EXTENSION_ASKED: {"until": "2026-04-01", "cause": "x"},
    Event.EXTENSION_GRANTED: {"limit": limit("extended", "2026-04-01", "2026-04-01", "2026-04-01T16:00:00+00:00")},
    Event.ANSWERED_CORRECTED: {"how": "x", "batch": "b7"},
    Event.ANSWERED_CONFIRMED: {"check": "x", "basis": "y"},
    Event.ANSWERED_TALKED: {"record": "x", "review_on": "2026-06-01"},
    Event.FINDINGS_GONE: {"findings": 1, "batches": ["b1"]},
    Event.REPAIRED: {"findings": 3, "batches": ["b1"]},
    Event.MARK_CLEARED: {"findings": 1, "batches": ["b1"]},
    Event.REOPENED: {"limit": limit(), "reason": "x"},
    Event.COORDINATED_CORRECT: {"limit": limit(), "record": "x"},
    Event.GOVERNMENT_DECIDED: {"decision": "stands", "document": "x"},
    Event.SPLIT_OFF: {"into": "T-2", "findings": 1},
    Event.ABSORBED: {"from": "T-2", "findings": 1},
    Event.MERGED: {"into": "T-2"},
    Event.GROUPED: {"group": "移位"},
    Event.RECTIFICATION_ORDERED: {"document": "x", "limit": limit("ordered", "2026-04-01")},
    Event.DUE_RECOMPUTED: {"limit": limit()},
}


def an_event(kind, seq, at=NOW, **said):
    return TicketEvent(
        ticket="T-1", seq=seq, at=at, event=kind, actor="system", snapshot=7, payload={**PAYLOADS.get(kind, {}), **said}
    )


def a_ticket(state=State.ROUTED, opened_by=Event.FOUND, **changes):
    ticket = apply(apply(None, an_event(opened_by, 1)), an_event(Event.ROUTED, 2))
    return replace(ticket, state=state, is_open=state not in ENDED, **changes)


S, E = State, Event
WORKING = (S.ROUTED, S.ACCEPTED, S.EXTENSION_ASKED, S.EXTENDED)
HELD = (S.ACCEPTED, S.EXTENSION_ASKED, S.EXTENDED)
ALIVE = tuple(one for one in S if one not in (S.CLOSED, S.MERGED, S.WITHDRAWN))
MOVES = [
    # event, from, to (None: stays)
    (E.FOUND, [None], S.SUBMITTED),
    (E.REPORTED, [None], S.SUBMITTED),
    (E.SPLIT_FROM, [None], S.SUBMITTED),
    (E.FINDINGS_JOINED, [S.SUBMITTED], None),
    (E.REPORT_JOINED, ALIVE, None),
    (E.RETURNED, [S.SUBMITTED], S.RETURNED),
    (E.RESUBMITTED, [S.RETURNED], S.SUBMITTED),
    (E.WITHDRAWN, [S.SUBMITTED, S.RETURNED, *WORKING], S.WITHDRAWN),
    (E.ROUTED, [S.SUBMITTED], S.ROUTED),
    (E.REASSIGNED, [S.ROUTED, S.ACCEPTED, S.EXTENDED], S.ROUTED),
    (E.ACCEPTED, [S.ROUTED], S.ACCEPTED),
    (E.URGENT_SET, WORKING, None),
    (E.EXTENSION_ASKED, [S.ACCEPTED, S.EXTENDED], S.EXTENSION_ASKED),
    (E.EXTENSION_GRANTED, [S.EXTENSION_ASKED], S.EXTENDED),
    (E.EXTENSION_REFUSED, [S.EXTENSION_ASKED], S.ACCEPTED),
    (E.ANSWERED_CORRECTED, [*HELD, S.DECIDED], S.VERIFICATION),
    (E.ANSWERED_CONFIRMED, HELD, S.RESOLVED),
    (E.ANSWERED_TALKED, HELD, S.RESOLVED),
    (E.SENT_BACK, [S.RESOLVED], S.ACCEPTED),
    (E.NOT_REPAIRED, [S.VERIFICATION], S.ACCEPTED),
    (E.FINDINGS_GONE, ALIVE, None),
    (E.REPAIRED, ALIVE, S.CLOSED),
    (E.CONFIRMED, [S.RESOLVED], S.CLOSED),
    (E.TALKED_THROUGH, [S.RESOLVED], S.CLOSED),
    (E.MARK_CLEARED, [S.CLOSED], None),
    (E.REOPENED, [S.CLOSED], S.ROUTED),
    (E.DISPUTED, [S.RESOLVED, S.CLOSED], S.DISPUTED),
    (E.COORDINATION_STARTED, [S.DISPUTED], S.COORDINATING),
    (E.COORDINATED_CORRECT, [S.COORDINATING], S.ACCEPTED),
    (E.COORDINATED_STANDS, [S.COORDINATING], S.CLOSED),
    (E.ESCALATED, [S.COORDINATING], S.ESCALATED),
    (E.GOVERNMENT_DECIDED, [S.ESCALATED], S.DECIDED),
    (E.CONCLUDED, [S.DECIDED], S.CLOSED),
    (E.SPLIT_OFF, [S.SUBMITTED, S.ROUTED, S.ACCEPTED, S.EXTENDED], None),
    (E.ABSORBED, [S.SUBMITTED, S.ROUTED, S.ACCEPTED, S.EXTENDED], None),
    (E.MERGED, [S.SUBMITTED, S.ROUTED, S.ACCEPTED, S.EXTENDED], S.MERGED),
    (E.GROUPED, ALIVE, None),
    (E.REMINDED, [S.SUBMITTED, *WORKING, S.VERIFICATION, S.DECIDED], None),
    (E.OVERDUE, [S.SUBMITTED, *WORKING, S.VERIFICATION, S.DECIDED], None),
    (E.RECTIFICATION_ORDERED, [*WORKING, S.VERIFICATION, S.DECIDED], None),
    (E.REPORTED_UP, [*WORKING, S.DECIDED], None),
    (E.DUE_RECOMPUTED, ALIVE, None),
    (E.NOTED, list(S), None),
    (E.ATTACHED, ALIVE, None),
    (E.REPORTER_NOTIFIED, list(S), None),
    (E.CORRECTION_SHARED, [S.CLOSED], None),
]
"""The life as it is meant to be, written apart from `quality.tickets.states`: the law, and the issue it was built for."""
MATRIX = {(before, event): after or before for event, states, after in MOVES for before in states}


@pytest.mark.duty("R-178")
@pytest.mark.parametrize("state", [None, *State])
@pytest.mark.parametrize("event", list(Event))
def test_every_pair_of_state_and_event(state, event):
    ticket = a_ticket(state) if state else None
    happening = an_event(event, 3 if state else 1)
    if (state, event) in MATRIX:
        assert apply(ticket, happening).state is MATRIX[state, event]
        assert ticket is None or can_step(ticket, event)
    else:
        with pytest.raises(InternalFault):
            apply(ticket, happening)
        if ticket is not None:
            with pytest.raises(Conflict) as caught:
                check_step(ticket, event)
            assert STATE_WORDS[state][0] in caught.value.zh
            assert EVENT_WORDS[event][0] in caught.value.zh
    assert ((state, event) in NEXT) is ((state, event) in MATRIX)


@pytest.mark.parametrize("seq", [1, 2, 4])
def test_an_event_out_of_order_is_refused(seq):
    with pytest.raises(InternalFault):
        apply(a_ticket(), an_event(Event.ACCEPTED, seq))


@pytest.mark.duty("R-178")
def test_the_states_cover_the_four_stages_and_every_state_is_reached():
    assert {stage for _, _, stage in STATE_WORDS.values()} == set(Stage)
    assert list(Stage) == ["发现", "反馈", "修正", "共享"]
    assert set(STATE_WORDS) == set(State) == set(NEXT.values())
    assert {step.event for step in STEPS} == set(Event) == set(MAY)
    assert set(ALIVE) == set(OPEN)


@pytest.mark.duty("R-183")
def test_there_are_exactly_three_outcomes_in_the_words_of_the_article():
    assert {one: OUTCOME_WORDS[one][0] for one in Outcome} == {
        Outcome.CORRECTED: "完成整改", Outcome.CONFIRMED: "确认无误", Outcome.TALKED_THROUGH: "沟通解决",
    }  # fmt: skip


def test_what_is_found_waits_for_the_authority_and_counts_from_its_receipt():
    found = apply(None, an_event(Event.FOUND, 1))
    assert (found.state, found.kind, found.channel, found.is_open) == (
        S.SUBMITTED,
        Kind.FINDINGS,
        Channel.MONITOR,
        True,
    )
    assert (found.received_at, found.limit_kind, found.due) == (None, LimitKind.TRIAGE, date(2026, 3, 3))
    routed = apply(found, an_event(Event.ROUTED, 2, LATER))
    assert (routed.received_at, routed.limit_kind, routed.due) == (NOW, LimitKind.LEGAL, date(2026, 3, 9))
    assert (routed.findings_total, routed.findings_open) == (3, 3)


def test_the_fold_counts_findings_and_keeps_answers_until_they_are_sent_back():
    ticket = a_ticket()
    accepted = apply(ticket, an_event(Event.ACCEPTED, 3, LATER))
    assert (accepted.accepted_at, accepted.assignee) == (LATER, "person:wang")
    less = apply(accepted, an_event(Event.FINDINGS_GONE, 4, LATER))
    assert (less.findings_open, less.findings_total, less.unproven) == (2, 3, 0)
    said = apply(less, an_event(Event.ANSWERED_CORRECTED, 5, LATER))
    assert (said.answer, said.answer_batch, said.answered_at) == (Outcome.CORRECTED, "b7", LATER)
    back = apply(said, an_event(Event.NOT_REPAIRED, 6, LATER))
    assert (back.answer, back.answer_batch, back.answered_at, back.rounds) == (None, None, None, 1)
    done = apply(said, an_event(Event.REPAIRED, 6, LATER, findings=2))
    assert (done.outcome, done.closed_at, done.findings_open, done.is_open) == (Outcome.CORRECTED, LATER, 0, False)


def test_a_ticket_says_before_which_government_it_stands_until_it_reaches_a_queue_again():
    up = apply(a_ticket(S.COORDINATING), an_event(Event.ESCALATED, 3, LATER, document="x", government="gov"))
    assert (up.state, up.escalated_to, up.escalated_at) == (S.ESCALATED, "gov", LATER)
    reported = apply(a_ticket(S.ACCEPTED), an_event(Event.REPORTED_UP, 3, LATER, government=None))
    assert (reported.state, reported.escalated_to, reported.escalated_at) == (S.ACCEPTED, None, LATER)
    given = apply(reported, an_event(Event.REASSIGNED, 4, LATER))
    assert (given.escalated_to, given.escalated_at) == (None, None)


def test_a_value_that_was_talked_through_stays_open_in_the_count():
    said = apply(a_ticket(S.ACCEPTED), an_event(Event.ANSWERED_TALKED, 3, LATER))
    assert said.review_on == date(2026, 6, 1)
    closed = apply(said, an_event(Event.TALKED_THROUGH, 4, LATER))
    assert (closed.outcome, closed.findings_open, closed.is_open) == (Outcome.TALKED_THROUGH, 3, False)
    cleared = apply(closed, an_event(Event.MARK_CLEARED, 5, LATER))
    assert (cleared.state, cleared.findings_open) == (S.CLOSED, 2)
    again = apply(closed, an_event(Event.REOPENED, 5, LATER))
    assert (again.state, again.outcome, again.closed_at, again.review_on, again.rounds) == (
        S.ROUTED,
        None,
        None,
        None,
        1,
    )


def test_a_longer_limit_takes_back_that_it_was_overdue_and_a_shorter_one_does_not():
    late = apply(a_ticket(S.ACCEPTED), an_event(Event.OVERDUE, 3, LATER))
    assert late.overdue_at == LATER
    ordered = apply(late, an_event(Event.RECTIFICATION_ORDERED, 4, LATER))
    assert (ordered.rectified_at, ordered.limit_kind, ordered.overdue_at) == (LATER, LimitKind.ORDERED, LATER)
    asked = apply(late, an_event(Event.EXTENSION_ASKED, 4))
    assert asked.asked_until == "2026-04-01"
    granted = apply(asked, an_event(Event.EXTENSION_GRANTED, 5))
    assert (granted.due, granted.overdue_at, granted.asked_until) == (date(2026, 4, 1), None, None)


def test_a_limit_is_written_and_read_as_it_was():
    one = a_ticket().clock
    assert Limit.read(one.as_json()) == one


# --- policies ---------------------------------------------------------------------------------------------------------


def test_an_error_opens_a_ticket_and_a_warning_does_not():
    assert can_open("error")
    check_can_open("error")
    assert not can_open("warning")
    with pytest.raises(UserError, match="warning"):
        check_can_open("warning")


@pytest.mark.duty("R-183")
@pytest.mark.parametrize(
    ("state", "gone", "unproven", "batches", "reason"),
    [
        (S.ROUTED, 3, 0, ["b1"], None),
        (S.VERIFICATION, 3, 0, ["b1", "b2"], None),
        (S.ROUTED, 2, 0, ["b1"], "2026|1 findings"),
        (S.ROUTED, 3, 0, [], "No batch"),
        (S.ROUTED, 3, 1, ["b1"], "No batch"),
        (S.CLOSED, 0, 0, ["b1"], "closed"),
    ],
)
def test_corrected_needs_every_finding_gone_by_a_batch(state, gone, unproven, batches, reason):
    ticket = a_ticket(state)
    assert can_close_repaired(ticket, gone, unproven, batches) is (reason is None)
    if reason:
        with pytest.raises(UserError, match=reason):
            check_can_close_repaired(ticket, gone, unproven, batches)


@pytest.mark.duty("R-183")
@pytest.mark.parametrize(("check", "basis"), [("", "档案 12"), ("核对了原件", " "), ("", "")])
def test_confirmed_without_check_or_basis_is_refused(check, basis):
    with pytest.raises(UserError, match=r"what was checked|give the basis|Say what|Give the"):
        check_can_confirm(a_ticket(S.ACCEPTED), check, basis)
    check_can_confirm(a_ticket(S.ACCEPTED), "核对了原件", "档案 12")


@pytest.mark.duty("R-183")
@pytest.mark.parametrize(
    ("record", "review", "allowed"),
    [
        ("电话沟通", date(2026, 6, 1), True),
        ("电话沟通", date(2027, 3, 3), True),
        ("", date(2026, 6, 1), False),
        ("电话沟通", None, False),
        ("电话沟通", date(2026, 3, 2), False),
        ("电话沟通", date(2027, 3, 4), False),
    ],
)
def test_talked_through_needs_its_record_and_a_review_within_a_year(record, review, allowed):
    if allowed:
        check_can_talk_through(a_ticket(S.ACCEPTED), record, review, NOW)
    else:
        with pytest.raises(UserError):
            check_can_talk_through(a_ticket(S.ACCEPTED), record, review, NOW)


@pytest.mark.duty("R-181")
def test_an_extension_is_asked_in_time_with_its_cause_and_never_of_an_order():
    held = a_ticket(S.ACCEPTED)
    check_can_ask_extension(held, "系统迁移", NOW)
    for ticket, cause, now in [
        (held, "", NOW),
        (held, "系统迁移", held.due_at),
        (replace(held, limit_kind=LimitKind.ORDERED), "系统迁移", NOW),
        (a_ticket(S.ROUTED), "系统迁移", NOW),
    ]:
        with pytest.raises(UserError):
            check_can_ask_extension(ticket, cause, now)


def test_whoever_looked_at_an_older_ticket_is_told():
    ticket = a_ticket()
    check_unchanged(ticket, None)
    check_unchanged(ticket, ticket.last_seq)
    with pytest.raises(Conflict, match="moved"):
        check_unchanged(ticket, ticket.last_seq - 1)


@pytest.mark.duty("R-180")
def test_a_ticket_is_overdue_after_its_deadline_and_stays_so_if_closed_late():
    ticket = a_ticket()
    assert not is_overdue(ticket, ticket.due_at - timedelta(microseconds=1))
    assert is_overdue(ticket, ticket.due_at)
    in_time = replace(ticket, closed_at=ticket.due_at - timedelta(hours=1))
    late = replace(ticket, closed_at=ticket.due_at + timedelta(hours=1))
    year_after = ticket.due_at + timedelta(days=365)
    assert (is_overdue(in_time, year_after), is_overdue(late, year_after)) == (False, True)


# --- permissions ------------------------------------------------------------------------------------------------------

ACTORS = {
    "steward": Actor("person:li", "李工", Role.STEWARD, "bureau"),
    "own": Actor("person:wang", "王芳", Role.PROVIDER, "ga"),
    "other": Actor("person:chen", "陈明", Role.PROVIDER, "sw"),
    "reporter": Actor("person:sun", "孙倩", Role.REPORTER, "sp"),
    "stranger": Actor("person:qian", "钱进", Role.REPORTER, "sp"),
}
PEOPLE = {
    # event -> who may do it to a routed report of "reporter" that "ga" has in hand
    **dict.fromkeys([E.ACCEPTED, E.ANSWERED_CORRECTED, E.ANSWERED_CONFIRMED, E.ANSWERED_TALKED, E.EXTENSION_ASKED], frozenset({"own"})),
    **dict.fromkeys([E.SPLIT_OFF, E.SPLIT_FROM], frozenset({"own", "steward"})),
    **dict.fromkeys(
        [E.RETURNED, E.ROUTED, E.REASSIGNED, E.URGENT_SET, E.EXTENSION_GRANTED, E.EXTENSION_REFUSED, E.SENT_BACK,
         E.CONFIRMED, E.TALKED_THROUGH, E.REOPENED, E.COORDINATION_STARTED, E.COORDINATED_CORRECT, E.COORDINATED_STANDS,
         E.ESCALATED, E.GOVERNMENT_DECIDED, E.CONCLUDED, E.ABSORBED, E.MERGED, E.GROUPED, E.RECTIFICATION_ORDERED],
        frozenset({"steward"}),
    ),
    **dict.fromkeys([E.DISPUTED, E.RESUBMITTED], frozenset({"steward", "reporter"})),
    E.WITHDRAWN: {"steward"},
    **dict.fromkeys([E.NOTED, E.ATTACHED, E.REPORTED, E.REPORT_JOINED], frozenset({"steward", "own", "reporter"})),
}  # fmt: skip


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("who", list(ACTORS))
def test_every_pair_of_person_and_event(who, event):
    ticket = a_ticket(S.ROUTED, Event.REPORTED)
    allowed = who in PEOPLE.get(event, set())
    assert may(ACTORS[who], event, ticket) is allowed
    assert may(SYSTEM, event, ticket)
    if not allowed:
        with pytest.raises(NotFound if who in ("other", "stranger") else Forbidden):
            check_may(ACTORS[who], event, ticket)


@pytest.mark.parametrize("state", list(State))
def test_who_sees_a_ticket(state):
    ticket = a_ticket(state, Event.REPORTED)
    routed = state not in (S.SUBMITTED, S.RETURNED)
    seen = {name for name, actor in ACTORS.items() if may_see(actor, ticket)}
    assert seen == {"steward", "reporter"} | ({"own"} if routed else set())
    with pytest.raises(NotFound):
        check_may_see(ACTORS["stranger"], ticket)


def test_a_reporter_withdraws_before_it_is_routed_and_not_after():
    mine = ACTORS["reporter"]
    assert may(mine, Event.WITHDRAWN, a_ticket(S.SUBMITTED, Event.REPORTED))
    assert not may(mine, Event.WITHDRAWN, a_ticket(S.ACCEPTED, Event.REPORTED))


# --- the diagram ------------------------------------------------------------------------------------------------------


def test_the_committed_diagram_is_the_one_drawn_from_the_states():
    assert diagram.COMMITTED.read_text(encoding="utf-8") == diagram.render(), (
        "docs/ticket-states.md is not up to date: python -m quality.tickets.diagram"
    )


def test_the_diagram_shows_every_step_that_leads_on_and_no_other():
    arrows = {tuple(line.split(":")[0].split()) for line in diagram.render().splitlines() if "-->" in line}
    meant = {(before or "[*]", "-->", after) for (before, _), after in MATRIX.items() if before != after}
    ends = {(state, "-->", "[*]") for state in ENDED}
    assert arrows == {tuple(map(str, one)) for one in meant | ends}
