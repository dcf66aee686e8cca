"""Precision and recall of the matcher on the labels that somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matching_labels import ElementLabel, PairLabel

from catalog.matching.compare import Likeness, compare
from catalog.matching.recognise import recognise

GROUPS = ("real", "city", "hand", "all")


@dataclass(frozen=True)
class Score:
    """How often what is said is right, and how much of what is there is said."""

    right: int
    said: int
    there: int

    @property
    def precision(self) -> float:
        """Right of those said; 1 where nothing is said."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Right of those there; 1 where nothing is there."""
        return self.right / self.there if self.there else 1.0


def element_scores(labels: Iterable[ElementLabel], *, certain: bool, lenient: bool = False) -> dict[str, Score]:
    """Group -> score of elements: those taken (``certain``), or with those a person is asked about.

    ``lenient`` takes another reading too where the labeller says that it can be defended.
    """
    counts = {group: [0, 0, 0] for group in GROUPS}
    for label in labels:
        found = recognise(label.told)
        said = None if found is None or (certain and not found.certain) else found.element
        right = said is not None and (said == label.element or (lenient and said in label.also))
        if lenient and said is None and "none" in label.also:
            there = False
        else:
            there = label.element is not None or (lenient and right)
        excused = lenient and said is not None and label.element is None and said in label.also
        for group in (label.group, "all"):
            counts[group][0] += right
            counts[group][1] += said is not None
            counts[group][2] += there or excused
    return {group: Score(*each) for group, each in counts.items()}


def pair_scores(labels: Iterable[PairLabel], said: Callable[[Likeness | None], bool]) -> dict[str, Score]:
    """Group -> score of pairs for which ``said`` holds of the answer."""
    counts = {group: [0, 0, 0] for group in GROUPS}
    for label in labels:
        answer = said(compare(label.left, label.right))
        for group in (label.group, "all"):
            counts[group][0] += answer and label.same
            counts[group][1] += answer
            counts[group][2] += label.same
    return {group: Score(*each) for group, each in counts.items()}


def taken(answer: Likeness | None) -> bool:
    """The pair is held to be one fact: the gate refuses."""
    return answer is not None and answer.certain


def told(answer: Likeness | None) -> bool:
    """The pair is refused or comes before the authority."""
    return answer is not None
