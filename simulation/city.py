"""Make a seeded city: its declared documents, one delivery of every feed, and the truth about its errors.

The same seed gives the same bytes, another seed other people. What is true is decided first (`world`), then what the
departments hold (`registers`), then what is wrong there (`planting` and the modules of errors and look-alikes), then how
it is delivered (`delivery`, `writers`). All of it is done block after block (`making`), so that a city of ten million
needs no more memory than one of a hundred thousand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from ground.errors import UserError
from simulation.blocks import made_blocks
from simulation.declared import copy_documents
from simulation.delivery import Deliveries
from simulation.world import MOST, make_world

FEWEST = 500
"""With fewer people there are not enough rows for some of every kind of error."""
DAYS = (1, 2)
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class CitySummary:
    """What was made.

    Attributes:
        persons: people with a household here.
        companies: companies in the market register.
        files: delivered file below the home -> number of its data rows.
        planted: kind of error -> how many stand in the deliveries.
        repaired: day 2 only: kind of error -> how many of day 1 were put right.
        look_alikes: kind of look-alike -> how many.
        documents_written: declared documents that were put into ``city/``.
        documents_kept: documents there that differ from ours and were left alone.
        truth: the truth table.
    """

    persons: int
    companies: int
    files: dict[str, int]
    planted: dict[str, int]
    repaired: dict[str, int]
    look_alikes: dict[str, int]
    documents_written: tuple[str, ...]
    documents_kept: tuple[str, ...]
    truth: Path


def simulate(
    home: Path,
    *,
    persons: int = 100_000,
    seed: int = 2026,
    period: str = "2026-11",
    as_of: date = date(2026, 11, 1),
    day: int = 1,
    progress: Progress | None = None,
) -> CitySummary:
    """Write a city below ``home``: ``city/``, ``inbox/`` and ``simulation/truth.parquet``.

    Args:
        home: the home folder; made if missing.
        persons: people with a household register, at least `FEWEST`.
        seed: the same seed gives the same city.
        period: of the monthly deliveries of day 1, ``YYYY-MM``.
        as_of: the day before which everything of day 1 happened.
        day: 2 for the deliveries of the month after, with ``simulation/truth_day2.parquet``.
        progress: told the step (Chinese) and the share of the work done, 0 to 1.

    Raises:
        UserError: too few or too many persons, or not a period or day.
    """
    _check(persons, seed, period, day)
    tell = progress or _silent
    tell("登记部门、目录与供数说明", 0.0)
    documents = copy_documents(home)
    world = make_world(seed, persons, as_of, day)
    deliveries = Deliveries(home, period if day == 1 else following(period), world.today, day)
    companies, planted, repaired, look_alikes = 0, Counter[str](), Counter[str](), Counter[str]()
    for made in made_blocks(world):
        tell("生成居民与市场主体，写出各部门供数文件", (made.number + 0.5) / world.block_count * 0.95)
        deliveries.append(made)
        companies += made.companies
        mended = made.truth["status"] == "repaired" if "status" in made.truth.columns else False
        planted += _per_kind(made.truth[made.truth["is_error"] & ~pd.Series(mended, made.truth.index)])
        repaired += _per_kind(made.truth[pd.Series(mended, made.truth.index)])
        look_alikes += _per_kind(made.truth[~made.truth["is_error"]])
    tell("完成各文件", 0.97)
    files = deliveries.close()
    tell("完成", 1.0)
    return CitySummary(
        persons=persons,
        companies=companies,
        files=files,
        planted=dict(sorted(planted.items())),
        repaired=dict(sorted(repaired.items())),
        look_alikes=dict(sorted(look_alikes.items())),
        documents_written=documents.written,
        documents_kept=documents.kept,
        truth=deliveries.truth,
    )


def following(period: str) -> str:
    """The month after ``YYYY-MM``."""
    year, month = divmod(int(period[:4]) * 12 + int(period[5:]), 12)
    return f"{year}-{month + 1:02d}"


def _check(persons: int, seed: int, period: str, day: int) -> None:
    if not FEWEST <= persons <= MOST:
        raise UserError(
            f"模拟城市的人口为 {FEWEST} 至 {MOST} 人，收到 {persons}。请调整人数。",
            f"A simulated city has {FEWEST} to {MOST} persons, got {persons}; ask for another number.",
            where="persons",
        )
    if seed < 0:
        raise UserError("种子应为非负整数。", "The seed is an integer from 0.", where="seed")
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise UserError(
            "周期应写作 YYYY-MM，例如 2026-11。", "Write the period as YYYY-MM, such as 2026-11.", where="period"
        )
    if day not in DAYS:
        raise UserError("day 只能是 1 或 2。", "The day is 1 or 2.", where="day")


def _silent(_step: str, _share: float) -> None:
    """Nobody asked how far we are."""


def _per_kind(truth: pd.DataFrame) -> Counter[str]:
    return Counter({str(kind): int(number) for kind, number in truth["kind"].value_counts().items()})
