"""A whole city through the whole flow, stage by stage: ``python benchmarks/flow.py [--persons N] [--work DIR]``.

Simulated, delivered, taken, built, published; then the next month's deliveries and the increment. Every step runs in a
process of its own: seconds, rows, and its peak of resident memory. A build says how long each of its stages took. Writes
``results/flow-<persons>.md``. At 10 million persons it needs some 45 GB of disk.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from run import spawn

HERE = Path(__file__).resolve().parent
NOW = datetime.datetime(2026, 11, 21, 7, tzinfo=datetime.UTC)
LATER = datetime.datetime(2026, 12, 21, 7, tzinfo=datetime.UTC)


def simulate(home: Path, persons: int, day: int) -> dict[str, Any]:
    """The city's documents and the deliveries of one month."""
    from simulation.city import simulate as make

    summary = make(home, persons=persons, day=day)
    return {"files": len(summary.files), "rows": sum(summary.files.values())}


def take(home: Path, _persons: int, day: int) -> dict[str, Any]:
    """Every delivery, as ``feed run --all``; rows a second for each feed."""
    from hub.hub import Hub, init_home

    init_home(home)
    hub = Hub(home)
    moment = NOW if day == 1 else LATER
    hub.load_catalogue(moment)
    feeds, total = {}, 0
    for feed in hub.city.feeds:
        started = time.perf_counter()
        settled = hub.intake.run(feed.id, moment)
        seconds = time.perf_counter() - started
        rows = sum(one.rows_in or 0 for one in settled)
        total += rows
        feeds[feed.id] = {
            "rows": rows,
            "seconds": round(seconds, 1),
            "outcome": sorted({str(one.outcome) for one in settled}),
        }
        print(f"{feed.id} {rows:,} {seconds:.1f} s", file=sys.stderr)
    return {"rows": total, "feeds": feeds}


def build(home: Path, _persons: int, day: int) -> dict[str, Any]:
    """One build, stage by stage; a stage is timed from the end of the one before it."""
    from hub.hub import Hub
    from pipelines.fusion.service import Built

    hub = Hub(home)
    moment = NOW if day == 1 else LATER
    stages: dict[str, float] = {}
    rows: dict[str, Any] = {}
    before = time.perf_counter()
    for stage in hub.builder.stages(moment, progress=lambda text: print(text, file=sys.stderr)):
        name = " ".join([type(stage).__name__.lower(), getattr(stage, "library", "")]).strip()
        stages[name] = round(time.perf_counter() - before, 1)
        before = time.perf_counter()
        if isinstance(stage, Built):
            rows[stage.library] = stage.rows
    return {"stages": stages, "rows": rows}


STEPS = {"simulate": simulate, "take": take, "build": build}


def step(name: str, home: Path, persons: int, day: int) -> dict[str, Any]:
    """Run one step in a process of its own."""
    text, peak = spawn(str(HERE / "flow.py"), "--step", name, str(home), str(persons), str(day))
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    print(f"{name} {day}: {found['seconds']} s, {peak:.1f} GB", file=sys.stderr)
    return found | {"peak": peak}


def report(persons: int, measured: dict[str, dict[str, Any]]) -> str:
    """The page."""
    lines = [
        f"# {persons:,} persons through the whole flow",
        "",
        f"{os.cpu_count()} cores; one run; written by `benchmarks/flow.py`.",
        "",
        "| step | seconds | peak memory | rows |",
        "|---|---|---|---|",
    ]
    for name, one in measured.items():
        rows = one.get("rows")
        shown = f"{rows:,}" if isinstance(rows, int) else f"{sum((rows or {}).values()):,}"
        lines.append(f"| {name} | {one['seconds']:,.0f} | {one['peak']:.1f} GB | {shown} |")
    for name, one in measured.items():
        if "stages" in one:
            said = "; ".join(f"{stage} {seconds}" for stage, seconds in one["stages"].items() if seconds >= 0.1)
            lines += ["", f"Seconds of each stage, {name}: {said}."]
        if "feeds" in one:
            lines += ["", f"{name}, feed by feed:", "", "| feed | rows | seconds | rows/s |", "|---|---|---|---|"]
            for feed, fact in one["feeds"].items():
                pace = fact["rows"] / fact["seconds"] if fact["seconds"] else 0
                lines.append(f"| {feed} | {fact['rows']:,} | {fact['seconds']:.1f} | {pace:,.0f} |")
    return "\n".join([*lines, ""])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--persons", type=int, default=1_000_000)
    arguments.add_argument("--work", type=Path, help="folder to work in and keep (default: a temporary one)")
    arguments.add_argument("--one-day", action="store_true", help="leave out the month after")
    arguments.add_argument("--step", nargs=4, metavar=("NAME", "HOME", "PERSONS", "DAY"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.step:
        name, home, persons, day = given.step
        started = time.perf_counter()
        facts = STEPS[name](Path(home), int(persons), int(day))
        print(json.dumps({"seconds": round(time.perf_counter() - started, 1), **facts}))
        return
    work = given.work or Path(tempfile.mkdtemp(prefix="shuyuan-flow-"))
    measured: dict[str, dict[str, Any]] = {}
    try:
        for day, words in ((1, "first month"), (2, "month after")):
            if day == 2 and given.one_day:
                break
            for name in STEPS:
                measured[f"{name}, {words}"] = step(name, work / "home", given.persons, day)
    finally:
        if given.work is None:
            shutil.rmtree(work, ignore_errors=True)
    text = report(given.persons, measured)
    (HERE / "results" / f"flow-{given.persons}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
