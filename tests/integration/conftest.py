"""Homes that several files of tests begin from: copied, never changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_city import simulate_small


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of four registers whose departments have delivered and nothing was taken. Copy it before changing it."""
    home = tmp_path_factory.mktemp("small_city") / "home"
    simulate_small(home, persons=600, seed=7)
    return home
