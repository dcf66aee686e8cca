"""Engines for specification tests: what holds on one must hold on the other."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest

from warehouse.duckdb_engine import DuckDbEngine


@pytest.fixture(scope="session")
def duckdb_engine() -> Iterator[DuckDbEngine]:
    with DuckDbEngine(threads=2) as engine:
        yield engine


@pytest.fixture(scope="session")
def sail_engine() -> Iterator[Any]:
    missing = [name for name in ("pysail", "pyspark") if importlib.util.find_spec(name) is None]
    if missing:
        message = f"NOT TESTED ON A SECOND ENGINE: {', '.join(missing)} not installed (pip install '.[sail]')"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from warehouse.sail_engine import SailEngine

    with SailEngine() as engine:
        yield engine


@pytest.fixture(params=["duckdb", "sail"])
def engine(request: pytest.FixtureRequest) -> Any:
    """Each test that takes it runs once per engine."""
    return request.getfixturevalue(f"{request.param}_engine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # ibis 12 still calls what duckdb 1.5 deprecates; the remedy is theirs.
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"))
