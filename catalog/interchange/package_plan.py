"""What receiving a district's package would do, before anything is done: entry by entry new, changed, the same, or held back.

What is wrong with a package as a whole (another district's entries, an id twice, an older number) refuses it whole; what one entry
waits for is that entry's alone (`catalog.interchange.held_back`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from catalog.cases.model import Case
from catalog.entries.content import Difference, differences, meaning_of, resource_of
from catalog.entries.held import draft_of
from catalog.entries.overriding import lasting_resource
from catalog.entries.states import (
    CHANGE_RETURNED,
    CHANGING,
    DRAFTED,
    FIRST,
    PUBLISHED,
    RETURNED,
    UNDECLARED,
    WITHDRAWN,
)
from catalog.interchange.held_back import HeldBack, waiting
from catalog.interchange.names import Providers
from catalog.interchange.package import Content, Package
from catalog.model import Resource
from catalog.problems import Problem, refuse

BY_PACKAGE = "区级报送"
"""How the note of a change begins that a district's package asked for; the name of the package follows."""


@dataclass(frozen=True)
class ChangedByPackage:
    """An entry that is there and says something else in the package.

    Attributes:
        resource: as it is to be.
        before: as it stands; where an earlier package asked for a change that is under way, as that one would have it.
        fields: what differs between the two.
        is_draft: it was never published.
        gives_up: a change that an earlier package asked for is under way and is given up for this one.
        is_in_force: the package says what is published, so that nothing is asked for but giving up.
        moved_from: id of the department that it leaves for another of the district; None where it stays.
    """

    resource: Resource
    before: Resource
    fields: tuple[Difference, ...]
    is_draft: bool
    gives_up: bool = False
    is_in_force: bool = False
    moved_from: str | None = None


@dataclass(frozen=True)
class ReceivePlan:
    """What receiving a package would do.

    Attributes:
        package: what came.
        new: entries that the city has not yet.
        changed: entries that it has and that differ.
        unchanged: ids of those that say the same.
        held_back: entries that cannot be taken now.
        problems: what stands in the way of the whole; nothing is received while there is one.
    """

    package: Package
    new: tuple[Resource, ...]
    changed: tuple[ChangedByPackage, ...]
    unchanged: tuple[str, ...]
    problems: tuple[Problem, ...]
    held_back: tuple[HeldBack, ...] = ()

    def check(self) -> None:
        """Nothing stands in the way; DocumentError with every problem otherwise."""
        refuse(list(self.problems))

    @property
    def drafts(self) -> list[Resource]:
        """What becomes a draft: new entries, and drafts that are replaced."""
        return [*self.new, *(one.resource for one in self.changed if one.is_draft)]

    @property
    def changes(self) -> list[ChangedByPackage]:
        """What concerns published entries."""
        return [one for one in self.changed if not one.is_draft]

    @property
    def asked(self) -> list[ChangedByPackage]:
        """Those of `changes` for which a change is asked."""
        return [one for one in self.changes if not one.is_in_force]

    def only(self, ids: Collection[str]) -> ReceivePlan:
        """The same for some entries of the package."""
        return replace(
            self, new=tuple(one for one in self.new if one.id in ids),
            changed=tuple(one for one in self.changed if one.resource.id in ids),
            unchanged=tuple(one for one in self.unchanged if one in ids),
            held_back=tuple(one for one in self.held_back if one.entry in ids),
        )  # fmt: skip

    def holding(self, held: Sequence[HeldBack]) -> ReceivePlan:
        """The same with some entries held back."""
        ids = {one.entry for one in held}
        changed = tuple(one for one in self.changed if one.resource.id not in ids)
        return replace(self, changed=changed, held_back=(*self.held_back, *held)) if held else self


def plan_receipt(
    package: Package,
    *,
    providers: Providers,
    district_units: Collection[str],
    existing: Sequence[Resource],
    cases: Iterable[Case] = (),
) -> ReceivePlan:
    """What a package would do to the city's catalogue.

    Args:
        package: what came.
        providers: the city's departments.
        district_units: ids of the units whose catalogue the district compiles by the city's own register
            (`catalog.organisation.Organisation.district_area`); none where the sender leads no district.
        existing: the documents of the city's catalogue.
        cases: the entries of the package that the city knows; each goes before its document.
    """
    content = package.content
    if not district_units:
        return ReceivePlan(package, (), (), (), (_no_district(content, providers),))
    documents, known = {one.id: one for one in existing}, {one.id: one for one in cases}
    problems: list[Problem] = list(_repeated(content.resources))
    new: list[Resource] = []
    changed: list[ChangedByPackage] = []
    unchanged: list[str] = []
    held: list[HeldBack] = []
    for one in content.resources:
        case, document = known.get(one.id), documents.get(one.id)
        owner = case.department if case is not None else document.department if document is not None else None
        problem = _foreign(one, content, providers, district_units, owner)
        if problem is not None:
            problems.append(problem)
            continue
        found = _first(one, case) if case is not None and case.state in FIRST else _later(one, case, document, content)
        if found is None:
            unchanged.append(one.id)
        elif isinstance(found, HeldBack):
            held.append(found)
        elif isinstance(found, ChangedByPackage):
            changed.append(found)
        else:
            new.append(found)
    return ReceivePlan(package, tuple(new), tuple(changed), tuple(unchanged), tuple(problems), tuple(held))


