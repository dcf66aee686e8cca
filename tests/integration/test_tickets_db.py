"""Tickets in a real database, as rules and deliveries move them: SQLite always, PostgreSQL where one answers."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from ticket_desk import DAY, HOUSEHOLD, NOW, OFFICER, SEX, VALID, Desk, databases, group

from ground.errors import InternalFault, NotFound
from quality.repairs import Repair
from quality.tickets.marks import stream_marks
from quality.tickets.policies import is_overdue
from quality.tickets.queue import QueueFilter
from quality.tickets.states import Event, Outcome, State
from quality.tickets.tables import install_guards, ticket, ticket_finding


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, tmp_path):
    yield from databases(request.param, tmp_path)


@pytest.fixture
def desk(db):
    return Desk(db)


@pytest.mark.duty("R-077", "R-178", "R-180")
def test_findings_open_a_ticket_on_the_owning_department_with_its_deadline(desk):
    opened = desk.one("f1", "f2", "f3", "f2")
    assert (opened.id, opened.state, opened.department) == ("T-20260302-0001", State.ROUTED, "ga")
    assert (opened.findings_total, opened.findings_open) == (3, 3)
    assert (opened.received_at, opened.due, opened.due_at) == (
        NOW,
        date(2026, 3, 9),
        datetime(2026, 3, 9, 16, tzinfo=UTC),
    )
    assert (opened.profile, opened.due_provisional) == ("haishu", False)
    shown = desk.tickets.show(opened.id)
    assert shown.ticket == opened
    assert [(event.event, event.snapshot, event.actor) for event in shown.events] == [
        (Event.FOUND, 7, "system"),
        (Event.ROUTED, None, "system"),
    ]
    assert desk.marks() == ["f1", "f2", "f3"]


@pytest.mark.duty("R-180")
def test_the_legal_clock_gives_five_working_days_from_receipt_over_a_holiday(desk):
    """Received on the day before Labour Day 2026: five days off, and a Saturday that is worked."""
    received = datetime(2026, 4, 29, 16, 30, tzinfo=UTC)  # half past midnight on the 30th in Beijing
    opened = desk.one("f1", now=received)
    assert opened.id.startswith("T-20260430-")
    end = datetime(2026, 5, 11, 16, tzinfo=UTC)
    assert (opened.due, opened.due_at) == (date(2026, 5, 11), end)
    assert [is_overdue(opened, at) for at in (end - timedelta(seconds=1), end)] == [False, True]
    explained = "\n".join(desk.tickets.explain(opened))
    assert "2026-05-09  第4日  周六，劳动节调休上班" in explained


def test_opening_again_for_the_same_snapshot_changes_nothing(desk):
    groups = [(["f1", "f2"], VALID), (["f3"], SEX)]
    assert [one.id for one in desk.find(7, *[group(*one) for one in groups])] == ["T-20260302-0001", "T-20260302-0002"]
    before = (desk.contents(), desk.truth())
    assert desk.find(7, *[group(*one) for one in groups], now=NOW + DAY) == []
    assert (desk.contents(), desk.truth()) == before


def test_a_ticket_is_sealed_and_later_findings_open_the_next_with_a_date_of_its_own(desk):
    first = desk.one("f1", "f2")
    second = desk.one("f1", "f2", "f3", snapshot=8, now=NOW + 2 * DAY)
    assert (second.findings_total, second.due) == (1, date(2026, 3, 11))
    assert desk.show(first.id) == first
    assert (desk.standing(first.id), desk.standing(second.id)) == ({"f1", "f2"}, {"f3"})


def test_until_it_is_routed_what_is_found_joins(db):
    """Sealed when it is routed, not before: the authority that routes by hand has one work order per resource and rule."""
    desk = Desk(db, route=False)
    first = desk.one("f1", "f2")
    assert (first.state, first.received_at) == (State.SUBMITTED, None)
    assert desk.find(8, group(["f2", "f3"]), now=NOW + DAY) == []
    joined = desk.show(first.id)
    assert (joined.findings_total, joined.findings_open, joined.state) == (3, 3, State.SUBMITTED)
    from ticket_desk import STEWARD

    routed = desk.handling.route(first.id, STEWARD, NOW + DAY)
    assert (routed.state, routed.received_at, routed.due) == (State.ROUTED, NOW + DAY, date(2026, 3, 10))
    assert desk.one("f4", snapshot=9, now=NOW + 2 * DAY).id != first.id


def test_nothing_new_and_warnings_open_no_ticket(desk):
    desk.one("f1")
    assert desk.find(8, group(["f1"]), group([], SEX), group(["w1"], "ga_household.name.long", "warning")) == []
    assert len(desk.tickets.list()) == 1
    assert desk.marks() == ["f1"]


def test_one_rule_in_two_groups_is_refused(desk):
    with pytest.raises(InternalFault):
        desk.find(7, group(["f1"]), group(["f2"]))
    assert desk.tickets.list() == []


def test_a_date_in_a_year_that_is_not_announced_stays_marked(desk):
    assert desk.one("f1", now=datetime(2026, 12, 30, 2, tzinfo=UTC)).due_provisional is True


@pytest.mark.duty("R-178", "R-183")
@pytest.mark.parametrize("accepted", [False, True])
def test_a_ticket_closes_when_every_finding_is_gone_from_a_later_snapshot(desk, accepted):
    opened = desk.one("f1", "f2", "f3")
    if accepted:
        assert desk.handling.accept(opened.id, OFFICER, NOW + DAY / 2).due_at == opened.due_at
    partly = desk.repair(8, ["f2", "stranger"])
    assert (partly.closed, [one.findings_open for one in partly.progressed]) == ([], [2])
    assert desk.marks() == ["f1", "f3"]
    done = desk.repair(9, ["f1", "f2", "f3"], batches=["b4", "b3"], now=NOW + 2 * DAY)
    (closed,) = done.closed
    assert done.progressed == []
    assert (closed.state, closed.outcome, closed.closed_at) == (State.CLOSED, Outcome.CORRECTED, NOW + 2 * DAY)
    last = desk.tickets.show(opened.id).events[-1]
    assert last.payload == {"findings": 2, "unproven": 0, "batches": ["b3", "b4"], "repairs": {"changed": 2}}
    assert (last.event, last.snapshot) == (Event.REPAIRED, 9)
    assert desk.marks() == []


def test_closing_again_for_the_same_snapshot_changes_nothing(desk):
    desk.find(7, group(["f1", "f2"]), group(["f3"], SEX))
    desk.repair(8, ["f1", "f3"])
    before = (desk.contents(), desk.truth())
    again = desk.repair(8, ["f1", "f3"], now=NOW + 3 * DAY)
    assert (again.closed, again.progressed) == ([], [])
    assert (desk.contents(), desk.truth()) == before
    assert [one.findings_open for one in desk.repair(8, ["f1", "f2"]).closed] == [0]


@pytest.mark.duty("R-183")
@pytest.mark.parametrize(("kind", "batches"), [(Repair.CHANGED, []), (Repair.UNPROVEN, ["b2"])])
def test_without_a_batch_that_proves_it_nothing_is_called_corrected(desk, kind, batches):
    opened = desk.one("f1")
    assert [one.findings_open for one in desk.repair(8, ["f1"], kind=kind, batches=batches).progressed] == [0]
    assert desk.state(opened.id) is State.ROUTED
    assert desk.marks() == []


def test_one_finding_without_a_proof_keeps_the_ticket_open_for_a_person(desk):
    opened = desk.one("f1", "f2")
    desk.repair(8, ["f1"], kind=Repair.UNPROVEN)
    desk.repair(9, ["f2"])
    assert (desk.state(opened.id), desk.show(opened.id).unproven) == (State.ROUTED, 1)


def test_a_finding_that_comes_back_goes_to_the_next_ticket(desk):
    first = desk.one("f1", "f2")
    desk.repair(8, ["f1"])
    second = desk.one("f1", snapshot=9, now=NOW + 3 * DAY)
    assert desk.marks() == ["f1", "f2"]
    done = desk.repair(10, ["f1"])
    assert [one.id for one in done.closed] == [second.id]
    assert desk.show(first.id).findings_open == 1


@pytest.mark.duty("R-183")
def test_what_was_said_to_be_put_right_and_was_not_goes_back(desk):
    opened = desk.one("f1", "f2")
    desk.handling.answer_corrected(opened.id, OFFICER, NOW, how="已在系统中更正")
    waiting = desk.repair(8, [], whole={HOUSEHOLD: [("old", NOW - DAY)]})
    assert (waiting.failed, desk.state(opened.id)) == ([], State.VERIFICATION)
    failed = desk.repair(9, ["f1"], whole={HOUSEHOLD: [("b9", NOW + DAY)]})
    assert [one.state for one in failed.failed] == [State.ACCEPTED]
    last = desk.tickets.show(opened.id).events[-1]
    assert (last.event, last.payload) == (Event.NOT_REPAIRED, {"left": 1, "batches": ["b9"]})
    desk.handling.answer_corrected(opened.id, OFFICER, NOW + DAY, how="已送更正批次", batch="b10")
    assert [one.id for one in desk.repair(10, [], batches=["b10"]).failed] == [opened.id]


@pytest.mark.duty("R-180")
def test_queues_are_sorted_by_due_time(desk):
    late = desk.one("f1", now=NOW + DAY)
    soon = desk.one("f2", snapshot=8)
    tax_group = group(["f3"], "sw_tax_registration.name.filled", resource="sw_tax_registration", department="sw")
    (tax,) = desk.find(9, tax_group, now=NOW + 2 * DAY)
    desk.repair(10, ["f2"])
    assert [one.id for one in desk.tickets.list()] == [soon.id, late.id, tax.id]
    page = desk.tickets.queue(limit=1)
    assert [one.id for one in page.rows] == [late.id]
    assert [one.id for one in desk.tickets.queue(limit=1, after=page.next).rows] == [tax.id]
    assert [one.id for one in desk.tickets.queue(QueueFilter(department="sw")).rows] == [tax.id]
    assert desk.tickets.counts() == {State.ROUTED: 2, State.CLOSED: 1}
    assert desk.tickets.overdue(late.due_at) == 1


def test_pages_follow_each_other_without_a_gap_or_a_repeat(desk):
    for number in range(7):
        desk.one(f"f{number}", snapshot=number, now=NOW + number // 3 * DAY)
    seen, after = [], None
    while True:
        page = desk.tickets.queue(limit=3, after=after)
        seen += [one.id for one in page.rows]
        after = page.next
        if after is None:
            break
    assert seen == [one.id for one in desk.tickets.list()]


def test_a_ticket_that_is_not_there(desk):
    with pytest.raises(NotFound, match="no such ticket"):
        desk.tickets.show("T-none")


def test_nothing_is_written_when_the_transaction_fails(desk):
    with suppress(ZeroDivisionError), desk.db.writing() as connection:
        desk.follower.open_from_findings(connection, 7, [group(["f1"])], NOW)
        raise ZeroDivisionError
    assert all(rows == [] for rows in (desk.contents() | desk.truth()).values())
    assert desk.one("f1").findings_total == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket_event SET event = 'accepted'",
        "DELETE FROM ticket_event",
        "UPDATE ticket_event_finding SET fingerprint = 'x'",
        "DELETE FROM ticket_event_finding",
    ],
)
def test_the_event_stream_only_grows(desk, statement):
    desk.one("f1")
    with desk.db.begin() as connection:
        install_guards(connection)  # again is harmless
    with pytest.raises(DBAPIError, match="append-only"), desk.db.begin() as connection:
        connection.exec_driver_sql(statement)


def test_the_projection_is_rebuilt_from_the_events_alone(desk):
    desk.find(7, group(["f1", "f2"]), group(["f3"], SEX))
    desk.handling.accept("T-20260302-0001", OFFICER, NOW)
    desk.repair(8, ["f1", "f3"])
    desk.find(9, group(["f1"]), group(["f3"], SEX))
    before = desk.contents()
    with desk.db.begin() as connection:
        connection.execute(sa.update(ticket).values(state="closed", findings_open=99))
        connection.execute(sa.update(ticket_finding).values(ended_by=1))
    assert desk.contents() != before
    assert desk.tickets.rebuild() == 4
    assert desk.contents() == before


def test_many_findings_are_marked_in_chunks(desk):
    names = [f"{number:064x}" for number in range(25_000)]
    (opened,) = desk.find(7, group(names, size=10_000))
    assert opened.findings_total == 25_000
    with desk.db.begin() as connection:
        chunks = list(stream_marks(connection, 10_000))
    assert [len(chunk) for chunk in chunks] == [10_000, 10_000, 5_000]
    assert sorted(name for chunk in chunks for name in chunk) == names
    assert desk.repair(8, names).closed[0].findings_open == 0
