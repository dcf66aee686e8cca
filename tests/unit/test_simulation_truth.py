"""Findings are held against the truth: recall per kind, false alarms at what is right."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from simulation.truth import compare

TRUTH = pd.DataFrame(
    [
        ("sex", "ga_household", "1", "sex", True, "finding"),
        ("sex", "ga_household", "2", "sex", True, "finding"),
        ("name_differs", "sw_social_insurance", "3", "name", True, "finding"),
        ("full_width", "ga_household", "4", "citizen_id", True, "normalised"),
        ("twins", "ga_household", "5", "", False, "none"),
        ("missing_id", "ga_household", "", "citizen_id", True, "quarantine"),
    ],
    columns=["kind", "resource", "key", "item", "is_error", "expected"],
)


def _found(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["resource", "key", "item"], dtype=str)


def test_recall_counts_each_planted_error_once() -> None:
    once = ("ga_household", "1", "sex")
    result = compare(TRUTH, _found(once, once))
    assert result.recall.set_index("kind").loc["sex"].to_dict() == {"planted": 2, "found": 1, "recall": 0.5}
    assert result.missed == ["name_differs", "sex"]
    assert set(result.recall["kind"]) == {"sex", "name_differs"}


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
    assert result.unexplained.empty


def test_finding_where_nothing_was_planted_is_unexplained() -> None:
    result = compare(pa.Table.from_pandas(TRUTH), pa.Table.from_pandas(_found(("ga_household", "9", "sex"))))
    assert result.unexplained["key"].tolist() == ["9"]
    assert result.false_alarms.empty


def test_no_findings_at_all() -> None:
    result = compare(TRUTH, _found())
    assert result.recall["found"].sum() == 0
    assert result.false_alarms.empty
