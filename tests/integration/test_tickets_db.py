"""Tickets in a real database: SQLite always, PostgreSQL where one answers."""

import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.exc import DBAPIError

from ground.errors import InternalFault, UserError
from policy.calendar import WorkingCalendar
from policy.clock import Period
from policy.clock import due as legal_due
from quality.tickets import store
from quality.tickets.marks import open_marks, stream_marks
from quality.tickets.policies import is_overdue
from quality.tickets.service import FindingGroup, TicketService
from quality.tickets.states import Event, Outcome, State
from quality.tickets.tables import TABLES, install_guards, ticket, ticket_event, ticket_event_finding, ticket_finding
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOUSEHOLD = "ga_household"
VALID = "ga_household.citizen_id.valid"
SEX = "ga_household.sex.code"


@dataclass(frozen=True)
class Deadline:
    due: date
    due_at: datetime
    provisional: bool = False


def five_days(received):
    """A clock without holidays: enough to see that the ticket keeps what it is told."""
    due = received.date() + 5 * DAY
    return Deadline(due, datetime.combine(due + DAY, time(), UTC))


def postgres_url():
    url = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    probe = sa.create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with probe.connect():
            return url
    except DBAPIError as fault:
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(
            f"NO POSTGRESQL: tickets are tested on SQLite only ({type(fault).__name__}); set SHUYUAN_TEST_POSTGRES"
        )
    finally:
        probe.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, tmp_path):
    if request.param == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
        metadata.create_all(database.engine, tables=TABLES)
        yield database
        database.dispose()
        return
    url = sa.make_url(postgres_url())
    schema = f"shuyuan_{uuid.uuid4().hex[:12]}"
    owner = sa.create_engine(url)
    with owner.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    own = url.update_query_dict({"options": f"-csearch_path={schema}"})
    database = OperationalDatabase(own.render_as_string(hide_password=False))
    metadata.create_all(database.engine, tables=TABLES)
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    owner.dispose()


@pytest.fixture
def service(db):
    return TicketService(db, due=five_days, profile="haishu@2021")


def group(fingerprints, rule_id=VALID, severity="error", resource=HOUSEHOLD, department="ga", size=2):
    chunks = [fingerprints[at : at + size] for at in range(0, len(fingerprints), size)]
    return FindingGroup(
        resource=resource, rule=rule_id, department=department, severity=severity, fingerprints=iter(chunks)
    )


def open_(db, service, snapshot, *groups, now=NOW):
    with db.begin() as connection:
        return service.open_from_findings(connection, snapshot, groups, now)


def close(db, service, snapshot, gone, evidence=None, now=NOW + DAY):
    with db.begin() as connection:
        return service.close_repaired(
            connection, snapshot, [gone], {HOUSEHOLD: ["b2"]} if evidence is None else evidence, now
        )


def contents(db):
    with db.begin() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in (ticket, ticket_finding)
        }


def truth(db):
    with db.begin() as connection:
        return [
            sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in (ticket_event, ticket_event_finding)
        ]


def marks(db):
    with db.begin() as connection:
        return sorted(connection.execute(open_marks()).scalars())


@pytest.mark.duty("R-077", "R-178", "R-180")
def test_findings_open_a_ticket_on_the_owning_department_with_its_deadline(db, service):
    (opened,) = open_(db, service, 7, group(["f1", "f2", "f3", "f2"]))
    assert (opened.id, opened.state, opened.department) == (f"T-20260302-{VALID}-7", State.ROUTED, "ga")
    assert (opened.findings_total, opened.findings_open) == (3, 3)
    assert (opened.received_at, opened.due, opened.due_at) == (NOW, date(2026, 3, 7), datetime(2026, 3, 8, tzinfo=UTC))
    assert (opened.profile, opened.due_provisional) == ("haishu@2021", False)
    shown = service.show(opened.id)
    assert shown.ticket == opened
    assert [(event.event, event.snapshot, event.at) for event in shown.events] == [(Event.OPENED, 7, NOW)]
    assert marks(db) == ["f1", "f2", "f3"]


