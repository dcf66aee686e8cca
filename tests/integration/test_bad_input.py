"""What comes in broken, late, twice or from where it should not: each has its answer, and nothing is lost by it.

Every home here is a full one, so that the same delivery can be met at the command line with its exit code.
"""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import resource
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from filelock import FileLock
from intake_home import COLUMNS, NOW, Home, citizen, feed, people

from ground.errors import Unavailable, UserError
from hub.hub import Hub, init_home
from pipelines.intake import read_sql, read_xlsx
from pipelines.intake.landing import Landing
from pipelines.intake.store import Outcome
from portal.cli.app import main

KNOWN = 30
MOMENT = "2026-11-21T15:00"
FULL = feed("full")
GBK = feed("full", format={"kind": "csv", "encoding": "gbk"})
LATIN = feed("full", columns={"id": "citizen_id", "name": "name"})
LATIN_GBK = LATIN | {"format": {"kind": "csv", "encoding": "gbk"}}
SHEET = feed("full", source={"kind": "file", "path": "ga/full_{period}*.xlsx"}, format={"kind": "xlsx"})
GOOD = people(range(KNOWN)).encode()
Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that knows thirty people, as any program would have made it."""
    root = tmp_path_factory.mktemp("prepared") / "home"
    init_home(root)
    h = Home(root, FULL)
    h.take("full_202610.csv", GOOD)
    h.close()
    hub = Hub(root)
    hub.load_catalogue(NOW)
    hub.close()
    return root


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Iterator[Home]:
    h = Home(Path(shutil.copytree(prepared, tmp_path / "home")))
    yield h
    h.close()


@pytest.fixture
def shell(home: Home, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command on that home: its exit code, what it printed, what it complained of."""

    def run(*words: str, at: str = MOMENT) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*words, "--home", str(home.root), "--now", at])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, " ".join(said.err.split())

    return run


def state(h: Home) -> tuple[Any, ...]:
    """All that a bad delivery must leave as it was: the lake's snapshots, and each file that holds its rows.

    Read off the catalogue without an engine, since loading one costs more than the delivery.
    """
    connection = sqlite3.connect(h.root / "lake" / "catalog.sqlite")
    snapshots = connection.execute("SELECT snapshot_id, snapshot_time FROM ducklake_snapshot ORDER BY 1").fetchall()
    files = [path for (path,) in connection.execute("SELECT path FROM ducklake_data_file ORDER BY data_file_id")]
    connection.close()
    stored = {path.name: path.read_bytes() for path in (h.root / "lake" / "data").rglob("*.parquet")}
    return snapshots, [stored[Path(path).name] for path in files]


# --- files that are not what they should be -----------------------------------------------------------------------


def sheet(rows: list[list[Any]]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@cache
def bomb(megabytes: int = 200) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as entry:
            for _ in range(megabytes):
                entry.write(bytes(1 << 20))
    return out.getvalue()


def lying(archive: bytes) -> bytes:
    """The archive with a directory (and local heads) that call every entry a hundred bytes long."""
    content = bytearray(archive)
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset : at + offset + 4] = struct.pack("<I", 100)
            at = content.find(mark, at + 4)
    return bytes(content)


def text(numbers: range = range(KNOWN)) -> str:
    return people(numbers)


def latin(encoding: str) -> bytes:
    return "".join(["id,name\n", *[f"{citizen(n)},张伟的家人\n" for n in range(KNOWN)]]).encode(encoding)


