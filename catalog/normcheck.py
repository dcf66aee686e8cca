"""Norms of a home held against its departments: who issued them are units of the city."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.crosscheck import Draft
from catalog.problems import Problem, unknown


def check_issuers(draft: Draft) -> Iterator[Problem]:
    """Norms that name an issuer which is no unit of this city (Haishu 30: the authority with the market regulator)."""
    if draft.norms is None or draft.norms_place is None or draft.departments_unread:
        return
    known = [one.id for one in draft.departments]
    for position, norm in enumerate(draft.norms.norms):
        for place, name in enumerate(norm.issued_by):
            if name not in known:
                where = draft.norms_place.at("norms", position, "issued_by", place)
                yield unknown(where, ("部门", "department"), name, known)
