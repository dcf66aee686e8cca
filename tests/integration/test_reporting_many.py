"""Many reports at once are taken as one after the other would be: the same answers, the same events, the same queues."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ticket_desk import CLERK, COUNTER, EVERY_TABLE, HOUSEHOLD, NOW, STEWARD, Desk, databases

from ground.errors import Conflict
from quality.tickets.events import Channel, Kind
from quality.tickets.permissions import Actor
from quality.tickets.report_tables import problem_report
from quality.tickets.reporting_many import Checked, Reported
from quality.tickets.reports import ProblemReport
from quality.tickets.states import State
from quality.tickets.tables import ticket_event
from warehouse.operational import OperationalDatabase, metadata

SAID = ("reporter", "reference", "ticket", "id", "fingerprint", "digest", "batch", "value", "received_at", "channel")


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    (tmp_path / "other").mkdir()
    one = databases(request.param, tmp_path)
    other = databases(request.param, tmp_path / "other")
    yield Desk(next(one)), Desk(next(other))
    for opened in (one, other):
        next(opened, None)


def checked(person: int, item: str, proposed: str, reason: str, reference: str | None) -> Checked:
    report = ProblemReport(
        kind=Kind.WRONG_VALUE, resource=HOUSEHOLD, key=(f"33010619900101{person:04d}",), item=item, proposed=proposed,
        reason=reason, reference=reference,
    )  # fmt: skip
    return Checked(report, "ga", "b1", "digest")


ROWS = st.lists(
    st.builds(
        checked,
        person=st.integers(1, 3),
        item=st.sampled_from(["name", "sex"]),
        proposed=st.sampled_from(["甲", "乙"]),
        reason=st.sampled_from(["原件", "来函"]),
        reference=st.none() | st.sampled_from(["R-1", "R-2", "R-3"]),
    ),
    max_size=14,
)


def one_by_one(desk: Desk, rows: Sequence[Checked], actor: Actor) -> list[Reported | Conflict]:
    answers: list[Reported | Conflict] = []
    for row in rows:
        try:
            done = desk.reporting.report(
                row.report, actor, NOW,
                channel=Channel.BULK, department=row.department, batch=row.batch, value=row.value,
            )  # fmt: skip
        except Conflict as fault:
            answers.append(fault)
        else:
            answers.append(done)
    return answers


def told(answers: Sequence[Reported | Conflict]) -> list[Any]:
    return [
        one.zh if isinstance(one, Conflict) else (one.ticket.id, one.report, one.repeated, one.joined)
        for one in answers
    ]


def kept(desk: Desk) -> list[Any]:
    with desk.db.begin() as connection:
        columns = [problem_report.c[name] for name in SAID]
        return sorted(map(tuple, connection.execute(sa.select(*columns))), key=repr)


def events(desk: Desk) -> list[str]:
    """The stream without the numbers that the database gives."""
    with desk.db.begin() as connection:
        columns = [column for column in ticket_event.c if column.name != "id"]
        found = sa.select(*columns).order_by(ticket_event.c.ticket, ticket_event.c.seq)
        return [str(tuple(row)) for row in connection.execute(found)]


def agree(one: Desk, many: Desk, rows: Sequence[Checked], actor: Actor) -> None:
    alone = one_by_one(one, rows, actor)
    together = many.reporting.report_many(rows, actor, NOW, channel=Channel.BULK)

    assert told(together) == told(alone)
    assert kept(many) == kept(one)
    assert many.contents() == one.contents()
    assert events(many) == events(one)
    assert sorted(many.told) == sorted(one.told)
    before = many.contents()
    many.tickets.rebuild()
    assert many.contents() == before


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(first=ROWS, second=ROWS, route=st.booleans())
def test_the_same_answers_as_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, first: list[Checked], second: list[Checked], route: bool
) -> None:
    folder = tmp_path_factory.mktemp("many")
    desks = []
    for name in ("one", "many"):
        database = OperationalDatabase(f"sqlite:///{folder}/{name}.sqlite")
        metadata.create_all(database.engine, tables=EVERY_TABLE)
        desks.append(Desk(database, route_reports=route))
    try:
        agree(desks[0], desks[1], first, COUNTER)
        agree(desks[0], desks[1], second, CLERK)
        agree(desks[0], desks[1], [*first, *second], COUNTER)
    finally:
        for desk in desks:
            desk.db.dispose()


def test_both_databases_give_the_same_answers(pair: tuple[Desk, Desk]) -> None:
    rows = [
        checked(1, "name", "甲", "原件", "R-1"), checked(1, "name", "甲", "原件", "R-1"),
        checked(1, "name", "乙", "原件", "R-1"), checked(1, "name", "乙", "原件", "R-2"),
        checked(2, "sex", "甲", "原件", None), checked(2, "sex", "甲", "原件", None), checked(2, "sex", "甲", "来函", None),
    ]  # fmt: skip
    agree(*pair, rows, COUNTER)
    agree(*pair, rows, CLERK)
    agree(*pair, rows, COUNTER)


def test_what_is_reported_after_its_ticket_has_ended_opens_a_new_one(pair: tuple[Desk, Desk]) -> None:
    rows = [checked(1, "name", "甲", "原件", None), checked(2, "name", "甲", "原件", "R-1")]
    for desk in pair:
        (first, second) = one_by_one(desk, rows, COUNTER)
        for one in (first, second):
            assert isinstance(one, Reported)
            desk.handling.withdraw(one.ticket.id, STEWARD, NOW + timedelta(hours=1), reason="误报")

    agree(*pair, [*rows, replace(rows[1], report=replace(rows[1].report, reference="R-2"))], COUNTER)

    (_, again, fresh) = pair[1].reporting.report_many(
        [*rows, replace(rows[1], report=replace(rows[1].report, reference="R-2"))], COUNTER, NOW, channel=Channel.BULK
    )
    assert isinstance(again, Reported)
    assert isinstance(fresh, Reported)
    assert again.ticket.state is State.WITHDRAWN
    assert fresh.ticket.id != again.ticket.id


def test_two_who_report_the_same_at_once_open_one_ticket(pair: tuple[Desk, Desk]) -> None:
    desk = pair[0]
    row = checked(1, "name", "甲", "原件", "R-1")
    answers: list[Reported] = []
    faults: list[BaseException] = []

    def send(actor: Actor) -> None:
        try:
            answers.append(
                desk.reporting.report(
                    row.report, actor, NOW, channel=Channel.API, department="ga", batch="b1", value="digest"
                )
            )
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=send, args=(actor,)) for actor in [COUNTER, CLERK] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults
    assert len({one.ticket.id for one in answers}) == 1
    assert sum(one.repeated for one in answers) == 6
    assert len(kept(desk)) == 2