LAST = citizen(KNOWN - 1)
REFUSED: dict[str, tuple[dict[str, Any], Callable[[], bytes], str, str]] = {
    "cut in the middle of a row": (
        FULL, lambda: text().split(LAST)[0].encode() + LAST.encode(), "第 31 行中断", "breaks off at line 31",
    ),
    "cut in the middle of a character": (
        FULL, lambda: (text().split(LAST)[0] + LAST + ",张").encode()[:-1], "第 31 行中断", "breaks off at line 31",
    ),
    "cut inside a quoted field": (
        FULL, (text().split(LAST)[0] + LAST + ',"张').encode, "第 31 行", "line 31",
    ),
    "a quote in the middle never closed": (
        FULL, lambda: text().replace(",张伟9,", ',"张伟9,', 1).encode(), "第 11 行的引号", "quote in line 11 is not closed",
    ),
    "cut at the border of a row": (
        FULL, lambda: text(range(10)).encode(), "已有 30 个主键中的 20 个", "misses 20 of 30 known keys",
    ),
    "declared GBK, is UTF-8": (GBK, lambda: text().encode(), "改为 utf-8", "Set format.encoding: utf-8"),
    "declared UTF-8, is GBK": (FULL, lambda: text().encode("gbk"), "改为 gb18030", "Set format.encoding: gb18030"),
    "declared GBK, is UTF-8 under an ASCII header": (
        LATIN_GBK, lambda: latin("utf-8"), "改为 utf-8", "Set format.encoding: utf-8",
    ),
    "declared UTF-8, is GBK under an ASCII header": (
        LATIN, lambda: latin("gbk"), "改为 gb18030", "Set format.encoding: gb18030",
    ),
    "declared UTF-8, is UTF-16": (FULL, lambda: text().encode("utf-16"), "UTF-16", "UTF-16"),
    "a header that moved": (
        FULL, ("人员名单\n制表：某科\n" + text()).encode, "format.header_row 改为 3", "set format.header_row: 3",
    ),
    "a header that moved in a sheet": (
        SHEET, lambda: sheet([["人员名单"], list(COLUMNS), [citizen(1), "张伟"]]), "header_row 改为 2", "header_row: 2",
    ),
    "a column that was renamed": (
        FULL, lambda: text().replace("姓名", "名字", 1).encode(), "缺少列：姓名", "missing columns: 姓名",
    ),
    "a CSV that calls itself XLSX": (SHEET, lambda: GOOD, "format.kind 改为 csv", "set format.kind: csv"),
    "an XLSX that calls itself CSV": (
        FULL, lambda: sheet([list(COLUMNS), [citizen(1), "张伟"]]), "format.kind 改为 xlsx", "Set format.kind: xlsx",
    ),
    "a CSV of 0 bytes": (FULL, lambda: b"", "0 字节", "0 bytes"),
    "an XLSX of 0 bytes": (SHEET, lambda: b"", "0 字节", "0 bytes"),
    "half an XLSX": (
        SHEET, lambda: sheet([list(COLUMNS), [citizen(1), "张伟"]])[:3000], "工作簿已损坏", "The workbook is damaged",
    ),
    "a zip bomb": (SHEET, bomb, "压缩炸弹", "zip bomb"),
    "a zip bomb whose directory lies": (SHEET, lambda: lying(bomb()), "压缩", "archive"),
}  # fmt: skip


@pytest.mark.duty("R-197")
@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_not_what_was_agreed_is_refused_and_kept(home, shell, case):
    declared, make, zh, en = REFUSED[case]
    home.declare(declared)
    name = f"full_202611.{declared['format']['kind']}"
    before, content = state(home), make()
    path = home.drop(name, content)
    code, said, _ = shell("feed", "run", "full")
    assert code == 3
    flat = "".join(said.split())
    assert f"ga/{name}" in flat, "the answer names the file"
    (one,) = [one for one in home.store.of("full") if one.period == "2026-11"]
    assert one.outcome is Outcome.REFUSED
    assert zh in (one.message_zh or "") and en in (one.message_en or "")
    assert "".join((one.message_zh or "").split()) in flat and "".join((one.message_en or "").split()) in flat
    assert "张伟" not in f"{one.message_zh}{one.message_en}" and LAST not in f"{one.message_zh}{one.message_en}"
    outcome = home.outcome(one)
    assert (outcome["outcome"], outcome["delivered_as"], outcome["zh"]) == ("refused", f"ga/{name}", one.message_zh)
    assert home.payload(one) == content, "what was delivered is kept byte for byte"
    assert path.read_bytes() == content, "and lies where the department put it"
    assert state(home) == before
    assert not [left for left in (home.root / "spill").rglob("*") if left.is_file()]
    path.unlink()
    home.declare(FULL)
    if content == GOOD:  # the remedy that the message names: mend the document, replay the very bytes
        assert home.replay(one.id).outcome is Outcome.TAKEN


