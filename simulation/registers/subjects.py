"""How the rows of a register about people are numbered: the person, and which of their rows it is.

A register is indexed by subject. The first row of a person bears the global person index, so that planting sees that two
registers speak of the same person; a further row of the same person is `FURTHER` numbers on for each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulation.numbers import Ints

FURTHER = 1_000_000_000
"""More than there are people and companies in any city."""


def subjects(persons: Any, nth: Any = 0) -> Ints:
    """The subject of row ``nth`` (from 0) of each of ``persons``."""
    result: Ints = np.asarray(persons, dtype=np.int64) + np.asarray(nth, dtype=np.int64) * FURTHER
    return result


def persons(subjects: Any) -> Ints:
    """Whose row each subject is."""
    result: Ints = np.asarray(subjects, dtype=np.int64) % FURTHER
    return result
