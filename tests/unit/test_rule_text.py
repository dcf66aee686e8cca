"""Rules are put behind those that are there; comments, order and indent stay."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import DocumentError
from quality.rule_text import lines_of_rules, with_rules_added

CURRENT = """\
# 本资源的规则 head
resource: pool
rules:
  # 第一条
  - id: pool.a.one  # 尾注
    title: 一

  - id: pool.a.two
    message:
      zh: 有误
# 末尾的说明
"""
GIVEN = """\
resource: pool
rules:
# 新的一条
- id: pool.b.three
  title: 三

- {id: pool.b.four, title: 四}
"""


def test_new_rules_stand_behind_the_last_one_and_nothing_else_moves() -> None:
    after = with_rules_added(CURRENT, GIVEN, name="x")
    assert after == CURRENT.replace(
        "      zh: 有误\n",
        "      zh: 有误\n  # 新的一条\n  - id: pool.b.three\n    title: 三\n\n  - {id: pool.b.four, title: 四}\n",
    )


def test_a_new_document_is_the_one_given() -> None:
    assert with_rules_added(None, GIVEN.rstrip("\n"), name="x") == GIVEN


def test_a_document_without_rules_gets_them() -> None:
    after = with_rules_added("resource: pool\nwithout:\n  pool.a.builtin_phone: 不是电话\n", GIVEN, name="x")
    read = yaml.safe_load(after)
    assert [one["id"] for one in read["rules"]] == ["pool.b.three", "pool.b.four"]
    assert read["without"] == {"pool.a.builtin_phone": "不是电话"}


def test_what_follows_the_rules_stays_behind_them() -> None:
    current = "resource: pool\nrules:\n- id: pool.a.one\n  title: 一\nwithout:\n  x: y\n"
    after = with_rules_added(current, GIVEN, name="x")
    assert after.index("pool.b.four") < after.index("without:")
    assert [one["id"] for one in yaml.safe_load(after)["rules"]] == ["pool.a.one", "pool.b.three", "pool.b.four"]


def test_rules_in_brackets_are_not_added_to() -> None:
    with pytest.raises(DocumentError, match="x:2 rules"):
        with_rules_added("resource: pool\nrules: [{id: pool.a.one}]\n", GIVEN, name="x")


def test_where_a_rule_is_written() -> None:
    assert lines_of_rules(CURRENT) == {"pool.a.one": 5, "pool.a.two": 8}


@given(
    before=st.integers(0, 6), new=st.integers(0, 6), blank=st.booleans(), tail=st.sampled_from(["", "# 完\n", "x: y\n"])
)
def test_any_indent(before: int, new: int, blank: bool, tail: str) -> None:
    def document(indent: int, name: str, end: str) -> str:
        pad = " " * indent
        gap = "\n" if blank else ""
        return f"resource: pool\nrules:\n{pad}- id: {name}.one\n{pad}  zh: 甲\n{gap}{pad}- id: {name}.two\n{gap}{end}"

    after = with_rules_added(document(before, "old", tail), document(new, "new", ""), name="x")
    read = yaml.safe_load(after)
    assert [one["id"] for one in read["rules"]] == ["old.one", "old.two", "new.one", "new.two"]
    assert read["rules"][2]["zh"] == "甲"
    assert (read.get("x") == "y") is (tail == "x: y\n")
