"""Fixtures for all tests: the shared real data, a home to work in, a fixed moment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# A slow machine is no fault of the code: no test fails by the clock.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


# A worker of pytest-xdist begins without a file. pyspark, which Sail's client and Great Expectations bring, takes such a main
# module for its own doctests and ends the process.
if "PYTEST_XDIST_WORKER" in os.environ:
    sys.modules["__main__"].__dict__.setdefault("__file__", None)


ROOMS = ("unit", "spec", "integration", "functional")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick ones first. Those in a browser last: its event loop stays in the main thread, where Dagster starts its own."""
    items.sort(key=lambda one: ROOMS.index(one.path.relative_to(ROOT / "tests").parts[0]))


def shared_root() -> Path:
    """Where the real files lie: SHUYUAN_SHARED, or ``../shared`` beside the project."""
    return Path(os.environ.get("SHUYUAN_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """``shared_data("enterprise_registration")`` -> its folder; skips loudly, or fails with CI=true, where missing."""

    def find(name: str) -> Path:
        path = shared_root() / "data" / name
        if not path.exists():
            reason = f"NOT RUN: real data {name} is missing (expected in ../shared/data, or set SHUYUAN_SHARED)"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        return path

    return find


@pytest.fixture
def now() -> datetime:
    """A Saturday afternoon in Shanghai; no test reads the wall clock."""
    return datetime(2026, 11, 21, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
