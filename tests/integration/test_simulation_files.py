"""A small city as files: what the departments deliver, what is declared, and that the truth tells the truth."""

from __future__ import annotations

import hashlib
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

import openpyxl
import pandas as pd
import pytest
from stdnum.cn import ric, uscc

from catalog.departments import Departments
from catalog.documents import load_city
from catalog.feed import Feed
from catalog.model import Resource
from catalog.register import Register
from catalog.sources import SqlSource
from ground.documents import read_document
from ground.errors import UserError
from simulation import company_errors, look_alikes, person_errors
from simulation.assembly import REGISTERS
from simulation.blocks import made_blocks
from simulation.city import CitySummary, simulate
from simulation.declared import DOCUMENTS, declared_feeds
from simulation.making import make_block
from simulation.planting import Kind
from simulation.truth import read_truth
from simulation.world import make_world
from standards import code_list, elements, phone

PERSONS = 2_000
HUKOU, COMPANIES = "inbox/ga/hukou_2026-11.csv", "inbox/sc/company_2026-11.csv"
LINES_ABOVE = {"ga_household": 1, "sw_social_insurance": 0, "sc_company": 1, "sw_tax_registration": 2}
WITHOUT_FEED = {"dhf_cg_street_stall", "jar_jy_kindergarten_place", "jar_mz_elderly_home", "jar_sw_invoice_outlet"}
"""Entries of districts that nobody delivers: the roll-up has them, and the report of gaps shows them."""
WORKBOOK, DATABASE = "inbox/sw/tax_2026-11.xlsx", "inbox/sw/social_insurance.sqlite"


@dataclass(frozen=True)
class Made:
    home: Path
    summary: CitySummary
    truth: pd.DataFrame
    rows: dict[str, pd.DataFrame]