@pytest.mark.duty("R-180")
def test_the_legal_clock_gives_five_working_days_from_receipt_over_a_holiday(db):
    """Received on the day before Labour Day 2026: five days off, and a Saturday that is worked."""
    calendar = WorkingCalendar.standard()
    service = TicketService(db, due=lambda at: legal_due(at, Period.parse("5wd"), calendar), profile="haishu@2021")
    received = datetime(2026, 4, 29, 16, 30, tzinfo=UTC)  # half past midnight on the 30th in Beijing
    (opened,) = open_(db, service, 7, group(["f1"]), now=received)
    assert opened.id.startswith("T-20260430-")
    kept = service.show(opened.id).ticket
    end = datetime(2026, 5, 11, 16, tzinfo=UTC)
    assert (kept.due, kept.due_at, kept.due_provisional) == (date(2026, 5, 11), end, False)
    assert [is_overdue(kept, at) for at in (end - timedelta(seconds=1), end)] == [False, True]


def test_opening_again_for_the_same_snapshot_changes_nothing(db, service):
    groups = [(["f1", "f2"], VALID), (["f3"], SEX)]
    assert len(open_(db, service, 7, *[group(*one) for one in groups])) == 2
    before = (contents(db), truth(db))
    assert open_(db, service, 7, *[group(*one) for one in groups], now=NOW + DAY) == []
    assert open_(db, service, 7, group(["f1", "new"]), now=NOW + DAY) == []
    assert (contents(db), truth(db)) == before


def test_a_ticket_is_sealed_and_later_findings_open_the_next_with_a_date_of_its_own(db, service):
    (first,) = open_(db, service, 7, group(["f1", "f2"]))
    (second,) = open_(db, service, 8, group(["f1", "f2", "f3"]), now=NOW + 2 * DAY)
    assert (second.findings_total, second.due) == (1, first.due + 2 * DAY)
    assert service.show(first.id).ticket == first
    with db.begin() as connection:
        assert connection.execute(store.fingerprints(first.id)).all() == [("f1", None), ("f2", None)]
        assert connection.execute(store.fingerprints(second.id)).all() == [("f3", None)]


def test_nothing_new_and_warnings_open_no_ticket(db, service):
    open_(db, service, 7, group(["f1"]))
    assert (
        open_(db, service, 8, group(["f1"]), group([], SEX), group(["w1"], "ga_household.name.long", "warning")) == []
    )
    assert len(service.list()) == 1
    assert marks(db) == ["f1"]


def test_one_rule_in_two_groups_is_refused(db, service):
    with pytest.raises(InternalFault):
        open_(db, service, 7, group(["f1"]), group(["f2"]))
    assert service.list() == []


def test_a_provisional_date_stays_marked(db):
    service = TicketService(db, due=lambda at: Deadline(date(2027, 1, 5), at + 9 * DAY, True), profile="p")
    (opened,) = open_(db, service, 7, group(["f1"]))
    assert service.show(opened.id).ticket.due_provisional is True


@pytest.mark.duty("R-178")
@pytest.mark.parametrize("accepted", [False, True])
def test_a_ticket_closes_when_every_finding_is_gone_from_a_later_snapshot(db, service, accepted):
    (opened,) = open_(db, service, 7, group(["f1", "f2", "f3"]))
    if accepted:
        with db.begin() as connection:
            assert service.accept(connection, opened.id, "王芳", NOW + DAY / 2).due_at == opened.due_at
    partly = close(db, service, 8, ["f2", "stranger"])
    assert (partly.closed, [one.findings_open for one in partly.progressed]) == ([], [2])
    assert marks(db) == ["f1", "f3"]
    done = close(db, service, 9, ["f1", "f2", "f3"], {HOUSEHOLD: ["b4", "b3"], "sw_x": ["b9"]}, NOW + 2 * DAY)
    (closed,) = done.closed
    assert done.progressed == []
    assert (closed.state, closed.outcome, closed.closed_at) == (State.CLOSED, Outcome.CORRECTED, NOW + 2 * DAY)
    shown = service.show(opened.id)
    assert shown.ticket == closed
    assert shown.events[-1].payload == {"findings": 2, "batches": ["b3", "b4"]}
    assert (shown.events[-1].event, shown.events[-1].snapshot) == (Event.REPAIRED, 9)
    assert marks(db) == []
    with db.begin() as connection:
        assert connection.execute(store.fingerprints(opened.id)).all() == [("f1", 9), ("f2", 8), ("f3", 9)]


