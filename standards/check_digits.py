"""Weighted sums of digits, the arithmetic that every national check digit needs; no code is known here.

The set-based form never takes a number apart. With ``r_k = n % 10^(k+1)`` a digit is ``d_k = (r_k - r_(k-1)) / 10^k``,
and dividing by ``10^k`` is multiplying by the inverse of 10 where the modulus is prime to 10. So the weighted sum of all
digits is, modulo ``m``, one sum of remainders with constant factors: one cast and one remainder per digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import add

import ibis
import ibis.expr.types as ir


def weighted_sum(digits: ir.StringValue, weights: Sequence[int], modulus: int) -> ir.IntegerValue:
    """The weighted sum of decimal digits, congruent modulo ``modulus`` (not reduced: take the remainder once, at the end).

    Args:
        digits: text of exactly ``len(weights)`` decimal digits, at most 17 (the sum then fits 64 bits).
        weights: the weight of each digit, first digit first.
        modulus: prime to 10 and at most 31.

    Returns:
        A whole number; null where ``digits`` is no number. Text that a cast accepts but that is no row of digits (a sign,
        a blank) gives a meaningless number: pair it with the format.
    """
    # The number is used once per digit. DuckDB shares repeated parts of an expression only outside AND, CASE and WHERE,
    # where rules live. As the argument of a lambda it is computed once everywhere. Cost of 17 digits for 1 M rows, a bare
    # expression match being 1: repeated 3.5 alone and 13 inside an AND, by lambda 3.7 and 4.2, 17 substrings 7.3 in both.
    number = digits.try_cast("int64")
    return ibis.array([number]).map(lambda n: weighted_sum_of(n, weights, modulus))[0]


def weighted_sum_of(number: ir.IntegerValue, weights: Sequence[int], modulus: int) -> ir.IntegerValue:
    """`weighted_sum` of digits that stand as a number in a column; one computed on the spot would be computed per digit.

    Digits of the same factor are multiplied together.

    Raises:
        ValueError: the sum of so many digits may not fit 64 bits.
    """
    places = len(weights)
    inverse = pow(10, -1, modulus)
    per_digit = [weight * pow(inverse, place, modulus) for place, weight in enumerate(reversed(weights))]
    factors = [(own - following) % modulus for own, following in pairwise([*per_digit, 0])]
    if sum(factor * 10 ** (place + 1) for place, factor in enumerate(factors)) >= 2**63:
        raise ValueError(f"{places} digits modulo {modulus} do not fit 64 bits")
    remainders: dict[int, list[ir.IntegerValue]] = {}
    for place, factor in enumerate(factors):
        # Of the first digit too: a text that is no row of digits may be a number of any size, and must not overflow.
        remainders.setdefault(factor, []).append(number % 10 ** (place + 1))
    remainders.pop(0, None)
    return reduce(add, [reduce(add, alike) * factor for factor, alike in remainders.items()])


def written_out(text: ir.StringValue, number: ir.IntegerValue, least: int, most: int) -> ir.BooleanValue:
    """Whether a text is surely a row of decimal digits whose number lies in a range; false also where it is only not sure.

    A regular expression costs twice to four times as much; ask it where this is false. A cast accepts more than digits,
    and what it accepts is shut out so: signs, blanks, points and underscores take a place of which the number then has one
    digit too few; an exponent (``12e4``) leaves at least two zeros at the end; ``0x`` begins with a zero.

    Args:
        text: any text.
        number: ``text`` cast to a whole number, null where that fails; a column, it is used often. One last character may
            stand for a 0 in it.
        least: no less than 100, and of as many digits as ``most``.
        most: largest number.
    """
    places = len(str(least))
    if places != len(str(most)) or places < 3:
        raise ValueError("bounds have the same number of digits, at least three")
    return (text >= "1") & (text.length() == places) & number.between(least, most) & (number % 100 != 0)
