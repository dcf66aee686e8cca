"""The command starts without what only few commands need."""

from __future__ import annotations

import json
import subprocess
import sys

SLOW = ("altair", "pandas", "openpyxl", "pypinyin", "great_expectations", "dagster", "faker", "fastapi")
"""Each takes a quarter of a second or more; whoever needs one imports it where it is used."""


def test_no_command_waits_for_what_only_another_needs() -> None:
    code = f"import json, sys, portal.cli.app; print(json.dumps([one for one in {SLOW!r} if one in sys.modules]))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(said.stdout) == []
