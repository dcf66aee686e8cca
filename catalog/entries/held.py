"""What the case of an entry holds, and what a step changes in it: names of its facts, and the document in force.

``draft``: the document under way. ``published``: the one that was published last. ``declared``: one that was found changed
by hand and that nobody has reviewed. ``override``: a class of sharing for a time; ``override_was``: the last one that is over.
Whoever copies the file of an entry meanwhile copies that class with it, and does not ask for it (`catalog.entries.overriding`). Beside them stand, so that a query finds
them without opening documents: ``digest`` of the document in force, its ``sharing`` and ``opening`` class, the last day of
its share ``term``, ``review_on``, ``override_until``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from catalog.cases.model import Case, Facts
from catalog.entries.content import (
    Document,
    class_of,
    code_of,
    differences,
    digest_of,
    meaning_of,
    resource_of,
    term_of,
)
from catalog.entries.rules import REASSESS_EVERY, EntryRules
from catalog.model import Resource
from policy.clock import legal_date


def in_force(facts: Facts) -> Document | None:
    """The document that the city reads: what was declared by hand, else what was published, with the class of an override."""
    held = facts.get("declared") or facts.get("published")
    override = facts.get("override")
    if held is None or override is None or facts.get("declared"):
        return held
    return {**held, "sharing": override["sharing"]}


def draft_of(case: Case) -> Resource:
    """The document under way, as a resource."""
    return resource_of(case.facts["draft"])


def digest_in_force(document: Document) -> str:
    """The digest by which a document is told from the file in its place."""
    return digest_of(meaning_of(resource_of(document)))


def standing(facts: Facts) -> dict[str, Any]:
    """What stands beside the document in force."""
    held = in_force(facts)
    if held is None:
        return {"digest": None, "sharing": None, "opening": None, "term": None, "override_until": None}
    term, override = term_of(held), facts.get("override")
    return {
        "digest": digest_in_force(held),
        "sharing": class_of(held, "sharing"),
        "opening": class_of(held, "opening"),
        "term": term.isoformat() if term else None,
        "override_until": override["until"] if override else None,
    }


def changed(facts: Facts, **sets: Any) -> dict[str, Any]:
    """What a step sets that changes the document in force: ``sets``, and what stands beside the document afterwards."""
    return {**sets, **standing({**facts, **sets})}


def published_sets(facts: Facts, document: Document, rules: EntryRules, now: datetime) -> dict[str, Any]:
    """What a publication sets: ``document`` is in force, and nothing is under way any more."""
    return changed(
        facts,
        published=dict(document),
        version=int(facts.get("version") or 0) + 1,
        draft=None,
        declared=None,
        change=None,
        findings=[],
        review_on=next_assessment(rules, now),
        **codes_before(facts, document),
    )


def codes_before(facts: Facts, document: Document | None = None) -> dict[str, Any]:
    """What is set where an entry leaves the code it was published under: the code stays its own (`catalog.entries.codes`)."""
    left = code_of(facts.get("published"))
    if left is None or left == code_of(document):
        return {}
    return {"codes_before": sorted({*(facts.get("codes_before") or ()), left})}


def next_assessment(rules: EntryRules, now: datetime) -> str | None:
    """The day on which the classes are looked at again; None where the city does not ask for it."""
    return (legal_date(now) + REASSESS_EVERY).isoformat() if rules.reassesses else None


def fields_changed(old: Document | None, new: Document | None) -> list[dict[str, Any]]:
    """Which fields differ, as events carry it."""
    return [one.as_json() for one in differences(old, new)]


def with_approval(document: Document, number: str) -> dict[str, Any]:
    """The document with the number under which its class was approved or filed."""
    return {**document, "sharing": {**document["sharing"], "approval": number}}


def is_expired(facts: Mapping[str, Any], today: date) -> bool:
    """Whether the share term of the document in force has ended."""
    term = facts.get("term")
    return term is not None and date.fromisoformat(term) < today


def gains_class(case: Case) -> bool:
    """Whether the draft puts the entry into another class of sharing than the one that was published."""
    published = case.facts.get("published")
    return published is None or class_of(published, "sharing") != class_of(case.facts["draft"], "sharing")
