"""Homes that several files of tests begin from: copied, never changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import triage_city
from desk_city import build_desk_city
from small_city import simulate_small

WHOLE, WHOLE_NOW = 3_000, "2026-11-21T15:00"
"""Persons of the whole city, and the moment at which its demonstration runs."""


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
