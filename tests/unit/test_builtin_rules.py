"""Rules that a resource has without anybody writing one: from its contract and its data elements."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from catalog.documents import load_city
from catalog.model import Resource
from ground.errors import DocumentError
from quality import rulebook
from quality.builtin import builtin_rules
from quality.rulebook import load_rulebook
from quality.rules import Rule
from standards.code_list import list_ids
from standards.elements import elements

DOCUMENTS = Path(__file__).parents[2] / "simulation" / "documents"


def resource(*items: dict[str, Any]) -> Resource:
    access = {"class": "unconditional"}
    return Resource.model_validate(
        {
            "id": "pool", "title": "t", "department": "a", "system": "s", "sharing": access, "opening": access,
            "update_cycle": "monthly", "key": ["no"], "items": [{"id": "no", "title": "编号"}, *items],
        }
    )  # fmt: skip


def kinds(*items: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.item, one.check.kind, one.severity.value) for one in builtin_rules(resource(*items))]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"element": "citizen_id"}, [("citizen_id", "error")]),
        ({"element": "mother_id"}, [("citizen_id", "warning")]),
        ({"element": "former_citizen_id"}, []),  # it may be one that was wrong
        ({"element": "credit_code", "required": True}, [("not_null", "error"), ("credit_code", "error")]),
        ({"code_list": "sex"}, [("code_list", "error")]),
        ({"element": "ethnicity"}, [("code_list", "error")]),  # the element brings its list
        ({"code_list": "division", "element": "division"}, [("code_list", "warning")]),
        ({"element": "division"}, []),  # the list is this city's, the column may be of any
        ({"element": "phone"}, [("phone", "warning")]),
        ({"element": "plate"}, [("plate", "error")]),
        ({"type": "date", "element": "death_date"}, [("date_not_after", "error")]),
        ({"type": "date", "element": "valid_to"}, []),
        ({"type": "timestamp", "element": "updated_at"}, []),
        ({"type": "geometry", "srid": 4490, "shape": "polygon"}, [("geometry_valid", "error")]),
        ({"type": "geometry", "srid": 4490, "shape": "point"}, []),
        ({}, []),
    ],
)
def test_what_an_item_brings_with_it(item: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert kinds({"id": "v", "title": "值", **item}) == [("v", *one) for one in expected]


def write(directory: Path, text: str) -> Path:
    (directory / "pool.yaml").write_text(f"resource: pool\n{text}", encoding="utf-8")
    return directory


RULE = """\
rules:
  - id: pool.v.{name}
    title: t
    item: v
    check: {check}
    dimension: accuracy
    basis: b
    message: {{zh: 有误, en: wrong}}
"""


@pytest.mark.parametrize(
    ("check", "there"),
    [
        ("{kind: citizen_id}", False),  # the same
        ("{kind: matches, pattern: '[0-9X]{18}|H[0-9]{9}'}", False),  # a form of the department's own
        ("{kind: not_null}", True),  # another question
    ],
)
def test_a_steward_goes_first(tmp_path: Path, check: str, there: bool) -> None:
    pool = resource({"id": "v", "title": "号码", "element": "citizen_id"})
    book = load_rulebook(write(tmp_path, RULE.format(name="own", check=check)), [pool])
    ids = [one.id for one in book.of("pool")]
    assert ids[0] == "pool.v.own"
    assert ("pool.v.builtin_citizen_id" in ids) is there
    assert book.source("pool.v.own") == "declared"
    assert book.source("pool.v.builtin_citizen_id") == ("builtin" if there else None)


def test_a_builtin_rule_is_left_out_for_a_stated_reason(tmp_path: Path) -> None:
    pool = resource({"id": "v", "title": "号码", "element": "citizen_id"})
    with_it = load_rulebook(tmp_path, [pool])
    assert [one.id for one in with_it.of("pool")] == ["pool.v.builtin_citizen_id"]
    without = load_rulebook(write(tmp_path, "without: {pool.v.builtin_citizen_id: 含护照号码}\n"), [pool])
    assert without.of("pool") == []
    assert with_it.digest != without.digest


def test_rules_are_made_for_the_entry_that_is_asked_about(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[str] = []

    def counted(one: Resource, declared: Iterable[Rule] = ()) -> list[Rule]:
        made.append(one.id)
        return builtin_rules(one, declared)

    monkeypatch.setattr(rulebook, "builtin_rules", counted)
    pool = resource({"id": "v", "title": "号码", "element": "citizen_id"})
    plain = resource({"id": "v", "title": "备注"}).model_copy(update={"id": "plain"})
    book = load_rulebook(tmp_path, [plain, pool])
    assert made == []
    (rule,) = book.of("pool")
    assert book.rule("pool.v.builtin_citizen_id") is rule
    assert book.rule("pool.v.builtin_phone") is None and book.source("nowhere.v.builtin_phone") is None
    assert made == ["pool"]
    assert dict(book.builtin) == {"pool": (rule,)} and len(book.builtin) == 1
    assert "plain" not in book.builtin


def test_a_steward_may_not_take_the_names_of_builtin_rules(tmp_path: Path) -> None:
    pool = resource({"id": "v", "title": "号码"})
    with pytest.raises(DocumentError, match="builtin_"):
        load_rulebook(write(tmp_path, RULE.format(name="builtin_own", check="{kind: not_null}")), [pool])


def test_the_demonstration_states_nearly_all_itself() -> None:
    city = load_city(
        DOCUMENTS, known_elements=frozenset(one.id for one in elements()), known_code_lists=frozenset(list_ids())
    )
    book = load_rulebook(DOCUMENTS / "rules", city.resources, city.register.libraries)
    delivered = {feed.resource_id for feed in city.feeds}  # nobody states rules for what nobody delivers
    brought = [rule.id for name, rules in book.builtin.items() if name in delivered for rule in rules]
    assert brought == ["wj_death.registered_on.builtin_date_not_after"]
