"""The lake and its engine: all or nothing, what changed, what a reader sees and may do, one writer at a time."""

from __future__ import annotations

import errno
import hashlib
import hmac
import multiprocessing
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from filelock import FileLock

from ground.errors import InternalFault, Unavailable
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.lake import Lake, LakeLocation, LakeReader, LakeWriter, empty

SCHEMA = {"id": "string", "name": "string", "n": "int64"}
THREE = [("a", "甲", 1), ("b", "乙", 2), ("c", "丙", 3)]


def rows(*values: tuple[Any, ...], schema: dict[str, str] | None = None) -> ir.Table:
    schema = schema or SCHEMA
    return ibis.memtable([dict(zip(schema, value, strict=True)) for value in values], schema=ibis.schema(schema))


def held(reader: LakeReader, name: str = "s.t") -> list[tuple[Any, ...]]:
    table = reader.engine.to_arrow(reader.table(name))
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=str)


def changed(writer: LakeWriter, since: int) -> set[str] | None:
    found = writer.changed_keys("s.t", since, ["id"])
    return None if found is None else set(writer.engine.to_arrow(found)["id"].to_pylist())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(LakeLocation(tmp_path / "lake"), threads=1, lock_timeout=10)


@pytest.fixture
def writer(lake: Lake) -> Iterator[LakeWriter]:
    with lake.writing() as one:
        one.append("s.t", rows(*THREE))
        yield one


# --- all or nothing -----------------------------------------------------------------------------------------------


def test_what_a_transaction_writes_is_one_snapshot(writer):
    before = writer.snapshot()
    with writer.transaction("two tables", {"batch": "b'1"}):
        writer.append("s.t", rows(("d", "丁", 4)))
        writer.create("s.u", rows(("x", "", 0)))
        writer.upsert("s.t", rows(("a", "甲甲", 1)), ["id"])
        writer.delete("s.t", rows(("b", "", 0)).select("id"), ["id"])
    assert writer.snapshot() == before + 1
    assert held(writer) == [("a", "甲甲", 1), ("c", "丙", 3), ("d", "丁", 4)]
    author, message, facts = writer.engine.execute(
        "SELECT author, commit_message, commit_extra_info FROM lake.snapshots() ORDER BY snapshot_id DESC LIMIT 1"
    )[0]
    assert (author, message, facts) == ("shuyuan", "two tables", '{"batch": "b\'1"}')


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, "the engine"])
def test_a_transaction_that_fails_leaves_nothing(writer, fault):
    before = writer.snapshot(), held(writer)
    with pytest.raises(duckdb.Error if fault == "the engine" else fault), writer.transaction("half"):
        writer.append("s.t", rows(("d", "丁", 4)))
        writer.create("s.u", rows(("x", "", 0)))
        writer.delete("s.t", rows(("a", "", 0)).select("id"), ["id"])
        if fault == "the engine":
            writer.engine.execute("SELECT no_such_function()")
        raise fault
    assert (writer.snapshot(), held(writer)) == before
    assert not writer.has("s.u")
    writer.append("s.t", rows(("e", "戊", 5)))
    assert len(held(writer)) == 4, "the writer goes on after it"


