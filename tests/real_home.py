"""A home with one of the cities of tests/real and real files in its inbox, taken in and built.

For tests of real files. The files stay in ../shared/data; only the temporary inbox holds copies.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from hub.hub import Hub, init_home
from pipelines.building import BuildReport
from pipelines.intake.store import Delivery
from pipelines.serving import Reader

CITIES = Path(__file__).resolve().parent / "real"
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
READER = Reader("test", "test")


@dataclass
class RealHome:
    """The hub over the home, and every delivery by its id (``feed/period/number``)."""

    hub: Hub
    deliveries: dict[str, Delivery] = field(default_factory=dict)

    def drop(self, files: Mapping[str, Path]) -> None:
        """Copy real files into the inbox, each under the name a department would give it."""
        for name, path in files.items():
            target = self.hub.home / "inbox" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)

    def take(self, *feeds: str, now: datetime = NOW) -> dict[str, Delivery]:
        """Run these feeds (all of them where none is named); what was settled by this run."""
        names = feeds or tuple(one.id for one in self.hub.city.feeds)
        settled = {one.id: one for name in names for one in self.hub.intake.run(name, now)}
        # A file that lies there still is told of again, as unchanged: what became of it at first is kept.
        self.deliveries = settled | self.deliveries
        return settled

    def build(self, now: datetime = NOW) -> BuildReport:
        """Build the hub."""
        return self.hub.builder.run(now)

    def table(self, query: str) -> pa.Table:
        """The answer to a query over the served views."""
        return self.hub.serving.sql(query, READER, NOW, limit=100_000)

    def sql(self, query: str) -> list[dict[str, Any]]:
        """The same as rows."""
        rows: list[dict[str, Any]] = self.table(query).to_pylist()
        return rows

    def column(self, query: str) -> list[Any]:
        """The first column of the answer."""
        return self.table(query).column(0).to_pylist()


def home_of(city: str, home: Path) -> RealHome:
    """A new home with the documents of ``tests/real/<city>``."""
    init_home(home)
    shutil.copytree(CITIES / city, home / "city", dirs_exist_ok=True)
    hub = Hub(home)
    hub.load_catalogue(NOW)
    return RealHome(hub)


def counts(one: Delivery) -> tuple[str, int, int, int, int]:
    """Outcome, rows in, taken, quarantined, repeated."""
    return (one.outcome.value, one.rows_in, one.rows_taken, one.rows_quarantined, one.rows_repeated)


def frame(path: Path, **more: Any) -> pd.DataFrame:
    """A delimited file as pandas reads it, every cell a text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", **more)