def test_a_refused_delivery_stands_in_nobodys_way(home):
    assert home.take("full_202611.csv", b"").outcome is Outcome.REFUSED
    mended = home.take("full_202611.csv", people(range(KNOWN), name="新"))
    assert (mended.outcome, mended.number, mended.rows_changed) == (Outcome.TAKEN, 2, KNOWN)


@pytest.mark.parametrize("change", [bytes, lying], ids=["honest about its sizes", "lying about its sizes"])
def test_a_zip_bomb_is_never_opened_as_a_workbook_nor_unpacked_to_its_end(home, monkeypatch, change):
    opened, seen = [], []
    real = read_xlsx._unpacked

    def counted(*arguments: Any) -> Iterator[bytes]:
        for chunk in real(*arguments):
            seen.append(len(chunk))
            yield chunk

    monkeypatch.setattr(read_xlsx, "_unpacked", counted)
    monkeypatch.setattr(read_xlsx.CalamineWorkbook, "from_path", lambda *_: opened.append(1), raising=False)
    home.declare(SHEET)
    content = change(bomb())
    one = home.take("full_202611.xlsx", content)
    assert one.outcome is Outcome.REFUSED
    assert not opened
    assert max(seen) <= 1 << 20 and sum(seen) <= read_xlsx.LARGEST_RATIO * len(content) + (1 << 20) < 200 << 20


def test_few_keys_may_go_and_a_raised_share_lets_a_truly_smaller_register_in(home):
    """The remedy that the message names does what it says, by replay of the very bytes that were refused."""
    refused = home.take("full_202611.csv", text(range(10)))
    assert refused.outcome is Outcome.REFUSED
    home.declare(FULL | {"on_breach": {"refuse_gone_above": 0.7}})
    taken = home.replay(refused.id)
    assert (taken.outcome, taken.rows_gone) == (Outcome.TAKEN, 20)
    assert set(home.names()) == {citizen(n) for n in range(10)}


def test_a_byte_that_does_not_decode_costs_its_own_row_only(home):
    content = GOOD.replace("张伟7,".encode(), "张".encode() + b"\xff,", 1)
    one = home.take("full_202611.csv", content)
    assert (one.outcome, one.rows_taken, one.reasons) == (Outcome.TAKEN, KNOWN - 1, {"name:unreadable": 1})
    assert home.quarantine() == [(one.batch, 9, "name:unreadable;")]
    assert home.names()[citizen(7)] == "张伟7", "what was known of the row stays"
    assert home.payload(one) == content


def test_an_id_in_full_width_digits_is_taken_as_the_id_it_is(home, shell):
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    home.drop("full_202611.csv", GOOD.decode().replace(citizen(3), citizen(3).translate(wide)))
    assert shell("feed", "run", "full")[0] == 0
    one = home.store.of("full")[-1]
    assert (one.outcome, one.rows_taken, one.rows_gone, one.rows_quarantined) == (Outcome.TAKEN, KNOWN, 0, 0)
    assert set(home.names()) == {citizen(n) for n in range(KNOWN)}
    assert citizen(3).translate(wide) in {row["citizen_id"] for row in home.rows("raw.full")}, "raw as delivered"


def test_an_id_that_a_sheet_stored_as_a_number_is_unreadable_and_never_rounded(home):
    home.declare(SHEET)
    lost = 330106197001010017
    rows = [[citizen(n), f"张伟{n}"] for n in range(KNOWN)]
    book = sheet([list(COLUMNS)[:2], *rows[:3], [lost, "李娜"], *rows[3:]])
    home.declare(SHEET | {"columns": {"公民身份号码": "citizen_id", "姓名": "name"}})
    one = home.take("full_202611.xlsx", book)
    assert (one.outcome, one.rows_taken, one.reasons) == (Outcome.TAKEN, KNOWN, {"citizen_id:unreadable": 1})
    assert home.quarantine() == [(one.batch, 5, "citizen_id:unreadable;")]
    assert set(home.names()) == {citizen(n) for n in range(KNOWN)}
    ids = [row["citizen_id"] for row in home.rows("raw.full")]
    assert not [value for value in ids if value.startswith("3301061970010100") and value not in home.names()]


