"""Any order of what rules, deliveries, officers, stewards and reporters may do: what must hold after every step.

No model of the machine is kept beside it: the events are folded again, and the invariants are asked of what a user sees.
"""

from datetime import date

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from ticket_desk import (
    COUNTER,
    DAY,
    EVERY_TABLE,
    HOUSEHOLD,
    NOW,
    OFFICER,
    SECOND,
    SEX,
    STEWARD,
    TAXMAN,
    VALID,
    Desk,
    group,
)

from accounts.model import Role
from ground.errors import Conflict, UserError
from quality.repairs import Repair
from quality.tickets.events import Channel, Kind, apply
from quality.tickets.permissions import MAY
from quality.tickets.reports import ProblemReport
from quality.tickets.states import NEXT, Event, Outcome, State
from quality.tickets.tables import ticket_finding
from warehouse.operational import OperationalDatabase, metadata

RULES = (VALID, SEX)
KEYS = "abcd"

STEPS = {
    "accept": lambda d, t, a, now: d.handling.accept(t, a, now),
    "route": lambda d, t, a, now: d.handling.route(t, a, now),
    "reassign": lambda d, t, a, now: d.handling.reassign(t, a, now, department="sw", reason="x"),
    "back": lambda d, t, a, now: d.handling.reassign(t, a, now, department="ga", reason="x"),
    "urgent": lambda d, t, a, now: d.handling.set_urgent(t, a, now, until=date(2026, 3, 6), reason="x"),
    "ask": lambda d, t, a, now: d.handling.ask_extension(t, a, now, cause="x", until=None),
    "grant": lambda d, t, a, now: d.handling.decide_extension(t, a, now, grant=True, reason="x"),
    "refuse": lambda d, t, a, now: d.handling.decide_extension(t, a, now, grant=False, reason="x"),
    "corrected": lambda d, t, a, now: d.handling.answer_corrected(t, a, now, how="x", batch="b-named"),
    "confirmed": lambda d, t, a, now: d.handling.answer_confirmed(t, a, now, check="x", basis="y"),
    "talked": lambda d, t, a, now: d.handling.answer_talked(t, a, now, record="x", review_on=date(2026, 12, 1)),
    "close": lambda d, t, a, now: d.handling.review(t, a, now, accept=True),
    "send back": lambda d, t, a, now: d.handling.review(t, a, now, accept=False, reason="x"),
    "withdraw": lambda d, t, a, now: d.handling.withdraw(t, a, now, reason="x"),
    "return": lambda d, t, a, now: d.handling.return_report(t, a, now, reason="x"),
    "dispute": lambda d, t, a, now: d.handling.dispute(t, a, now, reason="x"),
    "coordinate": lambda d, t, a, now: d.handling.coordinate(t, a, now, parties="x"),
    "agree": lambda d, t, a, now: d.handling.coordinated(t, a, now, decision="correct", record="x"),
    "stands": lambda d, t, a, now: d.handling.coordinated(t, a, now, decision="stands", record="x"),
    "escalate": lambda d, t, a, now: d.handling.escalate(t, a, now, document="x"),
    "decide": lambda d, t, a, now: d.handling.government_decided(t, a, now, decision="stands", document="x"),
    "order": lambda d, t, a, now: d.handling.government_decided(t, a, now, decision="correct", document="x"),
    "conclude": lambda d, t, a, now: d.handling.conclude(t, a, now),
    "reopen": lambda d, t, a, now: d.handling.reopen(t, a, now, reason="x"),
    "group": lambda d, t, a, now: d.handling.group(t, a, now, name="x"),
    "note": lambda d, t, a, now: d.handling.note(t, a, now, text="x"),
}


FITTING = {
    "accept": Event.ACCEPTED, "route": Event.ROUTED, "ask": Event.EXTENSION_ASKED, "grant": Event.EXTENSION_GRANTED,
    "refuse": Event.EXTENSION_REFUSED, "corrected": Event.ANSWERED_CORRECTED, "confirmed": Event.ANSWERED_CONFIRMED,
    "talked": Event.ANSWERED_TALKED, "close": Event.SENT_BACK, "send back": Event.SENT_BACK, "dispute": Event.DISPUTED,
    "coordinate": Event.COORDINATION_STARTED, "agree": Event.COORDINATED_CORRECT, "stands": Event.COORDINATED_STANDS,
    "escalate": Event.ESCALATED, "decide": Event.GOVERNMENT_DECIDED, "order": Event.GOVERNMENT_DECIDED,
    "conclude": Event.CONCLUDED, "reopen": Event.REOPENED,
}  # fmt: skip
"""The step, and the event by which it is known whether it fits."""


def fitting_actor(event, department):
    if Role.PROVIDER in MAY[event] and Role.STEWARD not in MAY[event]:
        return TAXMAN if department == "sw" else OFFICER
    return STEWARD


