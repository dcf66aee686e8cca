"""Discovery (发现): evaluates the rules over what was built and brings the findings up to date.

At a full run every row is looked at. Afterwards only what can have changed: changed rows for rules that read one row,
whole tables for rules that look into another resource which changed, changed keys for the agreement of sources.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.model import Resource
from pipelines.fusion.service import Built, base_name
from quality import agreement
from quality.findings import Scope, next_findings, summary
from quality.row_key import row_key_of
from quality.rulebook import Rulebook
from quality.rules import Rule
from quality.scan import NotAssessable, ScanPlan, scan
from warehouse.lake import LakeWriter

FINDINGS = "quality.finding"
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class _Look:
    """What one pass looked at and what failed there."""

    failures: list[ir.Table] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)
    rows: list[ir.Table] = field(default_factory=list)


@dataclass(frozen=True)
class Discovery:
    """What discovery found.

    Attributes:
        full: whether every row was looked at.
        summary: one dict per resource and rule: ``resource, department, rule, severity, dimension, present, gone,
            reappeared, oldest``.
        not_assessable: rules that could not be evaluated, with the reason.
    """

    full: bool
    summary: list[dict[str, object]]
    not_assessable: list[NotAssessable]


class Discoverer:
    """One run of discovery inside an open writer.

    Args:
        writer: the open lake.
        city, rulebook: what is declared.
        key: secret of the fingerprints; the same at every run.
        now: the moment of the run.
    """

    def __init__(self, writer: LakeWriter, city: City, rulebook: Rulebook, key: bytes, now: datetime) -> None:
        self._writer = writer
        self._engine = writer.engine
        self._city = city
        self._rulebook = rulebook
        self._key = key
        self._now = now
        self._tables = {
            one.id: writer.table(f"standard.{one.id}") for one in city.resources if writer.has(f"standard.{one.id}")
        }
        self._blocked: list[NotAssessable] = []

    def run(self, built: list[Built], since: int | None) -> Discovery:
        """Bring the findings up to date and write them.

        Args:
            built: what was done to each library.
            since: the snapshot the findings stand at; None to look at everything.
        """
        full = since is None or not self._writer.has(FINDINGS)
        looks = self._everything(built) if full else self._changed(built, since or 0)
        current = self._writer.table(FINDINGS) if self._writer.has(FINDINGS) else None
        with self._engine.keyed(self._key) as fingerprint:
            for number, look in enumerate(look for look in looks if look.rules):
                failures = ibis.union(*look.failures) if len(look.failures) > 1 else look.failures[0]
                rows = (
                    None if full or not look.rows else (ibis.union(*look.rows) if len(look.rows) > 1 else look.rows[0])
                )
                scope = Scope(frozenset(look.rules), rows)
                following = next_findings(current, failures, seen_at=self._now, fingerprint=fingerprint, scope=scope)
                current = self._engine.stage(following, f"_findings_{number}")
        if current is None:
            return Discovery(full, [], self._blocked)
        with self._writer.transaction("discovery", {"full": full}):
            self._writer.create(FINDINGS, current)
        return Discovery(full, self._engine.to_arrow(summary(current)).to_pylist(), self._blocked)

    # --- what to look at ------------------------------------------------------------------------------------------

    def _everything(self, built: list[Built]) -> list[_Look]:
        look = _Look()
        for resource in self._with_rules():
            self._scan(look, resource, self._rulebook.of(resource.id), self._tables[resource.id])
        self._agreements(look, built, full=True)
        if self._writer.has(FINDINGS):
            # A rule that was withdrawn has nothing open any more.
            stated = self._engine.to_arrow(self._writer.table(FINDINGS).select("rule").distinct())["rule"].to_pylist()
            look.rules |= set(stated) - {one.rule for one in self._blocked}
        return [look]

    def _changed(self, built: list[Built], since: int) -> list[_Look]:
        local, across, agreed = _Look(), _Look(), _Look()
        moved = {name: rows for name in self._tables if (rows := self._changed_keys(name, since)) is not None}
        for resource in self._with_rules():
            rules = self._rulebook.of(resource.id)
            own = [rule for rule in rules if not rule.across_rows]
            if resource.id in moved and own:
                keys = moved[resource.id]
                self._scan(local, resource, own, self._tables[resource.id].semi_join(keys, resource.key))
                local.rows.append(
                    keys.select(resource=ibis.literal(resource.id), row_key=row_key_of(keys, resource.key))
                )
            other = [rule for rule in rules if rule.across_rows and {resource.id, *rule.needs} & set(moved)]
            if other:
                self._scan(across, resource, other, self._tables[resource.id])
        self._agreements(agreed, built, full=False)
        return [local, across, agreed]

    def _with_rules(self) -> list[Resource]:
        return [one for one in self._city.resources if one.id in self._tables and self._rulebook.of(one.id)]

    def _changed_keys(self, name: str, since: int) -> ir.Table | None:
        """Keys that changed since a snapshot, staged; None if none did. A table younger than that changed whole."""
        key = self._city.resource(name).key
        rows = self._writer.changed_keys(f"standard.{name}", since, key)
        keys = self._tables[name].select(*key) if rows is None else rows
        staged = self._engine.stage(keys, f"_moved_{name}")
        return staged if self._engine.to_arrow(staged.count()).column(0)[0].as_py() else None

    # --- looking --------------------------------------------------------------------------------------------------

    def _scan(self, look: _Look, resource: Resource, rules: list[Rule], table: ir.Table) -> None:
        if any(rule.is_spatial for rule in rules):
            self._engine.extend_spatial()
        plan: ScanPlan = scan(
            table,
            rules,
            key=resource.key,
            references=self._tables,
            as_of=self._now.astimezone(SHANGHAI).date(),
            resource=resource,
        )
        look.failures.append(self._engine.stage(plan.failures))
        look.rules |= set(plan.evaluated)
        self._blocked += list(plan.not_assessable)

    def _agreements(self, look: _Look, built: list[Built], *, full: bool) -> None:
        departments = {one.id: one.department for one in self._city.resources}
        for one in built:
            library = self._city.library(one.library)
            rules = agreement.rule_ids(one.library, library)
            if not rules or (one.mode == "unchanged" and not full):
                continue
            base = self._writer.table(base_name(one.library))
            looked = base if full or one.keys is None else base.semi_join(one.keys, library.key)
            failures = agreement.disagreements(
                looked, one.library, library, departments=departments, batches=self._tables
            )
            look.failures.append(self._engine.stage(failures))
            look.rules |= set(rules)
            if not full:
                keys = (base if one.keys is None else one.keys).select(library.key)
                authorities = {one for item in library.items.values() if item.corroborating for one in item.authorities}
                look.rows += [
                    keys.select(resource=ibis.literal(name), row_key=keys[library.key]) for name in sorted(authorities)
                ]
