"""Where values of a resource are served: by the register of the demonstration city and its themes."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.city import City
from catalog.documents import load_city
from exchange.corrections.model import WHOLE_RECORD
from pipelines.problems.served_from import all_places, compared_item, served_from

DOCUMENTS = Path(__file__).resolve().parents[2] / "simulation" / "documents"
THEMES = {"elderly": frozenset({"population", "population_place"}), "firms": frozenset({"legal_person"}), "both": frozenset({"elderly"})}  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(DOCUMENTS)


def test_an_item_is_served_by_its_resource_its_library_and_the_themes_on_it(city: City) -> None:
    found = served_from(city, THEMES, "ga_household", "sex")
    assert {"ga_household", "population", "population_history", "elderly", "both"} <= found.tables
    assert "legal_person" not in found.tables
    assert "firms" not in found.tables
    assert found.columns == {"population": frozenset({"sex"})}


def test_an_item_that_no_library_takes_is_served_by_its_resource_alone(city: City) -> None:
    entry = city.register.libraries["population"].items["name"]
    other = next(one for one in entry.corroborating if one not in entry.origins)
    compared = entry.from_item.get(other, "name")
    assert served_from(city, THEMES, other, compared).tables == {other}
    assert compared_item(city, "agreement.population.name", other) == compared
    assert compared_item(city, "ga_household.sex.code", "ga_household") == WHOLE_RECORD


def test_a_whole_record_and_a_key_concern_every_column(city: City) -> None:
    for item in (WHOLE_RECORD, "citizen_id"):
        assert served_from(city, {}, "ga_household", item).columns["population"] is None
    assert "population_place" in served_from(city, {}, "ga_household", WHOLE_RECORD).tables


def test_places_together() -> None:
    from exchange.corrections.model import Places

    one = Places(frozenset({"a"}), {"x": frozenset({"p"}), "y": None})
    two = Places(frozenset({"b"}), {"x": frozenset({"q"}), "y": frozenset({"r"})})
    assert all_places([one, two]) == Places(frozenset({"a", "b"}), {"x": frozenset({"p", "q"}), "y": None})
    assert all_places([]) == Places(frozenset())