def test_an_upsert_outside_a_transaction_is_one_snapshot_too(writer, monkeypatch):
    before = writer.snapshot(), held(writer)
    with monkeypatch.context() as patch:
        patch.setattr(LakeWriter, "append", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            writer.upsert("s.t", rows(("a", "新", 9)), ["id"])
    assert (writer.snapshot(), held(writer)) == before, "the row that was to be replaced is there"
    writer.upsert("s.t", rows(("a", "新", 9)), ["id"])
    assert writer.snapshot() == before[0] + 1


def test_upsert_replaces_by_key_adds_the_others_and_says_how_many(writer):
    assert writer.upsert("s.t", rows(("b", "新", 9), ("d", "丁", 4)), ["id"]) == 2
    assert held(writer) == [("a", "甲", 1), ("b", "新", 9), ("c", "丙", 3), ("d", "丁", 4)]
    assert writer.upsert("s.new", rows(*THREE), ["id"]) == 3, "a table that is not there is made"
    assert writer.upsert("s.t", empty(ibis.schema(SCHEMA)), ["id"]) == 0
    assert writer.upsert("s.t", rows(("b", "乙", 9), ("b", "新", 8)), ["id", "name"]) == 2
    assert [row for row in held(writer) if row[0] == "b"] == [("b", "乙", 9), ("b", "新", 8)]


def test_a_column_that_is_new_is_added_and_older_rows_have_none(writer):
    wider = rows(("d", 4.5, "丁"), schema={"id": "string", "share": "decimal(18,4)", "name": "string"})
    assert writer.append("s.t", wider) == 1
    assert writer.table("s.t").columns == ("id", "name", "n", "share")
    assert str(writer.table("s.t").schema()["share"]) == "decimal(18, 4)"
    assert [(row[0], row[1], row[2], str(row[3])) for row in held(writer)] == [
        ("a", "甲", 1, "None"), ("b", "乙", 2, "None"), ("c", "丙", 3, "None"), ("d", "丁", None, "4.5000"),
    ]  # fmt: skip
    writer.upsert("s.t", rows(("a", True), schema={"id": "string", 'od"d': "boolean"}), ["id"])
    assert writer.table("s.t").columns[-1] == 'od"d'
    assert ("a", None, None, None, True) in held(writer)


def test_looking_for_what_is_not_there(writer):
    assert (writer.has("s.none"), writer.count("s.none"), writer.count("s.t")) == (False, 0, 3)
    writer.create("s.a", rows())
    assert (writer.tables("s"), writer.tables("none")) == (["a", "t"], [])
    writer.drop("s.none")


# --- what changed -------------------------------------------------------------------------------------------------


def test_changed_keys_are_those_that_came_went_or_changed(writer):
    before_it = 0
    start = writer.snapshot()
    assert changed(writer, start) == set()
    writer.append("s.t", rows(("d", "丁", 4)))
    inserted = writer.snapshot()
    assert changed(writer, start) == {"d"}
    writer.upsert("s.t", rows(("a", "新", 1)), ["id"])
    updated = writer.snapshot()
    assert (changed(writer, start), changed(writer, inserted)) == ({"a", "d"}, {"a"})
    writer.delete("s.t", rows(("b", "", 0)).select("id"), ["id"])
    assert (changed(writer, updated), changed(writer, start)) == ({"b"}, {"a", "b", "d"})
    writer.append("s.other", rows(("z", "", 0)))
    assert changed(writer, writer.snapshot() - 1) == set(), "another table is no change of this one"
    assert changed(writer, before_it) is None, "all is new where there was no table"


def test_a_key_that_changed_hands_counts_on_both_sides(writer):
    start = writer.snapshot()
    writer.upsert("s.t", rows(("a", "换", 1)), ["id"])
    found = writer.changed_keys("s.t", start, ["name"])
    assert found is not None and set(writer.engine.to_arrow(found)["name"].to_pylist()) == {"甲", "换"}


def test_two_answers_of_changed_keys_stand_beside_each_other(writer):
    start = writer.snapshot()
    writer.append("s.t", rows(("d", "丁", 4)))
    middle = writer.snapshot()
    writer.append("s.t", rows(("e", "戊", 5)))
    early, late = writer.changed_keys("s.t", start, ["id"]), writer.changed_keys("s.t", middle, ["id"])
    assert early is not None and late is not None
    assert writer.engine.to_arrow(early.anti_join(late, "id"))["id"].to_pylist() == ["d"]


# --- going back ---------------------------------------------------------------------------------------------------


def test_restore_brings_back_what_was_and_leaves_the_rest_alone(writer):
    writer.create("s.same", rows(("s", "", 0)))
    writer.create("s.replaced", rows(("r", "", 0)))
    writer.create("s.lost", rows(("l", "", 0)))
    good, before = writer.snapshot(), held(writer)
    writer.upsert("s.t", rows(("a", "错", 9), ("d", "丁", 4)), ["id"])
    writer.delete("s.t", rows(("b", "", 0)).select("id"), ["id"])
    writer.create("s.replaced", rows(("wrong", 1), schema={"id": "string", "other": "int64"}))
    writer.drop("s.lost")
    writer.create("s.later", rows(("n", "", 0)))
    names = ["s.t", "s.same", "s.replaced", "s.lost", "s.later", "s.never"]
    assert writer.restore(names, good) == ["s.t", "s.replaced", "s.lost", "s.later"]
    assert held(writer) == before
    assert (held(writer, "s.replaced"), held(writer, "s.lost")) == ([("r", "", 0)], [("l", "", 0)])
    assert (writer.has("s.later"), writer.has("s.never")) == (False, False)
    now = writer.snapshot()
    assert writer.restore([name for name in names if name not in ("s.later",)], now) == []
    assert writer.snapshot() == now, "nothing to do is no snapshot"
    assert writer.restore(["s.t", "s.never"], None) == ["s.t"], "where nothing was ever published, nothing stays"
    assert not writer.has("s.t")


# --- readers ------------------------------------------------------------------------------------------------------


def test_a_pinned_reader_sees_its_snapshot_while_the_writer_goes_on(lake):
    with lake.writing() as writer:
        writer.append("s.t", rows(*THREE))
        first = writer.snapshot()
        with lake.reading(first) as pinned, lake.reading(None) as newest:
            writer.upsert("s.t", rows(("a", "新", 9)), ["id"])
            writer.append("s.t", rows(("d", 1.5), schema={"id": "string", "extra": "float64"}))
            writer.create("s.u", rows(("x", "", 0)))
            assert held(pinned) == THREE
            assert (pinned.has("s.u"), pinned.table("s.t").columns) == (False, ("id", "name", "n"))
            with writer.transaction("not yet"):
                writer.delete("s.t", writer.table("s.t").select("id"), ["id"])
                assert len(held(newest)) == 4, "what is not committed is seen by nobody"
                with lake.reading(None) as third:
                    assert len(held(third)) == 4
            writer.drop("s.t")
            assert held(pinned) == THREE, "even where the table is gone since"
        with lake.reading(first) as again:
            assert held(again) == THREE


def test_a_pinned_reader_knows_the_tables_of_its_snapshot(lake):
    with lake.writing() as writer:
        before = writer.snapshot()
        writer.create("s.t", rows(*THREE))
        made = writer.snapshot()
        writer.create("s.t", rows(*THREE[:1]))
        writer.create("z.u", rows(*THREE))
        both = writer.snapshot()
        writer.drop("s.t")
        dropped = writer.snapshot()
    for snapshot, s, z in (
        (before, [], []),
        (made, ["t"], []),
        (both, ["t"], ["u"]),
        (dropped, [], ["u"]),
        (None, [], ["u"]),
    ):
        with lake.reading(snapshot) as reader:
            assert (reader.tables("s"), reader.tables("z")) == (s, z), snapshot
            assert (reader.has("s.t"), reader.has("z.u")) == (bool(s), bool(z))


def test_a_reader_cannot_write_and_a_lake_that_is_not_there_is_said_to_be_empty(lake):
    with pytest.raises(Unavailable, match="lake is empty"), lake.reading(None):
        pass
    assert not lake.location.directory.exists(), "looking makes nothing"
    with lake.writing() as writer:
        writer.append("s.t", rows(*THREE))
    with lake.reading(None) as reader, pytest.raises(duckdb.Error, match="read-only"):
        reader.engine.execute("DELETE FROM lake.s.t")


def test_a_confined_reader_reads_the_lake_and_nothing_else_and_writes_nowhere(lake, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("id\n330106\n", encoding="utf-8")
    beside = Path(f"{lake.location.data}_beside")
    with lake.writing() as writer:
        writer.append("s.t", rows(*THREE))
        beside.mkdir()
        writer.engine.execute(f"COPY (SELECT 1 AS x) TO '{beside}/x.parquet' (FORMAT parquet)")
    data = lake.location.data.resolve()
    refused = [
        f"SELECT * FROM read_csv('{secret}')", f"SELECT * FROM '{secret}'", f"SELECT * FROM read_text('{secret}')",
        f"SELECT * FROM glob('{tmp_path}/*')", f"SELECT * FROM read_blob('{data}/../../secret.csv')",
        f"SELECT * FROM read_parquet('{beside}/x.parquet')", f"COPY lake.s.t TO '{tmp_path}/out.csv'",
        f"EXPORT DATABASE '{tmp_path}/out'", f"ATTACH '{tmp_path}/other.duckdb' AS other",
        "INSTALL httpfs", "LOAD httpfs",
        "SELECT * FROM read_csv('https://127.0.0.1/x.csv')", "INSERT INTO lake.s.t VALUES ('z', '', 0)",
        "DROP TABLE lake.s.t", "CREATE TABLE lake.s.v AS SELECT 1", "SET enable_external_access=true",
        "SET allowed_directories=['/']", "RESET lock_configuration", "SET lock_configuration=false",
        f"COPY (SELECT 1) TO '{data}/../out.csv'",
    ]  # fmt: skip
    with lake.reading(None) as reader:
        reader.engine.confine([data])
        for sql in refused:
            with pytest.raises(duckdb.Error):
                pytest.fail(f"allowed: {sql} -> {reader.engine.execute(sql)}")
        assert held(reader) == THREE
        assert reader.engine.execute("SELECT count(*) FROM lake.s.t") == [(3,)]
    left = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"lake", "secret.csv"}


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT * FROM t JOIN u USING (k)", ({"t", "u"}, set())),
        ("SELECT * FROM sqlite_scan('/x', 't')", (set(), {"sqlite_scan"})),
        ("SELECT (SELECT max(content) FROM read_text('/x')) FROM range(3)", (set(), {"read_text", "range"})),
        ("SELECT * FROM '/x.csv'", ({"/x.csv"}, set())),
        ("SELECT * FROM lake.base.t", ({"lake.base.t"}, set())),
        ("WITH t AS (SELECT * FROM u) SELECT * FROM t", ({"t", "u"}, set())),
        ("ATTACH '/x' AS other (TYPE sqlite)", None),
        ("SELECT 1; SELECT 2", None),
        ("DROP TABLE t", None),
    ],
)
def test_what_a_query_reads_is_told_by_the_engines_own_parser(sql, named):
    # The SQLite extension opens files by itself, confined or not: SQL of a stranger is asked this before it runs.
    with DuckDbEngine() as engine:
        assert engine.named_in(sql) == named


