"""What the platform knows of an entry that a project or a purchase names: compiled, submitted, published, of which class.

The life of an entry is `catalog.entries`; here only what a gate asks of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from catalog.cases.model import Case
from catalog.cases.store import find_many
from catalog.entries.states import DRAFTED, ENTRY, IN_FORCE, RETURNED, UNDECLARED, WITHDRAWN
from catalog.model import Resource
from catalog.organisation import Organisation


@dataclass(frozen=True, slots=True)
class LinkedEntry:
    """An entry as a gate sees it.

    Attributes:
        id: as it is linked.
        title: of the entry; its id where there is none.
        department: who answers for it; None where there is no such entry.
        compiled: it is written, be it as a draft.
        submitted: it was given to the authority.
        published: it is in the catalogue in force.
        resource: the entry in force; None while it is not.
    """

    id: str
    title: str
    department: str | None
    compiled: bool
    submitted: bool
    published: bool
    resource: Resource | None


def find_entries(
    connection: Connection, ids: Collection[str], declared: Mapping[str, Resource]
) -> dict[str, LinkedEntry]:
    """How each of these entries stands.

    Args:
        connection: the caller's transaction.
        ids: of entries, of which some may not exist.
        declared: the catalogue in force by id. What stands there without a case of its own was loaded from documents.
    """
    cases = {one.id: one for one in find_many(connection, ENTRY, ids)}
    return {name: _linked(name, cases.get(name), declared.get(name)) for name in ids}


def is_own(entry: LinkedEntry, department: str, organisation: Organisation) -> bool:
    """Whether an entry is of the part of the catalogue to which ``department`` belongs (Wuhan 10).

    It is the department's own, or both are of units whose catalogue the same unit compiles. An entry whose department is no
    longer registered is nobody's.
    """
    if entry.department is None:
        return False
    if entry.department == department:
        return True
    if not (organisation.knows(entry.department) and organisation.knows(department)):
        return False
    return organisation.catalogue_owner(entry.department) == organisation.catalogue_owner(department)


def _linked(name: str, case: Case | None, declared: Resource | None) -> LinkedEntry:
    if case is None:
        there = declared is not None
        title, department = (declared.title, declared.department) if declared is not None else (name, None)
        return LinkedEntry(name, title, department, there, there, there, declared)
    compiled = case.state not in (WITHDRAWN, UNDECLARED)
    in_force = _in_force(case, declared)
    return LinkedEntry(
        id=name,
        title=case.title,
        department=case.department,
        compiled=compiled,
        submitted=compiled and case.state not in (DRAFTED, RETURNED),
        published=in_force is not None,
        resource=in_force,
    )


def _in_force(case: Case, declared: Resource | None) -> Resource | None:
    """The document in force: as it was published, or as it is declared where it came by documents."""
    if case.state not in IN_FORCE:
        return None
    document = case.facts.get("published")
    return Resource.model_validate(document) if document else declared
