"""Which resources write addresses in which forms, and the truth about them.

Nine in ten addresses are complete. The police write them in full; other offices write them as people say them. The truth
of an address is the door and the building it means, however badly it is written.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.ground import Ground
from simulation.numbers import Text
from simulation.places.address_text import COMPLETE
from simulation.scatter import picked

SHARES: dict[str, dict[str, float]] = {
    "ga_household": {"1": 0.5, "2": 0.16, "3": 0.22, "6": 0.04, "no_door": 0.03, "street_only": 0.02, "misspelt": 0.03},
    "ga_residence": {
        **{"1": 0.4, "2": 0.2, "3": 0.1, "4": 0.1, "5": 0.05, "6": 0.05},
        **{"no_door": 0.03, "street_only": 0.02, "no_district": 0.03, "misspelt": 0.02},
    },
    "sc_company": {
        **{"1": 0.45, "2": 0.25, "3": 0.07, "4": 0.03, "5": 0.05, "6": 0.05},
        **{"no_door": 0.03, "street_only": 0.01, "no_district": 0.04, "misspelt": 0.02},
    },
    "wj_health_record": {
        **{"1": 0.15, "2": 0.35, "3": 0.05, "4": 0.25, "5": 0.06, "6": 0.04},
        **{"no_door": 0.03, "street_only": 0.02, "no_district": 0.03, "misspelt": 0.02},
    },
    "gy_utility": {
        **{"1": 0.1, "2": 0.25, "3": 0.05, "4": 0.4, "5": 0.06, "6": 0.04},
        **{"no_door": 0.03, "street_only": 0.01, "no_district": 0.03, "misspelt": 0.03},
    },
}
"""Resource -> form -> its share."""
TRUTH = ["resource", "key", "form", "complete", "address_id", "building_id"]
"""Columns of ``address_truth.parquet``."""
_STREAM = 140


def forms(ground: Ground, resource: str, index: npt.ArrayLike, door: npt.ArrayLike) -> Text:
    """The form in which each address of a resource is written.

    Args:
        ground: of the city.
        resource: one of `SHARES`.
        index: subject of each row; the form follows from it.
        door: where the address is: who lives where no street has an old name writes form 1 for form 6.
    """
    share = SHARES[resource]
    stream = _STREAM + list(SHARES).index(resource)
    drawn = picked(index, np.array(list(share)), list(share.values()), ground.seed, stream)
    return np.where((drawn == "6") & ~ground.has_old_name(door), "1", drawn)


def write(ground: Ground, homes: pd.DataFrame, form: npt.ArrayLike) -> Text:
    """Addresses of ``homes``: ``door`` (index into the ground), ``building_no``, ``unit``, ``room`` (text)."""
    doors = ground.doors(homes["door"].to_numpy())
    return ground.write_address(doors, homes["building_no"], homes["unit"], homes["room"], form)


def address_truth(
    ground: Ground, resource: str, key: npt.ArrayLike, homes: pd.DataFrame, form: npt.ArrayLike
) -> pd.DataFrame:
    """What the addresses of a resource mean, in the columns `TRUTH`.

    Args:
        ground: of the city.
        resource: whose rows they are in.
        key: of each row in the standard stage.
        homes: ``door`` and ``building_no`` of each row; '' where no building is named.
        form: as `forms` gave it.
    """
    written, number = np.asarray(form).astype(str), homes["building_no"].to_numpy().astype(str)
    door = homes["door"].to_numpy().astype(np.int64)
    building = ground.building_id(door, np.where(number == "", "0", number))
    return pd.DataFrame(
        {
            "resource": resource,
            "key": np.asarray(key).astype(str),
            "form": written,
            "complete": np.isin(written, COMPLETE),
            "address_id": ground.address_id(door),
            "building_id": np.where(number == "", "", building),
        }
    )[TRUTH]
