"""The loop of problem data against its numbers: ``python benchmarks/loop.py [--persons N] [--findings N] [--tickets N]``.

Three sections, each written to ``results/rules-<persons>.md``: 40 rules with every failing row kept, against a scan of the
same columns; a run that sees a million findings again, against a plain full outer join of the two tables; and a page of the
ticket queue at the service. Rules and scan run in processes of their own, in turn, because a busy machine moves seconds
but hardly their ratio; the processor's own seconds stand beside. Exits 1 if a held number is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from run import FLOOR, HERE, Bench, spawn
from ticket_pages import pages

RUNS = 7
RULES_HOLD, PAGE_HOLD = 6.0, 50.0


def pair(bench: Bench, ours: str, other: str) -> tuple[float, float]:
    """Both steps in turn; the median of the turns' ratios by the clock, and by the processor's time."""
    for turn in range(RUNS):
        print(f"{ours}: run {turn + 1} of {RUNS}", file=sys.stderr)
        bench.ours(other)
        bench.ours(ours)
    one, two = bench.measured[ours], bench.measured[other]
    clock = statistics.median(a / b for a, b in zip(one.seconds, two.seconds, strict=True))
    return clock, statistics.median(a / b for a, b in zip(one.cpu, two.cpu, strict=True))


def row(bench: Bench, what: str, ours: str, other: str, ratios: tuple[float, float], hold: float | None) -> str:
    """A line of the table."""
    one, two = bench.measured[ours], bench.measured[other]
    verdict = "" if hold is None else ("held" if ratios[0] <= hold else "MISSED")
    return (
        f"| {what} | {one.median:.2f} | {two.median:.2f} | {ratios[0]:.2f} | {ratios[1]:.2f} "
        f"| {'' if hold is None else f'≤ {hold}'} | {one.peak:.1f} GB | {verdict} |"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--persons", type=int, default=2_000_000, help="size of the city (default 2,000,000)")
    arguments.add_argument("--findings", type=int, default=1_000_000, help="findings seen again (default 1,000,000)")
    arguments.add_argument("--tickets", type=int, default=100_000, help="open tickets (default 100,000)")
    arguments.add_argument("--postgres", default="postgresql+psycopg://root@127.0.0.1:5432/test", help="'' for none")
    arguments.add_argument("--work", type=Path, help="folder to work in and keep (default: a temporary one)")
    given = arguments.parse_args()
    work = given.work or Path(tempfile.mkdtemp(prefix="shuyuan-bench-"))
    try:
        bench = Bench(work)
        if not (bench.city / "jy_student.parquet").exists():
            spawn(str(FLOOR / "gen_city.py"), str(bench.city), str(given.persons))
        if not (work / "lake").exists():
            bench.ours("prepare")
            bench.ours("build")
        rules = pair(bench, "rules", "scanned")
        bench.ours("known", given.findings)
        found = pair(bench, "findings", "joined")
        queues = pages(work, given.tickets, given.postgres)
    finally:
        if given.work is None:
            shutil.rmtree(work, ignore_errors=True)
    good = rules[0] <= RULES_HOLD and all(one.median <= PAGE_HOLD for one in queues)
    lines = [
        f"# Rules, findings and the ticket queue: {given.persons:,} persons",
        "",
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}; medians of "
        f"{RUNS} turns, load of the machine at the end {os.getloadavg()[0]:.0f}; written by `benchmarks/loop.py`.",
        "",
        "| what | seconds | against, seconds | ratio | ratio of processor time | hold | peak memory | |",
        "|---|---|---|---|---|---|---|---|",
        row(bench, "40 rules, every failing row kept, against a scan of the same columns", "rules", "scanned", rules, 6.0),
        row(bench, f"{given.findings:,} findings seen again, against a full outer join", "findings", "joined", found, None),
        "",
        "| page of 50, open tickets | database | asked | median, ms | p95, ms | hold | |",
        "|---|---|---|---|---|---|---|",
        *(one.line(given.tickets, PAGE_HOLD) for one in queues),
        "",
        "What was done: " + "; ".join(f"{name} {kept.facts}" for name, kept in bench.measured.items() if kept.facts) + ".",
        "",
    ]  # fmt: skip
    page = HERE / "results" / f"rules-{given.persons}.md"
    page.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
