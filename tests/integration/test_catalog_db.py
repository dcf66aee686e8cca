"""The catalogue in the operational database and the schema that carries it: SQLite always, PostgreSQL where one answers."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from catalog.city import City
from catalog.departments import Department
from catalog.feed import Feed
from catalog.model import Resource
from catalog.register import Register
from catalog.store import CatalogStore
from catalog.tables import PROJECTED, catalogue_version, department
from ground.errors import Unavailable
from hub import schema
from warehouse.operational import OperationalDatabase

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OperationalDatabase]:
    """A database before its first upgrade."""
    if request.param == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
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
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))
    owner.dispose()


@pytest.fixture
def db(empty: OperationalDatabase) -> OperationalDatabase:
    schema.upgrade(empty)
    return empty


def resource(name: str, department: str, items: list[dict[str, Any]], **changes: Any) -> Resource:
    return Resource.model_validate(
        {
            "id": name,
            "title": f"资源 {name}",
            "department": department,
            "system": "系统",
            "sharing": {"class": "unconditional"},
            "opening": {"class": "not", "reason": "含个人信息", "legal_basis": "第三十二条"},
            "update_cycle": "monthly",
            "key": ["citizen_id"],
            "items": [{"id": "citizen_id", "title": "公民身份号码", "element": "citizen_id"}, *items],
            **changes,
        }
    )


def a_city(**changes: Any) -> City:
    household = resource("household", "ga", [{"id": "name", "title": "姓名", "required": True}], **changes)
    insurance = resource("insurance", "sw", [{"id": "full_name", "title": "姓名"}])
    name = {
        "title": "姓名",
        "authority": "household",
        "corroborating": ["insurance"],
        "fallback": ["insurance"],
        "from_item": {"insurance": "full_name"},
    }
    keys = {"household": "citizen_id", "insurance": "citizen_id"}
    library = {"title": "人口库", "key": "citizen_id", "key_in": keys, "items": {"name": name}}
    feed = {
        "id": "hukou",
        "resource": "household",
        "source": {"kind": "file", "path": "ga/hukou_{period}.csv"},
        "format": {"kind": "csv"},
        "columns": {"身份号": "citizen_id", "姓名": "name"},
    }
    return City(
        departments=(Department(id="ga", name="公安局"), Department(id="sw", name="税务局")),
        resources=(household, insurance),
        feeds=(Feed.model_validate(feed),),
        register=Register.model_validate({"libraries": {"population": library}}),
    )


def rows(db: OperationalDatabase) -> dict[str, list[Any]]:
    with db.begin() as connection:
        return {table.name: sorted(connection.execute(sa.select(table)).all(), key=str) for table in PROJECTED}


@pytest.mark.duty("R-007", "R-022")
def test_a_loaded_catalogue_is_listed_with_departments_items_and_sources(db: OperationalDatabase) -> None:
    store = CatalogStore(db)
    city = a_city()
    loaded = store.load(city, NOW)
    assert (loaded.changed, loaded.version.version, loaded.version.digest) == (True, 1, city.digest)
    listed = store.resources()
    assert [(one.id, one.department_name, one.opening) for one in listed] == [
        ("household", "公安局", "not"),
        ("insurance", "税务局", "not"),
    ]
    assert [one.id for one in store.resources(department_id="sw")] == ["insurance"]
    assert [one.id for one in store.resources(limit=1, offset=1)] == ["insurance"]
    assert [(one.id, one.is_key, one.required) for one in store.items("household")] == [
        ("citizen_id", True, False),
        ("name", False, True),
    ]
    assert store.items("nothing") == []


@pytest.mark.duty("R-053", "R-056")
def test_the_sources_of_an_item_name_one_authority_and_its_department(db: OperationalDatabase) -> None:
    store = CatalogStore(db)
    store.load(a_city(), NOW)
    assert [
        (one.role, one.resource, one.source_item, one.department) for one in store.sources_of("population", "name")
    ] == [
        ("authority", "household", "name", "ga"),
        ("corroborating", "insurance", "full_name", "sw"),
        ("fallback", "insurance", "full_name", "sw"),
    ]
    assert store.sources_of("population", "nothing") == []


def test_the_same_catalogue_again_changes_nothing(db: OperationalDatabase) -> None:
    store = CatalogStore(db)
    store.load(a_city(), NOW)
    before = rows(db)
    again = store.load(a_city(), NOW + timedelta(days=1))
    assert (again.changed, again.version.loaded_at) == (False, NOW)
    assert rows(db) == before and len(store.versions()) == 1


@pytest.mark.duty("R-011")
def test_the_steward_that_is_listed_is_whoever_is_in_office_that_day(db: OperationalDatabase) -> None:
    stewards = [
        {"name": "甲", "appointed": "2024-01-01", "until": "2026-11-05"}, {"name": "丁", "appointed": "2026-11-07"},
    ]  # fmt: skip
    units = (
        Department.model_validate({"id": "ga", "name": "公安局", "stewards": stewards}),
        Department(id="sw", name="税务局"),
    )
    city = City(units, (), (), Register(libraries={}))
    store = CatalogStore(db)

    def listed(days: int) -> list[str | None]:
        assert store.load(city, NOW + timedelta(days=days)).changed is (days == 0)
        with db.begin() as connection:
            return list(connection.execute(sa.select(department.c.steward).order_by(department.c.id)).scalars())

    assert [listed(days) for days in (0, 3, 4, 5)] == [["甲", None], ["甲", None], [None, None], ["丁", None]]


def test_a_changed_catalogue_replaces_the_lists_and_keeps_every_version(db: OperationalDatabase) -> None:
    store = CatalogStore(db)
    first, second = a_city(), a_city(title="户籍登记（新）")
    store.load(first, NOW)
    store.load(second, NOW + timedelta(days=1))
    assert store.resources()[0].title == "户籍登记（新）"
    third = store.load(first, NOW + timedelta(days=2))
    assert third.changed and store.resources()[0].title == "资源 household"
    assert [(one.version, one.digest) for one in store.versions()] == [
        (3, first.digest),
        (2, second.digest),
        (1, first.digest),
    ]
    assert store.documents(2) == second.content
    assert store.documents(9) is None


def test_what_was_taken_out_of_the_catalogue_leaves_the_lists(db: OperationalDatabase) -> None:
    store = CatalogStore(db)
    store.load(a_city(), NOW)
    store.load(City((Department(id="ga", name="公安局"),), (), (), Register(libraries={})), NOW)
    assert {name: len(found) for name, found in rows(db).items()} == {
        "department": 1,
        "resource": 0,
        "item": 0,
        "source_register": 0,
        "feed": 0,
    }


def test_a_load_that_fails_halfway_leaves_the_catalogue_in_force(db: OperationalDatabase) -> None:
    store = CatalogStore(db)
    store.load(a_city(), NOW)
    before = rows(db)
    broken = City((Department(id="sw", name="税务局"),), a_city().resources, (), Register(libraries={}))
    with pytest.raises(DBAPIError):
        store.load(broken, NOW)
    assert rows(db) == before and len(store.versions()) == 1


def test_two_loads_at_once_are_told_to_try_again(db: OperationalDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CatalogStore(db)
    store.load(a_city(), NOW)
    # The other load is faster: it commits version 2 after this one has looked at version 1.
    other = CatalogStore(db)
    monkeypatch.setattr("catalog.store._latest", lambda _connection: store.versions()[-1])
    other.load(a_city(title="甲"), NOW)
    with pytest.raises(Unavailable):
        store.load(a_city(title="乙"), NOW)
    assert [one.version for one in store.versions()] == [2, 1]
    assert store.resources()[0].title == "甲"


@pytest.mark.parametrize(
    "statement",
    [sa.delete(catalogue_version), sa.update(catalogue_version).values(digest="x")],
    ids=["delete", "update"],
)
def test_a_version_of_the_catalogue_cannot_be_changed(db: OperationalDatabase, statement: Any) -> None:
    CatalogStore(db).load(a_city(), NOW)
    with pytest.raises(DBAPIError, match="append-only"), db.begin() as connection:
        connection.execute(statement)


def test_the_migrations_make_what_the_code_says(db: OperationalDatabase) -> None:
    assert schema.differences(db) == [], 'write a migration: python -m hub.schema --revision "what changed"'


def test_a_difference_would_be_seen(db: OperationalDatabase) -> None:
    with db.begin() as connection:
        connection.execute(sa.text("ALTER TABLE department ADD COLUMN extra TEXT"))
        connection.execute(sa.text("DROP TABLE feed"))
    assert len(schema.differences(db)) >= 2


def test_an_upgrade_is_at_the_head_and_safe_to_repeat(empty: OperationalDatabase) -> None:
    assert schema.current(empty) is None
    schema.upgrade(empty)
    CatalogStore(empty).load(a_city(), NOW)
    schema.upgrade(empty)
    assert schema.current(empty) == schema.head() is not None
    assert len(CatalogStore(empty).versions()) == 1


def test_an_upgrade_is_quiet(
    empty: OperationalDatabase, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    schema.upgrade(empty)
    assert caplog.records == [] and capfd.readouterr() == ("", "")


def test_a_killed_upgrade_leaves_no_half_schema(empty: OperationalDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ledger.store.install_guards", fail)
        with pytest.raises(KeyboardInterrupt):
            schema.upgrade(empty)
    assert sa.inspect(empty.engine).get_table_names() == []
    schema.upgrade(empty)
    assert schema.differences(empty) == []


def test_a_migrated_database_is_word_for_word_what_the_tables_say(tmp_path: Path) -> None:
    """Alembic compares neither triggers nor WITHOUT ROWID; SQLite keeps the text of everything."""

    def words(database: OperationalDatabase) -> dict[tuple[str, str], list[str]]:
        query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
        with database.begin() as connection:
            found = connection.execute(sa.text(query)).all()
        database.dispose()
        # The order of constraints inside a table says nothing.
        return {(kind, name): sorted(re.split(r"[\s,()]+", sql)) for kind, name, sql in found}

    migrated = OperationalDatabase(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    schema.upgrade(migrated)
    created = OperationalDatabase(f"sqlite:///{tmp_path / 'created.sqlite'}")
    schema.whole_metadata().create_all(created.engine)
    expected = words(created)
    assert {kind for kind, _ in expected} == {"table", "index", "trigger"}
    assert words(migrated) == expected


def test_two_upgrades_at_once_both_end_well(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'operational.sqlite'}"
    program = f"from hub.schema import *; upgrade(OperationalDatabase({url!r}))"
    running = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]
    ends = [(process.communicate()[0], process.returncode) for process in running]
    assert ends == [(b"", 0), (b"", 0)]


def test_every_module_with_a_table_is_named_in_the_schema() -> None:
    packages = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in ("tests", "hub")]
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in packages
        for path in package.rglob("*.py")
        if re.search(r"\b(sa\.|sqlalchemy\.)?Table\(\s*\"\w+\",\s*metadata\b", path.read_text(encoding="utf-8"))
    }
    assert modules == set(schema.STORES)
