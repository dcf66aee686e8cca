"""What a rule is called, for whoever reads a ticket: declared rules, rules of a library, and what people report."""

from __future__ import annotations

from catalog.city import City
from quality.rulebook import Rulebook
from quality.tickets.events import KIND_WORDS, Kind

REPORT = "report."


def rule_title(rulebook: Rulebook, city: City, rule_id: str) -> str:
    """The title of a rule; its id where it was withdrawn."""
    rule = rulebook.rule(rule_id)
    if rule is not None:
        return rule.title
    if rule_id.startswith(REPORT):
        return KIND_WORDS[Kind(rule_id.removeprefix(REPORT))][0]
    kind, _, rest = rule_id.partition(".")
    library, _, item = rest.partition(".")
    libraries = city.register.libraries
    if kind == "agreement" and library in libraries and item in libraries[library].items:
        return f"{libraries[library].items[item].title}与佐证来源不一致"
    if kind == "freshness":
        return "按更新周期送达"
    return rule_id


def problem_title(rulebook: Rulebook, city: City, rule_id: str) -> str:
    """What is wrong, in a line: a declared rule is titled by what must hold, so it is said that this does not."""
    title = rule_title(rulebook, city, rule_id)
    return title if rulebook.rule(rule_id) is None else f"未通过：{title}"
