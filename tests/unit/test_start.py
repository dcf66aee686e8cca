"""The command starts without what only few commands need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLOW = (
    "altair", "dagster", "duckdb", "faker", "fastapi", "great_expectations", "hub.hub", "ibis", "openpyxl", "pandas", "pyarrow",
    "pypinyin", "rdflib", "shapely", "sqlalchemy", "xlsxwriter",
)  # fmt: skip
"""Each takes a tenth of a second or more; whoever needs one imports it where it is used."""


def imported_by(arguments: list[str], folder: Path, **environment: str) -> list[str]:
    """Which of the slow modules are there after a command, in a process of its own."""
    code = f"""
import atexit, json, sys
atexit.register(lambda: print("\\n" + json.dumps([one for one in {SLOW!r} if one in sys.modules])))
from portal.cli.app import main
main({arguments!r})
"""
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=folder, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.splitlines()) > 1, "the command said nothing"
    found: list[str] = json.loads(said.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "clock 2026-09-24 --days 10wd --explain",
        "policy show",
    ],
)
def test_a_command_that_opens_no_home_waits_for_no_engine(line: str, tmp_path: Path) -> None:
    assert imported_by(line.split(), tmp_path) == []


def test_completing_a_command_waits_for_no_engine(tmp_path: Path) -> None:
    asked = {"_SHUYUAN_COMPLETE": "complete_bash", "COMP_WORDS": "shuyuan ", "COMP_CWORD": "1"}
    assert imported_by([], tmp_path, **asked) == []


def test_no_command_waits_for_what_only_another_needs() -> None:
    slow = ("altair", "dagster", "faker", "fastapi", "great_expectations", "openpyxl", "pandas", "pypinyin")
    code = f"""
import json, sys
from portal.cli.app import Shuyuan
for one in Shuyuan.listed: one.load()
print(json.dumps([one for one in {slow!r} if one in sys.modules]))
"""
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120, cwd=ROOT
    )
    assert json.loads(said.stdout) == []
