"""The feeds about people agree with each other before errors are planted, and the planted errors are what they say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from catalog.model import Resource
from ground.documents import read_document
from simulation import marriage_errors, person_feed_contradictions, person_feed_errors, person_feed_look_alikes
from simulation.declared import DOCUMENTS
from simulation.marriages import DIVORCED, MARRIED, marriages
from simulation.planting import Kind, Planter
from simulation.register import PERSON, Register
from simulation.registers import civil_affairs, education, health, insurance, movement, police, welfare
from simulation.registers.subjects import FURTHER, persons, subjects
from simulation.world import Block, World, make_world
from standards import citizen_id, code_list

AS_OF = date(2026, 11, 1)
MODULES = (police, movement, civil_affairs, health, education, insurance, welfare)
REGISTERS: dict[str, Register] = {name: one for module in MODULES for name, one in module.REGISTERS.items()}
FEEDS = [name for name in REGISTERS if name != "ga_household"]


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
def resources() -> dict[str, Resource]:
    return {name: read_document(DOCUMENTS / "resources" / f"{name}.yaml", Resource, name=name) for name in REGISTERS}


@pytest.fixture(scope="module")
def planted(
    world: World, block: Block, tables: dict[str, pd.DataFrame], resources: dict[str, Resource]
) -> tuple[Planter, pd.DataFrame]:
    planter = Planter(
        {name: table.copy() for name, table in tables.items()},
        {name: tuple(one.key) for name, one in resources.items()},
        dict.fromkeys(REGISTERS, PERSON),
        np.random.default_rng([world.seed, 8]),
        fewest=world.handful,
    )
    rare = [people.index[people["special"] != ""] for people in (block.people, block.migrants)]
    for one in rare:
        planter.reserve(one)
    for module in (person_feed_look_alikes, person_feed_errors, person_feed_contradictions, marriage_errors):
        module.plant(planter, world, block)
    return planter, planter.noted()


def _day(texts: pd.Series) -> pd.Series:
    plain = texts.str.replace("[年月/]", "-", regex=True).str.replace("日", "")
    return pd.to_datetime(plain, format="%Y-%m-%d")


@pytest.mark.parametrize("name", FEEDS)
def test_rows_hold_every_item_as_text_and_the_key_once(
    name: str, tables: dict[str, pd.DataFrame], resources: dict[str, Resource]
) -> None:
    table, resource = tables[name], resources[name]
    assert len(table) > 10
    assert set(resource.item_ids) <= set(table.columns)
    items = table[resource.item_ids]
    assert items.map(type).eq(str).all().all()
    assert table.index.is_unique
    assert not table.duplicated(resource.key).any()
    assert (items[resource.key] != "").all().all()
    for item in resource.items:
        assert item.max_length is None or items[item.id].str.len().max() <= item.max_length, item.id


@pytest.mark.parametrize("name", FEEDS)
def test_codes_and_ids_are_valid(
    name: str, tables: dict[str, pd.DataFrame], resources: dict[str, Resource], world: World, block: Block
) -> None:
    table = tables[name]
    known = pd.concat([block.people["citizen_id"], block.migrants["citizen_id"]])
    for item in resources[name].items:
        values = table[item.id]
        if item.code_list is not None and item.code_list in code_list.list_ids():
            assert set(values) <= set(code_list.code_list(item.code_list).codes), item.id
        if item.element == "citizen_id":
            given = values[values != ""]
            assert [one for one in given if citizen_id.problem(one)] == []
            if name not in ("ga_migration", "ga_code_change"):
                assert set(given) <= set(known), item.id


@pytest.mark.parametrize("name", FEEDS)
def test_every_row_names_the_person_it_is_about(name: str, tables: dict[str, pd.DataFrame], block: Block) -> None:
    table = tables[name]
    if not {"citizen_id", "name"} <= set(table.columns) or name in ("ga_migration", "wj_birth"):
        return
    everybody = pd.concat([block.people[["citizen_id", "name"]], block.migrants[["citizen_id", "name"]]])
    true = everybody.loc[persons(table.index)]
    given = (table["citizen_id"] != "").to_numpy()
    assert (table["name"].to_numpy() == true["name"].to_numpy()).all()
    assert (table["citizen_id"].to_numpy()[given] == true["citizen_id"].to_numpy()[given]).all()


@pytest.mark.parametrize("name", FEEDS)
def test_nothing_is_dated_or_updated_in_the_future(
    name: str, tables: dict[str, pd.DataFrame], resources: dict[str, Resource]
) -> None:
    table = tables[name]
    assert table["updated_at"].max() < f"{AS_OF} 00:00:00"
    for item in resources[name].items:
        if item.type == "date" and item.id != "valid_to" and name != "wj_health_record":
            assert _day(table[item.id]).max() < pd.Timestamp(AS_OF), item.id
            assert (_day(table[item.id]) <= pd.to_datetime(table["updated_at"])).all(), item.id


def test_every_couple_of_a_household_is_married_and_both_have_a_row(
    tables: dict[str, pd.DataFrame], block: Block
) -> None:
    table, people = tables["mz_marriage"], block.people
    both = table.groupby("certificate_no")["citizen_id"].agg(set)
    assert (both.str.len() == 2).all()
    crossed = table.groupby("certificate_no")["spouse_id"].agg(set)
    assert (crossed == both).all()
    couples = people[people["spouse"] >= 0]
    pairs = set(zip(table["citizen_id"], table["spouse_id"], strict=True))
    wanted = zip(couples["citizen_id"], people.loc[couples["spouse"], "citizen_id"], strict=True)
    missing = [pair for pair in wanted if pair not in pairs]
    assert len(missing) <= len(couples) * 0.01


def test_nobody_marries_too_young_or_while_married(world: World, block: Block) -> None:
    events = marriages(world, block)
    everybody = pd.concat([block.people, block.migrants.assign(died=pd.NaT)])
    true = everybody.loc[events["person"]]
    lawful = np.where(true["sex"] == "1", 22, 20)
    birth = true["birth"].dt.strftime("%Y%m%d").astype(int).to_numpy() + lawful * 10_000
    on = events["day"].dt.strftime("%Y%m%d").astype(int).to_numpy()
    assert (on[events["kind"] == MARRIED] >= birth[events["kind"] == MARRIED]).all()
    ordered = events.sort_values(["person", "event"])
    before = ordered.groupby("person")[["kind", "spouse", "day"]].shift()
    again = ordered[(ordered["kind"] == MARRIED) & (before["kind"] == MARRIED)]
    lost = everybody.loc[before.loc[again.index, "spouse"].astype(int), "died"]
    assert len(again) > 0
    assert (lost.to_numpy() < again["day"].to_numpy()).all()
    assert {"21", "22", "40"} == set(events["marital"])
    divorced = ordered[ordered["kind"] == DIVORCED]
    assert (before.loc[divorced.index, "spouse"].astype(int) == divorced["spouse"]).all()


def test_births_name_the_parents_of_the_household_and_newborns_have_no_id(
    tables: dict[str, pd.DataFrame], block: Block
) -> None:
    births, people = tables["wj_birth"], block.people
    registered = births[births.index < FURTHER]
    mothers = people.loc[people.loc[registered.index, "mother"], "citizen_id"]
    assert (registered["mother_id"].to_numpy() == mothers.to_numpy()).all()
    newborn = births[births.index >= FURTHER]
    assert len(newborn) >= 5
    assert (newborn["citizen_id"] == "").all()
    assert (newborn["mother_id"] == people.loc[persons(newborn.index), "citizen_id"].to_numpy()).all()
    assert (pd.Timestamp(AS_OF) - _day(newborn["birth_date"])).max() < pd.Timedelta(days=46)


def test_the_dead_are_the_dead_and_their_insurance_ends(tables: dict[str, pd.DataFrame], block: Block) -> None:
    dead = block.people.index[block.people["died"].notna()]
    certificates, insured = tables["wj_death"], tables["yb_medical_insurance"]
    assert set(certificates.index) == set(dead)
    assert not set(dead) & set(tables["ga_household"].index)
    assert (_day(certificates["registered_on"]) >= _day(certificates["death_date"])).all()
    paying = insured.loc[insured.index.intersection(dead)]
    paying = paying[paying["insured_state"] == "1"]
    known = _day(certificates.loc[paying.index, "registered_on"])
    assert len(paying) > 0
    assert (pd.to_datetime(paying["updated_at"]) <= known + pd.Timedelta(days=60)).all()
    for name in ("wj_health_record", "jy_school_roll", "cl_disability", "mz_minimum_living", "gjj_housing_fund"):
        assert not set(dead) & set(persons(tables[name].index)), name


def test_residence_is_registered_where_the_health_record_says(tables: dict[str, pd.DataFrame], block: Block) -> None:
    residence, record = tables["ga_residence"], tables["wj_health_record"]
    plain = block.migrants.index[block.migrants["special"] == ""]
    assert set(plain) <= set(residence.index)
    assert not set(block.migrants.index.difference(plain)) & set(residence.index)
    both = residence.index.intersection(record.index)
    assert (residence.loc[both, "door"] == record.loc[both, "door"]).all()
    here = both.intersection(block.people.index)
    assert (residence.loc[here, "door"] != block.people.loc[here, "door"]).mean() > 0.9
    without = (record["citizen_id"] == "").mean()
    assert 0.06 < without < 0.1


def test_pupils_are_children_at_a_school_of_their_district(tables: dict[str, pd.DataFrame], block: Block) -> None:
    roll = tables["jy_school_roll"]
    pupils = block.people.loc[roll.index]
    assert pupils["age"].between(5, 19).all()
    assert len(roll) > 0.85 * pupils["age"].between(7, 14).sum()
    assert (roll["student_no"] == "G" + roll["citizen_id"]).all()
    assert roll.groupby(roll["school"])["name"].size().max() < len(roll) / 13
    by_school = pupils.groupby(roll["school"])["division"].nunique()
    assert (by_school == 1).all()
    first = roll[roll["grade"] == "一年级"]
    assert (_day(first["enrolled_on"]) == pd.Timestamp(2026, 9, 1)).all()


def test_fund_is_paid_at_the_employer_and_two_accounts_are_closed_and_open(
    tables: dict[str, pd.DataFrame], world: World, block: Block
) -> None:
    fund = tables["gjj_housing_fund"]
    everybody = pd.concat([block.people["employer"], block.migrants["employer"]])
    now = fund[fund.index < FURTHER]
    assert (now["employer_code"].to_numpy() == world.company_code(everybody.loc[now.index].to_numpy())).all()
    older = fund[fund.index >= FURTHER]
    assert len(older) > 5
    assert set(older["state"]) == {"3"}
    current = fund.loc[persons(older.index)]
    assert (_day(older["opened_on"]).to_numpy() < _day(current["opened_on"]).to_numpy()).all()


def test_minimum_living_counts_the_members_of_the_family(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["mz_minimum_living"]
    size = table.groupby("family_no")["citizen_id"].transform("size")
    assert (size.astype(str) == table["members"]).all()
    assert (
        table["district"].is_monotonic_increasing
        or table["district"].nunique() == (table["district"] != table["district"].shift()).sum()
    )


def test_changed_codes_are_nobodys_but_the_others_of_a_split(tables: dict[str, pd.DataFrame], block: Block) -> None:
    changes = tables["ga_code_change"]
    ids = set(block.people["citizen_id"])
    split = changes["kind"] == "3"
    assert set(changes["kind"]) == {"1", "2", "3", "4"}
    assert set(changes.loc[split, "former_code"]) <= ids
    assert not set(changes.loc[~split, "former_code"]) & ids
    assert (changes["former_code"] != changes["code"]).all()


def test_truth_says_what_stands_in_the_rows(planted: tuple[Planter, pd.DataFrame]) -> None:
    planter, truth = planted
    wanted = {kind.name for kind in _kinds()}
    assert wanted - set(truth["kind"]) == set()
    told = truth[(truth["wrong"] != truth["right"]) & (truth["_subject"] >= 0) & (truth["item"] != "")]
    for row in told.rename(columns={"_subject": "subject"}).itertuples():
        assert planter.tables[row.resource].loc[row.subject, row.item] == row.wrong, row.kind


def _kinds() -> list[Kind]:
    found: list[Kind] = []
    for module in (person_feed_look_alikes, person_feed_errors, person_feed_contradictions, marriage_errors):
        for value in vars(module).values():
            parts = value if isinstance(value, tuple) else (value,)
            for part in parts:
                found += [one for one in (part if isinstance(part, tuple) else (part,)) if isinstance(one, Kind)]
    return found


def test_no_person_bears_two_kinds(planted: tuple[Planter, pd.DataFrame]) -> None:
    _, truth = planted
    first = truth[(truth["_subject"] >= 0) & truth["is_error"]]
    kinds = first.groupby(first["_subject"] % FURTHER)["kind"].nunique()
    assert (kinds == 1).all()


def test_only_noted_rows_differ_from_what_is_true(
    planted: tuple[Planter, pd.DataFrame], tables: dict[str, pd.DataFrame]
) -> None:
    planter, truth = planted
    for name in FEEDS:
        before, after = tables[name], planter.tables[name]
        changed = set(before.index[(before != after).any(axis=1)])
        noted = set(truth.loc[truth["resource"] == name, "_subject"])
        silent = changed - noted
        # The other row of a certificate on which one of the two was too young is right about its own person.
        assert name == "mz_marriage" or silent == set(), name


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("id_check_digit", "gjj_housing_fund"),
        ("id_check_digit", "cl_disability"),
        ("id_of_15_digits", "wj_health_record"),
    ],
)
def test_wrong_ids_are_wrong(kind: str, resource: str, planted: tuple[Planter, pd.DataFrame]) -> None:
    _, truth = planted
    chosen = truth[(truth["kind"] == kind) & (truth["resource"] == resource)]
    assert len(chosen) >= 5
    assert all(citizen_id.problem(one) for one in chosen["wrong"])
    assert not any(citizen_id.problem(one) for one in chosen["right"])


def test_dead_who_are_paid_were_registered_long_before(planted: tuple[Planter, pd.DataFrame]) -> None:
    planter, truth = planted
    told = _day(planter.tables["wj_death"]["registered_on"])
    chosen = truth[truth["kind"] == "dead_still_insured"]
    rows = planter.tables["yb_medical_insurance"].loc[chosen["_subject"]]
    assert len(chosen) >= 5
    late = pd.to_datetime(rows["updated_at"]) - told.loc[chosen["_subject"]]
    assert (late > pd.Timedelta(days=60)).all()
    extra = pd.concat(planter.extra["mz_minimum_living"])
    people = planter.tables["wj_death"].set_index("citizen_id")["registered_on"]
    late = pd.to_datetime(extra["updated_at"]) - _day(extra["citizen_id"].map(people))
    assert (late > pd.Timedelta(days=60)).all()


def test_former_codes_in_use_are_in_the_list_of_changes(planted: tuple[Planter, pd.DataFrame]) -> None:
    planter, truth = planted
    chosen = truth[truth["kind"] == "reissued_id_still_used"]
    former = planter.tables["ga_code_change"].set_index("former_code")["kind"]
    assert chosen["resource"].nunique() == 3
    assert (chosen["wrong"].map(former) == "4").all()


def test_shifted_rows_hold_no_date_where_one_belongs(planted: tuple[Planter, pd.DataFrame]) -> None:
    planter, truth = planted
    chosen = truth[truth["kind"] == "shifted_columns"]
    compact = chosen[chosen["resource"] == "wj_health_record"]
    assert len(compact) >= 5
    assert pd.to_datetime(compact["wrong"], format="%Y%m%d", errors="coerce").isna().all()
    moved = planter.tables["gjj_housing_fund"].loc[chosen.loc[chosen["resource"] == "gjj_housing_fund", "_subject"]]
    assert (moved["citizen_id"] == "").all()
    assert moved["name"].str.len().eq(18).all()


def test_shifted_record_still_fits_its_line(planted: tuple[Planter, pd.DataFrame]) -> None:
    planter, _ = planted
    record = planter.tables["wj_health_record"]
    widths = {"record_no": 17, "citizen_id": 18, "name": 40, "sex": 1, "birth_date": 8, "phone": 20, "address": 120}
    for item, width in (widths | {"blood_type": 4, "updated_at": 19}).items():
        assert record[item].str.encode("gbk").str.len().max() <= width, item


def test_who_married_twice_was_married(planted: tuple[Planter, pd.DataFrame]) -> None:
    planter, truth = planted
    extra = pd.concat(planter.extra["mz_marriage"])
    keys = set(truth.loc[truth["kind"] == "married_twice_at_once", "key"])
    second = extra[(extra["certificate_no"] + "|" + extra["citizen_id"]).isin(keys)]
    table = planter.tables["mz_marriage"].drop_duplicates("citizen_id").set_index("citizen_id")
    first = table.loc[second["citizen_id"]]
    assert len(second) >= 5
    assert (first["registered_on"].to_numpy() < second["registered_on"].to_numpy()).all()
    assert (first["spouse_id"].to_numpy() != second["spouse_id"].to_numpy()).all()
    assert (extra.groupby("certificate_no").size().loc[second["certificate_no"]] == 2).all()


def test_another_block_of_the_same_city_shares_no_key(resources: dict[str, Resource]) -> None:
    city = make_world(5, 51_000, AS_OF)
    first, second = (_keys(city, number, resources) for number in (0, 1))
    for name in first:
        assert not first[name] & second[name], name


def _keys(city: World, number: int, resources: dict[str, Resource]) -> dict[str, set[tuple[str, ...]]]:
    block = city.block(number)
    few = ("ga_migration", "ga_code_change", "mz_marriage", "mz_minimum_living", "wj_birth", "gjj_housing_fund")
    return {
        name: set(REGISTERS[name].rows(city, block)[resources[name].key].itertuples(index=False, name=None))
        for name in few
    }


def test_further_rows_of_a_person_are_told_from_the_first() -> None:
    rows = subjects([7, 8], [0, 2])
    assert rows.tolist() == [7, 8 + 2 * FURTHER]
    assert persons(rows).tolist() == [7, 8]