@pytest.mark.parametrize("encoding", ["gbk", "auto"])
def test_gbk_that_happens_to_be_valid_utf_8_is_read_as_gbk(home, encoding):
    """In GBK 女 is two bytes that UTF-8 reads as Ů: what was agreed (or fits Chinese) decides, not what decodes."""
    home.declare(LATIN | {"format": {"kind": "csv", "encoding": encoding}})
    content = "".join(["id,name\n", *[f"{citizen(n)},女\n" for n in range(KNOWN)]]).encode("gbk")
    content.decode("utf-8")
    one = home.take("full_202611.csv", content)
    assert (one.outcome, one.rows_taken) == (Outcome.TAKEN, KNOWN), one.message_en
    assert set(home.names().values()) == {"女"}


# --- late, twice --------------------------------------------------------------------------------------------------


def test_a_delivery_older_than_the_last_one_is_kept_and_overwrites_nothing(home, shell):
    before = state(home)
    content = people(range(KNOWN), name="旧人").encode()
    home.drop("full_202609.csv", content)
    code, said, _ = shell("feed", "run", "full")
    one = home.store.of("full")[-1]
    assert (code, one.outcome) == (0, Outcome.LATE)
    assert "只存档" in (one.message_zh or "") and "只存档" in said and "full_202609.csv" in said
    assert home.payload(one) == content
    assert state(home) == before


def test_two_processes_at_once_take_a_delivery_once(home, tmp_path):
    home.drop("full_202611.csv", people(range(KNOWN), name="新"))
    script = (
        "import sys; from pathlib import Path; from portal.cli.app import main; "
        "Path(sys.argv[1]).touch(); main(sys.argv[2:])"
    )
    words = ["feed", "run", "full", "--json", "--home", str(home.root), "--now", MOMENT]
    started = [tmp_path / name for name in ("a", "b")]
    with FileLock(str(home.root / "lake" / "write.lock")):
        both = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(mark), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=Path(__file__).parents[2], text=True,
            )
            for mark in started
        ]  # fmt: skip
        deadline = time.monotonic() + 60
        while not all(mark.exists() for mark in started) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)  # both stand before the lock now; whoever comes second finds it done
        assert [one.poll() for one in both] == [None, None], "both run while neither can have taken it"
    said = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0], [err for _, err in said]
    outcomes = [[one["outcome"] for one in json.loads(out)] for out, _ in said]
    assert sorted(outcomes) == [["taken"], ["unchanged"]]
    assert home.deliveries() == 2
    assert (len(home.rows("raw.full")), len(home.rows("raw.batch"))) == (2 * KNOWN, 2)
    assert home.names()[citizen(0)] == "新0"


def test_two_files_of_one_period_at_once_are_both_kept_and_the_second_stands(home, shell):
    first, second = people(range(KNOWN), name="甲").encode(), people(range(KNOWN), name="乙").encode()
    home.drop("full_202611_b.csv", second)
    home.drop("full_202611_a.csv", first)
    assert shell("feed", "run", "full")[0] == 0
    a, b = home.store.of("full")[-2:]
    assert [(one.name, one.outcome) for one in (a, b)] == [
        ("ga/full_202611_a.csv", Outcome.TAKEN),
        ("ga/full_202611_b.csv", Outcome.TAKEN),
    ]
    assert (home.payload(a), home.payload(b)) == (first, second)
    assert set(home.names().values()) == {f"乙{n}" for n in range(KNOWN)}
    assert shell("feed", "run", "full")[0] == 0
    assert home.deliveries() == 3, "looked at again, they are what they were"