def test_closing_again_for_the_same_snapshot_changes_nothing(db, service):
    open_(db, service, 7, group(["f1", "f2"]), group(["f3"], SEX))
    close(db, service, 8, ["f1", "f3"])
    before = (contents(db), truth(db))
    again = close(db, service, 8, ["f1", "f3"], now=NOW + 3 * DAY)
    assert (again.closed, again.progressed) == ([], [])
    assert (contents(db), truth(db)) == before
    assert [one.findings_open for one in close(db, service, 8, ["f1", "f2"]).closed] == [0]


def test_without_a_new_batch_nothing_is_called_corrected(db, service):
    (opened,) = open_(db, service, 7, group(["f1"]))
    assert [one.findings_open for one in close(db, service, 8, ["f1"], {}).progressed] == [0]
    assert service.show(opened.id).ticket.state is State.ROUTED
    assert marks(db) == []


def test_the_other_side_of_a_comparison_may_be_what_was_put_right(db, service):
    (opened,) = open_(db, service, 7, group(["f1"]))
    close(db, service, 8, ["f1"], {"sw_social_insurance": ["b5"]})
    assert service.show(opened.id).events[-1].payload["batches"] == ["b5"]


def test_a_finding_that_comes_back_goes_to_the_next_ticket(db, service):
    (first,) = open_(db, service, 7, group(["f1", "f2"]))
    close(db, service, 8, ["f1"])
    (second,) = open_(db, service, 9, group(["f1"]), now=NOW + 3 * DAY)
    assert marks(db) == ["f1", "f2"]
    done = close(db, service, 10, ["f1"])
    assert [one.id for one in done.closed] == [second.id]
    assert service.show(first.id).ticket.findings_open == 1


def test_receipt_is_confirmed_once(db, service):
    (opened,) = open_(db, service, 7, group(["f1"]))
    with db.begin() as connection:
        service.accept(connection, opened.id, "王芳", NOW)
    with pytest.raises(UserError, match="accepted"), db.begin() as connection:
        service.accept(connection, opened.id, "王芳", NOW)
    for call in (lambda c: service.accept(c, "T-none", "王芳", NOW), lambda c: service.show("T-none")):
        with pytest.raises(UserError, match="no such ticket"), db.begin() as connection:
            call(connection)


@pytest.mark.duty("R-180")
def test_queues_are_sorted_by_due_time(db, service):
    (late,) = open_(db, service, 7, group(["f1"]), now=NOW + DAY)
    (soon,) = open_(db, service, 6, group(["f2"]), now=NOW)
    (tax,) = open_(
        db, service, 8, group(["f3"], "sw_tax_registration.name.filled", resource="sw_tax_registration", department="sw"),
        now=NOW + 2 * DAY,
    )  # fmt: skip
    close(db, service, 9, ["f2"])
    assert [one.id for one in service.list()] == [soon.id, late.id, tax.id]
    assert [one.id for one in service.list(State.ROUTED)] == [late.id, tax.id]
    assert [one.id for one in service.list(department="ga")] == [soon.id, late.id]
    assert [one.id for one in service.list(State.ROUTED, "sw")] == [tax.id]
    assert [one.id for one in service.list(limit=1, offset=1)] == [late.id]
    assert [is_overdue(one, NOW + 7 * DAY) for one in service.list()] == [False, True, False]


def test_nothing_is_written_when_the_transaction_fails(db, service):
    with suppress(ZeroDivisionError), db.begin() as connection:
        service.open_from_findings(connection, 7, [group(["f1"])], NOW)
        raise ZeroDivisionError
    assert (contents(db), truth(db)) == ({"ticket": [], "ticket_finding": []}, [[], []])
    assert len(open_(db, service, 7, group(["f1"]))) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ticket_event SET event = 'accepted'",
        "DELETE FROM ticket_event",
        "UPDATE ticket_event_finding SET fingerprint = 'x'",
        "DELETE FROM ticket_event_finding",
    ],
)
def test_the_event_stream_only_grows(db, service, statement):
    open_(db, service, 7, group(["f1"]))
    with db.begin() as connection:
        install_guards(connection)  # again is harmless
    with pytest.raises(DBAPIError, match="append-only"), db.begin() as connection:
        connection.exec_driver_sql(statement)


