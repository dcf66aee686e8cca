"""A city's home that is served, a district's home that is docked to it, and a line between them that may be cut."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml
from entry_desk import NOW, PLAIN, UNITS
from running_desk import RunningDesk

from accounts.api_key import Scope
from hub.hub import Hub, init_home
from hub.settings import FILE

CITY_ENTRIES: list[dict[str, Any]] = [
    {"id": "ga_household", **PLAIN},
    {"id": "mz_marriage", **PLAIN, "title": "婚姻登记", "department": "mz", "code": "2/1", "system": "婚姻登记系统",
     "abstract": "结婚与离婚登记", "key": ["no"], "collection_basis": "婚姻登记条例",
     "items": [{"id": "no", "title": "登记证号"}, {"id": "marital", "title": "婚姻状况"}]},
]  # fmt: skip
PENSION: dict[str, Any] = {
    "id": "east_mz_pension", **PLAIN, "title": "高龄津贴发放", "department": "east_mz", "code": "3/1", "abstract": "按月发放",
    "system": "东区民政系统", "key": ["no"], "items": [{"id": "no", "title": "津贴编号"}, {"id": "sum", "title": "发放金额"}],
}  # fmt: skip
CANTEEN: dict[str, Any] = {
    **PENSION, "id": "east_mz_canteen", "title": "老年食堂", "code": "3/2", "abstract": "食堂名录", "key": ["name"],
    "items": [{"id": "name", "title": "食堂名称"}],
}  # fmt: skip
EAST = [one for one in UNITS if one["id"] in ("east", "east_data", "east_mz")]


def make_home(home: Path, units: Sequence[dict[str, Any]], entries: Sequence[dict[str, Any]]) -> Path:
    """A home under the rules of Wuhan, where the city checks what its districts reviewed."""
    init_home(home)
    settings = home / FILE
    settings.write_text(re.sub(r"^profile: \w+", "profile: wuhan", settings.read_text("utf-8"), flags=re.M), "utf-8")
    ids = {one["id"] for one in units}
    known = [{name: value for name, value in one.items() if name != "parent" or value in ids} for one in units]
    (home / "city" / "departments.yaml").write_text(yaml.safe_dump({"departments": known}, allow_unicode=True), "utf-8")
    for one in entries:
        declare(home, one)
    return home


def declare(home: Path, entry: dict[str, Any]) -> None:
    """An engineer's hand."""
    path = home / "city" / "resources" / f"{entry['id']}.yaml"
    path.write_text(yaml.safe_dump(entry, allow_unicode=True), "utf-8")


def issue(hub: Hub, department: str, *scopes: Scope) -> str:
    """A key of the city for one of its units."""
    named = scopes or (Scope.CATALOGUE_SEND,)
    return hub.api_keys.issue("区平台", department, named, "test", NOW - timedelta(days=1), per_minute=100_000)[1]


def dock(home: Path, url: str, **more: Any) -> None:
    """Name the platform above a home."""
    said = {"url": url, "district": "east", "key": "${CITY_KEY}", **more}
    (home / "city" / "upstream.yaml").write_text(yaml.safe_dump(said), "utf-8")


Answer = tuple[int, dict[str, str], bytes]


class Line:
    """What stands between district and city: passes requests on, or does what a test says with them.

    ``faults`` holds what happens to the next requests, first to last: ``busy`` (503), ``lost`` (the city gets the request,
    its answer never arrives), ``silent`` (no answer at all), ``garbled``, ``moved``. Without one a request is passed on.
    """

    def __init__(self, to: str) -> None:
        self.faults: list[str] = []
        self.asked = 0
        line = self

        class Handler(BaseHTTPRequestHandler):
            def _pass(self) -> None:
                line.asked += 1
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                fault = line.faults.pop(0) if line.faults else ""
                answer: Answer = (503, {"Retry-After": "1"}, b"")
                if fault in ("", "lost"):
                    kept = {
                        name: self.headers[name] for name in ("authorization", "content-type") if self.headers[name]
                    }
                    got = httpx.request(
                        self.command, f"{to}{self.path}", content=body, headers=kept, timeout=60, trust_env=False
                    )
                    answer = got.status_code, {"Content-Type": got.headers["content-type"]}, got.content
                if fault == "silent":
                    with suppress(OSError):  # until whoever asked hangs up, however long that takes on a busy machine
                        self.connection.recv(1)
                if fault in ("lost", "silent"):
                    self.close_connection = True
                    return
                if fault == "garbled":
                    answer = 200, {"Content-Type": "text/html"}, b"<html>login</html>"
                if fault == "moved":
                    answer = 302, {"Location": "http://127.0.0.1:1/elsewhere"}, b""
                self.send_response(answer[0])
                for name, value in answer[1].items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer[2])))
                self.end_headers()
                self.wfile.write(answer[2])

            do_GET = do_POST = _pass

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Cut it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Docked:
    """Both ends, and the line between them."""

    city: RunningDesk
    district: Path
    line: Line
    run: Callable[..., tuple[int, str, str]]

    def states(self) -> dict[str, str]:
        """Where the district's entries stand at the city."""
        listed = self.city.hub.entries.reading.listed()
        return {one.id: one.state for one in listed if one.department.startswith("east")}


def copied(made: Path, to: Path) -> Path:
    """A home of one's own."""
    return Path(shutil.copytree(made, to))
