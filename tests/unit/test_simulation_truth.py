"""Findings are held against the truth: recall per kind, false alarms at what is right."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from simulation.truth import compare

TRUTH = pd.DataFrame(
    [
        ("sex", "ga_household", "1", "sex", True, "finding", "F", "M"),
        ("sex", "ga_household", "2", "sex", True, "finding", "F", "M"),
        ("name_differs", "sw_social_insurance", "3", "name", True, "finding", "张三", "张山"),
        ("full_width", "ga_household", "4", "citizen_id", True, "normalised", "４", "4"),
        ("twins", "ga_household", "5", "", False, "none", "", ""),
        ("missing_id", "ga_household", "", "citizen_id", True, "quarantine", "", "6"),
        ("check_digit", "ga_household", "8", "citizen_id", True, "finding", "8", "7"),
    ],
    columns=["kind", "resource", "key", "item", "is_error", "expected", "wrong", "right"],
)


def _found(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["resource", "key", "item"], dtype=str)


def test_recall_counts_each_planted_error_once() -> None:
    once = ("ga_household", "1", "sex")
    result = compare(TRUTH, _found(once, once))
    assert result.recall.set_index("kind").loc["sex"].to_dict() == {"planted": 2, "found": 1, "recall": 0.5}
    assert result.missed == ["check_digit", "name_differs", "sex"]
    assert set(result.recall["kind"]) == {"check_digit", "sex", "name_differs"}


@pytest.mark.parametrize("resource", ["ga_household", "sw_social_insurance"])
def test_contradiction_is_met_at_either_register(resource: str) -> None:
    assert "name_differs" not in compare(TRUTH, _found((resource, "3", "name"))).missed


def test_other_kinds_are_met_only_at_their_own_place() -> None:
    result = compare(TRUTH, _found(("sw_social_insurance", "1", "sex"), ("ga_household", "2", "name")))
    assert result.recall.set_index("kind").loc["sex", "found"] == 0


@pytest.mark.parametrize(("key", "kind"), [("5", "twins"), ("4", "full_width")])
def test_finding_at_what_is_right_is_a_false_alarm(key: str, kind: str) -> None:
    result = compare(TRUTH, _found(("sw_social_insurance", key, "phone")))
    assert result.false_alarms["kind"].tolist() == [kind]
    assert result.look_alikes.set_index("kind")["false_alarms"].to_dict() == {"twins": 0, "full_width": 0} | {kind: 1}
    assert result.unexplained.empty


def test_finding_where_nothing_was_planted_is_unexplained() -> None:
    result = compare(pa.Table.from_pandas(TRUTH), pa.Table.from_pandas(_found(("ga_household", "9", "sex"))))
    assert result.unexplained["key"].tolist() == ["9"]
    assert result.false_alarms.empty


def test_no_findings_at_all() -> None:
    result = compare(TRUTH, _found())
    assert result.recall["found"].sum() == 0
    assert result.false_alarms.empty


def test_precision_is_the_share_of_findings_that_an_error_caused() -> None:
    found = _found(("ga_household", "1", "sex"), ("ga_household", "2", "sex"), ("ga_household", "9", "sex"))
    found["rule"] = ["a", "b", "b"]
    rules = compare(TRUTH, found).precision.set_index("rule")
    assert rules["findings"].to_dict() == {"a": 1, "b": 2}
    assert rules["precision"].to_dict() == {"a": 1.0, "b": 0.5}
    assert compare(TRUTH, found).unexplained.to_dict("records") == [
        {"resource": "ga_household", "key": "9", "item": "sex", "rule": "b"}
    ]


def test_a_row_missed_elsewhere_because_its_id_is_wrong_here_is_explained() -> None:
    result = compare(TRUTH, _found(("yb_medical_insurance", "7", "citizen_id")))
    assert result.unexplained.empty
    assert result.precision["caused"].tolist() == [1]


def test_without_findings_every_table_is_there() -> None:
    result = compare(TRUTH, _found())
    assert result.precision.empty
    assert result.look_alikes["false_alarms"].sum() == 0


def test_contradiction_is_met_where_the_library_names_whom_the_row_is_about() -> None:
    truth = TRUTH.assign(key=TRUTH["key"].replace("3", "account 3"), about=TRUTH["key"])
    assert "name_differs" in compare(truth, _found(("ga_household", "2", "name"))).missed
    result = compare(truth, _found(("ga_household", "3", "name")))
    assert "name_differs" not in result.missed
    assert result.unexplained.empty


def test_what_only_a_human_can_judge_is_named_apart() -> None:
    apart = pd.DataFrame(
        [
            ("historic_building", "zj_building", "b1", "built_year", False, "false_alarm", "1739", "1739"),
            ("historic_building", "zj_building", "b2", "built_year", False, "false_alarm", "1796", "1796"),
            (
                "phone_of_somebody_else",
                "sw_social_insurance",
                "s1",
                "phone",
                True,
                "human",
                "13900000000",
                "13800000000",
            ),
        ],
        columns=TRUTH.columns,
    )
    found = _found(("zj_building", "b1", "built_year"), ("ga_household", "1", "sex"))
    found["rule"] = ["zj_building.built_year.plausible", "ga_household.sex.code"]
    result = compare(pd.concat([TRUTH, apart]), found)
    assert result.only_human.to_dict("records") == [
        {"kind": "historic_building", "is_error": False, "rows": 2, "found": 1},
        {"kind": "phone_of_somebody_else", "is_error": True, "rows": 1, "found": 0},
    ]
    assert set(result.recall["kind"]) == {"check_digit", "sex", "name_differs"}
    assert result.false_alarms.empty and result.unexplained.empty
    assert result.precision["rule"].tolist() == ["ga_household.sex.code"]


def test_another_finding_at_a_false_alarm_counts_against_its_rule() -> None:
    right = pd.DataFrame(
        [("historic_building", "zj_building", "b1", "built_year", False, "false_alarm", "1739", "1739")],
        columns=TRUTH.columns,
    )
    found = _found(("zj_building", "b1", "floors")).assign(rule="zj_building.floors.plausible")
    assert compare(pd.concat([TRUTH, right]), found).precision["precision"].tolist() == [0.0]
