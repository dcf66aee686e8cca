"""What docs/pushing.md tells the author of a department's system is done, as written, against a running desk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asking import asked
from intake_home import NOW
from test_docs_commands import blocks, plain, run

from accounts.api_key import Scope

PAGE = blocks("docs/pushing.md")


def only(kind: str) -> list[str]:
    return [one.body for one in PAGE if one.kind == kind]


@pytest.mark.duty("R-062")
def test_pushing_as_written(tmp_path: Path) -> None:
    assert shutil.which("curl"), "the page shows curl"
    run("shuyuan init --home mine", tmp_path)
    (document,) = [one for one in PAGE if one.kind == "yaml"]
    (tmp_path / document.target).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / document.target).write_text(document.body, encoding="utf-8")
    issue, take, delays = only("sh")
    assert "shuyuan_k_" in run(issue, tmp_path).stdout
    with asked(tmp_path / "mine", NOW) as (desk, systems):
        system = systems("bureau", [Scope.DELIVERIES_WRITE])
        env = {**os.environ, "URL": desk.url, "KEY": system.secret}
        (curl,) = only("bash")
        answers = [
            json.loads(subprocess.run(["bash", "-c", curl], env=env, capture_output=True, check=True).stdout)
            for _ in range(2)
        ]
        (shown,) = (json.loads(one) for one in only("json"))
        assert shown.items() <= answers[0].items()
        assert answers[1] == answers[0] | {"repeated": True}

        wanted = [plain(one).strip().splitlines() for one in only("text")]
        for command, lines in zip((take, delays), wanted, strict=True):
            said = run(command, tmp_path)
            assert said.returncode == 0, said.stderr
            said_plainly = " ".join(plain(said.stdout).split())
            for line in lines:
                for word in line.split():
                    assert word in said_plainly, f"{line!r} is not in\n{said_plainly}"

        names: dict[str, Any] = {}
        exec(compile(only("python")[0], "docs/pushing.md", "exec"), names)
        records = [{"lot": "L003", "free": 1, "at": "2026-11-21 15:00:00"}]
        first = names["push"](desk.url, system.secret, "evt-2", records)
        assert (first["delivery"], first["rows"]) == ("parking/2026-11-21/0002", 1)
        assert names["push"](desk.url, system.secret, "evt-2", records)["repeated"]
        assert system.get("/feeds/parking/deliveries/2026-11-21/0001").json()["outcome"] == "taken"