# --- one writer ---------------------------------------------------------------------------------------------------


def test_a_second_writer_waits_and_then_says_so(lake):
    second = Lake(lake.location, threads=1, lock_timeout=0.2)
    with lake.writing() as writer:
        writer.append("s.t", rows(*THREE))
        with pytest.raises(Unavailable) as fault, second.writing():
            pass
        assert fault.value.exit_code == 4
        assert "请等它结束后重试" in fault.value.zh and "try again when it ends" in fault.value.en
        with second.reading(None) as reader:
            assert held(reader) == THREE, "readers never wait"
    with second.writing() as writer:
        assert held(writer) == THREE


def _hold(path: str, ready: Any, until: Any) -> None:
    with FileLock(path):
        ready.set()
        until.wait(30)


def test_a_writer_of_another_process_is_waited_for_and_one_that_was_killed_is_not(lake):
    lake.location.directory.mkdir(parents=True)
    context = multiprocessing.get_context("forkserver")
    ready, until = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(lake.location.directory / "write.lock"), ready, until))
    other.start()
    assert ready.wait(30)
    with pytest.raises(Unavailable), Lake(lake.location, lock_timeout=0.2).writing():
        pass
    killer = threading.Timer(0.3, other.kill)
    killer.start()
    with lake.writing() as writer:
        assert writer.append("s.t", rows(*THREE)) == 3
    other.join(10)
    assert other.exitcode == -9


