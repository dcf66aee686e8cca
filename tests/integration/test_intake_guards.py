"""Guards of intake beyond the everyday: sheets that span the world, sources that round, disks that are full.

The everyday breakages, one by one with their exit codes, are in test_bad_input.py.
"""

import io
import os
import shutil
import subprocess
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
import xlsxwriter
from intake_home import COLUMNS, NOW, Home, citizen, csv, feed, people
from sqlalchemy.exc import DBAPIError

from ground.errors import Unavailable
from hub.hub import Hub
from pipelines.intake import read_xlsx
from pipelines.intake.store import Outcome
from portal.cli.app import main

CSV, XLSX = "full_202611.csv", "sheet_202611.xlsx"
CHANGED = people(range(30), name="李娜")
SHEET = feed(
    "sheet", source={"kind": "file", "path": "ga/sheet_{period}.xlsx"}, format={"kind": "xlsx"}, mode="increment"
)


class Said(NamedTuple):
    code: int
    text: str


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "home"
    h = Home(root, feed("full"), SHEET, whole=True)
    (root / "settings.yaml").write_text("profile: haishu\nthreads: 1\nlock_timeout: 20\n", encoding="utf-8")
    assert h.take("full_202610.csv", people(range(30))).rows_taken == 30
    h.close()
    return root


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Iterator[Home]:
    h = Home(shutil.copytree(template, tmp_path / "home"), whole=True)
    yield h
    h.close()