def _rows(home: Path) -> dict[str, pd.DataFrame]:
    """Resource -> delivered rows by item, as text, read by other means than those that wrote them."""
    options = {"dtype": str, "keep_default_na": False}
    rows = {
        "ga_household": pd.read_csv(home / HUKOU, encoding="gbk", **options),
        "sc_company": pd.read_csv(home / COMPANIES, encoding="utf-8-sig", **options),
        "sw_tax_registration": pd.read_excel(home / WORKBOOK, header=1, engine="calamine", **options),
    }
    rows = {name: table.rename(columns=declared_feeds()[name].columns) for name, table in rows.items()}
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        return rows | {"sw_social_insurance": pd.read_sql("select * from social_insurance order by rowid", connection)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    home = tmp_path_factory.mktemp("city")
    summary = simulate(home, persons=PERSONS, seed=7)
    truth = read_truth(home)
    rows = _rows(home)
    return Made(home, summary, truth[truth["resource"].isin(rows)], rows)


def _digests(home: Path) -> dict[str, str]:
    """Every file of the deliveries and of the truth; all but the statements about divisions depend on the seed."""
    files = [path for folder in ("inbox", "simulation") for path in (home / folder).rglob("*") if path.is_file()]
    return {path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def test_same_seed_same_bytes_other_seed_other_people(made: Made, tmp_path: Path) -> None:
    simulate(tmp_path / "again", persons=PERSONS, seed=7)
    here = _digests(made.home)
    assert _digests(tmp_path / "again") == here
    assert set(made.summary.files) | {"simulation/truth.parquet", "simulation/address_truth.parquet"} == set(here)
    simulate(tmp_path / "other", persons=500, seed=8)
    assert set(_digests(tmp_path / "other").values()).isdisjoint(here.values())


def test_workbook_carries_no_time_of_writing(made: Made) -> None:
    with zipfile.ZipFile(made.home / WORKBOOK) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        assert b"2026-11-01T00:00:00Z" in parts.read("docProps/core.xml")


def test_workbook_has_a_title_row_and_both_sorts_of_dates(made: Made) -> None:
    sheet = openpyxl.load_workbook(made.home / WORKBOOK).worksheets[0]
    assert sheet.cell(1, 1).value == "税务登记信息（月报）"
    heading = {sheet.cell(2, place).value: place for place in range(1, 9)}
    assert sheet.cell(3, heading["更新时间"]).is_date
    assert isinstance(sheet.cell(3, heading["登记日期"]).value, str)
    assert isinstance(sheet.cell(3, heading["纳税人状态"]).value, str)


def test_household_register_is_gbk_with_a_column_outside_the_entry(made: Made) -> None:
    content = (made.home / HUKOU).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    header = content.decode("gbk").split("\r\n")[0].split(",")
    feed = read_document(made.home / "city/feeds/ga_household.yaml", Feed)
    assert set(header) - set(feed.columns) == {"联系电话"}
    assert (made.home / COMPANIES).read_bytes().startswith(b"\xef\xbb\xbf")


def test_documents_are_valid_and_fit_together(made: Made) -> None:
    city = made.home / "city"
    departments = read_document(city / "departments.yaml", Departments).departments
    assert len(departments) == 30
    assert [one.id for one in departments if one.kind == "authority"] == ["bureau", "jar_sj", "dhf_sj"]
    assert {"population", "legal_person"} <= set(read_document(city / "register.yaml", Register).libraries)
    feeds = {path.stem: read_document(path, Feed) for path in (city / "feeds").glob("*.yaml")}
    resources = {path.stem: read_document(path, Resource) for path in (city / "resources").glob("*.yaml")}
    assert set(resources) - {feed.resource_id for feed in feeds.values()} == WITHOUT_FEED
    assert set(REGISTERS) <= set(resources)
    known = frozenset(element.id for element in elements.elements())
    load_city(city, known_elements=known, known_code_lists=frozenset(code_list.list_ids()))


def test_titles_mean_the_elements_they_are_given() -> None:
    resources = [read_document(path, Resource) for path in (DOCUMENTS / "resources").glob("*.yaml")]
    for item in (item for resource in resources for item in resource.items if item.element is not None):
        # The title may mean something narrower than the element: 居住地址 is an address.
        meant = elements.match(item.title)
        assert meant is not None, item.title
        for one in (elements.element(meant), elements.element(item.element)):
            assert (item.code_list, item.type) == (one.code_list, one.type), item.id


def test_variants_are_one_form_after_normalisation(made: Made) -> None:
    of = {(one.id, item.id): item.element for one in load_city(DOCUMENTS).resources for item in one.items}
    variants = made.truth[(made.truth["expected"] == "normalised") & (made.truth["item"] != "")]
    assert variants["kind"].nunique() == 4
    for truth in variants.itertuples():
        assert truth.wrong != truth.right
        assert elements.normalise_text(truth.wrong, of[truth.resource, truth.item]) == truth.right, truth.kind


def test_wrong_codes_are_in_no_list_and_the_others_are(made: Made) -> None:
    of = {(one.id, item.id): item.code_list for one in load_city(DOCUMENTS).resources for item in one.items}
    shifted = made.truth[made.truth["kind"] == "shifted_columns"]
    for (resource, item), name in ((place, name) for place, name in of.items() if name and place[0] in made.rows):
        rows = made.rows[resource]
        lines = shifted.loc[shifted["resource"] == resource, "row"] - 1 - LINES_ABOVE[resource]
        unknown = {one for one in rows[item].drop(index=lines) if not code_list.is_in_list(one, name)}
        kinds = made.truth["kind"].str.startswith("unknown_")
        planted = made.truth[kinds & (made.truth["resource"] == resource) & (made.truth["item"] == item)]
        assert unknown == set(planted["wrong"]), item


@pytest.mark.parametrize("resource", ["sw_social_insurance", "sw_tax_registration"])
def test_numbers_are_no_numbers_only_where_planted(made: Made, resource: str) -> None:
    numbers = made.rows[resource]["phone"]
    invalid = numbers[[not phone.is_valid(phone.normalise_text(one)) for one in numbers]]
    planted = made.truth[(made.truth["resource"] == resource) & (made.truth["item"] == "phone")]
    planted = planted[planted["expected"] == "finding"]
    assert sorted(invalid.index + 1 + LINES_ABOVE[resource]) == sorted(planted["row"])


def test_columns_of_every_feed_are_delivered(made: Made) -> None:
    for name, delivered in made.rows.items():
        feed = read_document(DOCUMENTS / "feeds" / f"{name}.yaml", Feed)
        assert [one for one in delivered.columns if one != "联系电话"] == list(feed.columns.values())


def test_database_of_the_feed_is_the_one_delivered(made: Made) -> None:
    source = read_document(DOCUMENTS / "feeds/sw_social_insurance.yaml", Feed).source
    assert isinstance(source, SqlSource)
    path = made.home / source.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(source.query).fetchall()
    assert len(rows) == made.summary.files[DATABASE]


def test_an_edited_document_is_left_and_reported(tmp_path: Path) -> None:
    simulate(tmp_path, persons=500)
    edited = tmp_path / "city" / "departments.yaml"
    edited.write_text("# 已由本市修改\n", encoding="utf-8")
    (tmp_path / "city" / "register.yaml").unlink()
    again = simulate(tmp_path, persons=500)
    assert edited.read_text(encoding="utf-8") == "# 已由本市修改\n"
    assert again.documents_kept == ("departments.yaml",)
    assert again.documents_written == ("register.yaml",)


def test_every_document_of_the_package_is_copied(made: Made) -> None:
    ours = {path.relative_to(DOCUMENTS).as_posix() for path in DOCUMENTS.rglob("*") if path.suffix in (".yaml", ".sql")}
    assert ours == set(made.summary.documents_written)
    assert all((made.home / "city" / name).read_bytes() == (DOCUMENTS / name).read_bytes() for name in ours)


def test_truth_stands_in_the_rows_it_names(made: Made) -> None:
    for truth in made.truth[made.truth["item"] != ""].itertuples():
        row = made.rows[truth.resource].iloc[truth.row - 1 - LINES_ABOVE[truth.resource]]
        assert row[truth.item] == truth.wrong, truth.kind


def test_every_kind_is_planted_at_least_a_handful_of_times(made: Made) -> None:
    planted = made.truth.groupby(["resource", "kind"]).size()
    kinds = _kinds(person_errors, company_errors, look_alikes)
    assert len(kinds) == 27 + 13
    counts = {kind.name: int(planted.get((kind.resource, kind.name), 0)) for kind in kinds}
    assert {name: count for name, count in counts.items() if count < 4} == {}
    assert made.truth["is_error"].sum() < 0.1 * PERSONS


def _kinds(*modules: ModuleType) -> list[Kind]:
    return [one for module in modules for one in vars(module).values() if isinstance(one, Kind)]


def test_no_row_bears_two_kinds(made: Made) -> None:
    named = made.truth[made.truth["key"] != ""]
    assert named[named.duplicated("key", keep=False)].empty


def test_keys_are_valid_but_for_the_planted_ones(made: Made) -> None:
    planted = set(made.truth.loc[made.truth["expected"] != "none", "wrong"])
    ids = pd.concat([made.rows["ga_household"]["citizen_id"], made.rows["sw_social_insurance"]["citizen_id"]])
    assert [one for one in ids if one not in planted and ric.calc_check_digit(one) != one[17]] == []
    codes = pd.concat([made.rows["sc_company"]["credit_code"], made.rows["sw_social_insurance"]["employer_code"]])
    assert [one for one in codes if one not in planted and not uscc.is_valid(one)] == []


def _kind(made: Made, name: str) -> pd.DataFrame:
    return made.truth[made.truth["kind"] == name]


@pytest.mark.parametrize(
    ("kind", "valid"), [("id_check_digit", ric.is_valid), ("credit_code_check_digit", uscc.is_valid)]
)
def test_wrong_check_digits_are_wrong(made: Made, kind: str, valid: object) -> None:
    assert not any(map(valid, _kind(made, kind)["wrong"]))  # type: ignore[arg-type]


def test_names_that_differ_do_so_in_spite_of_former_names(made: Made) -> None:
    household = made.rows["ga_household"].set_index("citizen_id")
    for truth in _kind(made, "name_differs").itertuples():
        assert truth.wrong not in set(household.loc[truth.key, ["name", "former_name"]])
    for truth in _kind(made, "name_changed").itertuples():
        assert household.loc[truth.key, "former_name"] == truth.wrong
        assert household.loc[truth.key, "name"] != truth.wrong


def test_names_agree_wherever_nothing_was_planted(made: Made) -> None:
    touched = set(made.truth["key"]) | set(made.truth["right"])
    both = made.rows["ga_household"].merge(made.rows["sw_social_insurance"], on="citizen_id")
    both = both[~both["citizen_id"].isin(touched)]
    assert len(both) > 800
    assert (both["name_x"] == both["name_y"]).all()
    firms = made.rows["sc_company"].merge(made.rows["sw_tax_registration"], on="credit_code")
    firms = firms[~firms["credit_code"].isin(touched)]
    assert (firms["name_x"] == firms["name_y"]).all()
    assert (firms["legal_representative_x"] == firms["legal_representative_y"]).all()
    assert not ((firms["state_x"] == "cancelled") & (firms["state_y"] == "01")).any()


def test_employers_are_companies_of_the_city(made: Made) -> None:
    employed = made.rows["sw_social_insurance"]
    unknown = employed[~employed["employer_code"].isin(made.rows["sc_company"]["credit_code"])]
    planted = made.truth[(made.truth["resource"] == "sw_social_insurance") & (made.truth["item"] == "employer_code")]
    assert set(unknown["citizen_id"]) == set(planted["key"])
    assert set(_kind(made, "unknown_employer")["key"]) <= set(planted["key"])
    taxed = made.rows["sw_tax_registration"]["credit_code"]
    nobody = set(taxed) - set(made.rows["sc_company"]["credit_code"])
    former = set(_kind(made, "former_code_in_use")["key"])
    assert nobody - former == set(_kind(made, "taxed_but_not_registered")["key"])


def test_variants_of_delivery(made: Made) -> None:
    assert _kind(made, "middle_dot_variant")["wrong"].str.contains("•").all()
    assert _kind(made, "id_small_x")["wrong"].str.fullmatch("[0-9]{17}x").all()
    assert _kind(made, "id_full_width")["wrong"].str.fullmatch("[０-９]{17}[０-９Ｘ]").all()
    assert _kind(made, "parentheses_half_width")["wrong"].str.contains(r"\(武汉\)").all()


def test_the_older_of_two_rows_is_the_one_named(made: Made) -> None:
    household = made.rows["ga_household"]
    for truth in _kind(made, "two_rows_one_id").itertuples():
        same = household[household["citizen_id"] == truth.key]
        assert len(same) == 2
        assert same["updated_at"].idxmin() == truth.row - 2
    for truth in _kind(made, "two_people_one_id").itertuples():
        same = household[household["citizen_id"] == truth.key]
        assert same["name"].nunique() == 2
        assert same["updated_at"].idxmin() == truth.row - 2
    for truth in _kind(made, "exact_duplicate").itertuples():
        assert len(household[household["citizen_id"] == truth.key].drop_duplicates()) == 1


def test_updates_lie_between_2024_and_the_day(made: Made) -> None:
    kinds = ["two_rows_one_id", "two_people_one_id", "shifted_columns"]
    older = set(made.truth.loc[made.truth["kind"].isin(kinds), "row"])
    for name, rows in made.rows.items():
        moments = rows["updated_at"]
        if name == "ga_household":
            moments = moments[[number not in older for number in range(2, len(rows) + 2)]]
        assert moments.min() >= "2024-01-01 00:00:00"
        assert moments.max() < "2026-11-01"


def test_shares_of_the_registers(made: Made) -> None:
    companies, tax = made.rows["sc_company"], made.rows["sw_tax_registration"]
    assert len(companies) == round(PERSONS * 0.11)
    active = set(companies.loc[companies["state"] == "active", "credit_code"])
    assert 0.8 < len(active & set(tax["credit_code"])) / len(active) < 0.98
    insured = made.rows["sw_social_insurance"]["citizen_id"]
    strangers = ~insured.isin(made.rows["ga_household"]["citizen_id"]) & ~insured.str.startswith("4201")
    assert strangers.sum() == round(PERSONS * 0.03)


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    told: list[float] = []
    simulate(tmp_path, persons=500, progress=lambda step, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    "wrong",
    [{"persons": 499}, {"persons": 90_000_000}, {"day": 3}, {"seed": -1}, {"period": "2026-13"}, {"period": "../x"}],
)
def test_impossible_cities_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        simulate(tmp_path, **wrong)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_another_day_and_period(tmp_path: Path) -> None:
    summary = simulate(tmp_path, persons=500, period="2027-03", as_of=date(2027, 3, 1))
    assert "inbox/ga/hukou_2027-03.csv" in summary.files
    assert (tmp_path / "inbox/sw/tax_2027-03.xlsx").is_file()


@pytest.mark.parametrize("seed", [0, 1])
def test_even_the_smallest_city_has_every_kind(tmp_path: Path, seed: int) -> None:
    summary = simulate(tmp_path, persons=500, seed=seed)
    kinds = {kind.name for kind in _kinds(person_errors, company_errors, look_alikes)}
    assert kinds <= set(summary.planted) | set(summary.look_alikes)


def test_companies_with_a_wrong_row_are_named_by_no_other_register(made: Made) -> None:
    wrong = made.truth[made.truth["kind"].isin(["credit_code_check_digit", "established_in_future"])]
    codes = set(wrong["key"]) | set(wrong["right"])
    assert codes.isdisjoint(made.rows["sw_tax_registration"]["credit_code"])
    assert codes.isdisjoint(made.rows["sw_social_insurance"]["employer_code"])


def test_blocks_made_in_other_processes_come_in_order_and_are_the_same() -> None:
    world = make_world(7, 1_800, date(2026, 11, 1), block_size=600)
    made = list(made_blocks(world))
    assert [one.number for one in made] == [0, 1, 2]
    for one in made:
        here = make_block(world, one.number)
        pd.testing.assert_frame_equal(one.truth, here.truth)
        pd.testing.assert_frame_equal(one.addresses, here.addresses)
        assert one.rows.keys() == here.rows.keys()
        for name, rows in one.rows.items():
            pd.testing.assert_frame_equal(rows, here.rows[name])