def came_from(district: str, case: Case) -> bool:
    """Whether the change under way of an entry was asked for by a package of this district."""
    return str((case.facts.get("change") or {}).get("note", "")).startswith(f"{BY_PACKAGE} {district}@")


def _first(one: Resource, case: Case) -> ChangedByPackage | HeldBack | None:
    """Of an entry that was never published: its draft is replaced, unless somebody looks at it."""
    draft = draft_of(case)
    fields = _differences(draft, one)
    if not fields:
        return None
    return ChangedByPackage(one, draft, fields, True) if case.state in (DRAFTED, RETURNED) else waiting(case)


def _later(
    one: Resource, case: Case | None, document: Resource | None, content: Content
) -> Resource | ChangedByPackage | HeldBack | None:
    """Of an entry that the city has not, or that is published."""
    if case is not None and case.state == WITHDRAWN:
        return one
    # The published document, not the one in force: a class that holds for a time is none of the district's words.
    kept = (case.facts.get("declared") or case.facts.get("published")) if case is not None else None
    before = resource_of(kept) if kept is not None else document
    if before is None:
        return waiting(case) if case is not None else one
    one = _as_kept_here(one if case is None else lasting_resource(case.facts, one), before)
    against = _differences(before, one)
    moved = before.department if before.department != one.department else None
    plain = ChangedByPackage(one, before, against, False, moved_from=moved)
    if case is None or case.state == PUBLISHED:
        return plain if against else None
    if case.state not in CHANGING:
        return waiting(case) if against or case.state == UNDECLARED else None
    draft = draft_of(case)
    fields = _differences(draft, one)
    if not fields:
        return None
    if came_from(content.district, case):
        return replace(plain, before=draft, fields=fields, gives_up=True, is_in_force=not against)
    if not against:
        return None  # what the department asked for itself is not given up for a package
    return plain if case.state == CHANGE_RETURNED else waiting(case)


def _as_kept_here(one: Resource, before: Resource) -> Resource:
    """With what the city wrote into the entry when it was published, where the district says nothing of it."""
    here: dict[str, object] = {}
    if one.released is None and before.released is not None:
        here["released"] = before.released
    number = before.sharing.approval
    if number is not None and one.sharing.approval is None and one.sharing.class_ == before.sharing.class_:
        here["sharing"] = one.sharing.model_copy(update={"approval": number})
    return one.model_copy(update=here) if here else one


def _differences(before: Resource, one: Resource) -> tuple[Difference, ...]:
    # Each platform has a day of its own on which it first released an entry.
    return tuple(found for found in differences(meaning_of(before), meaning_of(one)) if found.field != "released")


def _repeated(resources: Sequence[Resource]) -> Iterable[Problem]:
    seen: set[str] = set()
    for one in resources:
        if one.id in seen:
            yield Problem(
                "标识重复，请报送单位更正。",
                "The id occurs twice; the sender has to correct it.",
                f"resources {one.id}",
            )
        seen.add(one.id)


def _no_district(content: Content, providers: Providers) -> Problem:
    """Whatever a package calls itself: only what stands below the city with an authority of its own is a district."""
    return Problem(
        f"{_named(content, providers)}不是设有数据主管部门的区（功能区），其报送包不接收。"
        "请由区人民政府（管委会）或区大数据主管部门报送，并核对本市登记的部门。",
        f"{content.district} leads no district with a data authority of its own; its package is not received. A district's "
        "government or authority sends it; check the units registered here.",
        "district",
    )


def _named(content: Content, providers: Providers) -> str:
    """The district by the name that is registered here; what a package calls itself is not repeated."""
    name = next((one.name for one in providers.departments if one.id == content.district), None)
    return f"{name}（{content.district}）" if name else content.district


def _foreign(
    one: Resource, content: Content, providers: Providers, district_units: Collection[str], owner: str | None
) -> Problem | None:
    """Why an entry cannot be the district's."""
    where = f"resources {one.id}"
    if not any(unit.id == one.department for unit in providers.departments):
        close = providers.close_to(one.department)
        hint_zh, hint_en = (f"是否应为“{close}”？", f"Did you mean {close}? ") if close else ("", "")
        return Problem(
            f"本市没有登记部门 {one.department}。{hint_zh}请先登记该部门，再接收。",
            f"The department {one.department} is not registered here. {hint_en}Register it first.",
            where,
        )
    if one.department not in district_units:
        return Problem(
            f"部门 {one.department} 不属于 {_named(content, providers)}的目录，不接收其条目"
            "（垂直管理的单位、公共企事业单位的目录由市级编制，武汉第10条）。请报送单位移出，或更正部门的上级。",
            f"The catalogue of {one.department} is not compiled by {content.district} (that of vertical units and public "
            "enterprises is the city's, Wuhan 10); take its entries out, or correct its parent.",
            where,
        )
    if owner is not None and owner not in district_units:
        return Problem(
            f"标识 {one.id} 在本市属于另一部门 {owner}。请报送单位更换标识。",
            f"The id {one.id} belongs to the department {owner} here; the sender has to choose another.",
            where,
        )
    return None
