"""What districts are called in the names of schools, hospitals and lists."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulation.numbers import Text
from simulation.pools import DISTRICTS


def district_names(divisions: npt.ArrayLike) -> Text:
    """Names of districts by their six digits, as text or numbers: 420106 武昌区."""
    codes = np.asarray(divisions).astype(np.int64)
    return np.array(list(DISTRICTS.values()))[np.searchsorted(list(DISTRICTS), codes)]
