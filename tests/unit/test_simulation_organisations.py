"""Organisations, changed codes, statistical units, licences, penalties and accounts: they agree before errors are planted."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from catalog.model import Resource
from ground.documents import read_document
from simulation.company_code_changes import SPLIT, former_codes
from simulation.declared import DOCUMENTS
from simulation.licences import MARGIN, VALID
from simulation.organisations import (
    CITY_ORGANS,
    ISSUERS,
    is_quiet,
    public_codes,
    public_count,
    social_codes,
    social_count,
)
from simulation.people import HEAD
from simulation.register import Register
from simulation.registers import company_codes, licences, organisations, penalties, statistics, utilities
from simulation.world import Block, World, make_world
from standards import citizen_id, code_list, credit_code, organisation_code, registration_number

AS_OF = date(2026, 11, 1)
MODULES = (company_codes, organisations, statistics, licences, penalties, utilities)
REGISTERS: dict[str, Register] = {name: one for module in MODULES for name, one in module.REGISTERS.items()}
ORGANISATIONS = ["mz_social_organisation", "bb_public_institution"]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(5, 12_000, AS_OF)


@pytest.fixture(scope="module")
def block(world: World) -> Block:
    return world.block(0)


@pytest.fixture(scope="module")
def tables(world: World, block: Block) -> dict[str, pd.DataFrame]:
    return {name: register.rows(world, block) for name, register in REGISTERS.items()}


@pytest.fixture(scope="module")
def companies(block: Block) -> pd.DataFrame:
    return block.companies.set_index("credit_code", drop=False)


@pytest.fixture(scope="module")
def people(block: Block) -> pd.DataFrame:
    both = pd.concat([block.people, block.migrants.assign(died=np.datetime64("NaT", "s"))])
    return both.set_index("citizen_id", drop=False)


def _day(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts.str.slice(0, 10), format="%Y-%m-%d")


@pytest.mark.parametrize("name", REGISTERS)
def test_rows_hold_every_item_as_text_and_the_key_once(name: str, tables: dict[str, pd.DataFrame]) -> None:
    table, resource = tables[name], read_document(DOCUMENTS / "resources" / f"{name}.yaml", Resource, name=name)
    assert len(table) > 10
    assert set(resource.item_ids) <= set(table.columns)
    items = table[resource.item_ids]
    assert items.map(type).eq(str).all().all()
    assert table.index.is_unique
    assert not table.duplicated(resource.key).any()
    assert (items[resource.key] != "").all().all()
    for item in resource.items:
        assert item.max_length is None or items[item.id].str.len().max() <= item.max_length, item.id
        if item.code_list not in (None, "division"):
            assert items[item.id].isin(code_list.codes(item.code_list)).all(), item.id
    text = "".join(items.to_numpy().ravel())
    assert text.encode("gbk").decode("gbk") == text
    assert (_day(table["updated_at"]) < pd.Timestamp(AS_OF)).all()


@pytest.mark.parametrize("name", REGISTERS)
def test_the_same_block_is_made_the_same_again(
    name: str, world: World, block: Block, tables: dict[str, pd.DataFrame]
) -> None:
    pd.testing.assert_frame_equal(REGISTERS[name].rows(world, block), tables[name])


@pytest.mark.parametrize("name", ORGANISATIONS)
def test_organisations_have_valid_codes_of_their_type(
    name: str, tables: dict[str, pd.DataFrame], block: Block, companies: pd.DataFrame
) -> None:
    table = tables[name]
    assert [code for code in table["credit_code"] if credit_code.problem(code)] == []
    assert [code for code in table["credit_code"] if organisation_code.problem(code[8:17])] == []
    heads = {
        "social_group": "51",
        "private_non_enterprise": "52",
        "foundation": "53",
        "organ": "11",
        "institution": "12",
    }
    assert (table["credit_code"].str.slice(0, 2) == table["type"].map(heads)).all()
    assert not set(table["credit_code"]) & set(companies.index)
    assert table["name"].is_unique
    adults = block.people.loc[(block.people["age"] >= 18) & block.people["died"].isna(), "name"]
    assert table["legal_representative"].isin(set(adults)).all()


def test_codes_of_organisations_follow_from_the_index_anywhere(world: World, tables: dict[str, pd.DataFrame]) -> None:
    for name, codes, count in zip(
        ORGANISATIONS, (social_codes, public_codes), (social_count, public_count), strict=True
    ):
        table = tables[name]
        assert table["credit_code"].tolist() == codes(world, table.index.to_numpy()).tolist()
        assert len(set(codes(world, np.arange(3_000)).tolist())) == 3_000
        assert count(world) == len(table)


def test_changed_codes_are_valid_and_nobodys_today(
    world: World, tables: dict[str, pd.DataFrame], companies: pd.DataFrame
) -> None:
    table = tables["sc_code_change"]
    assert [code for code in table["former_code"] if credit_code.problem(code)] == []
    every = set(world.company_code(np.arange(world.company_count)).tolist())
    assert not set(table["former_code"]) & every
    now = companies.loc[table["code"]]
    assert (now["state"] == "active").all()
    assert not now["special"].eq("quiet").any()
    assert (_day(table["decided_on"]).to_numpy() >= _day(now["established_on"]).to_numpy()).all()
    assert set(table["kind"]) == {"1", "2", "3", "4"}
    twice = table.groupby("former_code")["code"].nunique()
    split = table.loc[table["kind"] == SPLIT, "former_code"]
    assert set(twice[twice == 2].index) == set(split)
    assert twice.max() == 2
    assert table.groupby("former_code")["decided_on"].nunique().max() == 1


def test_former_codes_are_known_of_companies_anywhere(world: World, tables: dict[str, pd.DataFrame]) -> None:
    former = former_codes(world, np.arange(world.company_count))
    table = tables["sc_code_change"]
    assert set(former[former != ""].tolist()) == set(table["former_code"])


def test_units_are_named_by_a_code_that_leads_to_them(
    tables: dict[str, pd.DataFrame], block: Block, companies: pd.DataFrame
) -> None:
    table = tables["tj_statistics_unit"]
    code = table["credit_code"]
    by = dict(list(table.groupby("known_by")))
    assert set(by) == {"unified", "organisation", "registration", "former", "none"}
    assert 0.01 < len(by["none"]) / len(table) < 0.06
    assert (by["none"]["credit_code"] == "").all()
    assert [one for one in by["organisation"]["credit_code"] if organisation_code.problem(one)] == []
    assert [one for one in by["registration"]["credit_code"] if registration_number.problem(one)] == []
    assert set(by["former"]["credit_code"]) <= set(tables["sc_code_change"]["former_code"])
    of_company = table[table["company"] >= 0]
    truth = block.companies.loc[of_company["company"]]
    assert (truth["name"].to_numpy() == of_company["name"].to_numpy()).all()
    contained = truth["credit_code"].str.slice(8, 17).to_numpy()
    short = (of_company["known_by"] == "organisation").to_numpy()
    assert (of_company["credit_code"].to_numpy() == contained)[short].all()
    assert not truth["special"].eq("quiet").any()
    assert (table["district"] == table["division"]).all()
    assert code.str.fullmatch("([0-9A-Z]{18}|[0-9A-Z]{9}|[0-9]{15})?").all()
    assert table["employees"].astype(int).between(1, 200_000).all()
    shown = set(code)
    for name in ORGANISATIONS:
        quiet = tables[name][is_quiet(tables[name].index.to_numpy())]
        assert not set(quiet["credit_code"]) & shown


def test_licences_agree_with_their_holders(
    tables: dict[str, pd.DataFrame], companies: pd.DataFrame, people: pd.DataFrame
) -> None:
    table = tables["sp_licence"]
    of_person = table[table["holder_kind"] == "1"]
    assert (people.loc[of_person["holder_code"], "name"].to_numpy() == of_person["holder_name"].to_numpy()).all()
    assert set(of_person["kind"]) == {"L07", "L08"}
    former = dict(zip(tables["sc_code_change"]["former_code"], tables["sc_code_change"]["code"], strict=True))
    of_company = table[table["holder_code"].str.startswith("9") & (table["holder_kind"] == "2")]
    holder = companies.loc[of_company["holder_code"].replace(former)]
    assert (holder["name"].to_numpy() == of_company["holder_name"].to_numpy()).all()
    assert not holder["special"].eq("quiet").any()
    struck = (holder["state"] != "active").to_numpy()
    assert struck.any()
    assert of_company.loc[struck, "state"].isin(["2", "3"]).all()
    clinics = table[table["kind"] == "L02"]
    institutions = tables["bb_public_institution"].set_index("credit_code")
    assert (institutions.loc[clinics["holder_code"], "name"].to_numpy() == clinics["holder_name"].to_numpy()).all()


def test_licences_are_issued_by_the_organ_for_their_kind(tables: dict[str, pd.DataFrame]) -> None:
    table, organs = tables["sp_licence"], tables["bb_public_institution"].set_index("credit_code")
    assert (organs.loc[table["issuer_code"], "name"].to_numpy() == table["issuer_name"].to_numpy()).all()
    assert (table["issuer_name"] == table["kind"].map({kind: CITY_ORGANS[at] for kind, at in ISSUERS.items()})).all()
    assert (organs.loc[table["issuer_code"].unique(), "state"] == "active").all()


def test_licences_hold_from_issue_to_their_end(tables: dict[str, pd.DataFrame], block: Block) -> None:
    table = tables["sp_licence"]
    begins = _day(table["valid_from"])
    ends = _day(table["valid_to"].replace("", "2999-12-31"))
    assert (_day(table["issued_on"]) <= begins).all()
    assert (begins < ends).all()
    assert (ends[table["state"] == "4"] < pd.Timestamp(AS_OF)).all()
    # A month later none of them has lapsed either.
    assert (ends[table["state"] == VALID] > pd.Timestamp(AS_OF) + pd.Timedelta(days=MARGIN - 5)).all()
    of_company = table[table["company"] >= 0]
    founded = _day(block.companies.loc[of_company["company"], "established_on"])
    assert (begins[of_company.index].to_numpy() >= founded.to_numpy()).all()
    of_person = table[table["person"] >= 0]
    birth = pd.concat([block.people["birth"], block.migrants["birth"]]).loc[of_person["person"]]
    age = (begins[of_person.index].to_numpy() - birth.to_numpy()) / np.timedelta64(1, "D") / 365.25
    assert age.min() > 17.9


def test_the_office_learns_of_a_death_within_sixty_days(tables: dict[str, pd.DataFrame], block: Block) -> None:
    table = tables["sp_licence"]
    died = block.people["died"].reindex(table["person"])
    dead = table[died.notna().to_numpy()]
    died = died[died.notna()]
    known = _day(dead["updated_at"]).to_numpy() > died.to_numpy() + np.timedelta64(60, "D")
    valid = (dead["state"] == VALID).to_numpy()
    assert valid.any()
    assert not (valid & known).any()
    assert (died[~valid].to_numpy() < _day(dead["updated_at"]).to_numpy()[~valid]).all()
    assert (_day(dead["valid_from"]).to_numpy() < died.to_numpy()).all()


def test_a_former_code_on_a_licence_was_right_when_it_was_issued(tables: dict[str, pd.DataFrame]) -> None:
    table, changes = tables["sp_licence"], tables["sc_code_change"].set_index("former_code")
    former = table[table["former"]]
    assert len(former) >= 5
    decided = changes.loc[former["holder_code"], "decided_on"].to_numpy()
    assert (former["issued_on"].to_numpy() < decided).all()


def test_a_renewed_licence_begins_when_the_one_before_it_ends(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["sp_licence"]
    renewed = table[(table["company"] >= 0) & table.duplicated(["company"], keep=False)].sort_values("valid_from")
    pairs = dict(list(renewed.groupby("company")))
    assert len(pairs) > 10
    for pair in pairs.values():
        older, newer = pair.iloc[0], pair.iloc[1]
        assert (older["state"], newer["state"], len(pair)) == ("4", "1", 2)
        assert pd.Timestamp(newer["valid_from"]) - pd.Timestamp(older["valid_to"]) == pd.Timedelta(days=1)


def test_penalties_name_parties_and_licences_that_are_there(
    tables: dict[str, pd.DataFrame], companies: pd.DataFrame, people: pd.DataFrame
) -> None:
    table, held = tables["zf_penalty"], tables["sp_licence"].set_index("licence_no")
    assert table["decision_no"].str.fullmatch("武综执罚〔20[0-9]{2}〕第[0-9]{6}号").all()
    assert (table["decision_no"].str.slice(5, 9) == table["decided_on"].str.slice(0, 4)).all()
    about = table[table["licence_no"] != ""]
    licence = held.loc[about["licence_no"]]
    assert (licence["holder_name"].to_numpy() == about["party_name"].to_numpy()).all()
    assert (licence["issued_on"].to_numpy() <= about["decided_on"].to_numpy()).all()
    ended = about[about["kind"] == "5"]
    assert len(ended)
    assert (held.loc[ended["licence_no"], "state"] == "2").all()
    parties = table[table["party_kind"] == "2"]
    assert (companies.loc[parties["party_code"], "name"].to_numpy() == parties["party_name"].to_numpy()).all()
    persons = table[table["party_kind"] == "1"]
    assert (people.loc[persons["party_code"], "name"].to_numpy() == persons["party_name"].to_numpy()).all()
    amount = table["amount"].astype(float)
    assert (amount >= 0).all()
    assert (amount[table["kind"] == "1"] == 0).all()
    assert (amount[table["kind"] == "2"] > 0).all()


def test_accounts_are_in_the_name_of_the_head_at_the_home(
    world: World, tables: dict[str, pd.DataFrame], people: pd.DataFrame, companies: pd.DataFrame
) -> None:
    table = tables["gy_utility"]
    homes = table[table["holder_kind"] == "1"]
    head = people.loc[homes["holder_code"]]
    assert (head["relation"] == HEAD).all()
    assert (head["name"].to_numpy() == homes["holder_name"].to_numpy()).all()
    assert (head["door"].to_numpy() == homes["door"].to_numpy()).all()
    plain = homes["form"] == "2"
    ground = world.ground
    expected = ground.write_address(
        ground.doors(head["door"][plain.to_numpy()].to_numpy()),
        *(head[part][plain.to_numpy()] for part in ("building_no", "unit", "room")),
        "2",
    )
    assert homes.loc[plain, "address"].tolist() == expected.tolist()
    assert set(table["form"]) >= {"1", "2", "3", "4", "5", "no_door", "misspelt"}
    offices = table[table["holder_kind"] == "2"]
    assert (companies.loc[offices["holder_code"], "state"] == "active").all()
    assert set(table["network"]) == {"water", "power", "gas"}
    assert table.groupby("network")["kind"].nunique().max() == 1


def test_ids_of_people_are_valid(tables: dict[str, pd.DataFrame]) -> None:
    codes = pd.concat(
        [
            tables["sp_licence"].loc[tables["sp_licence"]["holder_kind"] == "1", "holder_code"],
            tables["gy_utility"].loc[tables["gy_utility"]["holder_kind"] == "1", "holder_code"],
        ]
    ).drop_duplicates()
    assert [one for one in codes if citizen_id.problem(one)] == []
