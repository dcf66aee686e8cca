"""The ledger in a real database: SQLite always, PostgreSQL where one answers."""

import json
import os
import shutil
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ground.errors import Unavailable, UserError
from ledger import store
from ledger.chain import GENESIS
from ledger.entry import Kind, Phase, Use
from ledger.export import export
from ledger.redact import redact_sql
from ledger.service import Ledger
from ledger.store import ledger_entry
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


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
            f"NO POSTGRESQL: the ledger is tested on SQLite only ({type(fault).__name__}); set SHUYUAN_TEST_POSTGRES"
        )
    finally:
        probe.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, tmp_path):
    if request.param == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
        metadata.create_all(database.engine, tables=[ledger_entry])
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
    metadata.create_all(database.engine, tables=[ledger_entry])
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    owner.dispose()


def a_use(**changes):
    facts = {
        "kind": Kind.COMPARE,
        "user": "李明@ga",
        "purpose": "入学资格核验",
        "approver": "王芳",
        "grant": "G-7",
        "content": {"resource": "population", "items": ["name", "sex"], "snapshot": 12},
        "mode": "interface",
        "medium": "network",
    }
    return Use(**{**facts, **changes})


def stored(db):
    with db.begin() as connection:
        return connection.execute(sa.select(ledger_entry).order_by(ledger_entry.c.seq)).mappings().all()


@pytest.mark.duty("R-100")
def test_an_entry_has_the_seven_fields_of_the_use_log_and_reads_back_as_written(db):
    written = Ledger(db).record(a_use(purpose='引号"反斜\\换行\n𠮷'), NOW)
    (row,) = stored(db)
    fields = ("purpose", "user_id", "approver", "content", "at", "mode", "medium")
    assert {name: row[name] for name in fields} == {
        "purpose": '引号"反斜\\换行\n𠮷',
        "user_id": "李明@ga",
        "approver": "王芳",
        "content": '{"items":["name","sex"],"resource":"population","snapshot":12}',
        "at": NOW.astimezone(UTC),
        "mode": "interface",
        "medium": "network",
    }
    assert (row["seq"], row["prev_hash"], row["hash"]) == (1, GENESIS, written.hash)
    with db.begin() as connection:
        assert store.first_break(connection) is None


@pytest.mark.duty("R-197")
@pytest.mark.parametrize("kind", ["gather", "share", "query", "compare", "download", "analyse", "access", "update"])
def test_every_kind_of_operation_can_be_traced(db, kind):
    ledger = Ledger(db)
    ledger.record(a_use(kind=Kind.ACCESS if kind != "access" else Kind.SHARE), NOW)
    ledger.record(a_use(kind=Kind(kind)), NOW)
    with db.begin() as connection:
        found = store.entries(connection, kind=Kind(kind))
    assert [entry.seq for entry in found] == [2]
    assert set(Kind) == set(
        map(Kind, ["gather", "share", "query", "compare", "download", "analyse", "access", "update"])
    )


def test_entries_are_found_by_who_when_and_under_which_grant(db):
    ledger = Ledger(db)
    for day, (user, grant) in enumerate([("甲", "G-1"), ("乙", "G-1"), ("甲", None)]):
        ledger.record(a_use(user=user, grant=grant), NOW + timedelta(days=day))
    with db.begin() as connection:
        assert [e.seq for e in store.entries(connection, user="甲")] == [3, 1]
        assert [e.seq for e in store.entries(connection, grant="G-1")] == [2, 1]
        assert [e.seq for e in store.entries(connection, since=NOW + timedelta(days=1))] == [3, 2]
        assert [e.seq for e in store.entries(connection, until=NOW + timedelta(days=1))] == [1]
        assert [e.seq for e in store.entries(connection, limit=1, before=3)] == [2]


