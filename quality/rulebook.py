"""All rules of a city: those that stewards declare in ``city/rules/*.yaml``, and those that contracts bring with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from catalog.model import Resource
from catalog.register import Library
from ground.errors import DocumentError
from quality.builtin import builtin_rules
from quality.rules import Rule, RuleSet, check_rules, read_rules

Source = Literal["declared", "builtin"]


@dataclass(frozen=True)
class Rulebook:
    """Rules by resource.

    Attributes:
        sets: what stewards declared.
        builtin: what the contract of each resource states by itself (`quality.builtin`).
    """

    sets: Mapping[str, RuleSet]
    builtin: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    def of(self, resource: str) -> list[Rule]:
        """Rules of a resource, declared ones first; none where nobody states any."""
        declared = self.sets[resource].rules if resource in self.sets else []
        return [*declared, *self.builtin.get(resource, ())]

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id, or None (an agreement rule, or one that was withdrawn)."""
        return self._known.get(rule_id, (None, None))[0]

    def source(self, rule_id: str) -> Source | None:
        """Who states the rule with this id; None if nobody does."""
        return self._known.get(rule_id, (None, None))[1]

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of the rules' meaning: when it changes, everything is looked at again."""
        content = {
            "declared": {name: one.model_dump(mode="json") for name, one in sorted(self.sets.items())},
            "builtin": {name: [one.model_dump(mode="json") for one in of] for name, of in sorted(self.builtin.items())},
        }
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _known(self) -> dict[str, tuple[Rule, Source]]:
        stated: dict[str, tuple[Rule, Source]] = {
            rule.id: (rule, "builtin") for rules in self.builtin.values() for rule in rules
        }
        return stated | {rule.id: (rule, "declared") for one in self.sets.values() for rule in one.rules}


def load_rulebook(
    directory: Path, resources: Iterable[Resource], libraries: Mapping[str, Library] | None = None
) -> Rulebook:
    """Read ``directory``/*.yaml and add what the contracts state; a missing folder holds no rules.

    Args:
        directory: where the documents stand.
        resources: the catalogue's entries.
        libraries: the register's libraries, which rules may name too.

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
            check_rules(rules, known, name=name, libraries=libraries)
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
    return Rulebook(sets, _builtin(known, sets))


def _builtin(resources: Iterable[Resource], sets: Mapping[str, RuleSet]) -> dict[str, tuple[Rule, ...]]:
    found = {}
    for one in resources:
        declared = sets.get(one.id)
        left_out = set(declared.without) if declared else set()
        rules = builtin_rules(one, declared.rules if declared else ())
        kept = tuple(rule for rule in rules if rule.id not in left_out)
        if kept:
            found[one.id] = kept
    return found
