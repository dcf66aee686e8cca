"""A city of four registers: the simulated one narrowed to two departments' people and two departments' companies.

A test of the flow needs deliveries, sources that differ and errors, not thirty-one feeds: taking and fusing all of them
takes a minute each time. What stays is declared as the whole city declares it; what only makes sense with the rest
(rules that look there, items it decides, places, themes) goes.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from catalog.documents import load_city
from catalog.sources import FileSource, SqlSource
from pipelines.intake.patterns import Pattern
from portal.cli.homes import run_simulation
from quality.rules import read_rules

FOUR = ("ga_household", "sc_company", "sw_social_insurance", "sw_tax_registration")


def simulate_small(home: Path, *, persons: int, seed: int) -> None:
    """Simulate into a home and keep the four registers."""
    run_simulation(home, persons=persons, seed=seed)
    keep_only(home, FOUR)


def keep_only(home: Path, resources: Collection[str]) -> None:
    """Take every other resource out of a home's documents and inbox, as if it had never been declared."""
    city = home / "city"
    for folder in ("resources", "feeds", "rules"):
        for path in (city / folder).glob("*.yaml"):
            if path.stem not in resources:
                path.unlink()
    for path in (city / "themes").glob("*.sql"):
        path.unlink()
    for name in resources:
        _keep_rules(city / "rules" / f"{name}.yaml", resources)
    register = _read(city / "register.yaml")
    libraries = {name: _narrowed(one, resources) for name, one in register["libraries"].items()}
    _write(city / "register.yaml", {"libraries": {name: one for name, one in libraries.items() if one["items"]}})
    entries = [_read(city / "resources" / f"{name}.yaml") for name in resources]
    stays = {"bureau", *(entry["department"] for entry in entries)}
    departments = _read(city / "departments.yaml")["departments"]
    parents = {one["id"]: one.get("parent") for one in departments}
    for name in [*stays]:
        while (name := parents[name]) is not None:
            stays.add(name)
    _write(city / "departments.yaml", {"departments": [one for one in departments if one["id"] in stays]})
    systems = _read(city / "systems.yaml")["systems"]
    _write(city / "systems.yaml", {"systems": [one for one in systems if one["department"] in stays]})
    _keep_files(home)


def _keep_rules(path: Path, resources: Collection[str]) -> None:
    """Rules that look into another resource go, and so do references that only widen where a rule looks."""
    document = _read(path)
    for rule in document["rules"]:
        if "or_in" in rule["check"]:
            rule["check"]["or_in"] = {r: i for r, i in rule["check"]["or_in"].items() if r in resources}
    _write(path, document)
    stay = {rule.id for rule in read_rules(path).rules if rule.needs.keys() <= set(resources)}
    _write(path, document | {"rules": [rule for rule in document["rules"] if rule["id"] in stay]})


def _narrowed(library: dict[str, Any], resources: Collection[str]) -> dict[str, Any]:
    """A library with what these resources decide, compare and lend; without places, which need registers of their own."""
    kept = {key: value for key, value in library.items() if key != "located"}
    kept["key_in"] = {name: item for name, item in library["key_in"].items() if name in resources}
    kept["aliases"] = [one for one in library.get("aliases", []) if one["resource"] in resources]
    kept["items"] = {}
    for name, item in library["items"].items():
        if item["authority"] in resources:
            kept["items"][name] = item | {
                role: [one for one in item[role] if one in resources]
                for role in ("co_authorities", "corroborating", "fallback")
                if role in item
            }
    return kept


def _keep_files(home: Path) -> None:
    """What no feed asks for goes from the inbox."""
    sources = [feed.source for feed in load_city(home / "city").feeds]
    patterns = [Pattern(one.path) for one in sources if isinstance(one, FileSource)]
    databases = {one.url.removeprefix("sqlite:///inbox/") for one in sources if isinstance(one, SqlSource)}
    for path in (home / "inbox").rglob("*"):
        name = path.relative_to(home / "inbox").as_posix()
        if path.is_file() and name not in databases and not any(one.match(name) for one in patterns):
            path.unlink()


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
