"""Our steps against the floor and its peers, side by side on one machine: ``python benchmarks/run.py [--persons N]``.

Every step runs in a process of its own, three times in turn with its floor, so that a busy moment of the machine falls
on both; medians, ratios, and the peak memory of the process tree's largest member. Absolute seconds stand beside the
ratios only to show the size of the work. Writes ``results/<persons>.md``; exits 1 if a held number is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FLOOR = HERE / "floor"
RUNS = 3


@dataclass
class Measured:
    """The runs of one step."""

    seconds: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def peak(self) -> float:
        """Largest peak of resident memory, in GB."""
        return max(self.peaks)


def spawn(*command: str) -> tuple[str, float]:
    """Run one process; its output and its peak of resident memory in GB."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    with tempfile.TemporaryFile("w+") as output:
        # Linux starts a child's peak at what its parent held; this process stays small, so that it cannot show.
        process = subprocess.Popen([sys.executable, *command], stdout=output, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{text}")
    scale = 1e9 if sys.platform == "darwin" else 1e6
    return text, usage.ru_maxrss / scale


class Bench:
    """One run of the whole benchmark in one folder."""

    def __init__(self, work: Path) -> None:
        self.work, self.city = work, work / "city"
        self.measured: dict[str, Measured] = {}

    def ours(self, step: str, number: int = 0, name: str | None = None) -> dict[str, Any]:
        text, peak = spawn(str(HERE / "steps.py"), step, str(self.work), str(self.city), str(number))
        facts: dict[str, Any] = json.loads(text.splitlines()[-1])
        self._keep(name or step, float(facts.pop("seconds")), peak, facts)
        return facts

    def floor(self) -> None:
        text, peak = spawn(str(FLOOR / "limit_population.py"), str(self.city), str(self.work / "floor"))
        for name, pattern in (("floor", r"build ([\d.]+) s"), ("floor mask", r"mask 8 columns ([\d.]+) s")):
            self._keep(name, _seconds(pattern, text), peak, {})

    def peer(self, kind: str) -> None:
        text, peak = spawn(str(FLOOR / "peers_population.py"), kind, str(self.city), str(self.work / kind))
        self._keep(kind, _seconds(r"build ([\d.]+) s", text), peak, {})

    def _keep(self, name: str, seconds: float, peak: float, facts: dict[str, Any]) -> None:
        kept = self.measured.setdefault(name, Measured())
        kept.seconds.append(seconds)
        kept.peaks.append(peak)
        kept.cpu.append(float(facts.pop("cpu", seconds)))
        kept.facts = facts


def _seconds(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if not found:
        raise SystemExit(f"no time in the floor's output: {text}")
    return float(found.group(1))


@dataclass(frozen=True)
class Held:
    """A number to hold: ``step`` takes at most ``ratio`` times ``against``, with no more than ``memory`` GB."""

    what: str
    step: str
    against: str
    ratio: float | None
    memory: float | None = None


HELD = [
    Held("full build, standard to base, source and agreement per item", "build", "floor", 0.65, 3.0),
    Held("increment of 1 % in two feeds, standard to base and history", "increment", "floor", 0.15),
    Held("40 rules, every failing row kept, against a scan of the same columns", "rules", "scanned", 6.0),
    Held("masking 8 columns, HMAC pseudonym, k measured, against the floor's masking", "mask", "floor mask", 1.7),
    Held("peer: polars", "polars", "floor", None),
    Held("peer: pandas", "pandas", "floor", None),
]


def measure(bench: Bench, persons: int, peers: list[str]) -> None:
    """Make the city once, then every step `RUNS` times, ours and the floor's in turn."""
    if not (bench.city / "jy_student.parquet").exists():
        spawn(str(FLOOR / "gen_city.py"), str(bench.city), str(persons))
    bench.ours("prepare")
    for turn in range(RUNS):
        print(f"run {turn + 1} of {RUNS}", file=sys.stderr)
        bench.floor()
        bench.ours("build")
        before = bench.ours("change", turn)["before"]
        bench.ours("increment", before)
        bench.ours("scanned")
        bench.ours("rules")
        bench.ours("mask")
        for kind in peers:
            bench.peer(kind)


def report(bench: Bench, persons: int) -> tuple[str, bool]:
    """The table in Markdown, and whether every held number is held."""
    lines = [
        "# Benchmark results",
        "",
        f"{persons:,} persons, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python "
        f"{platform.python_version()}; medians of {RUNS}, written by `benchmarks/run.py`.",
        "",
        "| what | seconds | against | ratio | hold | peak memory | |",
        "|---|---|---|---|---|---|---|",
    ]
    good = True
    for held in HELD:
        if held.step not in bench.measured:
            continue
        one, other = bench.measured[held.step], bench.measured[held.against]
        ratio = one.median / other.median
        kept = (held.ratio is None or ratio <= held.ratio) and (held.memory is None or one.peak <= held.memory)
        good &= kept
        hold = " ".join([f"≤ {held.ratio}" if held.ratio else "", f"≤ {held.memory} GB" if held.memory else ""]).strip()
        verdict = "" if not hold else ("held" if kept else "MISSED")
        lines.append(
            f"| {held.what} | {one.median:.2f} | {held.against} {other.median:.2f} s, {other.peak:.1f} GB "
            f"| {ratio:.2f} | {hold} | {one.peak:.1f} GB | {verdict} |"
        )
    counts = {name: kept.facts for name, kept in bench.measured.items() if kept.facts}
    lines += ["", "What was done: " + "; ".join(f"{name} {facts}" for name, facts in counts.items()) + ".", ""]
    return "\n".join(lines), good


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    size = arguments.add_mutually_exclusive_group()
    size.add_argument("--persons", type=int, default=2_000_000, help="size of the city (default 2,000,000)")
    size.add_argument("--quick", action="store_const", dest="persons", const=200_000, help="200,000 persons")
    arguments.add_argument("--no-peers", action="store_true", help="leave out pandas and polars")
    arguments.add_argument("--work", type=Path, help="folder to work in and keep (default: a temporary one)")
    arguments.add_argument("--results", type=Path, help="page to write (default: results/<persons>.md)")
    given = arguments.parse_args()
    work = given.work or Path(tempfile.mkdtemp(prefix="shuyuan-bench-"))
    try:
        bench = Bench(work)
        measure(bench, given.persons, [] if given.no_peers else ["polars", "pandas"])
    finally:
        if given.work is None:
            shutil.rmtree(work, ignore_errors=True)
    text, good = report(bench, given.persons)
    page = given.results or HERE / "results" / f"{given.persons}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    print(text)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
