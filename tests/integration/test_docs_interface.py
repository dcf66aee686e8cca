"""What docs/interface.md tells the author of a counter system is done, as written, against a running desk."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asking import asked, people
from desk_city import MONDAY

from notices.channels import webhook
from portal.api.errors import STATUS
from portal.api.interface import ROUTERS

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "interface.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def code() -> dict[str, Any]:
    """The functions of the page."""
    names: dict[str, Any] = {}
    for kind, body in BLOCKS:
        if kind == "python":
            exec(compile(body, "docs/interface.md", "exec"), names)
    return names


def test_the_example_is_reported_and_asked_for_as_the_page_says(built_city: Path, tmp_path: Path) -> None:
    shutil.copytree(built_city, tmp_path / "home")
    (problem,) = [json.loads(body) for kind, body in BLOCKS if kind == "json"]
    with asked(tmp_path / "home", MONDAY) as (desk, systems):
        window = systems.counter()
        problem |= {"key": people(desk.hub, MONDAY, 1)[0]["citizen_id"]}
        page = code()

        name = page["report"](desk.url, window.secret, problem)

        assert page["report"](desk.url, window.secret, problem) == name
        found = page["poll"](desk.url, window.secret, name)
        assert found["reports"][0]["reference"] == problem["reference"]
        for path in sorted(set(re.findall(r"`GET (/api/v1/[a-z/]+)", PAGE))):
            assert window.http.get(path).status_code in (200, 403), path


def test_the_signature_is_checked_as_the_page_says() -> None:
    stamp = 1_800_000_000
    page = code()
    page["time"] = SimpleNamespace(time=lambda: float(stamp))
    genuine = page["genuine"]
    body = b'{"payload": {"ticket": "T-20261121-0001"}}'
    headers = {"Shuyuan-Timestamp": str(stamp), "Shuyuan-Signature": webhook.sign("secret", stamp, body)}

    assert genuine("secret", headers, body)
    assert not genuine("secret", headers, body + b" ")
    assert not genuine("other", headers, body)
    assert not genuine("secret", headers | {"Shuyuan-Timestamp": str(stamp - 301)}, body)


@pytest.mark.parametrize("code", sorted({status for _, status in STATUS if status != 500} | {400, 413, 415}))
def test_every_status_is_explained(code: int) -> None:
    assert re.search(rf"^\|[^|]*\b{code}\b", PAGE, re.MULTILINE)


def test_every_step_of_a_ticket_is_named() -> None:
    steps = {
        route.path.partition("{ticket}/")[2]
        for router in ROUTERS
        for route in router.routes
        if "{ticket}/" in route.path and "POST" in route.methods  # type: ignore[attr-defined]
    }
    for step in steps - {"attachments", "resubmit", "answers/corrected/file"}:
        assert step in PAGE, step
