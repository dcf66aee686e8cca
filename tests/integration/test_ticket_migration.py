"""Tickets that were opened before the loop had its whole life are carried over, event by event."""

import json
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from ticket_desk import OFFICER, SEX, STEWARD, Desk, databases

from hub import schema
from hub.hub import Hub, init_home
from hub.schema import _config
from quality.tickets.marks import open_marks
from quality.tickets.states import Event, Outcome, State
from warehouse.operational import OperationalDatabase

OPENED = {
    "resource": "ga_household", "rule": "ga_household.sex.code", "department": "ga", "severity": "error", "findings": 2,
    "received_at": "2026-03-02T01:30:00+00:00", "due": "2026-03-09", "due_at": "2026-03-10T00:00:00+08:00",
    "due_provisional": False, "profile": "haishu",
}  # fmt: skip


def fill(connection):
    """What the first version had written: one ticket accepted and half repaired, one closed."""
    big = sa.Table("ticket_event", sa.MetaData(), autoload_with=connection)
    links = sa.Table("ticket_event_finding", sa.MetaData(), autoload_with=connection)
    at = datetime(2026, 3, 2, 1, 30)
    events = [
        (1, "T-20260302-ga_household.sex.code-7", 1, "opened", 7, OPENED),
        (
            2,
            "T-20260302-ga_household.name.given-7",
            1,
            "opened",
            7,
            OPENED | {"rule": "ga_household.name.given", "findings": 1},
        ),
        (3, "T-20260302-ga_household.sex.code-7", 2, "accepted", None, {"by": "王芳"}),
        (4, "T-20260302-ga_household.sex.code-7", 3, "findings_gone", 8, {"findings": 1, "batches": ["b2"]}),
        (5, "T-20260302-ga_household.name.given-7", 2, "repaired", 8, {"findings": 1, "batches": ["b2"]}),
    ]
    for number, name, seq, event, snapshot, said in events:
        connection.execute(
            sa.insert(big).values(
                id=number, ticket=name, seq=seq, at=at, event=event, snapshot=snapshot, payload=json.dumps(said)
            )
        )
    for event, fingerprint in [(1, "f1"), (1, "f2"), (2, "f3"), (4, "f1"), (5, "f3")]:
        connection.execute(sa.insert(links).values(event=event, fingerprint=fingerprint))


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path):
    init_home(tmp_path / "home")
    if request.param == "sqlite":
        (tmp_path / "home" / "operational.sqlite").unlink()
        yield tmp_path / "home"
        return
    for own in databases("postgresql", tmp_path):  # a schema of its own, emptied again
        with own.begin() as connection:
            for table in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f'DROP TABLE "{table}" CASCADE')
        settings = f"profile: haishu\noperational_url: {own.url}\n"
        (tmp_path / "home" / "settings.yaml").write_text(settings, encoding="utf-8")
        yield tmp_path / "home"


def test_tickets_of_before_keep_their_story_under_short_ids(home):
    hub = Hub(home)
    sqlite = hub.database.engine.dialect.name == "sqlite"
    with hub.database.begin() as connection:
        if sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(_config(connection), "0004")
    with hub.database.begin() as connection:
        fill(connection)
    hub.upgrade()
    assert schema.differences(hub.database) == []
    first, second = sorted(hub.tickets.list(), key=lambda one: one.id)
    assert (first.id, first.rule, first.state) == ("T-20260302-0001", "ga_household.sex.code", State.ACCEPTED)
    assert (first.findings_total, first.findings_open, first.due, first.assignee) == (
        2,
        1,
        date(2026, 3, 9),
        "person:王芳",
    )
    assert (second.id, second.state, second.outcome) == ("T-20260302-0002", State.CLOSED, Outcome.CORRECTED)
    story = hub.tickets.show(first.id).events
    assert [event.event for event in story] == [Event.FOUND, Event.ROUTED, Event.ACCEPTED, Event.FINDINGS_GONE]
    assert story[0].payload["former_id"] == "T-20260302-ga_household.sex.code-7"
    with hub.database.begin() as connection:
        assert connection.execute(open_marks()).scalars().all() == ["f2"]
    later = datetime.fromisoformat("2026-03-04T09:00:00+08:00")
    assert hub.problems.handling.note(first.id, STEWARD, later, text="接续办理").last_seq == 5
    hub.close()


def test_a_database_of_before_without_tickets_is_brought_up(tmp_path):
    database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
    with database.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(_config(connection), "0004")
    schema.upgrade(database)
    assert (schema.current(database), schema.differences(database)) == (schema.head(), [])
    database.dispose()


def test_tickets_that_went_up_before_say_when(tmp_path):
    """Their events did not say to which government; what the migration writes is what the events add up to."""
    now = datetime.fromisoformat("2026-03-02T09:30:00+08:00")
    (source,) = databases("sqlite", tmp_path)
    desk = Desk(source)
    up, back = desk.one("a", now=now), desk.one("b", now=now, rule=SEX)
    for one in (up, back):
        desk.handling.accept(one.id, OFFICER, now)
        desk.handling.answer_confirmed(one.id, OFFICER, now, check="底册", basis="7 页")
        desk.handling.dispute(one.id, STEWARD, now, reason="不符")
        desk.handling.coordinate(one.id, STEWARD, now, parties="公安局")
        desk.handling.escalate(one.id, STEWARD, now, document="报 1 号")
    desk.handling.government_decided(back.id, STEWARD, now, decision="stands", document="政 1 号")
    database = OperationalDatabase(f"sqlite:///{tmp_path / 'before.sqlite'}")
    with database.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(_config(connection), "0008")
    with source.begin() as connection, database.begin() as target:
        for name in ("ticket", "ticket_event"):
            there = [one.name for one in sa.Table(name, sa.MetaData(), autoload_with=target).columns]
            columns, values = ", ".join(f'"{one}"' for one in there), ", ".join(f":{one}" for one in there)
            rows = connection.execute(sa.text(f'SELECT {columns} FROM "{name}"')).mappings()
            target.execute(sa.text(f'INSERT INTO "{name}" ({columns}) VALUES ({values})'), [dict(row) for row in rows])
    schema.upgrade(database)
    written = {one.id: one for one in Desk(database).tickets.list()}
    assert (written[up.id].escalated_at, written[up.id].escalated_to) == (now, None)
    Desk(database).tickets.rebuild()
    assert {one.id: one for one in Desk(database).tickets.list()} == written
    database.dispose()
