"""The timed steps of ours, each in a process of its own: ``python benchmarks/steps.py STEP WORK CITY [SEED]``.

What a step prints last is one line of JSON: ``seconds`` of the work itself (not of starting Python or opening the
lake), and counts that show that the work was done.
"""

from __future__ import annotations

import datetime
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ibis
from floor_library import CITY, FEEDS, MASKING, POPULATION, RULES

from masking.plan import apply
from masking.risk import measure
from pipelines.fusion.service import build_library
from quality.findings import Scope, next_findings
from quality.scan import scan
from warehouse.lake import Lake, LakeLocation, LakeWriter

NIGHT = datetime.datetime(2026, 1, 1, 18, tzinfo=datetime.UTC)
BASE, HISTORY, FAILURES = "base.population", "base.population_history", "quality.failure"
SEEN, FOUND = "quality.seen", "quality.finding"
CHANGED_FEEDS = {"rs_social": "phone = '19900000000'", "wj_health": "phone = NULL, blood_type = 'O'"}


def lake(work: Path) -> Lake:
    # As many threads as the floor; memory bounded so that the whole process stays below 3 GB.
    return Lake(LakeLocation(work / "lake"), threads=2, memory_limit="2500MB")


def prepare(writer: LakeWriter, city: Path, _seed: int) -> dict[str, Any]:
    """Standard tables as intake keeps them: one row per key, typed, with bookkeeping. Not part of any ratio."""
    for feed, items in FEEDS.items():
        newest = ", ".join(f"arg_max({column}, updated_at) AS {column}" for column in items)
        typed = ", ".join(f"{sql} AS {item}" for item, sql in items.items())
        writer.engine.execute("CREATE SCHEMA IF NOT EXISTS lake.standard")
        writer.engine.execute(
            f"CREATE OR REPLACE TABLE lake.standard.{feed} AS SELECT id_no, {typed}, '{feed}' AS _feed, "
            f"'b1' AS _batch, '202601' AS _period, 1::BIGINT AS _seq, row_number() OVER () AS _row, "
            f"u AS _observed, md5(id_no) AS _hash FROM (SELECT id_no, {newest}, max(updated_at) AS u "
            f"FROM '{city / feed}.parquet' GROUP BY id_no)"
        )
    return {"rows": sum(writer.count(f"standard.{feed}") for feed in FEEDS)}


def build(writer: LakeWriter, _city: Path, _seed: int) -> dict[str, Any]:
    """The full build as the hub runs it: standard to base, written in one commit, and its blocking check."""
    writer.drop(BASE)
    built = build_library(writer, CITY, "population", since=None, now=NIGHT)
    return {"mode": built.mode, "rows": built.rows}


def change(writer: LakeWriter, _city: Path, seed: int) -> dict[str, Any]:
    """1 % of the persons change in each of two feeds; not timed in any ratio (it is the day's intake)."""
    before = writer.snapshot()
    for feed, sets in CHANGED_FEEDS.items():
        writer.engine.execute(
            f"UPDATE lake.standard.{feed} SET {sets}, _observed = TIMESTAMP '2026-01-0{seed + 1}' "
            f"WHERE hash(id_no) % 100 = {seed}"
        )
    return {"before": before}


def increment(writer: LakeWriter, _city: Path, before: int) -> dict[str, Any]:
    """A day's increment as the hub runs it: change feed, keys, rows, comparison, base, history, blocking check."""
    built = build_library(writer, CITY, "population", since=before, now=NIGHT + datetime.timedelta(days=1))
    return {"mode": built.mode, "inserted": built.inserted, "updated": built.updated, "history": writer.count(HISTORY)}


def scanned(writer: LakeWriter, _city: Path, _seed: int) -> dict[str, Any]:
    """A scan of the columns that the rules read: every value is decoded and looked at, nothing is kept."""
    table = writer.table(BASE)
    columns = sorted({item for rule in RULES.rules for item in rule.items})
    lengths = {f"n_{column}": table[column].cast("string").length().sum() for column in columns}
    writer.engine.to_arrow(table.aggregate(**lengths))
    return {"columns": len(columns)}


