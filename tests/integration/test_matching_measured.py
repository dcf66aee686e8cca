"""How well items are recognised, on labels by somebody who did not write the matcher; the part `test`, never tuned on.

The minima are a little below what was measured (docs/decisions/0024-gate-and-matching.md): they hold what was reached, so that a
change of the vocabulary that costs more than it brings is seen. The real files are read where they stand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from matching_labels import ElementLabel, PairLabel, element_labels, pair_labels
from matching_scores import GROUPS, Score, element_scores, pair_scores, taken, told


@pytest.fixture(scope="module")
def labels(shared_data: Callable[[str], Path]) -> tuple[list[ElementLabel], list[PairLabel]]:
    for name in (
        "catalogue_tw_portals",
        "enterprise_registration",
        "enterprise_daily_increment",
        "moe_university_list",
    ):
        shared_data(name)
    return [one for one in element_labels() if one.part == "test"], [one for one in pair_labels() if one.part == "test"]


def show(what: str, scores: dict[str, Score]) -> None:
    for group in GROUPS:
        one = scores[group]
        measured = f"precision {one.precision:.3f} recall {one.recall:.3f} ({one.right}/{one.said}/{one.there})"
        sys.stdout.write(f"{what:32} {group:5} {measured}\n")


def holds(scores: dict[str, Score], minima: dict[str, tuple[float, float]]) -> None:
    for group, (precision, recall) in minima.items():
        assert scores[group].precision >= precision, (group, scores[group])
        assert scores[group].recall >= recall, (group, scores[group])


def test_elements_of_items_as_they_are_taken(labels: tuple[list[ElementLabel], list[PairLabel]]) -> None:
    scores = element_scores(labels[0], certain=True)
    show("element, taken", scores)
    show("element, taken (lenient)", element_scores(labels[0], certain=True, lenient=True))
    show("element, taken or asked about", element_scores(labels[0], certain=False))
    holds(scores, {"all": (0.95, 0.82), "real": (0.86, 0.60), "city": (0.99, 0.97), "hand": (0.95, 0.83)})


@pytest.mark.duty("R-027")
def test_pairs_that_are_refused_as_one_fact_and_those_put_before_the_authority(
    labels: tuple[list[ElementLabel], list[PairLabel]],
) -> None:
    refused, asked = pair_scores(labels[1], taken), pair_scores(labels[1], told)
    show("pair, refused", refused)
    show("pair, refused or asked about", asked)
    holds(refused, {"all": (0.93, 0.75), "hand": (0.93, 0.80), "city": (0.95, 0.95)})
    holds(asked, {"all": (0.85, 0.81)})


def test_the_labels_are_whole_and_apart(labels: tuple[list[ElementLabel], list[PairLabel]]) -> None:
    tuned = {one.told.title for one in element_labels() if one.part == "tune"}
    assert not tuned & {one.told.title for one in labels[0]}
    assert len(labels[0]) > 600 and len(labels[1]) > 450
