"""All rules of a city: those that stewards declare in ``city/rules/*.yaml``, and those that contracts bring with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
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
        builtin: what the contract of each resource states by itself (`quality.builtin`), made when a resource is asked for.
    """

    sets: Mapping[str, RuleSet]
    builtin: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    def of(self, resource: str) -> list[Rule]:
        """Rules of a resource, declared ones first; none where nobody states any."""
        declared = self.sets[resource].rules if resource in self.sets else []
        return [*declared, *self.builtin.get(resource, ())]

    def rule(self, rule_id: str) -> Rule | None:
        """The rule with this id, or None (an agreement rule, or one that was withdrawn)."""
        return self._declared.get(rule_id) or self._stated(rule_id)

    def source(self, rule_id: str) -> Source | None:
        """Who states the rule with this id; None if nobody does."""
        if rule_id in self._declared:
            return "declared"
        return "builtin" if self._stated(rule_id) else None

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of the rules' meaning: when it changes, everything is looked at again."""
        content = {
            "declared": {name: one.model_dump(mode="json") for name, one in sorted(self.sets.items())},
            "builtin": {name: [one.model_dump(mode="json") for one in of] for name, of in sorted(self.builtin.items())},
        }
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _declared(self) -> dict[str, Rule]:
        return {rule.id: rule for one in self.sets.values() for rule in one.rules}

    def _stated(self, rule_id: str) -> Rule | None:
        """The built-in rule with this id, which begins with its resource."""
        return next((one for one in self.builtin.get(rule_id.partition(".")[0], ()) if one.id == rule_id), None)


class _Builtin(Mapping[str, tuple[Rule, ...]]):
    """The built-in rules of each resource that has any; a command that asks about one entry makes no rules of thousands."""

    def __init__(self, resources: Iterable[Resource], sets: Mapping[str, RuleSet]) -> None:
        self._resources = {one.id: one for one in resources}
        self._sets = sets
        self._made: dict[str, tuple[Rule, ...]] = {}

    def __getitem__(self, resource: str) -> tuple[Rule, ...]:
        if resource not in self._made:
            self._made[resource] = self._rules(self._resources[resource])
        if not self._made[resource]:
            raise KeyError(resource)
        return self._made[resource]

    def __iter__(self) -> Iterator[str]:
        return (one for one in self._resources if one in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _rules(self, resource: Resource) -> tuple[Rule, ...]:
        declared = self._sets.get(resource.id)
        left_out = set(declared.without) if declared else set()
        rules = builtin_rules(resource, declared.rules if declared else ())
        return tuple(rule for rule in rules if rule.id not in left_out)


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
    known = {one.id: one for one in resources}
    sets: dict[str, RuleSet] = {}
    faults: list[DocumentError] = []
    for path in sorted(directory.glob("*.yaml")):
        name = f"rules/{path.name}"
        try:
            rules = read_rules(path, name=name)
            named = {rules.resource}.union(*(rule.needs for rule in rules.rules))
            check_rules(rules, [known[one] for one in named & known.keys()], name=name, libraries=libraries)
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
    return Rulebook(sets, _Builtin(known.values(), sets))
