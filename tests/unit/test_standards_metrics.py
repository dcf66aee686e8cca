"""Metrics of GB/T 36344-2018: which way each is better, and by which standard."""

from __future__ import annotations

import pytest

from ground.documents import parse_document
from ground.errors import DocumentError, UserError
from quality.rules import Dimension
from standards import quality_metrics
from standards.quality_metrics import metric, metrics

SHANGHAI = "DB31/T 1523-2024"


def test_dimensions_are_those_of_rules_and_stand_in_the_number() -> None:
    by_prefix = {one.id[:2]: one.dimension for one in metrics()}
    assert [by_prefix[f"0{place}"] for place in range(1, 7)] == [str(one) for one in Dimension]
    assert all(by_prefix[one.id[:2]] == one.dimension for one in metrics())
    assert [sum(one.id[:2] == prefix for one in metrics()) for prefix in by_prefix] == [6, 2, 5, 2, 3, 2]


def test_two_metrics_are_better_when_lower_and_one_standard_turns_them() -> None:
    assert {one.id for one in metrics() if one.better() == "lower"} == {"0303", "0305"}
    assert {one.id for one in metrics() if one.better(SHANGHAI) == "lower"} == set()
    assert metric("0303").share(3, 100) == 3
    assert metric("0303").share(3, 100, by=SHANGHAI) == 97
    assert metric("0304").share(97, 100, by=SHANGHAI) == 97


def test_nothing_evaluated_is_no_hundred_per_cent() -> None:
    assert metric("0201").share(0, 0) is None
    assert metric("0303").share(0, 0, by=SHANGHAI) is None


def test_metrics_that_need_a_truth_from_outside_say_so() -> None:
    assert {"0105", "0301", "0401"} <= {one.id for one in metrics() if one.needs}


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(UserError, match="0999"):
        metric("0999")


def test_a_metric_stands_once() -> None:
    line = "  - {id: '0101', title: 甲, dimension: accuracy, direction: higher, counts: 乙}\n"
    with pytest.raises(DocumentError, match="唯一"):
        parse_document(f"metrics:\n{line}{line}", quality_metrics.QualityMetrics, name="metrics.yaml")
