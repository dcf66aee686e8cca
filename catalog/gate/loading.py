"""The gate where documents are loaded: what it refuses is a problem of the catalogue like any other, with its place."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.city import City
from catalog.collectors import LawfulCollectors
from catalog.crosscheck import Draft, Entry
from catalog.gate.bases import Basis, kind_of_basis
from catalog.gate.gate import CatalogueGate
from catalog.gate.rules import GateRules
from catalog.gate.verdict import Reason
from catalog.problems import Problem
from catalog.register import Register


def gate_problems(draft: Draft, collectors: LawfulCollectors) -> Iterator[Problem]:
    """What the gate refuses in documents that fit together otherwise; what is near is no problem of the documents.

    A legal basis that is still to be filled in (``待填`` of a drafted feed) bars no loading, or no draft could be tried out: it
    is told by ``catalog check``, and an entry cannot be submitted with it.

    Which city's rules are in force is not known where documents are read: `city_gate` says the same with its articles.
    """
    register = draft.register[0] if draft.register else Register(libraries={})
    entries = [draft.entries[name] for name in sorted(draft.entries)]
    gate = CatalogueGate([one.resource for one in entries], register, draft.departments, collectors)
    for name, verdict in gate.whole(findings_too=False).items():
        entry = draft.entries[name]
        for refusal in verdict.refusals:
            if refusal.reason is Reason.NO_BASIS:
                continue
            inside = (
                ("items", entry.resource.item_ids.index(refusal.item)) if refusal.item is not None else ("sharing",)
            )
            yield Problem(refusal.zh, refusal.en, entry.at(*inside))


def basis_warnings(draft: Draft) -> Iterator[Problem]:
    """Legal bases that say nothing or name no law, each with its place: they bar no loading, and are not passed over in silence."""
    for name in sorted(draft.entries):
        entry = draft.entries[name]
        resource = entry.resource
        for what, access in (("sharing", resource.sharing), ("opening", resource.opening)):
            if access.class_ != "unconditional":
                yield from _doubted(entry, access.legal_basis, what)
        for place, item in enumerate(resource.items):
            if item.collection is not None and item.collection.as_ == "exception":
                yield from _doubted(entry, item.collection.legal_basis, "items", place, "collection")


def _doubted(entry: Entry, text: str | None, *field: str | int) -> Iterator[Problem]:
    kind, said = kind_of_basis(text), (text or "").strip()[:40]
    if kind is Basis.NONE:
        yield Problem(
            f"“{said}”没有写明法律、法规或政策依据，提交审核时会被拒绝。请写到条。",
            f"'{said}' names no law, and is refused when it is submitted. Write the provision.",
            entry.at(*field, "legal_basis"),
        )
    elif kind is Basis.DOUBTFUL:
        yield Problem(
            f"“{said}”看不出是哪部法律、法规或文件的哪一条。请写到条，或由主管部门核定。",
            f"'{said}' names no law, article or document. Write the provision, or have the authority judge it.",
            entry.at(*field, "legal_basis"),
        )


def city_gate(city: City, rules: GateRules | None = None) -> CatalogueGate:
    """The gate over a city's catalogue, speaking in the words of its rules."""
    return CatalogueGate(city.resources, city.register, city.departments, city.collectors, rules)