def test_nothing_is_produced_before_the_entry_is_committed(db):
    def produce():
        rows = stored(db)  # another connection: it sees committed entries only
        assert [row["phase"] for row in rows] == ["use"]
        return ["row"] * 3

    assert Ledger(db).serve(a_use(), NOW, produce, rows=len) == ["row"] * 3
    use, served = stored(db)
    assert (served["phase"], served["about"], json.loads(served["content"])) == ("served", use["seq"], {"rows": 3})


def test_if_the_ledger_cannot_be_written_nothing_is_produced(db):
    with db.begin() as connection:
        ledger_entry.drop(connection)
    produced = []
    with pytest.raises(Unavailable) as caught:
        Ledger(db).serve(a_use(), NOW, lambda: produced.append("data"))
    assert produced == []
    assert "李明" not in str(caught.value)
    assert "台账" in caught.value.zh


def test_a_failure_while_producing_is_written_and_raised(db):
    def produce():
        raise ZeroDivisionError("420106199001011234")

    with pytest.raises(ZeroDivisionError):
        Ledger(db).serve(a_use(), NOW, produce, rows=len)
    use, failed = stored(db)
    assert (failed["phase"], failed["about"]) == ("failed", use["seq"])
    assert json.loads(failed["content"]) == {"error": "ZeroDivisionError"}


def test_a_produced_result_is_withheld_when_its_outcome_cannot_be_written(db):
    def produce():
        with db.begin() as connection:
            ledger_entry.drop(connection)
        return "data"

    with pytest.raises(Unavailable):
        Ledger(db).serve(a_use(), NOW, produce, rows=len)


@pytest.mark.duty("R-149")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET purpose = 'other' WHERE seq = 2",
        "DELETE FROM ledger_entry WHERE seq = 3",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry WHERE seq = 3",
        "INSERT INTO ledger_entry SELECT 9, at, phase, about, kind, user_id, purpose, approver, grant_id, content, mode,"
        " medium, hash, hash FROM ledger_entry WHERE seq = 3",
        "INSERT INTO ledger_entry SELECT 4, at, phase, about, kind, user_id, purpose, approver, grant_id, content, mode,"
        " medium, prev_hash, hash FROM ledger_entry WHERE seq = 3",
    ],
)
def test_the_database_itself_keeps_the_ledger_append_only(db, statement):
    dialect = db.engine.dialect.name
    if ("TRUNCATE" in statement and dialect == "sqlite") or ("OR REPLACE" in statement and dialect == "postgresql"):
        pytest.skip(f"not a statement of {dialect}")
    for _ in range(3):
        Ledger(db).record(a_use(), NOW)
    before = stored(db)
    with pytest.raises(DBAPIError, match=r"append-only|does not continue the chain"), db.begin() as connection:
        connection.exec_driver_sql(statement)
    assert stored(db) == before


def test_guards_are_put_on_a_table_that_has_none_and_putting_them_again_is_harmless(db):
    bare = sa.MetaData()
    with db.begin() as connection:
        ledger_entry.drop(connection)
        ledger_entry.to_metadata(bare).create(connection)
        store.install_guards(connection)
        store.install_guards(connection)
    Ledger(db).record(a_use(), NOW)
    with pytest.raises(DBAPIError, match="append-only"), db.begin() as connection:
        connection.exec_driver_sql("DELETE FROM ledger_entry")