# --- from where it should not -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["../secret_{period}.csv", "ga/../../secret_{period}.csv", "/etc/passwd", "~/x.csv"])
def test_a_path_that_leads_out_is_a_mistake_in_the_document(home, shell, path):
    (home.root / "secret_202611.csv").write_bytes(GOOD)
    home.declare(FULL | {"source": {"kind": "file", "path": path}})
    before = state(home)
    code, _, err = shell("feed", "run", "full")
    assert code == 2
    assert "full.yaml" in err and "source.file.path" in err.replace("source.path", "source.file.path")
    assert "inbox/" in err and "must stay below" in err
    assert state(home) == before and home.deliveries() == 1


@pytest.mark.parametrize("kind", ["a link to a file", "a link to a folder"])
def test_a_link_that_leads_out_is_not_followed(home, shell, tmp_path, kind):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "full_202611.csv").write_bytes(people(range(KNOWN), name="秘密").encode())
    if kind == "a link to a file":
        (home.inbox / "ga" / "full_202611.csv").symlink_to(outside / "full_202611.csv")
    else:
        (home.inbox / "ga").rmdir()
        (home.inbox / "ga").symlink_to(outside, target_is_directory=True)
    before = state(home)
    code, _, err = shell("feed", "run", "full")
    assert code == 2
    assert "inbox/ga" in err and "链接" in err and "link out of the inbox" in err
    assert state(home) == before and home.deliveries() == 1
    landed = [path.read_bytes() for path in (home.root / "landing").rglob("*") if path.is_file()]
    assert not [content for content in landed if "秘密".encode() in content]


def sqlite_of(path: Path, numbers: range) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE person (id TEXT, name TEXT)")
        connection.executemany("INSERT INTO person VALUES (?, ?)", [(citizen(n), f"王芳{n}") for n in numbers])
    connection.close()
    return path


def table_feed(url: str, query: str = "SELECT id, name FROM person") -> dict[str, Any]:
    return feed(
        "full", source={"kind": "sql", "url": url, "query": query}, format={"kind": "rows"},
        columns={"id": "citizen_id", "name": "name"},
    )  # fmt: skip


@pytest.mark.parametrize("way", ["absolute", "dots", "a link", "attached"])
def test_a_database_file_outside_the_inbox_is_not_read(home, shell, tmp_path, way):
    outside = sqlite_of(tmp_path / "outside.sqlite", range(KNOWN))
    query = "SELECT id, name FROM person"
    url = {"absolute": f"sqlite:///{outside}", "dots": "sqlite:///inbox/../../outside.sqlite"}.get(way)
    if way == "a link":
        (home.inbox / "ga" / "x.sqlite").symlink_to(outside)
    elif way == "attached":
        sqlite_of(home.inbox / "ga" / "x.sqlite", range(3))
        query = f"ATTACH DATABASE '{outside}' AS other"
    home.declare(table_feed(url or "sqlite:///inbox/ga/x.sqlite", query))
    before = state(home)
    code, _, err = shell("feed", "run", "full")
    assert code == (4 if way == "attached" else 2)
    assert way == "attached" or ("inbox/" in err and "full" in err)
    assert state(home) == before and home.deliveries() == 1


# --- sources and disks that go away -------------------------------------------------------------------------------


def test_a_database_that_goes_away_in_mid_read_leaves_nothing_half_taken(home, shell, monkeypatch):
    sqlite_of(home.inbox / "ga" / "x.sqlite", range(KNOWN))
    home.declare(table_feed("sqlite:///inbox/ga/x.sqlite"))
    real = read_sql.pd.read_sql_query

    def goes_away(*arguments: Any, **options: Any) -> Iterator[Any]:
        yield next(iter(real(*arguments, **options)))
        raise sa.exc.OperationalError("SELECT", {}, Exception("server closed the connection unexpectedly: 王芳"))

    before = state(home)
    with monkeypatch.context() as patch:
        patch.setattr(read_sql, "ROWS_AT_ONCE", 10)
        patch.setattr(read_sql.pd, "read_sql_query", goes_away)
        code, _, err = shell("feed", "run", "full")
    _nothing_half_taken(home, before, code, err)
    assert "王芳" not in err, "what the driver says may quote rows; it is not repeated"
    assert shell("feed", "run", "full")[0] == 0
    assert home.names() == {citizen(n): f"王芳{n}" for n in range(KNOWN)}


