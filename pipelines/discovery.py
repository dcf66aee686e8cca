"""Discovery (发现): evaluates the rules over what was built and brings the findings up to date.

At a full run every row is looked at. Afterwards only what can have changed: changed rows for rules that read one row,
whole tables for rules that look into another resource which changed, changed keys for the agreement of sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.model import Resource
from pipelines.fusion.service import Built, base_name
from pipelines.intake.store import Delivery
from pipelines.lateness import Overdue
from pipelines.problems.proofs import Prover
from pipelines.problems.standing import NOTHING, Standing
from pipelines.references import library_references, stirred
from quality import agreement
from quality.findings import Fingerprint, Scope, fingerprinted, next_findings, summary, without_confirmed
from quality.row_key import row_key_of
from quality.rulebook import Rulebook
from quality.rules import Rule
from quality.scan import NotAssessable, ScanPlan, scan
from warehouse.lake import LakeWriter

FINDINGS = "quality.finding"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def _union(tables: Sequence[ir.Table]) -> ir.Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


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
        known: what people confirmed and reported.
        gathered: the deliveries since readers were last given anything new: the proofs of what is gone.
        before: the snapshot that readers see until now.
        overdue: which resources are late by their update cycle; looked at in every run, since days go by of themselves.
    """

    def __init__(
        self,
        writer: LakeWriter,
        city: City,
        rulebook: Rulebook,
        key: bytes,
        now: datetime,
        *,
        known: Standing = NOTHING,
        gathered: Sequence[Delivery] = (),
        before: int | None = None,
        overdue: Overdue | None = None,
    ) -> None:
        self._writer = writer
        self._engine = writer.engine
        self._city = city
        self._rulebook = rulebook
        self._key = key
        self._now = now
        self._tables = {
            one.id: writer.table(f"standard.{one.id}") for one in city.resources if writer.has(f"standard.{one.id}")
        }
        self._references = dict(self._tables) | {
            name: writer.table(at) for name, at in library_references(city).items() if writer.has(at)
        }
        self._overdue = overdue
        self._blocked: list[NotAssessable] = []
        self._known = known
        self._prover = Prover(writer, city, rulebook, before=before, gathered=gathered, now=now)

    def run(self, built: list[Built], since: int | None) -> Discovery:
        """Bring the findings up to date and write them.

        Args:
            built: what was done to each library.
            since: the snapshot the findings stand at; None to look at everything.
        """
        full = since is None or not self._writer.has(FINDINGS)
        looks = self._everything(built) if full else self._changed(built, since or 0)
        if self._overdue is not None and self._overdue.rules:
            looks.append(_Look([self._engine.stage(self._overdue.failures)], set(self._overdue.rules)))
        current = self._writer.table(FINDINGS) if self._writer.has(FINDINGS) else None
        with self._engine.keyed(self._key) as fingerprint:
            failing = [(look, _union(look.failures)) for look in looks if look.rules]
            confirmed = self._confirmed([failures for _, failures in failing], current, fingerprint)
            for number, (look, failures) in enumerate(failing):
                scope = Scope(frozenset(look.rules), None if full or not look.rows else _union(look.rows))
                following = next_findings(
                    current, failures, seen_at=self._now, fingerprint=fingerprint, scope=scope, confirmed=confirmed
                )
                current = self._engine.stage(following, f"_findings_{number}")
            if current is not None and confirmed is not None:
                current = self._engine.stage(without_confirmed(current, confirmed, self._now), "_findings_confirmed")
            proofs = self._proofs(current, confirmed, fingerprint)
        if current is None and proofs is None:
            return Discovery(full, [], self._blocked)
        with self._writer.transaction("discovery", {"full": full}):
            if current is not None:
                self._writer.create(FINDINGS, current)
            if proofs is not None:
                self._prover.write(proofs)
        found = [] if current is None else self._engine.to_arrow(summary(current)).to_pylist()
        return Discovery(full, found, self._blocked)

    # --- what people said, and what proves it ---------------------------------------------------------------------

    def _confirmed(
        self, failing: Sequence[ir.Table], current: ir.Table | None, fingerprint: Fingerprint
    ) -> ir.Table | None:
        """Findings whose value a department has confirmed as right and that has not changed since."""
        if not self._known.confirmed.num_rows:
            return None
        known = self._engine.load("_confirmed_values", self._known.confirmed)
        suspects = [fingerprinted(one, fingerprint) for one in failing]
        if current is not None:
            suspects.append(current.filter(current["gone_since"].isnull()))
        return self._prover.confirmed(known, suspects, fingerprint) if suspects else None

    def _proofs(
        self, current: ir.Table | None, confirmed: ir.Table | None, fingerprint: Fingerprint
    ) -> ir.Table | None:
        """Why findings are gone, and reported problems repaired; None where none is."""
        named = ["fingerprint", "resource", "row_key", "item", "rule"]
        gone = []
        if current is not None:
            moment = ibis.literal(self._now.astimezone(UTC), type="timestamp('UTC')")
            away = current.filter(current["gone_since"].notnull())
            gone.append(away.filter(away["gone_since"] == moment).select(*named))
            if self._known.revoked.num_rows:
                # Confirmed once, gone since, and doubted: what does not fail any more needs its own proof now.
                doubted = self._engine.load("_revoked", self._known.revoked)
                gone.append(away.semi_join(doubted, "fingerprint").select(*named))
        if self._known.reported.num_rows:
            said = self._engine.load("_reported", self._known.reported)
            gone.append(self._prover.reported(said, fingerprint).select(*named))
        if not gone:
            return None
        staged = self._engine.stage(_union(gone).distinct(), "_gone")
        if not self._engine.to_arrow(staged.count()).column(0)[0].as_py():
            return None
        return self._prover.repairs(staged, confirmed)

    # --- what to look at ------------------------------------------------------------------------------------------

    def _everything(self, built: list[Built]) -> list[_Look]:
        look = _Look()
        for resource in self._with_rules():
            self._scan(look, resource, self._rulebook.of(resource.id), self._tables[resource.id])
        self._agreements(look, built, full=True)
        if self._writer.has(FINDINGS):
            # A rule that was withdrawn has nothing open any more.
            stated = self._engine.to_arrow(self._writer.table(FINDINGS).select("rule").distinct())["rule"].to_pylist()
            late = set(self._overdue.rules) if self._overdue is not None else set()
            look.rules |= set(stated) - {one.rule for one in self._blocked} - late
        return [look]

    def _changed(self, built: list[Built], since: int) -> list[_Look]:
        local, across, agreed = _Look(), _Look(), _Look()
        moved = {name: rows for name in self._tables if (rows := self._changed_keys(name, since)) is not None}
        moving = set(moved) | stirred(self._writer, self._city, built, since)
        for resource in self._with_rules():
            rules = self._rulebook.of(resource.id)
            own = [rule for rule in rules if not rule.across_rows]
            if resource.id in moved and own:
                keys = moved[resource.id]
                self._scan(local, resource, own, self._tables[resource.id].semi_join(keys, resource.key))
                local.rows.append(
                    keys.select(resource=ibis.literal(resource.id), row_key=row_key_of(keys, resource.key))
                )
            other = [rule for rule in rules if rule.across_rows and {resource.id, *rule.needs} & moving]
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
            references=self._references,
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
