"""Homes that several files of tests begin from: copied, never changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import triage_city
from desk_city import build_desk_city
from small_city import simulate_small


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
def triage_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city whose faults have known causes (`triage_city`), two months delivered and built. Copy it before changing it."""
    home = tmp_path_factory.mktemp("triage") / "home"
    triage_city.make(home)
    return home