def rules(writer: LakeWriter, _city: Path, _seed: int) -> dict[str, Any]:
    """40 rules in one scan, every failing (row, rule) written to the lake."""
    table = writer.table(BASE).mutate(_batch=ibis.literal("b1"))
    plan = scan(
        table,
        RULES.rules,
        key=[POPULATION.key],
        references={},
        as_of=NIGHT.date(),
        resource=SimpleNamespace(id="population", department="ga"),
    )
    with writer.transaction("benchmark: rules"):
        failures = writer.create(FAILURES, plan.failures)
    return {"failures": failures, "rules": len(plan.evaluated)}


def known(writer: LakeWriter, _city: Path, rows: int) -> dict[str, Any]:
    """``rows`` findings as two runs before left them, a tenth gone, and the failures of the next. Not part of any ratio."""
    writer.engine.execute("CREATE SCHEMA IF NOT EXISTS lake.quality")
    writer.engine.execute(
        f"CREATE OR REPLACE TABLE lake.quality.seen AS SELECT 'population' AS resource, 'ga' AS department, "
        f"'4201' || lpad((i * 7919 % 10000000019)::VARCHAR, 14, '0') AS row_key, 'item_' || i % 9 AS item, "
        f"'population.item_' || i % 9 || '.rule_' || i % 40 AS rule, 'error' AS severity, 'accuracy' AS dimension, "
        f"'b' || i % 3 AS batch, i FROM range({rows + rows // 100}) t(i)"
    )
    seen = writer.table(SEEN)
    failing = {
        0: seen.filter(seen["i"] < rows),
        1: seen.filter((seen["i"] < rows) & (seen["i"] % 10 != 0)),
    }
    current = None
    for night, failures in failing.items():
        current = _found(writer, current, failures.drop("i"), night)
    writer.create(FOUND, current)
    return {"findings": writer.count(FOUND), "failures": writer.count(SEEN)}


def findings(writer: LakeWriter, _city: Path, _seed: int) -> dict[str, Any]:
    """A run that sees all of them again, a tenth returned and a hundredth new, as discovery does it: staged and written."""
    current = _found(writer, writer.table(FOUND), writer.table(SEEN).drop("i"), 2)
    with writer.transaction("benchmark: findings"):
        rows = writer.create("quality.finding_after", current)
    return {"findings": rows}


def joined(writer: LakeWriter, _city: Path, _seed: int) -> dict[str, Any]:
    """The same two tables in a plain full outer join, every column kept and written."""
    left = writer.table(FOUND)
    right = writer.table(SEEN).drop("i")
    with writer.transaction("benchmark: join"):
        rows = writer.create("quality.joined", left.outer_join(right, ["resource", "row_key", "item", "rule"]))
    return {"rows": rows}


def _found(writer: LakeWriter, current: ibis.Table | None, failures: ibis.Table, night: int) -> ibis.Table:
    scope = Scope(frozenset(f"population.item_{n % 9}.rule_{n % 40}" for n in range(360)))
    seen_at = NIGHT + datetime.timedelta(days=night)
    with writer.engine.keyed(b"benchmark key, no secret") as hmac:
        following = next_findings(current, failures, seen_at=seen_at, fingerprint=hmac, scope=scope)
        return writer.engine.stage(following, f"_found_{night}")


def mask(writer: LakeWriter, _city: Path, _seed: int) -> dict[str, Any]:
    """Eight columns masked under a keyed pseudonym and written; k measured on what was written."""
    with writer.engine.keyed(b"benchmark key, no secret") as hmac:
        rows = writer.create("open.masked", apply(MASKING, writer.table(BASE), hmac, as_of=NIGHT.date()))
    masked = writer.table("open.masked")
    found = writer.engine.to_arrow(measure(masked, MASKING.quasi_identifiers, k=MASKING.k)).to_pylist()[0]
    return {"rows": rows, "k": found["k"], "classes": found["classes"]}


STEP_FUNCTIONS = (prepare, build, change, increment, scanned, rules, mask, known, findings, joined)
STEPS: dict[str, Callable[[LakeWriter, Path, int], dict[str, Any]]] = {step.__name__: step for step in STEP_FUNCTIONS}


def main() -> None:
    name, work, city, number = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    with lake(work).writing() as writer:
        # The first bound value makes DuckDB import numpy and pandas: that is starting Python, not the step.
        writer.engine.execute("SELECT $1", [b"warm"])
        started, worked = time.perf_counter(), time.process_time()
        facts = STEPS[name](writer, city, number)
        seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    print(json.dumps({"seconds": round(seconds, 4), "cpu": round(cpu, 4), **facts}))


if __name__ == "__main__":
    main()
