"""A home small enough to read at a glance: one resource, some feeds of it, and what became of deliveries.

For tests of intake. Tables go in as text with ``|`` between cells and come out as dictionaries.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import yaml

from catalog.documents import load_city
from hub.hub import init_home
from pipelines.intake.landing import Landing
from pipelines.intake.service import IntakeService
from pipelines.intake.store import Delivery, DeliveryStore, delivery
from warehouse.lake import Lake, LakeLocation
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

DEPARTMENTS = {"departments": [{"id": "ga", "name": "公安局"}]}
COLUMNS = {"公民身份号码": "citizen_id", "姓名": "name", "电话": "phone", "更新时间": "updated_at"}
ITEMS: list[dict[str, Any]] = [
    {"id": "citizen_id", "title": "公民身份号码", "element": "citizen_id"},
    {"id": "name", "title": "姓名", "required": True, "max_length": 20},
    {"id": "phone", "title": "电话"},
    {"id": "updated_at", "title": "更新时间", "type": "timestamp"},
]
STAMPS = ("_batch", "_feed", "_period", "_seq", "_row", "_observed", "_hash")


def resource(**changes: Any) -> dict[str, Any]:
    """The entry of the resource ``person``, ten lines a department could have written."""
    entry: dict[str, Any] = {
        "id": "person", "title": "人员", "department": "ga", "system": "人口系统",
        "storage_format": "database", "provision_mode": "file", "share_until": "长期",
        "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"},
        "update_cycle": "monthly", "key": ["citizen_id"], "observed_at": "updated_at", "items": ITEMS,
    }  # fmt: skip
    return entry | changes


def feed(name: str, mode: str = "full", **changes: Any) -> dict[str, Any]:
    """A feed of ``person``: CSV files ``ga/<name>_{period}*.csv``."""
    document: dict[str, Any] = {
        "id": name, "resource": "person", "source": {"kind": "file", "path": f"ga/{name}_{{period}}*.csv"},
        "format": {"kind": "csv", "encoding": "utf-8"}, "mode": mode, "columns": COLUMNS,
    }  # fmt: skip
    if mode == "tombstone":
        document |= {"columns": {"公民身份号码": "citizen_id"}, "reason_column": "原因"}
    return document | changes


def csv(text: str) -> str:
    """A table written with ``|`` as CSV; blanks around cells go."""
    return "".join(",".join(cell.strip() for cell in line.split("|")) + "\n" for line in text.strip().splitlines())


def people(numbers: range, name: str = "张伟") -> str:
    """A CSV with one person per number, all items filled."""
    lines = [f"{citizen(n)},{name}{n},1380000{n:04d},2026-10-01 08:00:00" for n in numbers]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def citizen(number: int) -> str:
    """An 18-digit text that looks like a citizen id; its check digit is nobody's business at intake."""
    return f"330106{19700101 + number % 28:08d}{number:04d}"


class Home:
    """A home in a temporary folder with the service of intake over it; ``whole``: one for the command line too."""

    def __init__(self, root: Path, *feeds: dict[str, Any], entry: dict[str, Any] | None = None, **options: Any) -> None:
        self.root = root
        self.inbox = root / "inbox"
        whole = options.pop("whole", False)
        if whole:
            init_home(root)
        (self.inbox / "ga").mkdir(parents=True, exist_ok=True)
        (root / "city" / "feeds").mkdir(parents=True, exist_ok=True)
        (root / "city" / "resources").mkdir(parents=True, exist_ok=True)
        self._write("departments.yaml", DEPARTMENTS)
        self._write("resources/person.yaml", entry or resource())
        for one in feeds:
            self.declare(one)
        self.lake = Lake(LakeLocation(root / "lake"), threads=1, lock_timeout=options.pop("lock_timeout", 30.0))
        self.database = OperationalDatabase(f"sqlite:///{root / 'operational.sqlite'}")
        if not whole:
            metadata.create_all(self.database.engine, tables=[delivery])
        self.store = DeliveryStore(self.database)
        self.environment: dict[str, str] = options.pop("environment", {})
        self.kept: Landing | None = options.pop("kept", None)

    def close(self) -> None:
        """Close the database."""
        self.database.dispose()

    def declare(self, document: dict[str, Any]) -> None:
        """Write (or mend) the document of a feed."""
        self._write(f"feeds/{document['id']}.yaml", document)

    def declare_entry(self, entry: dict[str, Any]) -> None:
        """Write (or mend) the entry of the resource."""
        self._write("resources/person.yaml", entry)

    def _write(self, name: str, document: dict[str, Any]) -> None:
        (self.root / "city" / name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    @property
    def service(self) -> IntakeService:
        """The service under the documents of this moment."""
        city = load_city(self.root / "city")
        return IntakeService(self.root, city, self.lake, self.store, environment=self.environment, kept=self.kept)

    # --- delivering ---------------------------------------------------------------------------------------------

    def drop(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        """Put a file into the department's folder."""
        path = self.inbox / "ga" / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def run(self, name: str, minutes: int = 0) -> list[Delivery]:
        """Run a feed."""
        return self.service.run(name, NOW + timedelta(minutes=minutes))

    def take(self, file: str, content: str | bytes, encoding: str = "utf-8") -> Delivery:
        """Drop a file, run its feed, take the file away again; the one delivery that came of it."""
        path = self.drop(file, content, encoding)
        (settled,) = self.run(file.split("_", maxsplit=1)[0])
        path.unlink()
        return settled

    def replay(self, delivery_id: str) -> Delivery:
        """Replay a delivery under the documents of this moment."""
        return self.service.replay(delivery_id, NOW + timedelta(hours=1))

    # --- looking ------------------------------------------------------------------------------------------------

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table of the lake; none where there is no such table."""
        if not self.lake.location.exists:
            return []
        with self.lake.reading(None) as reader:
            return reader.engine.to_arrow(reader.table(table)).to_pylist() if reader.has(table) else []

    def standard(self) -> dict[str, dict[str, Any]]:
        """Key -> the items of the standard row, without stamps; a key that stands twice fails."""
        rows = self.rows("standard.person")
        assert len({row["citizen_id"] for row in rows}) == len(rows), "a key stands twice"
        return {row["citizen_id"]: {k: v for k, v in row.items() if k not in STAMPS} for row in rows}

    def names(self) -> dict[str, str]:
        """Key -> name."""
        return {key: row["name"] for key, row in self.standard().items()}

    def quarantine(self) -> list[tuple[str, int, str]]:
        """Batch, row and reasons of every row in quarantine, in order."""
        return sorted((row["_batch"], row["_row"], row["reasons"]) for row in self.rows("quarantine.person"))

    def outcome(self, one: Delivery) -> dict[str, Any]:
        """The outcome file of a delivery."""
        folder = self.root / "landing" / one.feed / one.period / f"{one.number:04d}"
        facts: dict[str, Any] = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
        return facts

    def payload(self, one: Delivery) -> bytes:
        """The landed bytes of a delivery."""
        folder = self.root / "landing" / one.feed / one.period / f"{one.number:04d}"
        (path,) = folder.glob("payload*")
        return path.read_bytes()

    def deliveries(self) -> int:
        """How many deliveries are known."""
        with self.database.begin() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(delivery)).scalar_one())
