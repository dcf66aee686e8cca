"""Read plainly, the deliveries about companies and organisations are wrong exactly where the truth table says so."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from simulation.making import Made, make_block
from simulation.world import make_world
from standards import citizen_id, code_list, credit_code

AS_OF = date(2026, 11, 1)
MINE = (
    "sc_code_change",
    "mz_social_organisation",
    "bb_public_institution",
    "tj_statistics_unit",
    "sp_licence",
    "zf_penalty",
    "gy_utility",
)
KEYS = {
    "mz_social_organisation": "credit_code",
    "bb_public_institution": "credit_code",
    "tj_statistics_unit": "unit_no",
    "sp_licence": "licence_no",
    "zf_penalty": "decision_no",
    "gy_utility": "account_no",
}
LISTS = {
    "unknown_organisation_type": ("type", "organisation_type"),
    "unknown_licence_kind": ("kind", "licence_kind"),
    "unknown_licence_state": ("state", "licence_state"),
    "unknown_penalty_kind": ("kind", "penalty_kind"),
    "unknown_utility_kind": ("kind", "utility_kind"),
    "unknown_utility_state": ("state", "utility_state"),
    "unknown_holder_kind": ("holder_kind", "holder_kind"),
    "unknown_industry": ("industry", "industry"),
}
MISSING = {
    "missing_organisation_name": "name",
    "missing_unit_name": "name",
    "missing_holder_name": "holder_name",
    "missing_account_holder": "holder_name",
    "missing_account_address": "address",
}
FUTURES = {
    "organisation_established_in_future": "established_on",
    "licence_issued_in_future": "issued_on",
    "penalty_in_future": "decided_on",
    "opened_in_future": "opened_on",
}


@pytest.fixture(scope="module", params=[1, 2], ids=["day1", "day2"])
def made(request: pytest.FixtureRequest) -> Made:
    return make_block(make_world(7, 9_000, AS_OF, request.param), 0)


def _keyed(made: Made, resource: str) -> pd.DataFrame:
    """The rows that get into the standard stage, each once, by key; columns that were shifted left out."""
    rows = made.rows[resource]
    lost = made.truth[(made.truth["resource"] == resource) & (made.truth["expected"] == "quarantine")]
    return rows.drop_duplicates(KEYS[resource]).set_index(KEYS[resource], drop=False).drop(index=lost["key"])


def _planted(made: Made, kind: str, resource: str) -> set[str]:
    truth = made.truth[(made.truth["kind"] == kind) & (made.truth["resource"] == resource)]
    if "status" in truth.columns:
        truth = truth[truth["status"] != "repaired"]
    return set(truth["key"])


def _found(rows: pd.DataFrame, wrong: pd.Series) -> set[str]:
    return set(rows.index[wrong.to_numpy()])


def _resources(made: Made, kind: str) -> list[str]:
    truth = made.truth[made.truth["resource"].isin(MINE)]
    return list(truth.loc[truth["kind"] == kind, "resource"].unique())


@pytest.mark.parametrize("kind", LISTS)
def test_unknown_codes(made: Made, kind: str) -> None:
    item, known = LISTS[kind]
    assert _resources(made, kind)
    for resource in _resources(made, kind):
        rows = _keyed(made, resource)
        wrong = ~rows[item].isin(code_list.codes(known))
        assert _found(rows, wrong) == _planted(made, kind, resource)


@pytest.mark.parametrize("kind", MISSING)
def test_missing_values(made: Made, kind: str) -> None:
    for resource in _resources(made, kind):
        rows = _keyed(made, resource)
        assert _found(rows, rows[MISSING[kind]] == "") == _planted(made, kind, resource)


@pytest.mark.parametrize("kind", FUTURES)
def test_days_to_come(made: Made, kind: str) -> None:
    for resource in _resources(made, kind):
        rows = _keyed(made, resource)
        assert _found(rows, rows[FUTURES[kind]] >= "2027") == _planted(made, kind, resource)


@pytest.mark.parametrize("resource", ["mz_social_organisation", "bb_public_institution"])
def test_codes_of_organisations(made: Made, resource: str) -> None:
    rows = _keyed(made, resource)
    wrong = rows["credit_code"].map(lambda code: credit_code.problem(code) is not None)
    assert _found(rows, wrong) == _planted(made, "organisation_code_check_digit", resource)


def test_changes_of_codes(made: Made) -> None:
    rows = made.rows["sc_code_change"]
    rows = rows.set_index(rows["former_code"] + "|" + rows["code"])
    wrong = rows["code"].map(lambda code: credit_code.problem(code) is not None)
    assert _found(rows, wrong) == _planted(made, "changed_code_check_digit", "sc_code_change")
    assert _found(rows, ~rows["kind"].isin(list("1234"))) == _planted(
        made, "unknown_code_change_kind", "sc_code_change"
    )
    assert _found(rows, rows["decided_on"] >= "2027") == _planted(made, "code_changed_in_future", "sc_code_change")
    still = rows["former_code"].isin(set(made.rows["sc_company"]["credit_code"]))
    assert _found(rows, still) == _planted(made, "former_code_still_registered", "sc_code_change")


def test_units(made: Made) -> None:
    rows = _keyed(made, "tj_statistics_unit")
    assert _found(rows, ~rows["employees"].astype(int).between(0, 200_000)) == _planted(
        made, "absurd_employees", "tj_statistics_unit"
    )
    form = rows["credit_code"].str.fullmatch("([0-9A-Z]{18}|[0-9A-Z]{9}|[0-9]{15})?")
    assert _found(rows, ~form) == _planted(made, "code_of_no_form", "tj_statistics_unit")
    shifted = made.truth[(made.truth["kind"] == "shifted_columns") & (made.truth["resource"] == "tj_statistics_unit")]
    if "status" in shifted.columns:
        shifted = shifted[shifted["status"] != "repaired"]
    there = made.rows["tj_statistics_unit"].loc[shifted["_subject"]]
    assert not there["employees"].str.isdigit().any()
    assert (there["district"].str.len() == 6).all()


def test_holders_of_licences(made: Made) -> None:
    rows = _keyed(made, "sp_licence")
    companies = made.rows["sc_company"].set_index("credit_code")
    changed = set(made.rows["sc_code_change"]["former_code"])
    of_company = (rows["holder_kind"] == "2") & rows["holder_code"].str.startswith("9")
    invalid = rows["holder_code"].map(lambda code: credit_code.problem(code) is not None)
    assert _found(rows, of_company & invalid) == _planted(made, "holder_code_check_digit", "sp_licence")
    strange = ~rows["holder_code"].isin(set(companies.index)) & ~rows["holder_code"].isin(changed)
    assert _found(rows, of_company & ~invalid & strange) == _planted(made, "licensed_but_not_registered", "sp_licence")
    no_id = rows["holder_code"].map(lambda code: citizen_id.problem(code) is not None)
    assert _found(rows, (rows["holder_kind"] == "1") & no_id) == _planted(made, "holder_id_check_digit", "sp_licence")
    issuer = rows["issuer_code"].map(lambda code: credit_code.problem(code) is not None)
    assert _found(rows, issuer) == _planted(made, "issuer_code_check_digit", "sp_licence")
    state = rows["holder_code"].map(companies["state"][~companies.index.duplicated()])
    struck = (rows["state"] == "1") & state.isin(["cancelled", "revoked"])
    assert _found(rows, struck) == _planted(made, "struck_off_but_licensed", "sp_licence")


def test_holders_who_are_dead(made: Made) -> None:
    rows, deaths = _keyed(made, "sp_licence"), made.rows["wj_death"]
    died = rows["holder_code"].map(pd.to_datetime(deaths.set_index("citizen_id")["death_date"]))
    known = pd.to_datetime(rows["updated_at"]).dt.normalize() - died > pd.Timedelta(days=60)
    wrong = (rows["state"] == "1") & known
    assert wrong.any()
    assert _found(rows, wrong) == _planted(made, "dead_but_licensed", "sp_licence")


def test_days_of_licences(made: Made) -> None:
    rows = _keyed(made, "sp_licence")
    ends = pd.to_datetime(rows["valid_to"].replace("", None))
    backwards = ends < pd.to_datetime(rows["valid_from"])
    assert _found(rows, backwards) == _planted(made, "licence_ends_before_it_begins", "sp_licence")
    lapsed = (rows["state"] == "1") & (ends < pd.Timestamp(AS_OF)) & ~backwards
    assert _found(rows, lapsed) == _planted(made, "lapsed_but_valid", "sp_licence")


def test_penalties(made: Made) -> None:
    rows = _keyed(made, "zf_penalty")
    assert _found(rows, rows["amount"].astype(float) < 0) == _planted(made, "negative_penalty", "zf_penalty")
    held = set(_keyed(made, "sp_licence").index)
    wrong = (rows["licence_no"] != "") & ~rows["licence_no"].isin(held)
    assert _found(rows, wrong) == _planted(made, "penalty_of_unknown_licence", "zf_penalty")
    companies = set(made.rows["sc_company"]["credit_code"])
    strange = (rows["party_kind"] == "2") & ~rows["party_code"].isin(companies)
    assert _found(rows, strange) == _planted(made, "penalised_but_not_registered", "zf_penalty")


def test_employers_under_a_former_code(made: Made) -> None:
    rows = made.rows["sw_social_insurance"]
    changed = set(made.rows["sc_code_change"]["former_code"])
    former = set(rows.loc[rows["employer_code"].isin(changed), "citizen_id"])
    # On day 2 the insurer may have learnt of every one.
    assert former or "status" in made.truth.columns
    assert former == _planted(made, "former_employer_code", "sw_social_insurance")


def test_taxpayers_under_a_former_code_are_a_look_alike(made: Made) -> None:
    rows = made.rows["sw_tax_registration"]
    changes = made.rows["sc_code_change"].set_index("former_code")
    former = rows[rows["credit_code"].isin(set(changes.index))]
    assert set(former["credit_code"]) == _planted(made, "former_code_in_use", "sw_tax_registration")
    companies = made.rows["sc_company"].set_index("credit_code")["name"]
    assert (companies[changes.loc[former["credit_code"], "code"]].to_numpy() == former["name"].to_numpy()).all()


def test_no_row_bears_two_kinds_and_every_kind_is_planted(made: Made) -> None:
    truth = made.truth[made.truth["resource"].isin(MINE)]
    assert not truth.duplicated(["resource", "_subject"]).any()
    look_alikes = {
        "company_code_split",
        "former_code_in_use",
        "licence_renewed_in_time",
        "licence_cancelled_with_company",
        "holder_died_this_week",
        "foreign_holder",
        "same_name_other_district",
        "organisation_code_ending_in_x",
        "registration_number_as_code",
        "unit_without_code",
        "penalty_of_nothing",
        "account_of_the_dead",
    }
    assert set(truth.loc[~truth["is_error"], "kind"]) == look_alikes
    assert (truth.loc[~truth["is_error"], "expected"] == "none").all()