def test_the_projection_is_rebuilt_from_the_events_alone(db, service):
    open_(db, service, 7, group(["f1", "f2"]), group(["f3"], SEX))
    with db.begin() as connection:
        service.accept(connection, f"T-20260302-{VALID}-7", "王芳", NOW)
    close(db, service, 8, ["f1", "f3"])
    open_(db, service, 9, group(["f1"]), group(["f3"], SEX))
    before = contents(db)
    with db.begin() as connection:
        connection.execute(sa.update(ticket).values(state="closed", findings_open=99))
        connection.execute(sa.update(ticket_finding).values(gone_since=1))
    assert contents(db) != before
    assert service.rebuild() == 4
    assert contents(db) == before


def test_many_findings_are_marked_in_chunks(db, service):
    names = [f"{number:064x}" for number in range(25_000)]
    (opened,) = open_(db, service, 7, group(names, size=10_000))
    assert opened.findings_total == 25_000
    with db.begin() as connection:
        chunks = list(stream_marks(connection, 10_000))
    assert [len(chunk) for chunk in chunks] == [10_000, 10_000, 5_000]
    assert sorted(name for chunk in chunks for name in chunk) == names
    assert close(db, service, 8, names).closed[0].findings_open == 0


class Loop(RuleBasedStateMachine):
    """Any order of findings, receipts, repairs and repeats, against a model kept in plain sets."""

    rules_ = (VALID, SEX)

    @initialize()
    def start(self):
        self.db = OperationalDatabase("sqlite://")
        metadata.create_all(self.db.engine, tables=TABLES)
        self.service = TicketService(self.db, due=five_days, profile="p")
        self.snapshot, self.now = 1, NOW
        self.model = {}  # ticket id -> [state, rule, {fingerprint still open}, {fingerprint gone}]

    def standing(self):
        return {one for _, _, left, _ in self.model.values() for one in left}

    @rule(found=st.sets(st.sampled_from("abcdefgh"), max_size=5), which=st.sampled_from(rules_), again=st.booleans())
    def publish_findings(self, found, which, again):
        self.snapshot, self.now = self.snapshot + 1, self.now + DAY
        found = {f"{which}:{one}" for one in found}
        new = found - self.standing()
        for _ in range(1 + again):
            open_(self.db, self.service, self.snapshot, group(sorted(found), which), now=self.now)
        if new:
            name = f"T-{self.now:%Y%m%d}-{which}-{self.snapshot}"
            self.model[name] = [State.ROUTED, which, set(new), set()]

    @rule(data=st.data(), batch=st.booleans(), again=st.booleans())
    def publish_repairs(self, data, batch, again):
        self.snapshot, self.now = self.snapshot + 1, self.now + DAY
        pool = [f"{which}:{one}" for which in self.rules_ for one in "abcdefgh"]
        gone = data.draw(st.sets(st.sampled_from(pool), max_size=12))
        for _ in range(1 + again):
            close(self.db, self.service, self.snapshot, sorted(gone), {HOUSEHOLD: ["b"]} if batch else {}, self.now)
        for facts in self.model.values():
            hit = facts[2] & gone
            facts[2] -= hit
            facts[3] |= hit
            if hit and not facts[2] and batch:
                facts[0] = State.CLOSED

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def accept(self, data):
        name = data.draw(st.sampled_from(sorted(self.model)))
        allowed = self.model[name][0] is State.ROUTED
        try:
            with self.db.begin() as connection:
                self.service.accept(connection, name, "王芳", self.now)
        except UserError:
            assert not allowed
        else:
            assert allowed
            self.model[name][0] = State.ACCEPTED

    @rule()
    def rebuild(self):
        before = contents(self.db)
        self.service.rebuild()
        assert contents(self.db) == before

    @invariant()
    def projection_is_the_model(self):
        shown = {
            one.id: (one.state, one.rule, one.findings_open, one.findings_total, one.outcome)
            for one in self.service.list()
        }
        assert shown == {
            name: (
                state,
                which,
                len(left),
                len(left) + len(gone),
                Outcome.CORRECTED if state is State.CLOSED else None,
            )
            for name, (state, which, left, gone) in self.model.items()
        }
        assert marks(self.db) == sorted(self.standing())

    def teardown(self):
        if hasattr(self, "db"):
            self.rebuild()
            self.db.dispose()


TestLoop = Loop.TestCase
TestLoop.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
