"""The masking plan as a document: what it refuses, and with which words."""

import pytest

from ground.documents import parse_document
from ground.errors import DocumentError
from masking.plan import TECHNIQUES, MaskingPlan, Technique

GOOD = """
columns:
  subject: {title: 主体, technique: pseudonym, column: credit_code}
  division: {title: 区划, technique: division, digits: 6}
  founded: {title: 成立年份, technique: year_band, column: established_on, edges: [2000, 2010]}
  secret: {title: 电话, technique: drop, column: phone}
quasi_identifiers: [division, founded]
k: 5
"""


def read(text):
    return parse_document(text, MaskingPlan, name="plan.yaml")


def test_a_plan_publishes_what_it_names_and_reads_what_leaves():
    plan = read(GOOD)
    assert plan.published == ["subject", "division", "founded"]
    assert plan.reads == ["credit_code", "division", "established_on"]
    assert plan.uses_pseudonyms


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("digits: 6", "digits: 5", "plan.yaml:4 columns.division.digits"),
        (", digits: 6", "", "division takes exactly: digits"),
        ("technique: pseudonym", "technique: pseudonym, first: 2", "pseudonym takes exactly: none"),
        ("edges: [2000, 2010]", "edges: [2010, 2000]", "edges must rise"),
        ("technique: drop", "technique: erase", "plan.yaml:6 columns.secret.technique"),
        ("[division, founded]", "[division, secret]", "not among the published columns: secret"),
        ("[division, founded]", "[division]", "published but not measured, add to quasi_identifiers or l: founded"),
        ("k: 5", "k: 1", "plan.yaml:8 k"),
        ("k: 5", "k: 5\nsupress_below_k: true", "suppress_below_k"),
        ("title: 区划", "title: 主体", "the titles must differ"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_line(old, new, said):
    assert old in GOOD
    with pytest.raises(DocumentError) as refusal:
        read(GOOD.replace(old, new))
    assert said in str(refusal.value)


@pytest.mark.duty("R-194")
def test_every_column_that_shows_something_is_measured():
    """A masked id, a first character of a name: what is left of them counts when the row is measured."""
    for technique in ("citizen_id", "person_name", "phone", "credit_code"):
        text = GOOD.replace("technique: drop", f"technique: {technique}")
        with pytest.raises(DocumentError, match="secret"):
            read(text)
        assert "secret" in read(text.replace("[division, founded]", "[division, founded, secret]")).published


def test_every_technique_has_a_form():
    assert set(TECHNIQUES) == set(Technique)
