"""The catalogue as DCAT-AP: a validator accepts it, refuses it without what is mandatory, and harvesters find what it says."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from interchange_entries import DEPARTMENTS, HAISHU, entry
from pyshacl import validate
from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, Graph, Literal, URIRef
from rdflib.collection import Collection

from catalog.documents import load_city
from catalog.interchange.dcat import CSVW, VCARD, Offered, Portal, graph_of, json_ld, turtle
from ground.errors import UserError
from simulation.declared import DOCUMENTS

SHAPES = Path(__file__).parents[1] / "fixtures" / "dcat_ap"
BY_ID = {one.id: one for one in DEPARTMENTS}
EU = "http://publications.europa.eu/resource/authority/"
WEB = "https://data.example.gov.cn/catalogue/"
CONDITIONAL = {
    "class": "conditional",
    "reason": "含个人信息",
    "legal_basis": "个人信息保护法第三十四条",
    "condition": "履职需要",
}


@pytest.fixture(scope="session", params=["ours", "official"])
def shapes(request: pytest.FixtureRequest) -> Graph:
    """The constraints: as we restate them always, the official files where somebody has them."""
    folder = SHAPES if request.param == "ours" else Path(os.environ.get("SHUYUAN_DCAT_AP_SHAPES", "/nonexistent"))
    files = sorted(folder.glob("*.ttl"))
    if not files:
        pytest.skip(
            "NOT RUN: official shapes of DCAT-AP; SHUYUAN_DCAT_AP_SHAPES names their folder (tests/fixtures/dcat_ap/README.md)"
        )
    graph = Graph()
    for one in files:
        graph.parse(one, format="turtle")
    return graph


def portal(**more) -> Portal:
    return Portal("海曙区公共数据资源目录", BY_ID["bureau"], datetime(2026, 11, 21, tzinfo=UTC), **more)


def graph(*resources, **more) -> Graph:
    return graph_of(portal(**more), resources, BY_ID, HAISHU)


def conforms(data: Graph, shapes: Graph) -> bool:
    accepted, _, _ = validate(data, shacl_graph=shapes)
    return accepted


def offered() -> dict:
    return {
        "ga_household": (
            Offered("户籍统计", f"{WEB}files/1.csv", "text/csv", "https://creativecommons.org/licenses/by/4.0/"),
            Offered("户籍查询接口", f"{WEB}api", is_service=True),
        )
    }


def test_a_validator_accepts_the_whole_simulated_city(shapes):
    city = load_city(DOCUMENTS)
    departments = {one.id: one for one in city.departments}
    authority = next(one for one in city.departments if one.kind == "authority")
    data = graph_of(Portal("目录", authority, datetime(2026, 11, 21, tzinfo=UTC)), city.resources, departments, HAISHU)
    assert len(list(data.subjects(RDF.type, DCAT.Dataset))) == len(city.resources)
    assert conforms(data, shapes)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own reader of JSON-LD
@pytest.mark.parametrize("form", ["turtle", "json-ld"])
def test_a_validator_accepts_what_is_written_with_everything_known(form, shapes):
    data = graph(
        entry(scope="全市", related=["2/2"]), entry("other", code="2/2", department="mz"), base=WEB, offered=offered()
    )
    text = turtle(data) if form == "turtle" else json_ld(data)
    read = Graph().parse(data=text, format=form)
    assert read.isomorphic(data) if hasattr(read, "isomorphic") else len(read) == len(data)
    assert conforms(read, shapes)


@pytest.mark.parametrize(
    ("subject", "predicate"),
    [("dataset/ga_household", DCTERMS.title), ("dataset/ga_household", DCTERMS.description), ("catalogue", DCTERMS.title),
     ("catalogue", DCTERMS.description), ("catalogue", DCTERMS.publisher), ("department/ga", FOAF.name), ("department/ga", RDF.type),
     ("contact/ga", RDF.type), ("categories", DCTERMS.title), ("category/%E5%9F%BA%E7%A1%80", SKOS.prefLabel),
     ("dataset/ga_household.1", DCAT.accessURL), ("dataset/ga_household.2", DCAT.endpointURL), ("dataset/ga_household.schema", RDF.type)],
)  # fmt: skip
def test_a_validator_refuses_it_without_what_is_mandatory(subject, predicate, shapes):
    data = graph(entry(), base=WEB, offered=offered())
    assert conforms(data, shapes)
    taken = list(data.triples((URIRef(WEB + subject), predicate, None)))
    assert taken, "the test takes nothing out"
    for one in taken:
        data.remove(one)
    assert not conforms(data, shapes)


def test_it_says_what_a_harvester_looks_for():
    data = graph(entry(sharing=CONDITIONAL, opening=CONDITIONAL, update_cycle="half_yearly"), base=WEB)
    name = URIRef(f"{WEB}dataset/ga_household")
    value = data.value
    assert value(name, DCTERMS.title) == Literal("户籍登记", lang="zh")
    assert value(name, DCTERMS.description) == Literal("全市户籍人口登记信息", lang="zh")
    assert set(map(str, data.objects(name, DCTERMS.identifier))) == {"ga_household", "1001001/000001"}
    assert value(value(name, DCTERMS.publisher), FOAF.name) == Literal("公安局", lang="zh")
    assert value(value(name, DCAT.contactPoint), VCARD.fn) == Literal("公安局", lang="zh")
    assert value(name, DCTERMS.accrualPeriodicity) == URIRef(f"{EU}frequency/ANNUAL_2")
    assert value(name, DCTERMS.accessRights) == URIRef(f"{EU}access-right/RESTRICTED")
    assert value(name, DCTERMS.language) == URIRef(f"{EU}language/ZHO")
    assert str(value(name, DCTERMS.issued)) == "2026-01-05"
    theme = value(name, DCAT.theme)
    assert value(theme, SKOS.prefLabel) == Literal("人口", lang="zh")
    assert value(value(theme, SKOS.broader), SKOS.prefLabel) == Literal("基础", lang="zh")
    sharing = str(value(value(name, DCTERMS.rights), URIRef("http://www.w3.org/2000/01/rdf-schema#label")))
    assert "受限共享" in sharing and "履职需要" in sharing and "个人信息保护法" in sharing
    schema = URIRef(f"{name}.schema")
    columns = list(Collection(data, value(schema, CSVW.column)))
    assert [str(value(one, CSVW.title)) for one in columns] == ["公民身份号码", "姓名"]
    assert str(value(schema, CSVW.primaryKey)) == "citizen_id"
    standards = {str(value(one, DCTERMS.title)) for one in data.objects(name, DCTERMS.conformsTo)}
    assert "GB 11643-1999" in standards


@pytest.mark.parametrize("class_", ["unconditional", "conditional", "not"])
def test_what_the_public_may_have_is_the_opening_class_whatever_organs_share(class_):
    said = {"class": class_, "reason": "x", "legal_basis": "y"}
    data = graph(entry(opening=said), entry("b", code=None, opening={"class": "unconditional"}, sharing=said), base=WEB)
    rights = [
        str(data.value(URIRef(f"{WEB}dataset/{name}"), DCTERMS.accessRights)).rpartition("/")[2]
        for name in ("ga_household", "b")
    ]
    assert rights == [{"unconditional": "PUBLIC", "conditional": "RESTRICTED", "not": "NON_PUBLIC"}[class_], "PUBLIC"]


def test_two_exports_of_one_catalogue_are_one_text():
    assert json_ld(graph(entry(), entry("b", code=None))) == json_ld(graph(entry("b", code=None), entry()))
    assert turtle(graph(entry())) == turtle(graph(entry()))


@pytest.mark.parametrize("base", ["", "catalogue/", "https://x.cn", "https://x.cn/a b/", "urn:x"])
def test_a_base_that_makes_no_names_is_refused(base):
    with pytest.raises(UserError, match="--base"):
        portal(base=base)


def test_the_classes_and_properties_are_those_that_public_catalogues_use(shared_data):
    """A sanity check of the terms against a catalogue that CKAN wrote."""
    theirs = Graph().parse(shared_data("catalogue_dcat_examples") / "catalog.rdf", format="xml")
    ours = graph(entry(), base=WEB, offered=offered())
    assert {DCAT.Catalog, DCAT.Dataset} <= set(theirs.objects(None, RDF.type)) & set(ours.objects(None, RDF.type))
    used = {one for one in theirs.predicates() if str(one).startswith((str(DCAT), str(DCTERMS)))}
    assert {DCAT.dataset, DCTERMS.title, DCTERMS.description} <= used & set(ours.predicates())
