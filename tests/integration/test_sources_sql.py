"""Databases as sources for real, where they run: PostgreSQL and MariaDB (env variables, or the ones on this machine).

What a department keeps as numbers, dates and Chinese text comes in as it is, in pieces, whatever the number of rows.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from intake_home import Home, citizen, feed
from sqlalchemy.exc import DBAPIError

from ground.errors import Unavailable
from pipelines.intake import read_sql

SERVERS = {
    "postgresql": ("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test", "WITH (FORCE)"),
    "mariadb": ("SHUYUAN_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/test?charset=utf8mb4", ""),
}
TABLES = {
    "postgresql": "CREATE TABLE person (公民身份号码 numeric(18), 姓名 text, 电话 bigint, 更新时间 timestamptz)",
    "mariadb": "CREATE TABLE person (公民身份号码 decimal(18), 姓名 varchar(40), 电话 bigint, 更新时间 datetime(6)) "
               "DEFAULT CHARSET utf8mb4",
}  # fmt: skip


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[sa.URL]:
    """A database of its own in the server; skips loudly where there is none, and fails where one was named or CI=true."""
    variable, default, force = SERVERS[request.param]
    url = sa.make_url(os.environ.get(variable, default))
    owner = sa.create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 2})
    name = f"shuyuan_{uuid.uuid4().hex[:12]}"
    try:
        with owner.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    except DBAPIError as fault:
        owner.dispose()
        reason = f"NOT RUN: no {request.param} answers ({type(fault).__name__}); start one, or set {variable}"
        if variable in os.environ or os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    yield url.set(database=name)
    with owner.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} {force}"))
    owner.dispose()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    one = Home(tmp_path / "home")
    yield one
    one.close()


def fill(url: sa.URL, rows: int) -> None:
    engine = sa.create_engine(url)
    moment = "2026-11-01 08:00:00+08" if url.get_backend_name() == "postgresql" else "2026-11-01 08:00:00"
    with engine.begin() as connection:
        connection.execute(sa.text(TABLES["postgresql" if url.get_backend_name() == "postgresql" else "mariadb"]))
        connection.execute(
            sa.text("INSERT INTO person VALUES (:a, :b, :c, :d)"),
            [
                {"a": int(citizen(n)), "b": f"李娜𠮷{n}", "c": None if n == 3 else 13800000000 + n, "d": moment}
                for n in range(rows)
            ],
        )
    engine.dispose()


def declared(query: str = "SELECT * FROM person", **changes: Any) -> dict[str, Any]:
    return feed("db", source={"kind": "sql", "url": "${PEOPLE}", "query": query}, format={"kind": "rows"}, **changes)


def set_up(home: Home, url: sa.URL) -> None:
    home.environment = {"PEOPLE": url.render_as_string(hide_password=False)}


@pytest.mark.duty("R-062")
def test_codes_moments_and_rare_characters_come_in_as_they_are(home, server):
    fill(server, 30)
    set_up(home, server)
    home.declare(declared())
    (one,) = home.run("db")
    assert (one.rows_taken, one.reasons) == (30, {})
    assert set(home.names()) == {citizen(n) for n in range(30)}, "a number of 18 digits is not rounded on its way"
    row = home.standard()[citizen(4)]
    assert (row["name"], row["phone"], str(row["updated_at"])) == ("李娜𠮷4", "13800000004", "2026-11-01 08:00:00")
    assert home.standard()[citizen(3)]["phone"] is None


def test_a_query_that_says_the_same_again_brings_nothing_new(home, server):
    fill(server, 30)
    set_up(home, server)
    home.declare(declared("SELECT * FROM person ORDER BY 公民身份号码"))
    home.run("db")
    (again,) = home.run("db", minutes=5)
    assert again.outcome == "unchanged"


def test_rows_come_in_pieces(home, server, monkeypatch):
    fill(server, 250)
    set_up(home, server)
    home.declare(declared())
    monkeypatch.setattr(read_sql, "ROWS_AT_ONCE", 40)
    sizes: list[int] = []
    as_text = read_sql._as_text

    def counted(frame):
        sizes.append(len(frame))
        return as_text(frame)

    monkeypatch.setattr(read_sql, "_as_text", counted)
    assert [one.rows_taken for one in home.run("db")] == [250]
    assert sizes == [40] * 6 + [10]


def test_a_table_that_is_not_there_is_said_without_its_password(home, server):
    url = server.set(username="nobody", password="of-the-test")
    set_up(home, url)
    home.declare(declared())
    with pytest.raises(Unavailable) as fault:
        home.run("db")
    assert "of-the-test" not in str(fault.value)
    set_up(home, server)
    with pytest.raises(Unavailable, match="nothing of the half was taken"):
        home.run("db")
    assert home.deliveries() == 0
