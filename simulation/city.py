"""Make a seeded city: its declared documents, one delivery of every feed, and the truth about its errors.

The same seed gives the same bytes, another seed other people. What people and companies are is decided first
(`people`, `companies`), then what the departments hold (`registers`), then what is wrong there (`look_alikes`,
`person_errors`, `company_errors`), then how it is delivered (`delivery`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ground.errors import UserError
from simulation.companies import make_companies, register_for_tax
from simulation.company_errors import plant_company_errors
from simulation.declared import copy_documents
from simulation.delivery import write_deliveries
from simulation.look_alikes import plant_look_alikes
from simulation.numbers import Text, credit_codes
from simulation.people import make_people
from simulation.person_errors import plant_person_errors
from simulation.planting import COMPANY, HOUSEHOLD, INSURANCE, TAX, Planter
from simulation.pools import Pools, draw_pools
from simulation.registers import household_register, insurance_register

FEWEST = 500
"""With fewer people there are not enough rows for one handful of every kind of error."""
COMPANIES = 0.11
"""Companies per person."""
_SPECIAL_RATE, _FEWEST_SPECIAL = 0.0006, 5
_UNUSED_SERIALS = 887_000_000
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class CitySummary:
    """What was made.

    Attributes:
        persons: people with a household register.
        companies: companies in the market register.
        files: delivered file below the home -> number of its data rows.
        planted: kind of error -> how many.
        look_alikes: kind of look-alike -> how many.
        documents_written: declared documents that were put into ``city/``.
        documents_kept: documents there that differ from ours and were left alone.
        truth: the truth table.
    """

    persons: int
    companies: int
    files: dict[str, int]
    planted: dict[str, int]
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
    progress: Progress | None = None,
) -> CitySummary:
    """Write a city below ``home``: ``city/``, ``inbox/`` and ``simulation/truth.parquet``.

    Args:
        home: the home folder; made if missing.
        persons: people with a household register, at least `FEWEST`.
        seed: the same seed gives the same city.
        period: of the monthly deliveries, ``YYYY-MM``.
        as_of: the day before which everything happened.
        progress: told the step (Chinese) and the share of the work done, 0 to 1.

    Raises:
        UserError: too few persons, or not a period.
    """
    _check(persons, seed, period)
    tell = progress or _silent
    tell("登记部门、目录与供数说明", 0.0)
    documents = copy_documents(home)
    tell("生成居民与市场主体", 0.05)
    people, companies, planter = _registers(persons, seed, as_of)
    tell("埋设已知错误与易误判情形", 0.4)
    plant_look_alikes(planter, people, companies)
    plant_person_errors(planter, _unused_codes(seed))
    plant_company_errors(planter, companies.index[companies["special"] == "quiet"])
    tell("写出各部门供数文件", 0.55)
    deliveries = planter.deliveries()
    paths = write_deliveries(deliveries, home / "inbox", period, datetime.combine(as_of, time()))
    tell("写出错误真值表", 0.95)
    truth = planter.truth_table(deliveries)
    truth_path = _write_truth(truth, home)
    tell("完成", 1.0)
    return CitySummary(
        persons=persons,
        companies=len(companies),
        files={path.relative_to(home).as_posix(): len(deliveries[resource]) for resource, path in paths.items()},
        planted=_per_kind(truth[truth["is_error"]]),
        look_alikes=_per_kind(truth[~truth["is_error"]]),
        documents_written=documents.written,
        documents_kept=documents.kept,
        truth=truth_path,
    )


def _check(persons: int, seed: int, period: str) -> None:
    if persons < FEWEST:
        raise UserError(
            f"模拟城市至少需要 {FEWEST} 人，收到 {persons}。请增大人数。",
            f"A simulated city needs at least {FEWEST} persons, got {persons}; ask for more.",
            where="persons",
        )
    if seed < 0:
        raise UserError("种子应为非负整数。", "The seed is an integer from 0.", where="seed")
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise UserError(
            "周期应写作 YYYY-MM，例如 2026-11。", "Write the period as YYYY-MM, such as 2026-11.", where="period"
        )


def _silent(_step: str, _share: float) -> None:
    """Nobody asked how far we are."""


def _registers(persons: int, seed: int, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame, Planter]:
    pools: Pools = draw_pools(seed)
    rare = max(_FEWEST_SPECIAL, round(persons * _SPECIAL_RATE))
    people = make_people(persons, seed=seed, as_of=as_of, pools=pools, specials=rare)
    plain_adults = people.loc[people["age"].between(18, 75) & (people["special"] == ""), "name"]
    names = plain_adults.to_numpy().astype(str)
    companies = make_companies(
        round(persons * COMPANIES), names, seed=seed, as_of=as_of, pools=pools, specials=max(5, rare // 4)
    )
    employers = companies.loc[(companies["state"] == "active") & (companies["special"] != "quiet"), "credit_code"]
    tables = {
        HOUSEHOLD: household_register(people, seed=seed, as_of=as_of, pools=pools),
        INSURANCE: insurance_register(people, employers, seed=seed, as_of=as_of, pools=pools),
        COMPANY: companies.drop(columns="special"),
        TAX: register_for_tax(companies, seed=seed, as_of=as_of),
    }
    return people, companies, Planter(tables, np.random.default_rng([seed, 8]))


def _unused_codes(seed: int) -> Text:
    serials = _UNUSED_SERIALS + np.arange(200) * 7 + seed % 7
    return credit_codes(np.ones(200, dtype=np.int64), np.full(200, 420106), serials)


def _per_kind(truth: pd.DataFrame) -> dict[str, int]:
    return {str(kind): int(number) for kind, number in truth["kind"].value_counts().sort_index().items()}


def _write_truth(truth: pd.DataFrame, home: Path) -> Path:
    path = home / "simulation" / "truth.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    pq.write_table(pa.Table.from_pandas(truth, preserve_index=False).replace_schema_metadata(None), part)
    part.replace(path)
    return path
