"""The legal grounds of one entry: of its classes, and of what it collects again as an exception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.gate import words
from catalog.gate.bases import Basis, kind_of_basis
from catalog.gate.rules import Act, GateRules
from catalog.gate.verdict import Finding, Kind, Reason, Refusal
from catalog.matching.index import Collected, collected
from catalog.model import Access, Item, Resource


def without_basis(resource: Resource, rules: GateRules) -> Iterator[Refusal]:
    """Classes that are not unconditional and rest on nothing; the model asks for a text, here it must say something."""
    for name, access in _classes(resource):
        if access.class_ != "unconditional" and kind_of_basis(access.legal_basis) is Basis.NONE:
            zh, en = words.no_basis(resource, name, access.class_, rules)
            yield Refusal(Reason.NO_BASIS, resource.id, None, None, zh, en)


def basis_findings(resource: Resource, exceptions: Iterable[Item]) -> Iterator[Finding]:
    """Bases that name no law, and every exception: whether the law says so, the authority sees.

    Args:
        resource: the entry.
        exceptions: its items that are collected as an exception.
    """
    for name, access in _classes(resource):
        if access.class_ != "unconditional" and kind_of_basis(access.legal_basis) is Basis.DOUBTFUL:
            zh, en = words.basis_asked(resource, name, access.legal_basis or "")
            place = Collected(resource.department, resource.id, f"{name}.legal_basis")
            yield Finding(Kind.BASIS, place, None, 0.5, zh, en)
    for item in exceptions:
        kind = kind_of_basis(item.collection.legal_basis if item.collection else None)
        if kind is not Basis.NONE:
            zh, en = words.exception_asked(resource, item, sure=kind is Basis.CITED)
            yield Finding(Kind.EXCEPTION, collected(resource, item), None, 0.5, zh, en)


def _classes(resource: Resource) -> tuple[tuple[Act, Access], ...]:
    return (("sharing", resource.sharing), ("opening", resource.opening))