@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
def test_postgresql_that_ends_the_connection_in_mid_read_leaves_nothing_half_taken(home, shell, monkeypatch):
    server = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    engine = sa.create_engine(server, connect_args={"connect_timeout": 2}, isolation_level="AUTOCOMMIT")
    try:
        engine.connect().close()
    except sa.exc.SQLAlchemyError:
        reason = "NOT RUN: no PostgreSQL answers at 127.0.0.1:5432 (or set SHUYUAN_TEST_POSTGRES)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    ours = f"shuyuan_test_{uuid.uuid4().hex[:12]}"
    # Rows too many for the socket's buffers, so that the server is still sending when it is cut.
    query = (
        "SELECT '330106' || (19700101 + n % 28) || lpad(n::text, 4, '0') AS id, rpad('王', 1000, '芳') AS filler, "
        f"'王芳' || n AS name FROM generate_series(0, {KNOWN - 1}) n, generate_series(1, 1000) m"
    )
    home.declare(table_feed(f"{server}?application_name={ours}", query))
    real = read_sql.pd.read_sql_query

    def cut(*arguments: Any, **options: Any) -> Iterator[Any]:
        frames = iter(real(*arguments, **options))
        yield next(frames)
        with engine.connect() as connection:
            ended = connection.execute(
                sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :ours"),
                {"ours": ours},
            ).scalars().all()  # fmt: skip
        assert ended == [True]
        yield from frames

    before = state(home)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(read_sql, "ROWS_AT_ONCE", 1000)
            patch.setattr(read_sql.pd, "read_sql_query", cut)
            code, _, err = shell("feed", "run", "full")
        _nothing_half_taken(home, before, code, err)
        gc.collect()  # SQLAlchemy leaves the cursor of a broken connection; its complaint belongs to this test
        assert shell("feed", "run", "full")[0] == 0
        assert home.names() == {citizen(n): f"王芳{n}" for n in range(KNOWN)}
    finally:
        engine.dispose()


def _nothing_half_taken(h: Home, before: tuple[Any, ...], code: int, err: str) -> None:
    assert code == 4
    assert "[full]" in err and "已读到的部分未采用" in err and "nothing of the half was taken" in err
    assert state(h) == before and h.deliveries() == 1
    (note,) = (h.root / "landing" / "full" / "failed").iterdir()
    facts = json.loads(note.read_text(encoding="utf-8"))
    assert (facts["feed"], facts["outcome"], facts["written_at"]) == ("full", "unavailable", NOW.isoformat())
    assert "未采用" in facts["zh"] and "OperationalError" in facts["en"]
    assert not [left for left in (h.root / "spill").rglob("*") if left.is_file()], "the half that was read is gone"


