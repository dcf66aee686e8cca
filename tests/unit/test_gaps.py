"""The report on gaps: what is missing, whose, in numbers; and that a large city is looked through in a second."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from project_office import NOW, UNITS, city_of, feed, resource
from test_gathering import came, service

from catalog.city import City
from catalog.collectors import CollectorDocument, LawfulCollectors
from catalog.departments import Department
from pipelines.gaps import Gap, Gaps, Kind, find_gaps, named_libraries
from pipelines.gaps_page import page
from pipelines.intake.store import Delivery
from policy.profile import load_profile

HOUSEHOLD: dict[str, Any] = {
    "items": [
        {"id": "no", "title": "公民身份号码", "element": "citizen_id"},
        {"id": "name", "title": "姓名", "element": "person_name"},
    ]
}
LIST = CollectorDocument.model_validate(
    {
        "functions": [{"id": "public_security", "title": "公安"}, {"id": "weather", "title": "气象"}],
        "subjects": [{"id": "person", "title": "自然人", "key_element": "citizen_id"}],
        "classes": [
            {"id": "household", "title": "户籍登记", "subject": "person", "elements": ["citizen_id", "person_name"],
             "collector": "public_security", "source": "赤峰解读四（二）1"},
            {"id": "forecast", "title": "预报", "subject": "person", "titles": ["气温"], "collector": "weather",
             "source": "通行做法"},
        ],
    }
)  # fmt: skip
REGISTER = {
    "libraries": {
        "population": {
            "title": "人口基础库", "key": "no", "key_in": {"ga_household": "no", "mz_marriage": "no"},
            "items": {
                "name": {"title": "姓名", "authority": "ga_household"},
                "sex": {"title": "性别", "authority": "ga_household"},
                "marital": {"title": "婚姻状况", "authority": "mz_marriage", "fallback": ["ga_household"]},
            },
        }
    }
}  # fmt: skip


def gaps_of(city: City, deliveries: Sequence[Delivery] = ()) -> Gaps:
    return find_gaps(city, service(city, deliveries).statuses(NOW))


def of(found: Gaps, kind: Kind) -> list[tuple[str | None, str]]:
    return [(one.department, one.subject) for one in found.gaps if one.kind is kind]


@pytest.mark.duty("R-023")
def test_tables_of_systems_are_counted_against_the_entries_that_name_them() -> None:
    systems = (
        {
            "id": "pop",
            "name": "人口信息系统",
            "department": "ga",
            "hosting": "own_room",
            "tables": ["t_person", "t_card"],
        },
        {"id": "mar", "name": "婚姻系统", "department": "mz", "hosting": "own_room", "tables": ["t_marriage"]},
    )
    entries = (resource("a", table="t_person"), resource("b", "mz", table="t_marriage"))  # b names another system
    found = gaps_of(city_of(*entries, systems=systems))
    assert of(found, Kind.TABLE) == [("ga", "pop/t_card"), ("mz", "mar/t_marriage")]
    assert (found.city.catalogued, found.city.tables) == (1, 3)
    covered = {one.department: (one.catalogued, one.tables) for one in found.departments}
    assert covered == {"ga": (1, 2), "mz": (0, 1)}


@pytest.mark.duty("R-023")
def test_a_branch_managed_vertically_catalogues_the_table_of_its_manager() -> None:
    systems = (
        {"id": "pop", "name": "人口信息系统", "department": "ga", "hosting": "own_room", "tables": ["t_person"]},
    )
    assert of(gaps_of(city_of(resource("a", "east_ga", table="t_person"), systems=systems)), Kind.TABLE) == []


def test_a_duty_without_entry_is_its_lawful_collectors() -> None:
    collectors = LawfulCollectors(LIST)
    without = replace(city_of(resource("x")), collectors=collectors)
    found = gaps_of(without)
    assert of(found, Kind.DUTY) == [("ga", "household")]
    assert of(found, Kind.NO_COLLECTOR) == [(None, "forecast")]
    assert found.gaps[-1].department is None  # what is nobody's comes last
    only_key = {"items": HOUSEHOLD["items"][:1]}
    assert of(gaps_of(replace(city_of(resource("x", **only_key)), collectors=collectors)), Kind.DUTY)
    others = replace(city_of(resource("x", "mz", **HOUSEHOLD)), collectors=collectors)
    assert of(gaps_of(others), Kind.DUTY) == [("ga", "household")]  # who has it must be who collects it
    entered = replace(city_of(resource("x", **HOUSEHOLD)), collectors=collectors)
    assert of(gaps_of(entered), Kind.DUTY) == []


def test_of_a_city_that_entered_no_functions_no_duty_is_said_to_be_missed() -> None:
    plain = tuple(Department.model_validate({**one, "functions": []}) for one in UNITS)
    city = replace(city_of(resource("x")), departments=plain, collectors=LawfulCollectors(LIST))
    assert not {Kind.DUTY, Kind.NO_COLLECTOR} & {one.kind for one in gaps_of(city).gaps}


def test_items_of_libraries_wait_for_their_source_or_whoever_stands_in() -> None:
    entries = (resource("ga_household"), resource("mz_marriage", "mz"))
    city = city_of(*entries, feeds=(feed("ga_household"), feed("mz_marriage")), register=REGISTER)
    found = gaps_of(city)
    waiting = {one.subject: one.items for one in found.gaps if one.kind is Kind.ITEM}
    assert waiting == {"population/ga_household": ("name", "sex"), "population/mz_marriage": ("marital",)}
    assert found.city.gaps[Kind.ITEM] == 3
    lent = gaps_of(city, [came("ga_household", NOW)])  # lends the marital status as well
    assert of(lent, Kind.ITEM) == []


@pytest.mark.duty("R-051")
def test_an_entry_that_does_not_say_on_which_basis_it_is_collected_is_a_gap() -> None:
    city = city_of(resource("a", collection_basis="户口登记条例第三条"), resource("b", "mz"))
    assert of(gaps_of(city), Kind.BASIS) == [("mz", "b")]


@pytest.mark.duty("R-051")
@pytest.mark.parametrize(
    ("entry", "item", "lacking"),
    [
        (None, None, [()]),
        ("无", None, [()]),
        ("工作需要", None, [()]),
        ("户口登记条例第三条", None, []),
        (None, {"as": "own", "legal_basis": "居民身份证法第十条"}, [("no",)]),
        ("暂缺", {"as": "own", "legal_basis": "居民身份证法第十条"}, [("no",)]),
        ("户口登记条例第三条", {"as": "own", "legal_basis": "工作需要"}, [("name",)]),
        ("户口登记条例第三条", {"as": "own", "legal_basis": "居民身份证法第十条"}, []),
        (None, {"as": "exception", "legal_basis": "税收征收管理法第六条"}, [("no",)]),
        (None, {"as": "corroboration", "source": "a.name"}, [()]),
    ],
)
def test_each_item_rests_on_its_own_basis_or_on_its_entrys_and_what_rests_on_none_is_told(
    entry: str | None, item: dict[str, str] | None, lacking: list[tuple[str, ...]]
) -> None:
    items = [{"id": "no", "title": "编号"}, {"id": "name", "title": "姓名", "collection": item}]
    found = gaps_of(city_of(resource("a", collection_basis=entry, items=items)))
    assert [one.items for one in found.gaps if one.kind is Kind.BASIS] == lacking
    assert found.city.gaps.get(Kind.BASIS, 0) == len(lacking)


@pytest.mark.duty("R-069")
@pytest.mark.parameter("base_libraries.base")
@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        ("wuhan", ["legal_person", "geography"]),
        ("longyan", ["legal_person", "licence"]),
        ("lianyungang", []),
        ("chifeng", []),
        ("haishu", []),
    ],
)
def test_base_libraries_that_a_citys_rules_name_are_built_by_its_authority(rules: str, missing: list[str]) -> None:
    library = {**REGISTER["libraries"]["population"], "base": "population"}
    entries = (resource("ga_household"), resource("mz_marriage", "mz"))
    city = city_of(*entries, register={"libraries": {"population": library}})
    named = named_libraries(load_profile(rules).base_libraries)
    found = find_gaps(city, service(city).statuses(NOW), named)
    assert of(found, Kind.LIBRARY) == [("bureau", one) for one in sorted(missing)]


def test_gaps_of_gathering_and_the_worst_department_first() -> None:
    city = city_of(
        resource("none", "mz"), resource("never", "ga"), resource("late", "ga"), resource("good", "mz"),
        feeds=(feed("never"), feed("late"), feed("good")),
    )  # fmt: skip
    found = gaps_of(city, [came("late", NOW - timedelta(days=120)), came("good", NOW)])
    assert [(one.kind, one.department, one.subject) for one in found.gaps if one.kind not in (Kind.DUTY, Kind.BASIS)][:3] == [
        (Kind.NEVER, "ga", "never"), (Kind.LATE, "ga", "late"), (Kind.NO_FEED, "mz", "none"),
    ]  # fmt: skip
    (late,) = [one for one in found.gaps if one.kind is Kind.LATE]
    assert late.since is not None
    assert late.since < NOW.date()
    missing = [one.missing for one in found.departments]
    assert missing == sorted(missing, reverse=True)
    assert found.city.missing == sum(one.number for one in found.gaps)
    assert (found.city.resources, found.city.with_feed, found.city.delivered, found.city.in_time) == (4, 3, 2, 1)


def test_a_city_in_order_has_no_gaps_and_its_page_no_picture_of_them() -> None:
    city = replace(
        city_of(resource("x", **HOUSEHOLD, collection_basis="户口登记条例第三条"), feeds=(feed("x"),)),
        collectors=LawfulCollectors(CollectorDocument()),
    )
    deliveries = [came("x", NOW)]
    found = gaps_of(city, deliveries)
    assert found.gaps == ()
    text = page(found, service(city, deliveries).rates(NOW), {"ga": "市公安局"}, NOW)
    assert text.count("<svg") == 1


def test_the_page_shows_names_as_text_and_loads_nothing() -> None:
    city = city_of(resource("x", title="<script>户籍"))
    found = gaps_of(city)
    text = page(found, service(city).rates(NOW), {one["id"]: one["name"] for one in UNITS}, NOW)
    assert "&lt;script&gt;户籍" in text
    assert "<script" not in text
    assert "src=" not in text
    assert text.count("<svg") == 2
    assert "市公安局" in text


def test_thousands_of_resources_are_looked_through_in_a_second() -> None:
    many = 5_000
    names = [f"r{number}" for number in range(many)]
    systems = tuple(
        {"id": f"s{n}", "name": f"系统{n}", "department": "ga", "hosting": "own_room", "tables": [f"t{n}_{i}" for i in range(10)]}
        for n in range(500)
    )  # fmt: skip
    city = city_of(
        *(resource(name, ("ga", "mz", "water")[n % 3], system=f"系统{n % 500}") for n, name in enumerate(names)),
        feeds=tuple(feed(name) for name in names[: many // 2]),
        systems=systems,
    )
    deliveries = [
        came(name, NOW - timedelta(days=n % 200), number=n) for n, name in enumerate(names[: many // 3], start=1)
    ]
    gathering = service(city, deliveries)
    start = time.process_time()
    found = find_gaps(city, gathering.statuses(NOW))
    assert time.process_time() - start < 1.0
    assert found.city.resources == many
    assert sum(isinstance(one, Gap) for one in found.gaps) > many / 2
