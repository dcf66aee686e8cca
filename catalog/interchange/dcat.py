"""The catalogue as DCAT-AP: one graph of linked data that other portals harvest.

Source: DCAT-AP 2.1.1 and 3.0.0 (SEMIC), whose shapes both accept it (what was verified, and the one fault of 3.0.0:
tests/fixtures/dcat_ap/README.md): classes and ranges that they ask for are stated, EU authority tables where they have the term (frequency, access right, language), a concept scheme of our own for 信息资源分类.
`dct:accessRights` tells what the public may have, which is the opening class; how organs share it is a rights statement beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from rdflib import RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCAT, DCTERMS, FOAF, SKOS
from rdflib.term import Node

from catalog.departments import Department
from catalog.interchange.words import Words
from catalog.model import Item, ItemType, Resource, UpdateCycle
from ground.errors import UserError
from standards.elements import elements

DEFAULT_BASE = "urn:shuyuan:catalogue:"
"""Names things without a web address; a portal that serves them gives its own."""

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
CSVW = Namespace("http://www.w3.org/ns/csvw#")
EU = "http://publications.europa.eu/resource/authority/"
CHINESE = URIRef(f"{EU}language/ZHO")

FREQUENCY = {
    UpdateCycle.REAL_TIME: "CONT", UpdateCycle.DAILY: "DAILY", UpdateCycle.WORKING_DAY: "DAILY",
    UpdateCycle.WEEKLY: "WEEKLY", UpdateCycle.MONTHLY: "MONTHLY", UpdateCycle.QUARTERLY: "QUARTERLY",
    UpdateCycle.HALF_YEARLY: "ANNUAL_2", UpdateCycle.YEARLY: "ANNUAL", UpdateCycle.AD_HOC: "IRREG", UpdateCycle.ONCE: "NEVER",
}  # fmt: skip
"""Update cycle -> code of the EU authority table of frequencies, which has none for working days."""
ACCESS = {"unconditional": "PUBLIC", "conditional": "RESTRICTED", "not": "NON_PUBLIC"}
"""Opening class -> code of the EU authority table of access rights."""
DATATYPES = {
    ItemType.TEXT: XSD.string, ItemType.INTEGER: XSD.integer, ItemType.DECIMAL: XSD.decimal, ItemType.DATE: XSD.date,
    ItemType.TIMESTAMP: XSD.dateTime, ItemType.GEOMETRY: URIRef("http://www.opengis.net/ont/geosparql#wktLiteral"),
}  # fmt: skip


@dataclass(frozen=True)
class Offered:
    """Where the public finds data of a resource.

    Attributes:
        title: what it is called.
        url: where it is had.
        media_type: as IANA names it.
        licence: address of the licence.
        is_service: an interface rather than a file.
    """

    title: str
    url: str
    media_type: str | None = None
    licence: str | None = None
    is_service: bool = False


@dataclass(frozen=True)
class Portal:
    """What the graph says of the catalogue as a whole.

    Attributes:
        title: what it is called.
        publisher: the department that answers for it (数据主管部门).
        modified: when the catalogue changed last.
        base: beginning of every name; ends with ``/``, ``#`` or ``:``.
        offered: resource -> where the public finds its data.
    """

    title: str
    publisher: Department
    modified: datetime | None = None
    base: str = DEFAULT_BASE
    offered: Mapping[str, tuple[Offered, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (
            not urlsplit(self.base).scheme
            or self.base[-1] not in "/#:"
            or any(one in self.base for one in ' <>"{}|\\^`')
        ):
            raise UserError(
                f"--base “{self.base}”不是可用的前缀，应为完整网址或 urn，以 /、# 或 : 结尾，如 https://data.example.gov.cn/catalogue/。",
                f"--base {self.base!r} is no prefix: a whole address or urn that ends with /, # or :.",
                where="--base",
            )


def graph_of(
    portal: Portal, resources: Iterable[Resource], departments: Mapping[str, Department], words: Words
) -> Graph:
    """The graph of a catalogue.

    Args:
        portal: what holds for the catalogue as a whole.
        resources: the published entries.
        departments: id -> department.
        words: the city's words for the classes of sharing.
    """
    return _Writer(portal, departments, words).write(list(resources))


def turtle(graph: Graph) -> str:
    """The graph in Turtle."""
    return graph.serialize(format="turtle")


def json_ld(graph: Graph) -> str:
    """The graph in JSON-LD, with prefixes as its context."""
    context = {prefix: str(name) for prefix, name in graph.namespaces() if prefix in _PREFIXES}
    said = json.loads(graph.serialize(format="json-ld", context=context, auto_compact=True))
    return json.dumps(_ordered(said), ensure_ascii=False, indent=1) + "\n"


def _ordered(said: Any) -> Any:
    """In the order of names, so that two exports of one catalogue are one text; what is a list to begin with stays in its order."""
    if isinstance(said, dict):
        return {name: value if name in ("@context", "@list") else _ordered(value) for name, value in said.items()}
    if isinstance(said, list):
        return sorted(map(_ordered, said), key=lambda one: json.dumps(one, ensure_ascii=False, sort_keys=True))
    return said


_PREFIXES = {
    "dcat": DCAT, "dct": DCTERMS, "foaf": FOAF, "skos": SKOS, "vcard": VCARD, "csvw": CSVW, "xsd": XSD, "rdf": RDF, "rdfs": RDFS,
}  # fmt: skip


class _Writer:
    def __init__(self, portal: Portal, departments: Mapping[str, Department], words: Words) -> None:
        self._portal = portal
        self._departments = departments
        self._words = words
        self._graph = Graph(bind_namespaces="none")
        for prefix, name in _PREFIXES.items():
            self._graph.bind(prefix, name)
        self._standards = {one.id: one.standard for one in elements() if one.standard}

    def write(self, resources: list[Resource]) -> Graph:
        catalogue = self._name("catalogue")
        scheme = self._name("categories")
        self._add(catalogue, RDF.type, DCAT.Catalog)
        self._add(catalogue, DCTERMS.title, _zh(self._portal.title))
        self._add(
            catalogue,
            DCTERMS.description,
            _zh(f"{self._portal.title}，共 {len(resources)} 个信息资源，由{self._portal.publisher.name}编制。"),
        )
        self._add(catalogue, DCTERMS.publisher, self._agent(self._portal.publisher))
        self._language(catalogue)
        if self._portal.modified is not None:
            self._add(catalogue, DCTERMS.modified, Literal(self._portal.modified))
        if any(one.category for one in resources):
            self._add(scheme, RDF.type, SKOS.ConceptScheme)
            self._add(scheme, DCTERMS.title, _zh("信息资源分类"))
            self._add(catalogue, DCAT.themeTaxonomy, scheme)
        by_code = {one.code: self._dataset_name(one) for one in resources if one.code}
        for one in resources:
            self._add(catalogue, DCAT.dataset, self._dataset(one, scheme, by_code))
        return self._graph

    def _dataset(self, one: Resource, scheme: URIRef, by_code: Mapping[str, URIRef]) -> URIRef:
        name = self._dataset_name(one)
        department = self._departments[one.department]
        self._add(name, RDF.type, DCAT.Dataset)
        self._add(name, DCTERMS.title, _zh(one.title))
        self._add(name, DCTERMS.description, _zh(one.abstract or _items_said(one)))
        for identifier in (one.id, one.code):
            if identifier:
                self._add(name, DCTERMS.identifier, Literal(identifier))
        self._add(name, DCTERMS.publisher, self._agent(department))
        self._add(name, DCAT.contactPoint, self._contact(department))
        self._language(name)
        self._typed(
            name, DCTERMS.accrualPeriodicity, URIRef(f"{EU}frequency/{FREQUENCY[one.update_cycle]}"), DCTERMS.Frequency
        )
        access = URIRef(f"{EU}access-right/{ACCESS[one.opening.class_]}")
        self._typed(name, DCTERMS.accessRights, access, DCTERMS.RightsStatement)
        self._sharing(name, one)
        if one.category:
            self._add(name, DCAT.theme, self._concept(one.category, scheme))
        for word in dict.fromkeys([*[part for part in (one.category or "").split("/") if part], one.system]):
            self._add(name, DCAT.keyword, _zh(word))
        if one.released is not None:
            self._add(name, DCTERMS.issued, Literal(one.released))
        if one.scope:
            place = URIRef(f"{name}.scope")
            self._typed(name, DCTERMS.spatial, place, DCTERMS.Location)
            self._add(place, RDFS.label, _zh(one.scope))
        for code in one.related:
            if code in by_code:
                self._typed(name, DCTERMS.relation, by_code[code], RDFS.Resource)
        self._schema(name, one)
        for number, offered in enumerate(self._portal.offered.get(one.id, ()), start=1):
            self._offer(name, number, offered)
        return name

    def _sharing(self, name: URIRef, one: Resource) -> None:
        said = [f"共享类型：{self._words.said('sharing', one.sharing.class_)}"]
        said += [f"共享条件：{one.sharing.condition}"] if one.sharing.condition else []
        said += [f"依据：{one.sharing.legal_basis}"] if one.sharing.legal_basis else []
        statement = URIRef(f"{name}.sharing")
        self._typed(name, DCTERMS.rights, statement, DCTERMS.RightsStatement)
        self._add(statement, RDFS.label, _zh("；".join(said)))

    def _schema(self, name: URIRef, one: Resource) -> None:
        """The items as the columns of a table schema, which is a standard that the dataset conforms to."""
        schema = URIRef(f"{name}.schema")
        self._typed(name, DCTERMS.conformsTo, schema, DCTERMS.Standard)
        self._add(schema, RDF.type, CSVW.Schema)
        self._add(schema, DCTERMS.title, _zh(f"{one.title}信息项"))
        self._add(schema, CSVW.primaryKey, Literal(" ".join(one.key)))
        columns: list[Node] = [self._column(schema, item, key=item.id in one.key) for item in one.items]
        head = BNode()
        Collection(self._graph, head, columns)
        self._add(schema, CSVW.column, head)
        for standard in sorted({self._standards[i.element] for i in one.items if i.element in self._standards}):
            known = self._name("standard", standard)
            self._typed(name, DCTERMS.conformsTo, known, DCTERMS.Standard)
            self._add(known, DCTERMS.title, _zh(standard))

    def _column(self, schema: URIRef, item: Item, *, key: bool) -> URIRef:
        name = URIRef(f"{schema}.{item.id}")
        self._add(name, RDF.type, CSVW.Column)
        self._add(name, CSVW.name, Literal(item.id))
        self._add(name, CSVW.title, _zh(item.title))
        self._add(name, CSVW.datatype, DATATYPES[item.type])
        self._add(name, CSVW.required, Literal(item.required or key))
        return name

    def _offer(self, name: URIRef, number: int, offered: Offered) -> None:
        at = URIRef(f"{name}.{number}")
        if offered.is_service:
            self._add(at, RDF.type, DCAT.DataService)
            self._typed(at, DCAT.endpointURL, URIRef(offered.url), RDFS.Resource)
            self._add(at, DCAT.servesDataset, name)
            self._add(self._name("catalogue"), DCAT.service, at)
        else:
            self._add(at, RDF.type, DCAT.Distribution)
            self._typed(at, DCAT.accessURL, URIRef(offered.url), RDFS.Resource)
            self._add(name, DCAT.distribution, at)
            if offered.media_type:
                media = URIRef(f"https://www.iana.org/assignments/media-types/{offered.media_type}")
                self._typed(at, DCAT.mediaType, media, DCTERMS.MediaType)
        self._add(at, DCTERMS.title, _zh(offered.title))
        if offered.licence:
            self._typed(at, DCTERMS.license, URIRef(offered.licence), DCTERMS.LicenseDocument)

    def _agent(self, department: Department) -> URIRef:
        name = self._name("department", department.id)
        self._add(name, RDF.type, FOAF.Agent)
        self._add(name, FOAF.name, _zh(department.name))
        if department.credit_code:
            self._add(name, DCTERMS.identifier, Literal(department.credit_code))
        return name

    def _contact(self, department: Department) -> URIRef:
        name = self._name("contact", department.id)
        self._add(name, RDF.type, VCARD.Kind)
        self._add(name, RDF.type, VCARD.Organization)
        self._add(name, VCARD.fn, _zh(" ".join(filter(None, (department.name, department.unit_in_charge)))))
        return name

    def _concept(self, category: str, scheme: URIRef) -> URIRef:
        """The concept of a category, below the concepts of its beginning: 基础/人口 below 基础."""
        parts = [part for part in category.split("/") if part]
        name = self._name("category", "/".join(parts))
        self._add(name, RDF.type, SKOS.Concept)
        self._add(name, SKOS.prefLabel, _zh(parts[-1]))
        self._add(name, SKOS.inScheme, scheme)
        if len(parts) > 1:
            self._add(name, SKOS.broader, self._concept("/".join(parts[:-1]), scheme))
        return name

    def _language(self, name: URIRef) -> None:
        self._typed(name, DCTERMS.language, CHINESE, DCTERMS.LinguisticSystem)

    def _typed(self, subject: URIRef, predicate: URIRef, value: URIRef, kind: URIRef) -> None:
        """A value and its class, which the ranges of DCAT-AP ask for even where the value is a term of a known table.

        3.0 asks for ``rdfs:Resource`` too, which holds of everything, but a validator that infers nothing wants it stated.
        """
        self._add(subject, predicate, value)
        self._add(value, RDF.type, kind)

    def _add(self, subject: URIRef, predicate: URIRef, value: URIRef | Literal | BNode) -> None:
        self._graph.add((subject, predicate, value))

    def _dataset_name(self, one: Resource) -> URIRef:
        return self._name("dataset", one.id)

    def _name(self, *parts: str) -> URIRef:
        joint = ":" if self._portal.base.endswith(":") else "/"
        return URIRef(self._portal.base + joint.join(quote(part, safe="") for part in parts))


def _zh(text: str) -> Literal:
    return Literal(text, lang="zh")


def _items_said(one: Resource) -> str:
    """What an entry without an abstract can say of itself."""
    return f"{one.title}，信息项：{'、'.join(item.title for item in one.items)}。"