def test_two_writers_at_once_make_one_chain(db):
    """Two ledgers with engines of their own, as two processes have: only the database's lock is between them."""
    other = OperationalDatabase(db.url)
    faults = []

    def work(database, user):
        ledger = Ledger(database)
        try:
            for _ in range(40):
                ledger.record(a_use(user=user), NOW)
        except Exception as fault:  # a thread would swallow it
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(d, u)) for d, u in ((db, "甲"), (db, "丙"), (other, "乙"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()
    assert faults == []
    with db.begin() as connection:
        assert store.head(connection).count == 120
        assert store.first_break(connection) is None


def test_entries_roll_back_with_the_transaction_they_were_written_in(db):
    with pytest.raises(RuntimeError), db.begin() as connection:
        store.append(connection, [a_use(), a_use()], NOW)
        raise RuntimeError
    with db.begin() as connection:
        assert store.head(connection) == store.Head(0, GENESIS)
        store.append(connection, [a_use(), a_use()], NOW)
        store.append(connection, [a_use()], NOW)
    with db.begin() as connection:
        assert (store.head(connection).count, store.first_break(connection)) == (3, None)


@pytest.mark.duty("R-149")
def test_a_change_made_behind_the_guards_is_found_in_the_database_and_in_the_export(db, tmp_path):
    for _ in range(5):
        Ledger(db).record(a_use(), NOW)
    with db.begin() as connection:
        trigger = "DROP TRIGGER ledger_entry_no_change ON ledger_entry"
        connection.exec_driver_sql(
            "DROP TRIGGER ledger_entry_no_update" if db.engine.dialect.name == "sqlite" else trigger
        )
        connection.exec_driver_sql("UPDATE ledger_entry SET user_id = 'someone else' WHERE seq = 4")
    with db.begin() as connection:
        assert store.first_break(connection) == store.Break(4, "hash")
    export(db, tmp_path / "out", NOW, segment=2)
    done = run_verifier(tmp_path / "out")
    assert done.returncode == 1
    assert "entry 4" in done.stdout


def run_verifier(directory, *more):
    """Away from the project, isolated (-I -S): it must need nothing but the standard library."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(directory / "verify_ledger.py"), str(directory), *more],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
        cwd=directory,
        check=False,
    )


def test_an_export_is_verified_without_this_software(db, tmp_path):
    ledger = Ledger(db)
    for number in range(7):
        ledger.serve(a_use(user=f'用户"{number}",{{"seq":99,'), NOW, lambda: [1], rows=len)
    head = export(db, tmp_path / "out", NOW, segment=4)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "head.json",
        *[f"ledger-{first:012d}.jsonl" for first in (1, 5, 9, 13)],
        "verify_ledger.py",
    ]
    assert json.loads((tmp_path / "out" / "head.json").read_text()) == {
        "count": 14,
        "last_hash": head.hash,
        "exported_at": "2026-03-02T01:30:00.123456Z",
    }
    done = run_verifier(tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert head.hash in done.stdout
    with pytest.raises(UserError, match="not empty"):
        export(db, tmp_path / "out", NOW)


def test_an_empty_ledger_is_intact_and_an_empty_directory_is_not_readable(db, tmp_path):
    export(db, tmp_path / "out", NOW)
    assert run_verifier(tmp_path / "out").returncode == 0
    (tmp_path / "out" / "head.json").unlink()
    assert run_verifier(tmp_path / "out").returncode == 2


def test_a_head_kept_from_an_earlier_export_still_fits(db, tmp_path):
    ledger = Ledger(db)
    for name in ("march", "april"):
        for _ in range(3):
            ledger.record(a_use(), NOW)
        export(db, tmp_path / name, NOW)
    kept = shutil.copy(tmp_path / "march" / "head.json", tmp_path / "kept.json")
    done = run_verifier(tmp_path / "april", "--known", str(kept))
    assert done.returncode == 0, done.stdout + done.stderr
    Path(kept).write_text(json.dumps({"count": 3, "last_hash": "f" * 64}))
    done = run_verifier(tmp_path / "april", "--known", str(kept))
    assert done.returncode == 1
    assert "entry 3" in done.stdout


def test_a_query_is_kept_without_its_values(db):
    sql = "select name from base.population where citizen_id = '420106199001011234' and sex = 1 -- 张三"
    kept = redact_sql(sql, key=b"secret")
    content = {"sql": kept.text, "tables": list(kept.tables), "digest": kept.digest}
    Ledger(db).record(a_use(kind=Kind.QUERY, content=content), NOW)
    (row,) = stored(db)
    assert "420106" not in row["content"]
    assert "张三" not in row["content"]
    assert json.loads(row["content"])["tables"] == ["base.population"]
    assert Phase(row["phase"]) is Phase.USE
