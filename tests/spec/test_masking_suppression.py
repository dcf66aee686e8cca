"""The attack on suppressed tables: everything that is published as equations, and what is left for each hidden cell.

The attacker here is a linear program, written without the code under test: he knows every shown cell and total, that
totals are sums, and that a hidden cell holds at least one.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from masking.suppression import Margins, exposed, suppress, with_margins

BOTH = Margins(rows=True, columns=True)


def attack(counts, hidden, margins):
    """For every hidden cell (margins too) the lowest and highest value that agrees with what is published."""
    whole = with_margins(counts)
    rows, columns = whole.shape
    published = np.ones(whole.shape, dtype=bool)
    published[:, -1] &= margins.rows
    published[-1, :] &= margins.columns
    equations, right = [], []
    for row in range(rows):
        line = np.zeros(whole.shape)
        line[row, :-1], line[row, -1] = 1, -1
        equations.append(line.ravel())
        right.append(0)
    for column in range(columns):
        line = np.zeros(whole.shape)
        line[:-1, column], line[-1, column] = 1, -1
        equations.append(line.ravel())
        right.append(0)
    bounds = [
        (0, None) if not published[cell] else (1, None) if hidden[cell] else (whole[cell], whole[cell])
        for cell in np.ndindex(whole.shape)
    ]
    found = {}
    for cell in zip(*np.nonzero(hidden), strict=True):
        aim = np.zeros(whole.shape)
        aim[cell] = 1
        low = linprog(aim.ravel(), A_eq=np.array(equations), b_eq=right, bounds=bounds)
        high = linprog(-aim.ravel(), A_eq=np.array(equations), b_eq=right, bounds=bounds)
        assert low.status == 0
        found[tuple(int(part) for part in cell)] = (low.fun, np.inf if high.status == 3 else -high.fun)
    return found


def revealed(counts, hidden, margins):
    return {cell for cell, (low, high) in attack(counts, hidden, margins).items() if high - low < 0.5}


small_tables = st.tuples(st.integers(1, 5), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.one_of(st.integers(0, 6), st.integers(0, 60)))
)


@pytest.mark.duty("R-128", "R-194")
@settings(max_examples=120, deadline=None, derandomize=True)
@given(small_tables, st.sampled_from([BOTH, Margins(rows=True, columns=False), Margins(rows=False, columns=True)]))
def test_no_hidden_cell_can_be_computed(counts, margins):
    hidden = suppress(counts, 5, margins)

    assert revealed(counts, hidden, margins) == set()
    assert exposed(counts, hidden, margins) == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(small_tables, st.randoms(use_true_random=False))
def test_the_audit_finds_exactly_what_the_attack_finds(counts, random):
    """Also where the suppression is bad: hidden at random, the audit counts what the attacker computes."""
    whole = with_margins(counts)
    hidden = np.array([[random.random() < 0.4 for _ in row] for row in whole]) & (whole > 0)

    assert exposed(counts, hidden, BOTH) == len(revealed(counts, hidden, BOTH))


def test_the_small_ones_are_hidden_and_zeros_and_large_ones_are_shown():
    counts = np.array([[0, 3, 40, 50], [60, 70, 80, 90], [9, 0, 30, 20]])
    hidden = suppress(counts, 5, BOTH)

    assert hidden[0, 1]
    assert not hidden[counts_are(counts, 0)].any()
    assert hidden.sum() == 4  # one cycle of four cells is enough
    assert not hidden[-1].any()
    assert not hidden[:, -1].any()


def counts_are(counts, value):
    return with_margins(counts) == value


def test_two_hidden_in_every_line_is_not_enough():
    """Two rectangles of hidden cells joined by one hidden cell: every line has two, and the joint is computed."""
    counts = np.full((4, 4), 50)
    hidden = np.zeros((5, 5), dtype=bool)
    hidden[:2, :2] = hidden[2:4, 2:4] = True
    hidden[0, 2] = True

    assert revealed(counts, hidden, BOTH) == {(0, 2)}
    assert exposed(counts, hidden, BOTH) == 1


def test_ones_give_each_other_away():
    """Two hidden cells that sum to two are both one, because zeros are shown: a third must go."""
    counts = np.array([[1, 1, 8, 30]])
    hidden = suppress(counts, 5, Margins(rows=True, columns=False))

    assert hidden[0].tolist() == [True, True, True, False, False]


def test_a_small_total_is_hidden_with_its_cells():
    counts = np.array([[1, 2], [30, 40], [50, 60]])
    hidden = suppress(counts, 5, BOTH)

    assert hidden[0, 2]
    assert revealed(counts, hidden, BOTH) == set()


def test_nothing_small_hides_nothing():
    assert not suppress(np.array([[5, 0], [7, 12]]), 5, BOTH).any()


def test_without_totals_only_the_small_ones_go():
    hidden = suppress(np.array([[3, 9], [8, 4]]), 5, Margins(rows=False, columns=False))

    assert hidden[:2, :2].tolist() == [[True, False], [False, True]]
