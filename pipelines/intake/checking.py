"""``feed check``: what would become of a delivery, taking nothing and opening no lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import ibis

from catalog.feed import Feed, Mode
from catalog.model import Resource
from ground.errors import RefusedData
from pipelines.intake import contract, standard, take
from pipelines.intake.arrivals import Lacking
from pipelines.intake.staged import Staged
from warehouse.duckdb_engine import DuckDbEngine

FIRST = 5
"""Row numbers shown per problem."""


@dataclass(frozen=True)
class Reading:
    """What ``feed check`` says about one delivery.

    Attributes:
        name: the file or source.
        period: what it speaks for.
        notes: what was found out about its form, (zh, en).
        mapping: delivered column -> item.
        not_taken: delivered columns outside the mapping.
        rows: rows delivered, broken lines included.
        problems: ``item:reason`` -> the rows that have it and the first row numbers.
        refusal: why it would be refused whole, (zh, en); None if it would be taken.
    """

    name: str
    period: str
    notes: list[tuple[str, str]]
    mapping: dict[str, str]
    not_taken: list[str]
    rows: int
    problems: dict[str, tuple[int, list[int]]]
    refusal: tuple[str, str] | None


def check(
    engine: DuckDbEngine,
    feed: Feed,
    resource: Resource,
    path: Path,
    *,
    name: str,
    period: str,
    spill: Path,
    now: datetime,
) -> Reading:
    """Read one file as intake would. Keys are not compared with standard: corrections of unknown keys show later."""
    try:
        staged = take.read(engine, feed, path, spill, where=name)
    except RefusedData as refused:
        from pipelines.intake.drafting import form  # looks into files of every form; only a refusal asks for it

        return Reading(
            name, period, form.differing(path, feed.format), dict(feed.columns), [], 0, {}, (refused.zh, refused.en)
        )
    return judge(engine, feed, resource, staged, name=name, period=period, now=now)


def judge(
    engine: DuckDbEngine, feed: Feed, resource: Resource, staged: Staged, *, name: str, period: str, now: datetime
) -> Reading:
    """What the contract says of rows that were read. Keys are not compared with standard."""
    alone = feed if feed.mode in (Mode.FULL, Mode.INCREMENT) else feed.model_copy(update={"mode": Mode.INCREMENT})
    typed = engine.stage(contract.typed(staged.table, feed, resource))
    stamp = standard.Stamp("check", feed.id, period, 0, now)
    bad = engine.stage(take.broken_rows(engine, standard.sift(engine, typed, alone, resource, None, stamp), staged))
    rows = take.count(engine, typed) + len(staged.rejected)
    problems = {}
    for reason, number in take.count_reasons(engine, bad).items():
        shown = bad.filter(bad["reasons"].contains(reason + ";")).select("_row").order_by(ibis._["_row"]).limit(FIRST)
        problems[reason] = (number, engine.to_arrow(shown)["_row"].to_pylist())
    refusal = take.too_broken(feed, take.count(engine, bad), rows)
    return Reading(name, period, staged.notes, dict(feed.columns), staged.not_taken, rows, problems, refusal)


def lacking(feed: Feed, one: Lacking) -> Reading:
    """What is said of a delivery that is not whole: it waits."""
    return Reading(one.name, one.period, [(one.zh, one.en)], dict(feed.columns), [], 0, {}, None)
