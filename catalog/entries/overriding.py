"""A class of sharing for a time (Wuhan 16) beside everything else that happens to an entry meanwhile.

The file of the entry states the temporary class, and people copy the file: to ask for a change, or to edit it where it lies. What
they write then is a change of the document under the override and does not ask for that class, which goes on its day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.cases.model import Case, Facts
from catalog.entries.content import Document, document_of, resource_of
from catalog.entries.held import changed
from catalog.model import Access, Resource
from ground.errors import UserError


def is_of_override(facts: Facts, document: Document) -> bool:
    """Whether the sharing that a document states is that of a class for a time, of now or the last one that is over."""
    said = _sharing(document)
    return any(one is not None and _sharing(one) == said for one in (facts.get("override"), facts.get("override_was")))


def lasting(facts: Facts, document: Document) -> Document:
    """A document as it is to last: where it only repeats a class for a time, with the class that was published."""
    published = facts.get("published")
    if published is None or not is_of_override(facts, document):
        return document
    return {**document, "sharing": published["sharing"]}


def lasting_resource(facts: Facts, resource: Resource) -> Resource:
    """`lasting` of a resource."""
    said = document_of(resource)
    kept = lasting(facts, said)
    return resource if kept is said else resource_of(kept)


def override_over(facts: Facts) -> dict[str, Any]:
    """What the end of a class for a time sets; a document that was edited by hand meanwhile loses that class as well."""
    sets: dict[str, Any] = {"override": None, "override_was": facts["override"]}
    if facts.get("declared") is not None:
        sets["declared"] = lasting(facts, facts["declared"])
    return changed(facts, **sets)


def told_beside_override(case: Case, document: Resource) -> list[dict[str, str]]:
    """What is said of a change of the lasting class while a class for a time holds; nothing of any other change.

    Args:
        case: of the entry, published.
        document: what is asked for (`lasting_resource`).

    Raises:
        UserError: it keeps the reason of the class for a time, and yet says something else.
    """
    override, published = case.facts.get("override"), _sharing(case.facts["published"])
    held, asked = override or case.facts.get("override_was"), document.sharing
    if held is None or asked == published:
        return []
    if asked.reason == held["sharing"]["reason"]:
        raise UserError(
            f"文件的 sharing 沿用临时性调整（至 {held['until']}）的理由，却另有改动，无法判断要改的是什么。不改共享类型的，请保留该文件中的"
            f" sharing 原样，或写回已发布的 {published.class_}；要改期满后的共享类型的，请写明其自身的理由与依据；要改临时性调整的，"
            "请用 catalog override。",
            f"The sharing of this document keeps the reason of the change for a time (until {held['until']}) and says something else "
            f"too. Leave it as the file has it, or write the published {published.class_}; for another lasting class state its own "
            "reason and basis; the class for a time itself is changed by catalog override.",
            where=f"{case.id} sharing",
        )
    if override is None:
        return []
    temporary = override["sharing"]["class"]
    return [
        {
            "zh": f"此变更所改的是临时性调整期满后的共享属性（{published.class_} → {asked.class_}）；至 {override['until']}"
            f" 仍按临时调整的 {temporary} 共享",
            "en": f"this changes the sharing after the change for a time ({published.class_} -> {asked.class_}); until "
            f"{override['until']} it stays {temporary}",
        }
    ]


def _sharing(document: Mapping[str, Any]) -> Access:
    return Access.model_validate(dict(document["sharing"]))
