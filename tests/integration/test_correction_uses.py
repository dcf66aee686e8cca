"""Corrections in a real database: what the ledger is asked, places in the feed, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from exchange.corrections import store
from exchange.corrections.model import Correction, Receiver
from exchange.corrections.uses import uses
from hub import schema
from ledger.entry import Kind, Phase
from ledger.entry import Use as LedgerUse
from ledger.service import Ledger
from quality.repairs import Repair
from warehouse.operational import OperationalDatabase

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENTS = [(10, NOW), (20, NOW + 10 * HOUR)]


def postgres_url() -> str:
    url = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    probe = sa.create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with probe.connect():
            return url
    except DBAPIError as fault:
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(f"NO POSTGRESQL: corrections are tested on SQLite only ({type(fault).__name__})")
    finally:
        probe.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path) -> Iterator[OperationalDatabase]:
    if request.param == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
        schema.upgrade(database)
        yield database
        database.dispose()
        return
    url = sa.make_url(postgres_url())
    name = f"shuyuan_{uuid.uuid4().hex[:12]}"
    owner = sa.create_engine(url)
    with owner.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    own = url.update_query_dict({"options": f"-csearch_path={name}"})
    database = OperationalDatabase(own.render_as_string(hide_password=False))
    schema.upgrade(database)
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))
    owner.dispose()


def used(user: str, **content: object) -> LedgerUse:
    return LedgerUse(
        kind=Kind.QUERY, user=user, purpose="测试", approver="测试", content=content, mode="接口", medium="网络"  # type: ignore[arg-type]
    )  # fmt: skip


def of(ticket: str, records: int, **changes: object) -> Correction:
    facts = {
        "seq": 0, "publication": 1, "snapshot": 20, "ticket": ticket, "department": "ga", "resource": "r", "item": "i",
        "rule": "r.i.x", "kind": Repair.CHANGED, "batch_before": "", "batch_after": "b", "records": records,
        "alone": True, "wrong_from": 10, "repaired_at": NOW,
    }  # fmt: skip
    return Correction(**{**facts, **changes})  # type: ignore[arg-type]


def test_the_ledger_is_asked_for_the_uses_of_these_tables_since_then(db: OperationalDatabase) -> None:
    ledger = Ledger(db)
    ledger.record(used("too early", tables=["population"], snapshot=5), NOW - HOUR)
    for hours in (1, 2, 3):
        ledger.serve(used("often", tables=["population"], snapshot=10), NOW + hours * HOUR, list, rows=len)
    ledger.record(used("often", tables=["population", "other"], snapshot=10), NOW + 4 * HOUR)
    ledger.record(used("elsewhere", tables=["legal_person"], snapshot=10, query="population"), NOW + HOUR)
    ledger.record(used("alike", tables=["populationx"], snapshot=10), NOW + HOUR)
    ledger.record(used("looks", resource="ga_household", item="sex", finding="f"), NOW + HOUR)
    ledger.record(used("both sides", resource="ga_household"), NOW + HOUR)
    ledger.record(used("both sides", resource="ga_household"), NOW + 11 * HOUR)
    with pytest.raises(ZeroDivisionError):
        ledger.serve(used("failed", tables=["population"], snapshot=10), NOW + HOUR, lambda: 1 // 0)
    with db.begin() as connection:
        found = uses(connection, {"population", "ga_household"}, NOW, MOMENTS)
    said = {(one.user, one.times, one.seen_from, one.seen_until, one.finding) for one in found}
    assert said == {
        ("often", 3, 10, 10, None),
        ("often", 1, 10, 10, None),
        ("looks", 1, 10, 10, "f"),
        ("both sides", 2, 10, 20, None),
    }
    many = next(one for one in found if one.times == 3)
    assert (many.first_entry, many.last_entry) == (2, 6)
    assert Phase.FAILED.value not in {one.user for one in found}
    with db.begin() as connection:
        everything = uses(connection, {"population", "ga_household", *[f"t{n}" for n in range(300)]}, NOW, MOMENTS)
    assert everything == found


def test_corrections_have_their_places_in_the_feed(db: OperationalDatabase) -> None:
    with db.writing() as connection:
        first = store.add(connection, [of("a", 3), of("b", 2)])
        assert [one.seq for one in first] == [1, 4]
    with db.writing() as connection:
        [third] = store.add(connection, [of("a", 5, publication=2)])
        assert third.seq == 6
    with db.begin() as connection:
        assert [one.seq for one in store.after(connection, 0, 2)] == [1]
        assert [one.seq for one in store.after(connection, 2, 2)] == [1, 4]
        assert [one.seq for one in store.after(connection, 5, 100)] == [6]
        assert store.last_place(connection) == 10
        assert store.known(connection, 1)
        assert not store.known(connection, 3)
        assert [one.seq for one in store.corrections(connection, tickets=2)] == [6, 4]
        assert [one.seq for one in store.corrections(connection, "a")] == [6, 1]


def test_a_correction_is_never_changed_and_a_receiver_acknowledges_once(db: OperationalDatabase) -> None:
    with db.writing() as connection:
        store.add(connection, [of("a", 3)])
        store.add_receivers(
            connection,
            [
                Receiver(publication=1, ticket="a", receiver="person:p", user="p", uses=1, first_entry=1, last_entry=1),
                Receiver(publication=1, ticket="a", receiver="person:p", user="甲 (person:p)", uses=1),
                Receiver(publication=1, ticket="a", receiver="department:d", via="release:x/1", snapshot=1),
            ],
        )
    for statement in ("UPDATE correction SET records = 1", "DELETE FROM correction"):
        with pytest.raises(DBAPIError), db.begin() as connection:
            connection.exec_driver_sql(statement)
    with db.writing() as connection:
        assert store.acknowledge(connection, "a", ["person:p"], "person:p", NOW) == 2
        assert store.acknowledge(connection, "a", ["person:p"], "person:p", NOW + HOUR) == 0
        assert store.told_of(connection, ["person:p"], {(1, "a"), (2, "a")}) == {(1, "a")}
    with db.begin() as connection:
        assert {one.receiver: one.acknowledged_at for one in store.receivers(connection, ticket="a")} == {
            "person:p": NOW,
            "department:d": None,
        }


def test_the_migrated_schema_is_what_the_code_says(db: OperationalDatabase) -> None:
    assert [one for one in schema.differences(db) if "correction" in str(one)] == []
