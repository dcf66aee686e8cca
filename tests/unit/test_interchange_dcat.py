"""The catalogue as DCAT-AP: a validator accepts it, refuses it without what is mandatory, and harvesters find what it says."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import dcat_shapes
import pytest
from interchange_entries import DEPARTMENTS, HAISHU, entry
from pyshacl import validate
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SH, SKOS, XSD, Graph, Literal, URIRef
from rdflib.collection import Collection

from catalog.documents import load_city
from catalog.interchange.dcat import CSVW, VCARD, Offered, Portal, graph_of, json_ld, turtle
from ground.errors import UserError
from simulation.declared import DOCUMENTS

BY_ID = {one.id: one for one in DEPARTMENTS}
EU = "http://publications.europa.eu/resource/authority/"
WEB = "https://data.example.gov.cn/catalogue/"
CONDITIONAL = {
    "class": "conditional",
    "reason": "含个人信息",
    "legal_basis": "个人信息保护法第三十四条",
    "condition": "履职需要",
}


def official() -> Graph:
    """The official files where somebody has them, for a test that is skipped where nobody has."""
    found = dcat_shapes.shapes(Path(os.environ.get("SHUYUAN_DCAT_AP_SHAPES", "/nonexistent")))
    if not found:
        pytest.skip(
            "NOT RUN: official shapes of DCAT-AP; SHUYUAN_DCAT_AP_SHAPES names their folder (tests/fixtures/dcat_ap/README.md)"
        )
    return found


@pytest.fixture(scope="session")
def ours() -> Graph:
    """The constraints as we restate them."""
    return dcat_shapes.shapes(dcat_shapes.FOLDER)


@pytest.fixture(scope="session", params=["ours", "official"])
def shapes(request: pytest.FixtureRequest, ours: Graph) -> Graph:
    """The constraints: as we restate them always, the official files where somebody has them."""
    return ours if request.param == "ours" else official()


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


@pytest.mark.parametrize(
    ("subject", "predicate", "value"),
    [("catalogue", DCTERMS.modified, Literal("昨天")), ("catalogue", DCAT.themeTaxonomy, URIRef("urn:x")),
     ("dataset/ga_household", DCTERMS.issued, Literal("昨天")), ("dataset/ga_household", DCTERMS.accessRights, Literal("公开")),
     ("dataset/ga_household", DCTERMS.accrualPeriodicity, URIRef("urn:x")), ("dataset/ga_household", DCTERMS.spatial, Literal("全市")),
     ("dataset/ga_household", DCTERMS.language, Literal("zh")), ("dataset/ga_household", DCAT.theme, Literal("人口")),
     ("dataset/ga_household", DCAT.keyword, URIRef("urn:x")), ("dataset/ga_household", DCTERMS.relation, Literal("2/2")),
     ("dataset/ga_household", DCTERMS.type, Literal("表")), ("dataset/ga_household", DCAT.landingPage, URIRef("urn:x")),
     ("dataset/ga_household.1", DCTERMS.license, Literal("CC BY 4.0")), ("dataset/ga_household.1", DCAT.mediaType, Literal("text/csv")),
     ("dataset/ga_household.1", DCTERMS["format"], Literal("CSV")), ("dataset/ga_household.1", DCAT.byteSize, Literal("12")),
     ("dataset/ga_household.2", DCAT.servesDataset, URIRef("urn:x")), ("dataset/ga_household.2", DCTERMS.license, Literal("CC BY 4.0")),
     ("department/ga", DCTERMS.type, Literal("局")), ("department/ga", FOAF.name, URIRef("urn:x"))],
)  # fmt: skip
def test_a_validator_refuses_a_value_of_the_wrong_kind(subject, predicate, value, shapes):
    data = graph(
        entry(scope="全市", related=["2/2"]), entry("other", code="2/2", department="mz"), base=WEB, offered=offered()
    )
    data.set((URIRef(WEB + subject), predicate, value))
    assert not conforms(data, shapes)


@pytest.mark.parametrize(
    ("subject", "predicate", "second"),
    [("catalogue", DCTERMS.publisher, "department/ga"), ("dataset/ga_household", DCTERMS.publisher, "department/bureau"),
     ("dataset/ga_household", DCTERMS.accessRights, "dataset/ga_household.sharing")],
)  # fmt: skip
def test_a_validator_refuses_a_second_value_where_there_is_one(subject, predicate, second, shapes):
    data = graph(entry(), base=WEB, offered=offered())
    data.add((URIRef(WEB + subject), predicate, URIRef(WEB + second)))
    assert not conforms(data, shapes)


@pytest.mark.parametrize("named", ["files/1.csv", "api", "dataset/other"])
def test_addresses_and_related_entries_are_stated_to_be_resources_as_3_0_asks(named, ours):
    data = graph(entry(related=["2/2"]), entry("other", code="2/2", department="mz"), base=WEB, offered=offered())
    assert conforms(data, ours)
    data.remove((URIRef(WEB + named), RDF.type, RDFS.Resource))
    assert not conforms(data, ours)


def test_every_property_that_is_exported_is_held(ours):
    data = graph(
        entry(scope="全市", related=["2/2"]), entry("other", code="2/2", department="mz"), base=WEB, offered=offered()
    )
    held = dcat_shapes.constraints(ours)
    classes = {one for one, _ in held}
    exported = {
        (class_, predicate)
        for subject, class_ in data.subject_objects(RDF.type)
        if class_ in classes
        for predicate in data.predicates(subject)
        if predicate != RDF.type
    }
    assert classes <= set(data.objects(None, RDF.type)), "the test exports no example of a class"
    assert exported - set(held) == set()


def test_the_shapes_as_we_restate_them_are_no_weaker_than_the_official_ones(ours):
    assert dcat_shapes.missing(ours, official()) == []


def test_weaker_shapes_are_found_out(ours):
    weaker = Graph() + ours
    title = next(one for one in weaker.subjects(SH.path, DCTERMS.title) if (one, SH.minCount, None) in weaker)
    weaker.remove((title, SH.minCount, None))
    assert len(dcat_shapes.missing(weaker, ours)) == 1


def test_what_no_validator_reads_past_in_the_official_files_is_mended(tmp_path):
    """A file with every known fault of the releases, in our own words; each is said in tests/fixtures/dcat_ap/README.md."""
    (tmp_path / "faults.ttl").write_text(
        """
        @prefix : <urn:x:> . @prefix dc: <http://purl.org/dc/elements/1.1/> . @prefix dct: <http://purl.org/dc/terms/> .
        @prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:set_unended sh:path dct:title ; sh:nodeKind sh:Literal

