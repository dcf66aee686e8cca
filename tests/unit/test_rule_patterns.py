"""What a pattern of a rule describes: a short list of words, a range of numbers, or neither. Python's `re` is the judge."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.patterns import LISTED, Span, describes_identity_numbers, span, words_of


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("[0-9]", 10),
        ("[0-9][0-9]", 100),
        ("[1-4]0", 4),
        ("[0-9]{3}", None),
        ("[ABO]+", None),
        ("A|B", None),
        ("(A)", None),
        ("A?", None),
        (r"\d", None),
        (".", None),
        ("[^A]", None),
        ("[A-]", None),
        ("A{1,2}", None),
        ("[一二]", None),
        ("AA{2}B", 1),
        ("[AAB]", 2),
    ],
)
def test_a_short_list_of_words(pattern: str, words: int | None) -> None:
    found = words_of(pattern)
    assert (None if found is None else len(found)) == words
    assert all(re.fullmatch(pattern, word) for word in found or ())


PLACES = st.sampled_from(["[0-9]", "[1-9]", "[3-5]", "[135]", "1", "0", "A", "[0-9X]", "[2-4A-C]"])
COUNTS = st.sampled_from(["", "", "{2}", "{1}"])
PATTERNS = st.lists(st.builds(lambda place, count: place + count, PLACES, COUNTS), min_size=1, max_size=4).map("".join)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(PATTERNS)
def test_words_are_all_that_matches(pattern: str) -> None:
    found = words_of(pattern)
    length = len(
        re.sub(r"\[[^]]*\]|[A-Z0-9]", ".", re.sub(r"(\[[^]]*\]|[A-Z0-9])\{2\}", r"\1\1", pattern.replace("{1}", "")))
    )
    if found is None or length > 3:
        return
    every = ("".join(signs) for signs in itertools.product("0123456789ABCXY", repeat=length))
    assert sorted(found) == sorted(text for text in every if re.fullmatch(pattern, text))
    assert len(found) <= LISTED


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(PATTERNS, st.data())
def test_every_number_of_a_span_matches_and_its_neighbours_do_not(pattern: str, data: st.DataObject) -> None:
    found = span(pattern)
    if found is None:
        return
    assert len(str(found.least)) == len(str(found.most)) >= 3
    inside = data.draw(st.integers(found.least, found.most))
    assert re.fullmatch(pattern, str(inside))
    assert re.fullmatch(pattern, str(found.least))
    assert re.fullmatch(pattern, str(found.most))
    assert not re.fullmatch(pattern, str(found.least - 1))
    assert not re.fullmatch(pattern, str(found.most + 1))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("1[3-9][0-9]{9}", Span(13_000_000_000, 19_999_999_999)),
        ("42[0-9]{4}", Span(420_000, 429_999)),
        ("[1-9][0-9]{16}[0-9X]", Span(10**17, 10**18 - 1)),
        ("[0-9]{6}", None),
        ("4[135][0-9]", None),
        ("4[1-3][1-9]", None),
        ("[0-9]{2}", None),
        ("[1-9][0-9]{18}", None),
        ("91[0-9]{6}[0-9A-Z]{10}", None),
        ("S[0-9]+", None),
    ],
)
def test_a_range_of_numbers(pattern: str, expected: Span | None) -> None:
    assert span(pattern) == expected


def test_patterns_that_every_identity_number_has() -> None:
    assert describes_identity_numbers("[1-9][0-9]{16}[0-9X]")
    assert describes_identity_numbers("[0-9]{17}[0-9XY]")
    assert not describes_identity_numbers("[1-9][0-9]{17}")
    assert not describes_identity_numbers("[1-9][0-9]{15}[0-9X]")
    assert not describes_identity_numbers("[1-8][0-9]{16}[0-9X]")
    assert not describes_identity_numbers("[0-9X]+")
