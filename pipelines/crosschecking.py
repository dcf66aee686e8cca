"""The same rules evaluated twice: by the fused scan and by Great Expectations, whose documents are written beside.

Two independent evaluations must count the same; a difference is a fault of ours or of Great Expectations, never of the
data (docs/decisions/0006).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from catalog.city import City
from pipelines.references import references
from pipelines.serving import ServingService
from quality.crosscheck import CrossCheckResult, crosscheck, write_documents
from quality.rulebook import Rulebook
from quality.scan import scan

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class CrossChecked:
    """The outcome for all resources.

    Attributes:
        results: per resource.
        index: first page of the documents.
    """

    results: list[CrossCheckResult]
    index: Path

    @property
    def differing(self) -> int:
        """Rules whose counts differ."""
        return sum(len(one.differing) for one in self.results)

    def facts(self) -> dict[str, Any]:
        """For machines."""
        return {
            "rules": sum(len(one.checks) for one in self.results),
            "differing": [check.rule for one in self.results for check in one.differing],
            "not_covered": [check.rule for one in self.results for check in one.not_covered],
            "documents": str(self.index),
        }

    def line(self) -> str:
        """For people."""
        facts = self.facts()
        said = (
            "计数全部一致 all counts equal"
            if not self.differing
            else f"[red]不一致 differing：{facts['differing']}[/red]"
        )
        missing = f"，未覆盖 not covered {len(facts['not_covered'])}" if facts["not_covered"] else ""
        return f"Great Expectations 复核 {facts['rules']} 条规则：{said}{missing}；文档 documents {self.index}"


def cross_check(
    serving: ServingService,
    city: City,
    rulebook: Rulebook,
    directory: Path,
    now: datetime,
    progress: Callable[[str], None],
) -> CrossChecked:
    """Evaluate every rule of every published resource by both, and write the documents into ``directory``."""
    results = []
    with serving.open() as session:
        engine = session.reader.engine
        known = [one.id for one in city.resources]
        every = [rule for name in known for rule in rulebook.of(name)]
        tables = references(session.reader, city, every, besides=known)
        for name, table in tables.items():
            engine.view(name, table)
        # The findings were made at the moment of publication: the same day decides what lies in the future.
        as_of = session.publication.published_at.astimezone(SHANGHAI).date()
        for name in known:
            rules = rulebook.of(name)
            if not rules or name not in tables:
                continue
            progress(f"Great Expectations {name}")
            resource = city.resource(name)
            if any(rule.is_spatial for rule in rules):
                engine.extend_spatial()
            plan = scan(tables[name], rules, key=resource.key, references=tables, as_of=as_of, resource=resource)
            counts = {row["rule"]: row["failed"] for row in engine.to_arrow(plan.counts).to_pylist()}
            results.append(
                crosscheck(
                    engine.connection, name, rules,
                    scan_counts=counts, references={one: one for one in tables}, as_of=as_of, now=now, name=name,
                )
            )  # fmt: skip
    write_documents(results, directory)
    return CrossChecked(results, directory / "index.html")
