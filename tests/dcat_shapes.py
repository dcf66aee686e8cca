"""The shapes of DCAT-AP that tests hold an export to: as we restate them, and the official files mended of faults that no validator reads past."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from rdflib import DCAT, DCTERMS, SH, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

FOLDER = Path(__file__).parent / "fixtures" / "dcat_ap"

_UNENDED = re.compile(r"(sh:\w+)(\n\n:)")
_MISWRITTEN = {
    URIRef("http://purl.org/dc/elements/1.1/isReferencedBy"): DCTERMS.isReferencedBy,
    URIRef("http://data.europa.eu/r5ravailability"): URIRef("http://data.europa.eu/r5r/availability"),
}
"""Path that a release states -> the one that its text means."""
_NO_SUCH_TERM = URIRef("http://www.w3.org/ns/shacl#shape")
"""What 2.1.1 writes where it means ``sh:node``."""

_IN_SERIES = URIRef(f"{DCAT}inSeries")

Constraint = tuple[str, object]


def shapes(folder: Path) -> Graph:
    """The constraints of all Turtle files of a folder, which is empty where there are none."""
    graph = Graph()
    for one in sorted(folder.glob("*.ttl")):
        graph.parse(data=_UNENDED.sub(r"\1 .\2", one.read_text(encoding="utf-8")), format="turtle")
    return _mended(graph)


def _mended(graph: Graph) -> Graph:
    """Without the known faults of the releases; README.md beside the shapes says which they are."""
    for property_, said in list(graph.subject_objects(SH.path)):
        if said in _MISWRITTEN:
            graph.set((property_, SH.path, _MISWRITTEN[said]))
    for property_, shape in list(graph.subject_objects(_NO_SUCH_TERM)):
        graph.remove((property_, _NO_SUCH_TERM, shape))
        graph.add((property_, SH.node, shape))
    for node, property_ in list(graph.subject_objects(SH.property)):
        if (property_, SH.path, None) in graph:
            continue
        graph.remove((node, SH.property, property_))
        meant = URIRef(re.sub(r"_([a-z]+)_(\w+)$", r"_\1:\2", str(property_)))
        if (meant, SH.path, None) in graph:
            graph.add((node, SH.property, meant))
    for property_ in list(graph.subjects(SH.path, _IN_SERIES)):
        graph.remove((property_, SH.minCount, None))
    return graph


def constraints(graph: Graph) -> dict[tuple[Node, Node], set[Constraint]]:
    """Class and path -> what is asked there, as pairs of a kind of constraint and its value."""
    found: dict[tuple[Node, Node], set[Constraint]] = defaultdict(set)
    for node, class_ in graph.subject_objects(SH.targetClass):
        for property_ in graph.objects(node, SH.property):
            at = found[class_, graph.value(property_, SH.path)]
            for kind in ("minCount", "maxCount", "nodeKind", "class", "datatype"):
                at |= {(kind, said.toPython()) for said in graph.objects(property_, SH[kind])}
            for shape in graph.objects(property_, SH.node):
                either = Collection(graph, graph.value(shape, SH["or"]))
                at.add(("datatypes", frozenset(graph.value(one, SH.datatype) for one in either)))
    return dict(found)


def missing(ours: Graph, theirs: Graph) -> list[str]:
    """What their shapes ask of a class that ours speak of and ours do not ask, each as one line to read."""
    held = constraints(ours)
    classes = {class_ for class_, _ in held}
    return sorted(
        f"{class_} {path} {kind} {value}"
        for (class_, path), asked in constraints(theirs).items()
        if class_ in classes
        for kind, value in asked
        if not _asks(held.get((class_, path), set()), kind, value)
    )


def _asks(held: set[Constraint], kind: str, value: object) -> bool:
    kinds = {name for name, _ in held}
    if (kind, value) in held or ("maxCount", 0) in held:
        return True
    if kind == "nodeKind":
        return bool({"datatype", "datatypes"} & kinds) if value == str(SH.Literal) else "class" in kinds
    return False
