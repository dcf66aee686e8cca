"""Scores by the metrics of GB/T 36344: what is added up, what is turned round, and what is never 100 %."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import DocumentError
from quality.rule_metrics import BY_DIMENSION, BY_KIND, OUTSIDE
from quality.rules import Dimension, Rule, read_rules
from quality.scoring import INTAKE, Blocked, Counted, Coverage, Score, score, scores_by
from standards.quality_metrics import metric, metrics

DOCUMENTS = Path(__file__).parents[2] / "simulation" / "documents" / "rules"


def of(*counted: Counted, blocked: tuple[Blocked, ...] = (), by: str = "GB/T 36344-2018") -> Score:
    return score("resource", "r", "R", counted, blocked, by=by)


def count(number: str, asked: int, failed: int, *, rule: str = "r.i.x") -> Counted:
    return Counted(rule, number, "r", "i", asked, failed)


def test_counts_of_one_metric_are_added_up_and_a_dimension_is_a_plain_mean() -> None:
    # 0302: (100 - 1 + 300 - 7) / 400 = 98 %; 0304: 90 %; accuracy (98 + 90) / 2.
    found = of(count("0302", 100, 1), count("0302", 300, 7), count("0304", 10, 1), count("0201", 50, 5))
    assert (found.metric("0302").counted, found.metric("0302").asked) == (392, 400)
    assert found.metric("0302").share == pytest.approx(98)
    accuracy = next(part for part in found.dimensions if part.dimension == "accuracy")
    assert accuracy.score == pytest.approx(94)
    assert found.score == pytest.approx((94 + 90) / 2)  # completeness is 90 %, the other four were not assessed
    assert found.findings == 14


@pytest.mark.duty("R-074")
def test_where_lower_is_better_the_share_is_shown_raw_and_turned_round() -> None:
    for number in ("0303", "0305"):
        found = of(count(number, 200, 6, rule=f"{INTAKE}x"))
        one = found.metric(number)
        assert (one.direction, one.counted, one.share, one.oriented) == (
            "lower",
            6,
            pytest.approx(3),
            pytest.approx(97),
        )
        assert found.score == pytest.approx(97)
        assert found.findings == 0  # what intake refused is no finding
        turned = of(count(number, 200, 6), by="DB31/T 1523-2024").metric(number)
        assert (turned.direction, turned.share, turned.oriented) == ("higher", pytest.approx(97), pytest.approx(97))


@pytest.mark.duty("R-074")
def test_what_nobody_could_assess_is_never_a_hundred() -> None:
    nothing = of()
    assert nothing.score is None
    for one in metrics():
        coverage = nothing.metric(one.id).coverage
        assert coverage is (Coverage.NOT_ASSESSABLE if one.id in OUTSIDE else Coverage.NOT_COVERED)
        assert nothing.metric(one.id).oriented is None
    # A rule whose reference was not delivered: its metric is not assessable, and lifts no mean.
    blocked = Blocked("r.i.known", "0402", "r", "i", "尚无 x 的数据", "there is no data of x yet")
    found = of(count("0201", 10, 5), blocked=(blocked,))
    assert found.metric("0402").coverage is Coverage.NOT_ASSESSABLE
    assert "x" in found.metric("0402").reason_zh
    assert found.score == pytest.approx(50)
    assert found.blocked == ("r.i.known",)


def test_a_rule_that_had_nothing_to_ask_is_not_kept_either() -> None:
    one = of(count("0302", 0, 0)).metric("0302")
    assert (one.coverage, one.oriented, one.rules) == (Coverage.NOT_COVERED, None, 1)


def test_groups_take_their_own_counts() -> None:
    counted = [Counted("a.i.x", "0302", "a", "i", 10, 0), Counted("b.i.x", "0302", "b", "i", 30, 4)]
    groups = [
        ("one", "1", lambda of: of.resource == "a"),
        ("both", "2", lambda of: of.resource in "ab"),
        ("none", "3", lambda of: False),
    ]
    found = {one.id: one.score for one in scores_by("department", groups, counted, [])}
    assert found == {"one": pytest.approx(100), "both": pytest.approx(90), "none": None}


@given(
    st.lists(
        st.tuples(st.sampled_from([one.id for one in metrics()]), st.integers(0, 1000), st.integers(0, 1000)),
        max_size=12,
    )
)
def test_a_score_lies_between_its_worst_and_best_metric(given_counts: list[tuple[str, int, int]]) -> None:
    found = of(*[count(number, asked, min(asked, failed)) for number, asked, failed in given_counts])
    known = [one.oriented for part in found.dimensions for one in part.metrics if one.oriented is not None]
    assert all(0 <= one <= 100 for one in known)
    if known:
        assert found.score is not None
        assert min(known) - 1e-9 <= found.score <= max(known) + 1e-9
    else:
        assert found.score is None


# --- which metric a rule counts under ---------------------------------------------------------------------------------


def rule(dimension: str, check: dict[str, object], **more: object) -> Rule:
    return Rule.model_validate(
        {
            "id": "r.i.x", "title": "t", "item": "i", "check": check, "dimension": dimension, "basis": "b",
            "message": {"zh": "a", "en": "b"}, **more,
        }
    )  # fmt: skip


def test_a_kind_measures_what_its_dimension_says() -> None:
    assert rule("accuracy", {"kind": "citizen_id"}).metric_id == "0302"
    assert rule("conformity", {"kind": "citizen_id"}).metric_id == "0101"
    assert rule("timeliness", {"kind": "not_before_item", "other": "j"}).metric_id == "0503"
    assert rule("consistency", {"kind": "not_before_item", "other": "j"}).metric_id == "0402"
    assert rule("accuracy", {"kind": "citizen_id"}, metric="0305").metric_id == "0305"


def test_a_metric_of_another_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="0201"):
        rule("accuracy", {"kind": "citizen_id"}, metric="0201")
    with pytest.raises(ValueError, match="0999"):
        rule("accuracy", {"kind": "citizen_id"}, metric="0999")


def test_every_dimension_has_a_metric_and_every_metric_named_is_one() -> None:
    assert set(BY_DIMENSION) == {one.value for one in Dimension}
    for dimension, number in BY_DIMENSION.items():
        assert metric(number).dimension == dimension
    for numbers in BY_KIND.values():
        assert len({metric(number).dimension for number in numbers}) == len(numbers), "one of each dimension"


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_where_a_rule_of_the_demonstration_names_its_metric_it_counts_under_that(path: Path) -> None:
    for one in read_rules(path).rules:
        metric(one.metric_id)
        named = re.search(r"GB/T 36344-2018 (\d{4})", one.basis)
        if named:
            assert one.metric_id == named.group(1), one.id


def test_an_unquoted_metric_is_refused_with_its_place(tmp_path: Path) -> None:
    text = (
        (DOCUMENTS / "wj_death.yaml")
        .read_text(encoding="utf-8")
        .replace("    basis:", "    metric: 302\n    basis:", 1)
    )
    path = tmp_path / "wj_death.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"wj_death\.yaml:\d+ .*metric"):
        read_rules(path)
