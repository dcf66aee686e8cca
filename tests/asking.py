"""Systems of departments that ask the interface of a running desk: tests hold one of these."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from running_desk import RunningDesk

from accounts.api_key import ApiKey, Scope
from accounts.model import Role
from hub.hub import Hub
from pipelines.serving import Reader
from quality.tickets.permissions import Actor

STEWARD = Actor("person:steward", "王质量", Role.STEWARD)


@dataclass
class System:
    """One system with its key."""

    http: httpx.Client
    key: ApiKey
    secret: str

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.http.post(f"/api/v1{path}", json=body, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(f"/api/v1{path}", **more)


class Systems:
    """The systems that ask one running desk; closed with it."""

    def __init__(self, desk: RunningDesk) -> None:
        self._desk = desk
        self._open: list[httpx.Client] = []

    def __call__(
        self, department: str, scopes: Collection[Scope], *, per_minute: int = 100_000, callback: str | None = None
    ) -> System:
        """Issue a key and hold it."""
        key, secret = self._desk.hub.api_keys.issue(
            f"{department} 系统", department, scopes, "test", self._desk.now - timedelta(days=1),
            per_minute=per_minute, callback_url=callback,
        )  # fmt: skip
        client = httpx.Client(base_url=self._desk.url, headers={"Authorization": f"Bearer {secret}"}, timeout=120)
        self._open.append(client)
        return System(client, key, secret)

    def counter(self, **more: Any) -> System:
        """A counter that reports and asks."""
        return self("sc", [Scope.PROBLEMS_WRITE, Scope.PROBLEMS_READ], **more)

    def police(self) -> System:
        """The system of the department that owns the register of households."""
        return self("ga", [Scope.ANSWERS_WRITE])

    def close(self) -> None:
        """Hang up."""
        for client in self._open:
            client.close()


@contextmanager
def asked(home: Path, now: datetime) -> Iterator[tuple[RunningDesk, Systems]]:
    """A desk running over a home, and systems that ask it."""
    desk = RunningDesk(home, now)
    desk.start()
    systems = Systems(desk)
    try:
        yield desk, systems
    finally:
        systems.close()
        desk.stop()


def people(hub: Hub, now: datetime, many: int) -> list[dict[str, Any]]:
    """Registered persons about whom nothing was found."""
    query = (
        "SELECT citizen_id, name FROM ga_household WHERE citizen_id NOT IN "
        f"(SELECT row_key FROM finding WHERE row_key IS NOT NULL) ORDER BY citizen_id LIMIT {many}"
    )
    table: pa.Table = hub.serving.sql(query, Reader("test", "the interface is tested"), now)
    return table.to_pylist()


def wrong_name(key: str, **more: Any) -> dict[str, Any]:
    """A report that a name is wrong."""
    return {
        "resource": "ga_household", "key": key, "item": "name", "proposed": "欧阳更正", "reason": "身份证原件不一致", **more
    }  # fmt: skip