def test_a_full_disk_while_landing_loses_nothing_and_works_again_after(home):
    def full(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = state(home)
    path = home.drop("full_202611.csv", GOOD)
    home.kept = Landing(home.root / "landing", copy=full)
    with pytest.raises(Unavailable) as fault:
        home.run("full")
    assert (fault.value.exit_code, fault.value.where) == (4, "full_202611.csv")
    assert "磁盘已满" in fault.value.zh and "Free space" in fault.value.en
    assert path.read_bytes() == GOOD
    assert state(home) == before and home.deliveries() == 1
    assert not list((home.root / "landing").glob(".*"))
    home.kept = None
    assert [one.outcome for one in home.run("full")] == [Outcome.TAKEN]


FILLER = "某" * 1000
LONG = "备注," + people(range(1)).splitlines()[0] + "\n"
LONG += "".join(f"{FILLER},{row}\n" for row in people(range(1000)).splitlines()[1:])


@pytest.mark.parametrize(
    ("limit", "registered"), [(1_500_000, False), (2_500_000, True)], ids=["while landing", "while reading"]
)
def test_a_process_that_may_not_write_on_says_so_and_the_next_one_takes_it(home, limit, registered):
    """The limit cuts a real write, in a real process: at the copy (2 MB as GBK) or at its UTF-8 reading (3 MB)."""
    content = LONG.encode("gbk")
    assert 1_500_000 < len(content) < 2_500_000 < len(LONG.encode())
    home.declare(GBK)
    path = home.drop("full_202611.csv", content)
    before = state(home)
    words = ["feed", "run", "full", "--json", "--home", str(home.root), "--now", MOMENT]
    command = [sys.executable, "-c", "import sys; from portal.cli.app import main; main(sys.argv[1:])", *words]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    place = Path(__file__).parents[2]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=place, preexec_fn=limited, timeout=60
    )
    assert done.returncode == 4, done.stderr
    fault = json.loads(done.stderr.strip().splitlines()[-1])
    assert fault["kind"] == "unavailable" and "full_202611.csv" in fault["where"] and "请" in fault["zh"]
    assert path.read_bytes() == content
    assert state(home) == before
    assert home.deliveries() == 1 + registered
    (taken,) = home.run("full", minutes=5)[:1]
    assert (taken.outcome, taken.rows_taken) == (Outcome.TAKEN, 1000), taken.message_en
    assert home.payload(taken) == content and home.deliveries() == 2


def test_a_disk_that_fills_while_the_lake_is_written_undoes_the_write(home, shell, tmp_path):
    """A real full disk of one megabyte under the lake's files; needs the right to mount one."""
    data, aside = home.root / "lake" / "data", tmp_path / "aside"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(shutil.copytree(data, aside) and data)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("NOT RUN: a small disk to fill cannot be mounted here (needs root)")
    try:
        shutil.copytree(aside, data, dirs_exist_ok=True)
        before = state(home)
        filler = data / "filler"
        free = os.statvfs(data).f_bavail * os.statvfs(data).f_frsize
        filler.write_bytes(bytes(free - 8192))
        content = people(range(2000), name="新").encode()
        home.drop("full_202611.csv", content)
        code, _, err = shell("feed", "run", "full")
        assert code == 4, err
        assert "磁盘已满" in err and "Free space" in err
        assert state(home) == before
        filler.unlink()
        assert shell("feed", "run", "full")[0] == 0
        one = home.store.of("full")[-1]
        assert (one.outcome, one.rows_taken, home.deliveries()) == (Outcome.TAKEN, 2000, 2)
        assert home.payload(one) == content
        assert len(home.rows("raw.full")) == KNOWN + 2000, "taken once"
    finally:
        subprocess.run(["umount", str(data)], check=True)


# --- documents ----------------------------------------------------------------------------------------------------


def test_a_key_that_no_feed_has_is_said_with_file_line_field_and_what_is_allowed(home, shell):
    path = home.root / "city" / "feeds" / "full.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    line = lines.index("resource: person") + 1
    path.write_text("\n".join([*lines[: line - 1], "resorce: person", *lines[line:]]) + "\n", encoding="utf-8")
    before = state(home)
    code, _, err = shell("feed", "run", "full")
    assert code == 2
    assert f"full.yaml:{line}" in err.replace(" ", "")
    assert "resorce" in err and "on_breach" in err and "resource" in err, "the field, and those that are allowed"
    assert state(home) == before and home.deliveries() == 1


def test_a_value_that_is_not_allowed_is_said_with_those_that_are(home, shell):
    home.declare(FULL | {"mode": "whole"})
    code, _, err = shell("feed", "run", "full")
    assert code == 2
    assert "mode" in err and all(mode in err for mode in ("full", "increment", "correction", "tombstone"))


def test_a_feed_that_is_not_declared_is_said_with_those_that_are(home):
    with pytest.raises(UserError) as fault:
        home.run("ful")
    assert "full" in str(fault.value).replace("ful ", "") and fault.value.exit_code == 2