class Loop(RuleBasedStateMachine):
    """Everything that can happen to tickets, in any order."""

    @initialize(route=st.booleans())
    def start(self, route):
        self.db = OperationalDatabase("sqlite://")
        metadata.create_all(self.db.engine, tables=EVERY_TABLE)
        self.desk = Desk(self.db, route=route)
        self.snapshot, self.now = 1, NOW

    def names(self):
        return [one.id for one in self.desk.tickets.list()]

    def later(self):
        self.snapshot, self.now = self.snapshot + 1, self.now + DAY / 4

    @rule(found=st.sets(st.sampled_from(KEYS), min_size=1), which=st.sampled_from(RULES))
    def publish_findings(self, found, which):
        self.later()
        self.desk.find(self.snapshot, group(sorted(f"{which}:{one}" for one in found), which), now=self.now)

    @rule(gone=st.sets(st.sampled_from([f"{which}:{one}" for which in RULES for one in KEYS]), max_size=8),
          kind=st.sampled_from([Repair.CHANGED, Repair.GONE, Repair.UNPROVEN, Repair.CONFIRMED]), batch=st.booleans(),
          whole=st.booleans())  # fmt: skip
    def publish_repairs(self, gone, kind, batch, whole):
        self.later()
        self.desk.repair(
            self.snapshot, sorted(gone), kind=kind, batches=["b-named"] if batch else [], now=self.now,
            whole={HOUSEHOLD: [("b-whole", self.now)]} if whole else {},
        )  # fmt: skip

    @rule(item=st.sampled_from(["name", "sex"]), key=st.sampled_from("12"), number=st.integers(1, 4))
    def report(self, item, key, number):
        self.later()
        said = ProblemReport(
            kind=Kind.WRONG_VALUE, resource=HOUSEHOLD, key=(key,), item=item, reason="x", reference=str(number)
        )
        try:
            self.desk.reporting.report(
                said, COUNTER, self.now, channel=Channel.API, department="ga", batch=None, value="v"
            )
        except Conflict:  # the number stands for another report
            assert len(self.names()) > 0

    @rule(
        step=st.sampled_from(sorted(STEPS)),
        actor=st.sampled_from([STEWARD, OFFICER, SECOND, TAXMAN, COUNTER]),
        data=st.data(),
    )
    def somebody_does_something(self, step, actor, data):
        names = self.names()
        if not names:
            return
        name = data.draw(st.sampled_from(names))
        before = self.desk.truth()
        try:
            STEPS[step](self.desk, name, actor, self.now)
        except UserError:
            assert self.desk.truth() == before, "what is refused changes nothing"

    @rule(picks=st.lists(st.integers(0, 999), min_size=3, max_size=9))
    def a_case_goes_on(self, picks):
        """Some steps that fit, one after another, so that long lives are reached and not only first refusals."""
        for pick in picks:
            fits = [
                (one, step)
                for one in self.desk.tickets.list()
                for step, event in FITTING.items()
                if (one.state, event) in NEXT
            ]
            if not fits:
                return
            one, step = fits[pick % len(fits)]
            try:
                STEPS[step](self.desk, one.id, fitting_actor(FITTING[step], one.department), self.now)
            except UserError:
                assert self.desk.show(one.id) == one

    @rule(data=st.data())
    def split_or_merge(self, data):
        names = self.names()
        if len(names) < 2:
            return
        one, other = data.draw(st.sampled_from(names)), data.draw(st.sampled_from(names))
        before = self.desk.truth()
        try:
            if data.draw(st.booleans()):
                self.desk.handling.merge(one, STEWARD, self.now, into=other, reason="x")
            else:
                chosen = sorted(self.desk.standing(one))[:1]
                self.desk.handling.split(one, STEWARD, self.now, fingerprints=chosen)
        except UserError:
            assert self.desk.truth() == before

    @rule(days=st.integers(1, 9))
    def time_goes_by(self, days):
        self.now += days * DAY
        self.desk.timer.tick(self.now)
        again = self.desk.timer.tick(self.now)
        assert not any(again.values()), "the clock says nothing twice"

    @rule()
    def rebuild(self):
        before = self.desk.contents()
        self.desk.tickets.rebuild()
        assert self.desk.contents() == before

    @invariant()
    def queues_say_what_stands(self):
        for one in self.desk.tickets.list():
            standing = self.desk.standing(one.id)
            assert one.findings_open - one.unproven <= len(standing) <= one.findings_open + one.unproven
            if one.is_open or one.outcome is Outcome.TALKED_THROUGH:
                assert len(standing) == one.findings_open
            else:
                assert (standing, one.findings_open) == (set(), 0)

    @invariant()
    def every_mark_stands_in_one_ticket(self):
        with self.db.begin() as connection:
            rows = connection.execute(
                sa.select(ticket_finding.c.fingerprint).where(ticket_finding.c.ended_by.is_(None))
            ).scalars().all()  # fmt: skip
        assert len(rows) == len(set(rows))
        assert sorted(rows) == self.desk.marks()

    @invariant()
    def nothing_is_closed_without_its_evidence(self):
        for one in self.desk.tickets.list(State.CLOSED):
            events = self.desk.tickets.show(one.id).events
            said = {event.event: event.payload for event in events}
            if one.outcome is Outcome.CORRECTED:
                assert said[Event.REPAIRED]["batches"]
                assert said[Event.REPAIRED]["unproven"] == 0
            elif one.outcome is Outcome.TALKED_THROUGH:
                assert said[Event.ANSWERED_TALKED]["record"]
                assert one.review_on is not None
            else:
                assert {Event.ANSWERED_CONFIRMED, Event.COORDINATED_STANDS, Event.CONCLUDED} & set(said)

    @invariant()
    def the_stream_folds_to_the_row(self):
        for one in self.desk.tickets.list():
            folded = None
            for event in self.desk.tickets.show(one.id).events:
                folded = apply(folded, event)
            assert folded == one

    def teardown(self):
        if hasattr(self, "db"):
            self.rebuild()
            self.db.dispose()


TestLoop = Loop.TestCase
TestLoop.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
