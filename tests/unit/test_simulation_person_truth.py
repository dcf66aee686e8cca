"""Read plainly, the deliveries about people contradict themselves exactly where the truth table says so."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from simulation.making import Made, make_block
from simulation.world import make_world

AS_OF = date(2026, 11, 1)
NOTICE = pd.Timedelta(days=61)
"""A death is known for more than sixty days when the sixty-first has passed."""
WIDE = {ord(one) + 0xFEE0: one for one in "0123456789X"}


@pytest.fixture(scope="module")
def made() -> Made:
    return make_block(make_world(7, 9_000, AS_OF), 0)


@pytest.fixture(scope="module")
def household(made: Made) -> pd.DataFrame:
    """What of the household register gets into the standard stage."""
    rows = _with_ids(made, "ga_household")
    real = pd.to_datetime(rows["birth_date"], format="%Y%m%d", errors="coerce").notna()
    return _newest(rows[real & (rows["citizen_id"] != "")])


@pytest.fixture(scope="module")
def told(made: Made) -> pd.Series:
    """Citizen id -> the day on which the death was registered."""
    rows = made.rows["wj_death"]
    return pd.Series(pd.to_datetime(rows["registered_on"]).to_numpy(), index=rows["citizen_id"])


@pytest.fixture(scope="module")
def marriages(made: Made) -> pd.DataFrame:
    rows = made.rows["mz_marriage"].drop_duplicates().copy()
    rows["key"] = rows["certificate_no"] + "|" + rows["citizen_id"]
    rows["on"] = pd.to_datetime(rows["registered_on"])
    return rows


def _with_ids(made: Made, resource: str) -> pd.DataFrame:
    rows = made.rows[resource].copy()
    rows["citizen_id"] = rows["citizen_id"].map(lambda value: value.translate(WIDE).upper())
    return rows


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("updated_at").drop_duplicates("citizen_id", keep="last")


def _planted(made: Made, kind: str, resource: str) -> set[str]:
    truth = made.truth
    return set(truth.loc[(truth["kind"] == kind) & (truth["resource"] == resource), "key"])


def test_dead_still_insured(made: Made, told: pd.Series) -> None:
    rows = _newest(_with_ids(made, "yb_medical_insurance"))
    late = pd.to_datetime(rows["updated_at"]) > rows["citizen_id"].map(told) + NOTICE
    found = set(rows.loc[(rows["insured_state"] == "1") & late, "citizen_id"])
    assert found == _planted(made, "dead_still_insured", "yb_medical_insurance") != set()


def test_dead_on_minimum_living(made: Made, told: pd.Series) -> None:
    rows = made.rows["mz_minimum_living"]
    late = pd.to_datetime(rows["updated_at"]) > rows["citizen_id"].map(told) + NOTICE
    found = set(rows.loc[(rows["state"] == "1") & late, "citizen_id"])
    assert found == _planted(made, "dead_on_minimum_living", "mz_minimum_living") != set()


def test_dead_still_registered(made: Made, household: pd.DataFrame, told: pd.Series) -> None:
    long_ago = household["citizen_id"].map(told) + NOTICE < pd.Timestamp(AS_OF)
    found = set(household.loc[long_ago, "citizen_id"])
    assert found == _planted(made, "dead_still_registered", "ga_household") != set()


def test_insured_without_registration(made: Made, household: pd.DataFrame, told: pd.Series) -> None:
    rows = _newest(_with_ids(made, "yb_medical_insurance"))
    residence = made.rows["ga_residence"]
    known = {*household["citizen_id"], *residence["citizen_id"], *told.index}
    permit = rows["citizen_id"].str.match("8[123]0000|9")
    found = set(rows.loc[(rows["insured_state"] == "1") & ~rows["citizen_id"].isin(known) & ~permit, "citizen_id"])
    # Who is insured under a former code is unregistered under it: that row is told as what it is.
    former = _planted(made, "reissued_id_still_used", "yb_medical_insurance")
    assert found - former == _planted(made, "insured_without_registration", "yb_medical_insurance") != set()


@pytest.mark.parametrize(
    ("resource", "key", "kind"),
    [
        ("yb_medical_insurance", "citizen_id", "name_differs"),
        ("mz_minimum_living", "citizen_id", "name_differs"),
        ("gjj_housing_fund", "account_no", "two_people_one_id"),
        ("wj_health_record", "record_no", "two_people_one_id"),
        ("jy_school_roll", "student_no", ""),
        ("cl_disability", "certificate_no", ""),
        ("ga_residence", "permit_no", ""),
        ("wj_birth", "certificate_no", ""),
    ],
)
def test_names_differ_from_the_authority(
    resource: str, key: str, kind: str, made: Made, household: pd.DataFrame
) -> None:
    rows = _with_ids(made, resource)
    true = household.set_index("citizen_id").reindex(rows["citizen_id"])[["name", "former_name"]].fillna("")
    given = true["name"].to_numpy() != ""
    other = (rows["name"].to_numpy() != true["name"].to_numpy()) & (
        rows["name"].to_numpy() != true["former_name"].to_numpy()
    )
    found = set(rows.loc[given & other, key])
    assert found == _planted(made, kind, resource)
    assert bool(found) == bool(kind)


def test_spouse_has_a_row_of_the_certificate(made: Made, marriages: pd.DataFrame) -> None:
    other = marriages["certificate_no"] + "|" + marriages["spouse_id"]
    found = set(marriages.loc[~other.isin(set(marriages["key"])), "key"])
    assert found == _planted(made, "spouse_unknown", "mz_marriage") != set()


def test_married_to_oneself(made: Made, marriages: pd.DataFrame) -> None:
    found = set(marriages.loc[marriages["spouse_id"] == marriages["citizen_id"], "key"])
    assert found == _planted(made, "married_to_oneself", "mz_marriage") != set()


def test_married_too_young(made: Made, marriages: pd.DataFrame) -> None:
    born = marriages["citizen_id"].str[6:14].astype(int)
    man = marriages["citizen_id"].str[16].astype(int) % 2 == 1
    age = (marriages["on"].dt.strftime("%Y%m%d").astype(int) - born) // 10_000
    young = (marriages["kind"] == "1") & (age < man.map({True: 22, False: 20}))
    assert set(marriages.loc[young, "key"]) == _planted(made, "married_too_young", "mz_marriage") != set()


def test_married_twice_at_once(made: Made, marriages: pd.DataFrame) -> None:
    ordered = marriages.sort_values(["citizen_id", "on", "certificate_no"])
    before = ordered.groupby("citizen_id")[["kind", "spouse_id"]].shift()
    dead = made.rows["wj_death"].set_index("citizen_id")["death_date"]
    widowed = pd.to_datetime(before["spouse_id"].map(dead)) < ordered["on"]
    found = set(ordered.loc[(ordered["kind"] == "1") & (before["kind"] == "1") & ~widowed, "key"])
    assert found == _planted(made, "married_twice_at_once", "mz_marriage") != set()


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ("yb_medical_insurance", "citizen_id"),
        ("gjj_housing_fund", "account_no"),
        ("wj_health_record", "record_no"),
        ("jy_school_roll", "student_no"),
        ("sw_social_insurance", "citizen_id"),
    ],
)
def test_former_codes_are_used_where_the_truth_says(resource: str, key: str, made: Made) -> None:
    changes = made.rows["ga_code_change"]
    former = set(changes.loc[changes["kind"] == "4", "former_code"])
    rows = made.rows[resource]
    assert set(rows.loc[rows["citizen_id"].isin(former), key]) == _planted(made, "reissued_id_still_used", resource)
