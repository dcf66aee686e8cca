"""All rules of a city: the documents of ``city/rules/``, checked against the catalogue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from catalog.model import Resource
from ground.errors import DocumentError
from quality.rules import Rule, RuleSet, check_rules, read_rules


@dataclass(frozen=True)
class Rulebook:
    """Rules by resource."""

    sets: Mapping[str, RuleSet]

    def of(self, resource: str) -> list[Rule]:
        """Rules of a resource, none where it has no document."""
        return list(self.sets[resource].rules) if resource in self.sets else []

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id, or None (an agreement rule, or one that was withdrawn)."""
        return next((rule for one in self.sets.values() for rule in one.rules if rule.id == rule_id), None)

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of the rules' meaning: when it changes, everything is looked at again."""
        content = {name: one.model_dump(mode="json") for name, one in sorted(self.sets.items())}
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def load_rulebook(directory: Path, resources: Iterable[Resource]) -> Rulebook:
    """Read ``directory``/*.yaml; a missing folder holds no rules.

    Raises:
        DocumentError: every problem of every document at once.
    """
    known = list(resources)
    sets: dict[str, RuleSet] = {}
    faults: list[DocumentError] = []
    for path in sorted(directory.glob("*.yaml")):
        name = f"rules/{path.name}"
        try:
            rules = read_rules(path, name=name)
            check_rules(rules, known, name=name)
        except DocumentError as fault:
            faults.append(fault)
            continue
        if rules.resource in sets:
            faults.append(
                DocumentError(
                    f"资源 {rules.resource} 的规则写在两个文件里，请合并。",
                    f"The rules of {rules.resource} stand in two documents; join them.",
                    where=name,
                )
            )
        sets[rules.resource] = rules
    if faults:
        raise DocumentError(
            "\n".join(f"[{one.where}] {one.zh}" if one.where else one.zh for one in faults),
            "\n".join(f"[{one.where}] {one.en}" if one.where else one.en for one in faults),
        )
    return Rulebook(sets)
