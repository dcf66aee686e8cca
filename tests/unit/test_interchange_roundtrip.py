"""Out and in again: a sheet that we write says the same when it is read, in XLSX and CSV, in every city's words."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interchange_entries import DEPARTMENTS, HAISHU, LONGYAN, entries, entry

from catalog.documents import load_city
from catalog.interchange.names import Providers, standards
from catalog.interchange.plan import ImportPlan, import_catalogue
from catalog.interchange.reading import read_table
from catalog.interchange.sheets import rows, write_csv, write_xlsx
from catalog.interchange.words import Words
from catalog.model import Resource
from simulation.declared import DOCUMENTS

BY_ID = {one.id: one for one in DEPARTMENTS}


def back(resources: list[Resource], form: str, words: Words, existing: list[Resource]) -> ImportPlan:
    """The plan of importing what was just exported."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"out.{form}"
        write = write_xlsx if form == "xlsx" else write_csv
        assert write(path, rows(resources, BY_ID, words)) == sum(len(one.items) for one in resources)
        return import_catalogue(
            read_table(path), providers=Providers(DEPARTMENTS), words=words, standards=standards(), existing=existing
        )


@settings(max_examples=60)
@given(
    st.lists(entries(), min_size=1, max_size=4, unique_by=(lambda one: one.id, lambda one: one.code or one.id)),
    st.sampled_from(["xlsx", "csv"]),
    st.sampled_from([Words(), HAISHU, LONGYAN]),
)
def test_what_was_exported_is_unchanged_when_it_is_imported(resources, form, words):
    plan = back(resources, form, words, resources)
    assert [one.zh for one in plan.faults] == []
    assert plan.changed == () and plan.new == ()
    assert set(plan.unchanged) == {one.id for one in resources}


@settings(max_examples=30)
@given(entries(), st.sampled_from(["xlsx", "csv"]))
def test_an_empty_catalogue_gets_the_very_same_entry(resource, form):
    plan = back([resource], form, HAISHU, [])
    assert [one.resource.model_dump() for one in plan.new] == [resource.model_dump()]
    assert not plan.new[0].made_id


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_whole_simulated_city_goes_out_and_in(form, tmp_path):
    city = load_city(DOCUMENTS)
    path = tmp_path / f"out.{form}"
    (write_xlsx if form == "xlsx" else write_csv)(
        path, rows(city.resources, {one.id: one for one in city.departments}, HAISHU)
    )
    plan = import_catalogue(
        read_table(path),
        providers=Providers(city.departments),
        words=HAISHU,
        standards=standards(),
        existing=city.resources,
    )
    assert (len(plan.unchanged), plan.new, plan.changed, plan.faults) == (len(city.resources), (), (), ())


def test_one_changed_cell_is_one_changed_field(tmp_path):
    path = tmp_path / "out.csv"
    write_csv(path, rows([entry()], BY_ID, HAISHU))
    path.write_text(path.read_text(encoding="utf-8-sig").replace("每月", "每季度"), encoding="utf-8")
    plan = import_catalogue(
        read_table(path),
        providers=Providers(DEPARTMENTS),
        words=HAISHU,
        standards=standards(),
        existing=[entry()],
        drafts=["ga_household"],
    )
    (changed,) = plan.changed
    assert [(one.field, one.old, one.new) for one in changed.fields] == [("update_cycle", "monthly", "quarterly")]
    assert changed.is_draft and plan.drafts() == [changed.entry.resource] and plan.changes() == []
