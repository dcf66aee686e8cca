"""What may be published: the bar on privacy, floors of k and l, consents, assessment, two reviews."""

import pytest

from exchange.publication.policies import (
    OpeningRules,
    can_publish,
    check_can_publish,
    holds_personal_data,
    sources_of,
)
from exchange.publication.release import Release
from ground.documents import parse_document
from ground.errors import DocumentError, RefusedData
from policy.profile import load_profile

HAISHU = OpeningRules(privacy_barred=True, privacy_ground="《办法》第32条")
OTHER = OpeningRules(privacy_barred=False, privacy_ground="《办法》第14条")

APPROVALS = [
    {"reviewer": who, "unit": "大数据主管机构", "document": f"审{n}", "dated": "2026-03-01", "verdict": "approved"}
    for n, who in enumerate(["甲", "乙"])
]
PAPERS = {
    "consents": [{"department": "sw", "document": "函1", "dated": "2026-03-01"}],
    "assessment": {"document": "评1", "dated": "2026-03-01", "by": "评估组"},
    "reviews": APPROVALS,
}
COMMON = {
    "title": "示例",
    "description": "示例",
    "update_cycle": "monthly",
    "licence": "开放",
    "themes": ["人口"],
    **PAPERS,
}


def statistic(**changes):
    document = {
        "id": "people",
        "library": "population",
        "kind": "statistic",
        "department": "ga",
        "statistic": {"dimensions": [{"name": "sex", "title": "性别", "kind": "code", "code_list": "sex"}]},
    }
    return Release.model_validate(COMMON | document | changes)


def dataset(library="legal_person", department="sc", k=5, l=None, column=None, **changes):  # noqa: E741
    columns = {"division": {"title": "区划", "technique": "division", "digits": 6}} | (column or {})
    masking = {
        "columns": columns,
        "quasi_identifiers": [n for n, c in columns.items() if c["technique"] != "drop"],
        "k": k,
    }
    if l:
        masking["columns"]["kind"] = {"title": "类", "technique": "allowed", "values": ["1", "2", "3"]}
        masking["l"] = {"column": "kind", "at_least": l}
    document = {"id": "rows", "library": library, "kind": "dataset", "department": department, "masking": masking}
    return Release.model_validate(COMMON | document | changes)


def refusal(release, rules, sources=("sw",)):
    with pytest.raises(RefusedData) as fault:
        check_can_publish(release, rules, sources)
    assert not can_publish(release, rules, sources)
    return fault.value


@pytest.mark.duty("R-128", "R-203")
def test_personal_data_is_barred_in_any_mask_and_counts_are_not():
    said = refusal(dataset("population", "ga", k=50, l=3), HAISHU)
    assert "《办法》第32条" in said.zh
    assert "statistic" in said.en
    assert can_publish(statistic(), HAISHU, {"ga", "sw"})


@pytest.mark.duty("R-128")
@pytest.mark.parametrize(
    "column",
    [
        {"legal_representative": {"title": "法人", "technique": "person_name"}},
        {"who": {"title": "法人", "technique": "allowed", "values": ["张三"], "column": "legal_representative"}},
        {"who": {"title": "假名", "technique": "pseudonym", "column": "legal_representative"}},
        {"other": {"title": "号码", "technique": "citizen_id"}},
        {"phone": {"title": "电话", "technique": "keep_ends", "first": 3, "last": 2}},
    ],
)
def test_a_person_inside_a_library_of_organisations_is_personal_data(column):
    release = dataset(column=column)
    assert holds_personal_data(release, HAISHU)
    assert "第32条" in refusal(release, HAISHU).zh


def test_data_of_organisations_is_not_barred():
    release = dataset(column={"legal_representative": {"title": "法人", "technique": "drop"}})
    assert not holds_personal_data(release, HAISHU)
    assert can_publish(release, HAISHU, {"sc", "sw"})


@pytest.mark.duty("R-162", "R-137")
def test_where_masked_personal_data_may_be_opened_the_floors_are_higher():
    assert can_publish(dataset("population", "ga", k=11, l=3), OTHER, {"ga", "sw"})
    assert "k=10" in refusal(dataset("population", "ga", k=10, l=3), OTHER).en
    assert "l of at least 3" in refusal(dataset("population", "ga", k=11, l=2), OTHER).en
    assert "l of at least 3" in refusal(dataset("population", "ga", k=11), OTHER).en
    assert "below the floor 5" in refusal(dataset(k=4), OTHER).en


@pytest.mark.duty("R-203")
def test_without_a_security_assessment_nothing_opens():
    assert "安全风险评估" in refusal(statistic(assessment=None), HAISHU).zh
    assert can_publish(statistic(assessment=None), OTHER.model_copy(update={"assessment_first": False}), {"sw"})


def test_every_source_consents_but_the_lead_department_needs_not():
    assert "sw" in refusal(statistic(consents=[]), HAISHU, {"ga", "sw"}).zh
    assert can_publish(statistic(consents=[]), HAISHU, {"ga"})


@pytest.mark.duty("R-192")
@pytest.mark.parametrize(
    ("reviews", "said"),
    [
        ([], "0 did"),
        (APPROVALS[:1], "1 did"),
        ([APPROVALS[0], APPROVALS[0]], "1 did"),
        ([*APPROVALS, APPROVALS[0] | {"reviewer": "丙", "verdict": "rejected"}], "rejected"),
    ],
)
def test_two_different_reviewers_approve_and_nobody_rejects(reviews, said):
    assert said in refusal(statistic(reviews=reviews), HAISHU).en


def test_every_reason_is_said_at_once():
    said = refusal(dataset("population", "ga", k=3, consents=[], reviews=[], assessment=None), HAISHU)
    assert len(said.zh.splitlines()) == len(said.en.splitlines()) == 6


@pytest.mark.duty("R-128")
def test_the_rules_of_haishu_come_from_its_profile():
    rules = OpeningRules.of(load_profile("haishu"))
    assert rules.privacy_barred
    assert rules.assessment_first
    assert rules.min_cell == 5
    assert "第32条" in rules.privacy_ground
    assert "海曙" in rules.privacy_ground


@pytest.mark.duty("R-075", "R-162")
def test_a_dataset_without_a_masking_plan_is_no_document():
    text = """
id: rows
title: 示例
description: 示例
library: legal_person
kind: dataset
department: sc
update_cycle: monthly
licence: 开放
themes: [经济]
"""
    with pytest.raises(DocumentError, match="a dataset has masking"):
        parse_document(text, Release, name="rows.yaml")


def test_the_sources_of_a_library_are_the_departments_of_its_resources():
    from catalog.register import Library

    library = Library.model_validate(
        {
            "title": "法人库",
            "key": "credit_code",
            "key_in": {"sc_company": "credit_code", "sw_tax": "credit_code"},
            "items": {"name": {"title": "名称", "authority": "sc_company"}},
        }
    )
    assert sources_of(library, {"sc_company": "sc", "sw_tax": "sw", "ga_household": "ga"}) == {"sc", "sw"}