:set_dcat:page sh:path dcat:landingPage ; sh:nodeKind sh:IRI .

        :set sh:targetClass dcat:Dataset ; sh:property :set_unended , :set_dcat_page , :set_nowhere , [ ] ,
            [ sh:path dct:issued ; sh:shape :day ] , [ sh:path dc:isReferencedBy ; sh:nodeKind sh:IRI ] ,
            [ sh:path <http://data.europa.eu/r5ravailability> ; sh:maxCount 1 ] , [ sh:path dcat:inSeries ; sh:minCount 1 ] .
        :day sh:or ( [ sh:datatype xsd:date ] ) .
        """,
        encoding="utf-8",
    )
    found = {path: asked for (_, path), asked in dcat_shapes.constraints(dcat_shapes.shapes(tmp_path)).items()}
    assert found == {
        DCTERMS.title: {("nodeKind", str(SH.Literal))},
        DCAT.landingPage: {("nodeKind", str(SH.IRI))},
        DCTERMS.issued: {("datatypes", frozenset({XSD.date}))},
        DCTERMS.isReferencedBy: {("nodeKind", str(SH.IRI))},
        URIRef("http://data.europa.eu/r5r/availability"): {("maxCount", 1)},
        URIRef(f"{DCAT}inSeries"): set(),
    }


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