def test_a_writer_that_fails_gives_the_lock_back_and_engine_faults_are_explained(lake):
    with pytest.raises(InternalFault, match="this write was undone"), lake.writing() as writer:
        writer.engine.execute("SELECT 1 FROM no_such_table")
    with pytest.raises(Unavailable, match="Free space"), lake.writing():
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")
    with pytest.raises(Unavailable, match="Raise memory_limit"), lake.writing():
        raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate")
    with lake.writing() as writer:
        assert writer.append("s.t", rows(*THREE)) == 3


def test_a_folder_or_catalogue_that_cannot_be_used_is_unavailable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Unavailable, match="cannot be written"), Lake(LakeLocation(tmp_path / "file")).writing():
        pass
    lake = Lake(LakeLocation(tmp_path / "lake"))
    lake.location.directory.mkdir()
    (lake.location.directory / "catalog.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable, match="catalogue cannot be opened"), lake.reading(None):
        pass
    with pytest.raises(Unavailable, match="catalogue cannot be opened"), lake.writing():
        pass

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(Unavailable, match="No space left"), Lake(LakeLocation(tmp_path / "other")).writing():
        pass


# --- files --------------------------------------------------------------------------------------------------------


def test_clean_removes_files_that_no_snapshot_knows_and_only_those(lake):
    with lake.writing() as writer:
        writer.append("s.t", rows(*THREE))
        first = writer.snapshot()
        writer.upsert("s.t", rows(("a", "新", 9)), ["id"])
        with pytest.raises(ValueError), writer.transaction("dies"):
            writer.append("s.t", rows(("lost", "", 0)))
            raise ValueError
        writer.clean()
        known = set(lake.location.data.rglob("*.parquet"))
        strays = [lake.location.data / "s" / "t" / "stray.parquet", lake.location.data / "stray.parquet"]
        for stray in strays:
            writer.engine.execute(f"COPY (SELECT 'left by a killed writer' AS id) TO '{stray}' (FORMAT parquet)")
        assert len(held(writer)) == 3, "a stray file is no part of a table"
        assert writer.clean() == 2
        assert set(lake.location.data.rglob("*.parquet")) == known
        assert writer.clean() == 0
    with lake.reading(first) as reader:
        assert held(reader) == THREE, "older snapshots keep their files"
    with lake.reading(None) as reader:
        assert ("a", "新", 9) in held(reader)


# --- keyed digests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 32, 63, 64, 65, 200], ids=lambda size: f"{size} bytes")
def test_keyed_digests_are_pythons_hmac(size):
    key = bytes(range(7, 7 + size))
    texts = ["", "330106197001010017", "张伟", "𠮷" * 50, "a\0b", None]
    with DuckDbEngine(threads=1) as engine:
        table = engine.load("texts", pa.table({"t": pa.array(texts, type=pa.string())}))
        with engine.keyed(key) as digest:
            expr = table.select("t", d=digest(table["t"]))
            sql = engine.compile(expr)
            found = {row["t"]: row["d"] for row in engine.to_arrow(expr).to_pylist()}
        assert found == {
            text: None if text is None else hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for text in texts
        }
        inner = bytes(b ^ 0x36 for b in key[:64].ljust(64, b"\0"))
        for trace in (key, inner):
            assert trace.hex() not in sql.lower() and trace.decode("latin1") not in sql
        known = engine.execute("SELECT coalesce(sql, '') FROM duckdb_views() UNION ALL SELECT macro_definition FROM "
                               "duckdb_functions() WHERE function_name = 'shuyuan_hmac'")  # fmt: skip
        assert not [text for (text,) in known if key.hex() in text.lower() or inner.hex() in text.lower()]
        assert engine.execute("SELECT getvariable('shuyuan_inner'), getvariable('shuyuan_outer')") == [(None, None)]


def test_a_digest_under_one_key_is_not_that_under_another_and_none_outlives_its_key():
    with DuckDbEngine(threads=1) as engine:
        table = engine.load("texts", pa.table({"t": ["张伟"]}))
        found = []
        for key in (b"one", b"two", b"one"):
            with engine.keyed(key) as digest:
                expr = table.select(d=digest(table["t"]))
                found += engine.to_arrow(expr)["d"].to_pylist()
        assert found[0] == found[2] != found[1]
        assert engine.to_arrow(expr)["d"].to_pylist() == [None], "without its key an expression says nothing"


# --- delimited text -----------------------------------------------------------------------------------------------

DELIMITED = {
    "all rows": (["a,1", "b,2"], [], {"a": 2, "b": 3}, []),
    "a bad line first": (["bad", "a,1"], [], {"a": 3}, [2]),
    "a bad line last": (["a,1", "x,y,z"], [], {"a": 2}, [3]),
    "bad lines between": (["a,1", "bad", "b,2", "x,y,z", "bad", "c,3"], [], {"a": 2, "b": 4, "c": 7}, [3, 5, 6]),
    "a stray quote": (["a,1", '"b"x,2', "c,3"], [], {"a": 2, "c": 4}, [3]),
    "empty lines": (["a,1", "", "", "b,2", "", "c,3"], [3, 4, 6], {"a": 2, "b": 5, "c": 7}, []),
    "empty and bad lines": (["", "a,1", "bad", "", "b,2"], [2, 5], {"a": 3, "b": 6}, [4]),
    "quoted delimiters and quotes": (['"a,""x""",1', "bad", "b,2"], [], {'a,"x"': 2, "b": 4}, [3]),
    "only bad lines": (["bad", "worse"], [], {}, [2, 3]),
    "no lines": ([], [], {}, []),
}


@pytest.mark.parametrize("case", DELIMITED)
def test_rows_carry_the_line_they_stand_on(tmp_path, case):
    lines, blank, expected, bad = DELIMITED[case]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["甲,乙", *lines]) + "\n", encoding="utf-8")
    with DuckDbEngine(threads=1) as engine:
        table, rejected = engine.read_delimited(path, ["c0", "c1"], delimiter=",", quote='"', skip=1, blank=blank)
        assert {row["c0"]: row["_row"] for row in engine.to_arrow(table).to_pylist()} == expected
        assert [line.line for line in rejected] == bad
        assert all(line.reason for line in rejected)


def test_lines_are_counted_across_threads_and_large_files(tmp_path):
    path, count = tmp_path / "x.tsv", 30_000
    path.write_text(
        "title\nc0\tc1\n" + "".join("bad\n" if n % 97 == 0 else f"{n}\t{'值' * 20}\n" for n in range(3, count + 3)),
        encoding="utf-8",
    )
    with DuckDbEngine(threads=4) as engine:
        table, rejected = engine.read_delimited(path, ["c0", "c1"], delimiter="\t", quote="'", skip=2)
        wrong = table.filter(table["c0"].cast("int64") != table["_row"])
        assert engine.to_arrow(wrong).num_rows == 0
        assert [line.line for line in rejected] == [n for n in range(3, count + 3) if n % 97 == 0]
        assert engine.to_arrow(table).num_rows + len(rejected) == count
