"""Homes that several files of tests begin from: copied, never changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import triage_city
from desk_city import build_desk_city
from small_city import simulate_small
from sqlalchemy.exc import DBAPIError

from hub import schema
from warehouse.operational import OperationalDatabase

WHOLE, WHOLE_NOW = 3_000, "2026-11-21T15:00"
"""Persons of the whole city, and the moment at which its demonstration runs."""


@pytest.fixture(params=["sqlite", "postgresql"])
def operational(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OperationalDatabase]:
    """An operational database with the newest schema: SQLite always, PostgreSQL where one answers."""
    if request.param == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
        schema.upgrade(database)
        yield database
        database.dispose()
        return
    url = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    owner = sa.create_engine(url, connect_args={"connect_timeout": 2})
    name = f"shuyuan_{uuid.uuid4().hex[:12]}"
    try:
        with owner.begin() as connection:
            connection.execute(sa.schema.CreateSchema(name))
    except DBAPIError as fault:
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(f"NO POSTGRESQL: tested on SQLite only ({type(fault).__name__}); set SHUYUAN_TEST_POSTGRES")
    own = sa.make_url(url).update_query_dict({"options": f"-csearch_path={name}"})
    database = OperationalDatabase(own.render_as_string(hide_password=False))
    schema.upgrade(database)
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))
    owner.dispose()


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of four registers whose departments have delivered and nothing was taken. Copy it before changing it."""
    home = tmp_path_factory.mktemp("small_city") / "home"
    simulate_small(home, persons=600, seed=7)
    return home


@pytest.fixture(scope="session")
def built_city(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`small_city` taken and built, with accounts. Copy it before changing it."""
    home = tmp_path_factory.mktemp("built_city") / "home"
    shutil.copytree(small_city, home)
    build_desk_city(home)
    return home


@pytest.fixture(scope="session")
def whole_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The whole simulated city after ``shuyuan demo``, and what that printed. Copy the home before changing it."""
    home = tmp_path_factory.mktemp("whole") / "home"
    command = [str(Path(sys.executable).parent / "shuyuan"), "demo", "--persons", str(WHOLE), "--seed", "2026"]
    done = subprocess.run(
        [*command, "--home", str(home), "--now", WHOLE_NOW],
        env={**os.environ, "COLUMNS": "220"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return home, done.stdout


@pytest.fixture(scope="session")
def triage_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city whose faults have known causes (`triage_city`), two months delivered and built. Copy it before changing it."""
    home = tmp_path_factory.mktemp("triage") / "home"
    triage_city.make(home)
    return home