def call(home: Home, capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--home", str(home.root), "--now", NOW.isoformat()])
    captured = capsys.readouterr()
    return Said(int(ended.value.code or 0), " ".join((captured.out + captured.err).split()))


@pytest.fixture
def cli(home: Home, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    return lambda *arguments: call(home, capsys, *arguments)


# --- sheets -----------------------------------------------------------------------------------------------------


def workbook(write: Callable[..., None]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        write(book.add_worksheet("名单"))
    return buffer.getvalue()


def good_sheet(sheet) -> None:
    sheet.write_row(0, 0, list(COLUMNS))
    sheet.write_row(1, 0, [citizen(100), "张伟", "13800000000", "2026-10-01 08:00:00"])


def with_rows(rows: bytes) -> bytes:
    """The good workbook with more rows in the XML of its sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(good_sheet))) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            part = old.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                part = part.replace(b"</sheetData>", rows + b"</sheetData>")
            new.writestr(entry.filename, part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
SHEETS = {
    "a sheet that spans seventeen billion cells": (with_rows(FAR), SHEET, "跨度过大", "spans too many cells"),
    "a sheet of another name": (
        workbook(good_sheet), SHEET | {"format": {"kind": "xlsx", "sheet": "数据"}}, "现有：名单", "there are: 名单",
    ),
    "a workbook in the old format": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, SHEET, "另存为 XLSX", "Save it as XLSX"),
    "an archive that is no workbook": (with_rows(b"")[:-100], SHEET, "已损坏", "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHEETS)
def test_a_workbook_that_cannot_be_opened_safely_is_refused_and_kept(home, cli, case):
    content, document, zh, en = SHEETS[case]
    home.declare(document)
    home.drop(XLSX, content)
    said = cli("feed", "run", "sheet")
    assert said.code == 3 and zh in said.text and en in said.text, said.text
    (refused,) = home.store.of("sheet")
    assert (refused.outcome, home.payload(refused)) == (Outcome.REFUSED, content)


def test_formatting_far_out_is_no_reason_to_refuse(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(with_rows(b'<row r="1048576" s="1"/><row r="9"><c r="XFD9" s="1"/></row>'))
    read_xlsx.refuse_bomb(path, where="x")


def test_a_tag_cut_in_two_by_the_pieces_it_comes_in_is_seen_all_the_same():
    for cut in range(1, len(FAR)):
        span = read_xlsx._Span()
        span.see(FAR[:cut])
        span.see(FAR[cut:])
        assert span.cells == 1_048_576 * 16_384, cut


@pytest.mark.parametrize(
    ("cell", "text"),
    [(13800000000.0, "13800000000"), (0.1, "0.1"), (1e-7, "0.0000001"), (999_999_999_999_999, "999999999999999"),
     (10**15, "\ufffd"), (6222020200112233.0, "\ufffd"), (3.3010619700101e17, "\ufffd"), (-(10**15), "\ufffd"),
     (True, "TRUE"), ("", None), (None, None)],
)  # fmt: skip
def test_numbers_of_a_sheet_are_written_out_or_said_to_be_unreadable(cell, text):
    assert read_xlsx._text(cell) == text


# --- texts ------------------------------------------------------------------------------------------------------


TEXTS = {
    "a column that stands twice": (
        csv("公民身份号码 | 姓名 | 电话 | 更新时间 | 姓名\nP1 | 甲 | | | 乙"), feed("full"),
        "重复的列：姓名", "stand twice in the header: 姓名",
    ),
    "most rows broken": (
        "".join([",".join(COLUMNS) + "\n", *(f"{citizen(n)},{'' if n % 3 else '李娜'},,\n" for n in range(30))]), feed("full"),
        "30 行中有 20 行", "20 of 30 rows",
    ),
    "the only row broken": (f"{','.join(COLUMNS)}\n{citizen(1)},,,\n", feed("full"), "1 行中有 1 行", "1 of 1 rows"),
    "one row broken where none may be": (
        CHANGED + f"{citizen(31)},,,\n", feed("full", on_breach={"row": "refuse_delivery"}),
        "有 1 行违反约定", "1 rows break the contract",
    ),
}  # fmt: skip


@pytest.mark.duty("R-058")
@pytest.mark.parametrize("case", TEXTS)
def test_a_text_that_cannot_be_taken_as_it_is_is_refused_whole(home, cli, case):
    content, document, zh, en = TEXTS[case]
    home.declare(document)
    before = home.rows("standard.person"), home.rows("raw.full")
    home.drop(CSV, content)
    said = cli("feed", "run", "full")
    assert said.code == 3 and zh in said.text and en in said.text, said.text
    assert "李娜" not in said.text and citizen(1) not in said.text
    assert (home.rows("standard.person"), home.rows("raw.full")) == before
    assert home.payload(home.store.of("full")[-1]) == content.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_an_automatic_encoding_is_not_led_astray_by_one_bad_byte(home, encoding):
    home.declare(feed("full", format={"kind": "csv", "encoding": "auto"}, columns={"id": "citizen_id", "name": "name"}))
    content = "".join(["id,name\n", *(f"{citizen(n)},李娜{n}\n" for n in range(30))]).encode(encoding)
    one = home.take(CSV, content.replace("李".encode(encoding), b"\xff", 1))
    assert one.reasons == {"name:unreadable": 1}
    assert home.names()[citizen(5)] == "李娜5"


def test_line_ends_of_three_kinds_in_one_file_are_read(home):
    lines = CHANGED.splitlines()
    content = "\r\n".join(lines[:9]) + "\n" + "\n".join(lines[9:20]) + "\r" + "\r".join(lines[20:]) + "\r\n"
    one = home.take(CSV, content)
    assert (one.rows_in, one.rows_changed, one.reasons) == (30, 30, {})


@pytest.mark.parametrize("name", ["csv", "db", "json", "parquet", "duckdb"])
def test_a_feed_may_be_called_like_the_ending_of_a_file(home, name):
    home.declare(feed(name, "increment"))
    assert home.take(f"{name}_202611.csv", CHANGED).rows_changed == 30
    assert len(home.rows(f"raw.{name}")) == 30


# --- databases --------------------------------------------------------------------------------------------------


def sql_feed(url: str, query: str = "SELECT * FROM person ORDER BY 公民身份号码", **changes) -> dict:
    source = {"kind": "sql", "url": url, "query": query}
    return feed("db", source=source, format={"kind": "rows"}, mode="increment") | changes


def sqlite_people(home: Home, count: int = 30) -> None:
    engine = sa.create_engine(f"sqlite:///{home.inbox / 'ga' / 'people.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE person (公民身份号码 TEXT, 姓名 TEXT, 电话 REAL, 更新时间 TEXT)"))
        for n in range(count):
            row = {"a": citizen(n), "b": f"李娜{n}", "c": 13800000000 + n, "d": "2026-11-01"}
            connection.execute(sa.text("INSERT INTO person VALUES (:a, :b, :c, :d)"), row)
    engine.dispose()


PEOPLE = "sqlite:///inbox/ga/people.sqlite"


def test_floats_of_a_database_are_written_out_or_said_to_be_unreadable(home):
    sqlite_people(home, 2)
    home.declare(sql_feed(PEOPLE, "SELECT 公民身份号码, 姓名, CASE 公民身份号码 WHEN :a THEN 3.3e17 ELSE 电话 END AS 电话, 更新时间 "
                                  "FROM person".replace(":a", f"'{citizen(1)}'")))  # fmt: skip
    (one,) = home.run("db")
    assert one.reasons == {"phone:unreadable": 1}
    assert home.standard()[citizen(0)]["phone"] == "13800000000"


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [("sqlite:///inbox/ga/absent.sqlite", 4, "nothing was delivered yet"),
     ("postgresql+psycopg://nobody@127.0.0.1:1/none", 4, "nothing of the half was taken"),
     ("${NOT_SET}", 2, "not set: NOT_SET"),
     ("not a url", 2, "no SQLAlchemy URL"),
     ("oracle+oracledb://someone@host/db", 2, "No driver for oracle+oracledb"),
     ("nonsense://host/db", 2, "No driver for nonsense"),
     ("duckdb:////etc/passwd", 2, "A source cannot be DuckDB"),
     ("sqlite://", 2, "stays below inbox/"),
     ("sqlite:///lake/catalog.sqlite", 2, "stays below inbox/")],
)  # fmt: skip
def test_a_source_that_cannot_be_opened_says_what_to_do(home, cli, url, code, says):
    home.declare(sql_feed(url))
    said = cli("feed", "run", "db")
    assert (said.code, says in said.text) == (code, True), said.text
    assert home.store.of("db") == []


def test_a_table_that_says_again_what_was_refused_stays_refused(home, cli):
    sqlite_people(home)
    home.declare(sql_feed(PEOPLE, columns={"身份证": "citizen_id", "姓名": "name"}))
    assert [cli("feed", "run", "db").code for _ in range(2)] == [3, 3]
    (refused,) = home.store.of("db")
    home.declare(sql_feed(PEOPLE))
    assert home.replay(refused.id).rows_taken == 30


def test_an_empty_query_is_not_taken_for_an_empty_city(home, cli):
    sqlite_people(home, count=0)
    home.declare(sql_feed(PEOPLE, mode="full"))
    said = cli("feed", "run", "db")
    assert said.code == 4 and "tombstone" in said.text
    assert len(home.names()) == 30


def test_a_column_of_bytes_is_the_documents_fault(home, cli):
    sqlite_people(home)
    home.declare(sql_feed(PEOPLE, "SELECT *, x'ff00' AS 照片 FROM person"))
    said = cli("feed", "run", "db")
    assert said.code == 2 and "source.query" in said.text and "二进制" in said.text


@pytest.fixture
def postgres() -> Iterator[sa.URL]:
    """A database of its own in the server that SHUYUAN_TEST_POSTGRES names, or the one on this machine."""
    url = sa.make_url(os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test"))
    owner = sa.create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 2})
    name = f"shuyuan_{uuid.uuid4().hex[:12]}"
    try:
        with owner.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    except DBAPIError as fault:
        owner.dispose()
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(f"NO POSTGRESQL ({type(fault).__name__}): SQL sources and stores are tested on SQLite only")
    yield url.set(database=name)
    with owner.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    owner.dispose()


@pytest.mark.duty("R-062")
def test_codes_and_moments_of_postgresql_come_in_as_they_are(home, postgres):
    source = sa.create_engine(postgres)
    with source.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE person (公民身份号码 numeric(18), 姓名 text, 电话 bigint, 更新时间 timestamptz)")
        )
        rows = [
            {"a": int(citizen(n)), "b": f"李娜{n}", "c": None if n == 3 else 13800000000, "d": "2026-11-01 08:00:00+08"}
            for n in range(30)
        ]
        connection.execute(sa.text("INSERT INTO person VALUES (:a, :b, :c, :d)"), rows)
    source.dispose()
    home.environment = {"PEOPLE": postgres.render_as_string(hide_password=False)}
    home.declare(sql_feed("${PEOPLE}"))
    (one,) = home.run("db")
    assert (one.rows_taken, one.reasons) == (30, {})
    assert set(home.names()) == {citizen(n) for n in range(30)}, "a NUMERIC id is not rounded on its way"
    assert home.standard()[citizen(3)]["phone"] is None and home.standard()[citizen(4)]["phone"] == "13800000000"
    assert str(home.standard()[citizen(4)]["updated_at"]) == "2026-11-01 08:00:00"


@pytest.mark.duty("R-191")
def test_a_whole_run_with_the_operational_database_and_the_lakes_catalogue_in_postgresql(postgres, tmp_path):
    from small_city import simulate_small

    home = tmp_path / "home"
    simulate_small(home, persons=500, seed=3)
    connection = (
        f"postgres:dbname={postgres.database} host={postgres.host} port={postgres.port} user={postgres.username}"
    )
    connection += f" password={postgres.password}" if postgres.password else ""
    (home / "settings.yaml").write_text(
        f"profile: haishu\nthreads: 1\noperational_url: {postgres.render_as_string(hide_password=False)}\n"
        f'lake_catalog: "{connection}"\n', encoding="utf-8",
    )  # fmt: skip
    hub = Hub(home)
    hub.upgrade()
    hub.load_catalogue(NOW)
    for one in hub.city.feeds:
        assert [settled.outcome for settled in hub.intake.run(one.id, NOW)] == ["taken"]
    first = hub.builder.run(NOW)
    assert first.published and first.opened
    again = hub.builder.run(NOW + timedelta(minutes=1))
    assert not again.published and {one.mode for one in again.built} == {"unchanged"}
    with hub.serving.open() as session:
        assert session.reader.count("base.population") == first.built[0].rows > 400
    assert hub.pointer.waiting() == []
    hub.close()
    assert not (home / "lake" / "catalog.sqlite").exists()


def test_a_catalogue_of_the_lake_that_does_not_answer_is_said_with_where_to_look(home, cli):
    (home.root / "settings.yaml").write_text(
        'profile: haishu\nlake_catalog: "postgres:dbname=none host=127.0.0.1 port=1"\n', encoding="utf-8"
    )
    home.drop(CSV, CHANGED)
    said = cli("feed", "run", "full")
    assert said.code == 4 and "lake_catalog" in said.text, said.text
    assert len(home.store.of("full")) == 1


def test_an_operational_database_that_does_not_answer_is_said_with_where_to_look(home, cli):
    (home.root / "settings.yaml").write_text(
        "profile: haishu\noperational_url: postgresql+psycopg://nobody@127.0.0.1:1/none\n", encoding="utf-8"
    )
    said = cli("feed", "run", "full")
    assert said.code == 4 and "operational_url" in said.text, said.text


# --- locks and disks --------------------------------------------------------------------------------------------


def test_a_run_that_waits_too_long_for_another_says_so(home, cli):
    (home.root / "settings.yaml").write_text("profile: haishu\nlock_timeout: 0.2\n", encoding="utf-8")
    home.drop(CSV, CHANGED)
    with home.lake.writing():
        said = cli("feed", "run", "full")
    assert said.code == 4
    assert "另一个任务正在写入" in said.text and "Another run is writing" in said.text
    assert len(home.store.of("full")) == 1
    assert cli("feed", "run", "full").code == 0


@pytest.fixture
def small_disk(template: Path, tmp_path: Path) -> Iterator[Home]:
    """A whole home on a small file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("NO REAL FULL DISK: mounting a small file system needs root; the simulated one is tested")
    h = None
    try:
        h = Home(shutil.copytree(template, place / "home"), whole=True)
        yield h
    finally:
        if h is not None:
            h.close()
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("free", [0, 100, 350, 500], ids=lambda size: f"{size} KB free")
def test_a_disk_that_is_full_at_whatever_step_loses_nothing_and_works_again_when_it_is_not(small_disk, capsys, free):
    h = small_disk
    path = h.drop(CSV, people(range(4000), name="李娜"))
    before = h.rows("standard.person")
    ballast = h.root.parent / "ballast"
    room = shutil.disk_usage(h.root).free - free * 1024
    ballast.write_bytes(b"\1" * max(room, 0))
    said = call(h, capsys, "feed", "run", "full")
    assert said.code == 4, said.text
    assert "磁盘" in said.text and "disk" in said.text
    assert path.read_text(encoding="utf-8") == people(range(4000), name="李娜")
    ballast.unlink()
    assert h.rows("standard.person") == before
    assert call(h, capsys, "feed", "run", "full").code == 0
    taken = h.store.of("full")[-1]
    assert (taken.outcome, taken.rows_taken, h.deliveries()) == (Outcome.TAKEN, 4000, 2)
    assert len(h.rows("standard.person")) == 4000 and len(h.rows("raw.full")) == 4030
    assert h.payload(taken) == path.read_bytes()
    assert h.outcome(taken)["outcome"] == "taken"
    assert not list((h.root / "spill").glob("*")) and not list((h.root / "landing").glob(".*"))


def test_a_full_operational_database_is_not_called_a_fault_of_ours(home, monkeypatch):
    def full(*_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception("database or disk is full"))

    monkeypatch.setattr(home.database.engine.dialect, "do_commit", full)
    with pytest.raises(Unavailable, match="disk is full"), home.database.begin() as connection:
        connection.execute(sa.text("SELECT 1"))
