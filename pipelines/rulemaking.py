"""Stewards make rules: a dry run over what is published says what a new rule would find, and adoption writes it down.

The dry run changes nothing and shows no value: of every rule how many rows it asks, how many fail, and where some of them
stand (batch and row number). Adoption goes through the same dry run and refuses what does not hold against the catalogue, an id
that exists, and a rule that more than half of its rows fail, which is a rule gone wrong more often than data gone wrong.

A rule is put behind the others in ``city/rules/<resource>.yaml``; what stands there stays as it was. The file is replaced in one
step, and every adoption is a line of ``city/rules/changes.log``: who, when, which rules, what they found, and the
digests of the document before and after. Since rules are only put behind, the document before is the one after
without them; versions beyond that are the business of the steward's own version control.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.model import Resource
from ground.documents import parse_document
from ground.errors import DocumentError
from ground.files import place
from pipelines.references import references
from pipelines.serving import ServingService, Session
from policy.clock import SHANGHAI
from quality.asked import asked_counts
from quality.row_key import row_key_of
from quality.rule_text import lines_of_rules, with_rules_added
from quality.rulebook import Rulebook
from quality.rules import Rule, RuleSet, check_rules
from quality.scan import scan

EXAMPLES = 5
"""Failing rows of a rule whose place a dry run names."""
MANY = 0.5
"""A rule that more than this share of the asked rows fails is refused unless the steward insists."""
CHANGES = "changes.log"


@dataclass(frozen=True)
class Trial:
    """What one rule would find.

    Attributes:
        rule, title, item, severity, dimension, metric: of the rule.
        asked: rows that the rule asks anything of; None where it could not be evaluated.
        failing: of these, rows that fail; None likewise.
        examples: ``batch row number`` of some failing rows, in the order of their keys; never a value.
        not_assessable: why it could not be evaluated, in Chinese and English; None if it was.
    """

    rule: str
    title: str
    item: str
    severity: str
    dimension: str
    metric: str
    asked: int | None
    failing: int | None
    examples: tuple[str, ...] = ()
    not_assessable: str | None = None

    @property
    def share(self) -> float | None:
        """Of the asked rows, the share that fails; None where none was asked."""
        return self.failing / self.asked if self.asked and self.failing is not None else None

    @property
    def too_many(self) -> bool:
        """Whether so many fail that the rule is more likely wrong than the data."""
        return self.share is not None and self.share > MANY


@dataclass(frozen=True)
class DryRun:
    """What the rules of a document would find in the published data.

    Attributes:
        resource: whose rules they are.
        snapshot: the published snapshot that was looked at.
        rows: rows of the resource there.
        trials: one per rule, in their order.
        existing: ids that the city has already; such a document can be tried, not adopted.
    """

    resource: str
    snapshot: int
    rows: int
    trials: tuple[Trial, ...]
    existing: tuple[str, ...]


@dataclass(frozen=True)
class Adopted:
    """What was written."""

    path: Path
    tried: DryRun


class Rulemaking:
    """Tries and adopts rules.

    Args:
        directory: ``city/rules`` of the home.
        serving: opens the published snapshot.
        city, rulebook: what is declared.
    """

    def __init__(self, directory: Path, serving: ServingService, city: City, rulebook: Rulebook) -> None:
        self._directory = directory
        self._serving = serving
        self._city = city
        self._rulebook = rulebook

    def dry_run(self, text: str, *, name: str = "rule.yaml") -> DryRun:
        """What the rules of a document would find now; nothing is written.

        Args:
            text: a document as ``city/rules/<resource>.yaml`` is: ``resource`` and ``rules``.
            name: how it is called in messages.

        Raises:
            DocumentError: it is no such document, or does not hold against the catalogue; with file, line and field.
            Unavailable: nothing is published yet.
        """
        return self._try(self._read(text, name))

    def adopt(
        self, text: str, by: str, now: datetime, *, name: str = "rule.yaml", even_if_many: bool = False
    ) -> Adopted:
        """Put the rules of a document behind those of their resource; the next build evaluates them over every row.

        Args:
            text, name: as of `dry_run`.
            by: who adopts them.
            now: the moment, aware.
            even_if_many: adopt rules too that more than half of their rows fail.

        Raises:
            DocumentError: as of `dry_run`, or a rule with such an id exists, or a rule fails too often; nothing is written.
            Unavailable: nothing is published yet, so nobody can say what the rules would find.
        """
        rules = self._read(text, name)
        if rules.without:
            raise DocumentError(
                "without 不在此添加；请写入 city/rules 中该资源的文件。",
                "without is not added here; write it into the resource's document in city/rules.",
                where=f"{name} without",
            )
        tried = self._try(rules)
        _refuse(tried, name, even_if_many=even_if_many)
        with self._locked():
            path = self._path(rules.resource)
            before = path.read_text(encoding="utf-8-sig") if path.exists() else None
            after = with_rules_added(before, text, name=name)
            # What was put together is read once more as every build will read it.
            whole = parse_document(after, RuleSet, name=f"rules/{path.name}")
            check_rules(whole, self._city.resources, name=f"rules/{path.name}", libraries=self._city.register.libraries)
            place(path, after.encode())
            self._note(rules, tried, by, now, before, after)
        return Adopted(path, tried)

    # --- trying ---------------------------------------------------------------------------------------------------

    def _read(self, text: str, name: str) -> RuleSet:
        rules = parse_document(text, RuleSet, name=name)
        check_rules(
            rules, self._city.resources, name=name, libraries=self._city.register.libraries, lines=lines_of_rules(text)
        )
        return rules

    def _try(self, rules: RuleSet) -> DryRun:
        existing = tuple(one.id for one in rules.rules if self._rulebook.rule(one.id) is not None)
        with self._serving.open() as session:
            resource = self._city.resource(rules.resource)
            if resource.id not in session.tables:
                reason = f"资源 {resource.id} 尚无数据；resource {resource.id} has no data yet"
                trials = tuple(_trial(one, None, None, not_assessable=reason) for one in rules.rules)
                return DryRun(resource.id, session.publication.lake_snapshot, 0, trials, existing)
            table = session.tables[resource.id]
            trials = tuple(_trials(session, self._city, resource, table, rules.rules))
            rows = int(session.reader.engine.to_arrow(table.count()).column(0)[0].as_py())
            return DryRun(resource.id, session.publication.lake_snapshot, rows, trials, existing)

    # --- writing --------------------------------------------------------------------------------------------------

    def _path(self, resource: str) -> Path:
        """The document of a resource, by what it says and not by its name."""
        for path in sorted(self._directory.glob("*.yaml")):
            if (
                parse_document(path.read_text(encoding="utf-8-sig"), RuleSet, name=f"rules/{path.name}").resource
                == resource
            ):
                return path
        return self._directory / f"{resource}.yaml"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One adoption at a time, over all processes of this home."""
        self._directory.mkdir(parents=True, exist_ok=True)
        with (self._directory / CHANGES).open("a", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _note(self, rules: RuleSet, tried: DryRun, by: str, now: datetime, before: str | None, after: str) -> None:
        entry: dict[str, Any] = {
            "at": now.isoformat(),
            "by": by,
            "resource": rules.resource,
            "snapshot": tried.snapshot,
            "rules": [{"id": one.rule, "asked": one.asked, "failing": one.failing} for one in tried.trials],
            "sha256_before": None if before is None else hashlib.sha256(before.encode()).hexdigest(),
            "sha256_after": hashlib.sha256(after.encode()).hexdigest(),
        }
        with (self._directory / CHANGES).open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _trials(
    session: Session, city: City, resource: Resource, table: ir.Table, rules: Sequence[Rule]
) -> Iterator[Trial]:
    engine = session.reader.engine
    if any(rule.is_spatial for rule in rules):
        engine.extend_spatial()
    as_of = session.publication.published_at.astimezone(SHANGHAI).date()
    there = references(session.reader, city, rules)
    plan = scan(table, rules, key=resource.key, references=there, as_of=as_of, resource=resource)
    failures = engine.stage(plan.failures)
    counted = {
        row["rule"]: int(row["n"])
        for row in engine.to_arrow(failures.group_by("rule").agg(n=failures.count())).to_pylist()
    }
    blocked = {one.rule: f"{one.zh}；{one.en}" for one in plan.not_assessable}
    usable = [one for one in rules if one.id not in blocked]
    asked = engine.to_arrow(asked_counts(usable, table)).to_pylist()[0] if usable else {}
    places = _examples(session, failures, table, resource)
    for one in rules:
        if one.id in blocked:
            yield _trial(one, None, None, not_assessable=blocked[one.id])
        else:
            yield _trial(
                one, int(asked[f"n{usable.index(one)}"]), counted.get(one.id, 0), examples=places.get(one.id, ())
            )


def _examples(session: Session, failures: ir.Table, table: ir.Table, resource: Resource) -> dict[str, tuple[str, ...]]:
    """Of each rule the place of its first failing rows in what was delivered."""
    window = ibis.window(group_by="rule", order_by="row_key")
    few = failures.mutate(_n=ibis.row_number().over(window)).filter(lambda found: found["_n"] < EXAMPLES)
    rows = table.select(_key=row_key_of(table, resource.key), _batch="_batch", _row="_row")
    where = few.inner_join(rows, few["row_key"] == rows["_key"]).select("rule", "_n", "_batch", "_row")
    found: dict[str, list[str]] = {}
    for one in session.reader.engine.to_arrow(where.order_by("rule", "_n")).to_pylist():
        found.setdefault(one["rule"], []).append(f"{one['_batch']} 第 {one['_row']} 行 row")
    return {rule: tuple(places) for rule, places in found.items()}


def _trial(
    rule: Rule,
    asked: int | None,
    failing: int | None,
    *,
    examples: tuple[str, ...] = (),
    not_assessable: str | None = None,
) -> Trial:
    return Trial(
        rule.id, rule.title, rule.item, rule.severity.value, rule.dimension.value, rule.metric_id,
        asked, failing, examples, not_assessable,
    )  # fmt: skip


def _refuse(tried: DryRun, name: str, *, even_if_many: bool) -> None:
    """Refuse what exists or fails too often; all of it at once."""
    zh = [f"规则编号 {one} 已存在，请换一个。" for one in tried.existing]
    en = [f"There is a rule {one} already; choose another id." for one in tried.existing]
    for one in tried.trials:
        if one.too_many and not even_if_many:
            zh.append(
                f"规则 {one.rule}：所问 {one.asked} 行中有 {one.failing} 行不符（{one.share:.1%}），多半是规则有误；"
                "确需添加请加 --even-if-many。"
            )
            en.append(
                f"Rule {one.rule}: {one.failing} of {one.asked} rows fail ({one.share:.1%}); the rule is likely wrong. "
                "Add --even-if-many if it is meant so."
            )
    if zh:
        raise DocumentError("\n".join(zh), "\n".join(en), where=name)
