"""Rule documents: what is read, what is refused and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.model import Resource
from ground.documents import parse_document
from ground.errors import DocumentError
from quality.checks import CONDITIONS
from quality.rules import Check, RuleSet, check_rules, read_rules

DEMO = sorted((Path(__file__).parents[2] / "simulation" / "documents" / "rules").glob("*.yaml"))

RULE = """
resource: company
rules:
  - id: company.code.right
    title: 代码有效
    item: code
    check: {check}
    dimension: accuracy
    basis: GB 32100-2015
    message: {{zh: 有误, en: wrong}}
"""


def document(check: str) -> RuleSet:
    return parse_document(RULE.format(check=check), RuleSet, name="rules/company.yaml")


@pytest.mark.duty("R-018")
@pytest.mark.parametrize("path", DEMO, ids=lambda path: path.stem)
def test_every_demo_rule_names_what_it_rests_on(path: Path) -> None:
    rules = read_rules(path)
    assert rules.resource == path.stem
    assert all(len(rule.basis) > 3 for rule in rules.rules)


@pytest.mark.duty("R-018")
def test_the_demo_rests_on_the_national_standards_of_its_codes() -> None:
    bases = [rule.basis for path in DEMO for rule in read_rules(path).rules]
    assert {"GB 11643", "GB 32100"} <= {basis[:8] for basis in bases}


def test_every_kind_of_check_has_a_condition() -> None:
    kinds = set(Check.__origin__.__args__)  # type: ignore[attr-defined]
    assert kinds == set(CONDITIONS)


def test_an_unknown_kind_is_refused_with_line_and_allowed_kinds() -> None:
    with pytest.raises(DocumentError) as refused:
        document("{kind: citizenid}")
    assert "rules/company.yaml:7 rules.0.check" in refused.value.zh
    assert "citizen_id" in refused.value.zh


def test_an_unknown_key_of_a_check_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"rules\.0\.check\.maximum"):
        document("{kind: length, maximum: 3}")


@pytest.mark.parametrize(
    "pattern",
    [r"(?=1)\d", r"(?!1)\d", r"(?<=1)\d", r"(\d)\1", r"\p{Han}+", r"\d++", r"(?i)ab", r"^\d+", r"\d+$", "[a-z&&[b]]"],
)
def test_a_pattern_that_engines_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(DocumentError, match=r"rules\.0\.check"):
        document(f"{{kind: matches, pattern: '{pattern}'}}")


@pytest.mark.parametrize("pattern", [r"\d{13}", "(?:A|B)[0-9]+", "[一-龥]{2,4}", r"\w+-\w+\.x"])
def test_a_plain_pattern_is_accepted(pattern: str) -> None:
    assert document(f"{{kind: matches, pattern: '{pattern}'}}").rules[0].check.kind == "matches"


@pytest.mark.parametrize(
    "check", ["{kind: between}", "{kind: between, min: 2, max: 1}", "{kind: length, min: 3, max: 2}"]
)
def test_bounds_that_say_nothing_or_contradict_are_refused(check: str) -> None:
    with pytest.raises(DocumentError):
        document(check)


def test_an_id_of_another_resource_or_item_is_refused() -> None:
    text = RULE.format(check="{kind: credit_code}").replace("company.code.right", "company.name.right")
    with pytest.raises(DocumentError, match=r"company\.code\."):
        parse_document(text, RuleSet, name="rules/company.yaml")


def test_an_id_written_twice_is_refused() -> None:
    text = RULE.format(check="{kind: credit_code}")
    twice = text + text[text.index("  - id") :]
    with pytest.raises(DocumentError, match=r"company\.code\.right"):
        parse_document(twice, RuleSet, name="rules/company.yaml")


def entry(name: str, *items: str) -> Resource:
    access = {"class": "unconditional"}
    return Resource.model_validate(
        {
            "id": name,
            "title": name,
            "department": "sc",
            "system": "s",
            "sharing": access,
            "opening": access,
            "update_cycle": "monthly",
            "key": [items[0]],
            "items": [{"id": item, "title": item} for item in items],
        }
    )


def test_a_rule_about_an_item_that_the_catalogue_lacks_is_refused_with_what_there_is() -> None:
    with pytest.raises(DocumentError) as refused:
        check_rules(document("{kind: credit_code}"), [entry("company", "name", "state")], name="rules/company.yaml")
    assert "company.code.right" in refused.value.zh
    assert "name、state" in refused.value.zh


def test_a_rule_that_looks_into_a_resource_nobody_catalogued_is_refused() -> None:
    rules = document("{kind: cross, other: tax, key: code, when: {code: x}, other_when: {state: '01'}}")
    with pytest.raises(DocumentError, match="tax"):
        check_rules(rules, [entry("company", "code")], name="rules/company.yaml")
    with pytest.raises(DocumentError, match="state"):
        check_rules(rules, [entry("company", "code"), entry("tax", "code")], name="rules/company.yaml")
    check_rules(rules, [entry("company", "code"), entry("tax", "code", "state")], name="rules/company.yaml")
