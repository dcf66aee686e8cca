"""Holds entries against the catalogue: whether what they list has a source already, and how to obtain it by sharing.

One number, one source: what can be had by sharing is not collected again (Wuhan 12, Longyan 9, Haishu 12, Chifeng part
4(二)1), save where a law says so (Wuhan 12, Longyan 9). What was obtained by sharing is not listed as one's own (Haishu 10; of
the open list Lianyungang 11; elsewhere a house rule). A class of sharing other than unconditional names its legal basis
(Longyan 11, Haishu 16, Wuhan 16 of what is not shared, Chifeng part 4(二)2 a basis or conditions); for classes of opening this
is a house rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from catalog.collectors import LawfulCollectors
from catalog.departments import Department
from catalog.gate import words
from catalog.gate.bases import Basis, kind_of_basis
from catalog.gate.circles import circle_from
from catalog.gate.claims import Claim, Place, Registered
from catalog.gate.collecting import lawful
from catalog.gate.grounds import basis_findings, without_basis
from catalog.gate.rivals import Member, Rivals
from catalog.gate.rules import GateRules
from catalog.gate.verdict import Finding, Kind, Reason, Refusal, Verdict
from catalog.matching.compare import Fact, Likeness, compare_facts, fact_of
from catalog.matching.index import Collected, FactIndex, Group, collected, facts
from catalog.matching.told import digest_of, told
from catalog.model import Item, Resource
from catalog.register import Register
from ground.errors import InternalFault


class CatalogueGate:
    """The gate over one catalogue.

    Args:
        existing: its entries; read once, at the first question.
        register: the register of sources: what it relates is no duplicate.
        departments: of the city.
        collectors: the list of lawful collectors; None leaves it unasked.
        rules: of the city.
    """

    def __init__(
        self,
        existing: Sequence[Resource],
        register: Register,
        departments: Sequence[Department],
        collectors: LawfulCollectors | None = None,
        rules: GateRules | None = None,
    ) -> None:
        self._existing = existing
        self._registered = Registered(register)
        self._departments = departments
        self._names = {one.id: one.name for one in departments}
        self._collectors = collectors
        self._rules = rules or GateRules()
        self._asked: dict[int, Rivals] = {}
        self._last: tuple[tuple[list[Resource], list[Resource]], list[Verdict]] | None = None

    def __call__(self, candidates: Sequence[Resource], under_review: Sequence[Resource] = ()) -> list[Verdict]:
        """The verdict on each candidate, held against the catalogue, what is under review, and one another.

        Of two candidates that collect the same fact, the second is refused. An entry of the catalogue or under review with
        a candidate's id is the one it replaces, and is not held against it.

        The last answer is remembered: a step asks before it locks the database, and once more under the lock, where in the
        rule nothing has moved.
        """
        question = (list(candidates), list(under_review))
        if self._last is not None and self._last[0] == question:
            return list(self._last[1])
        more = FactIndex(one for one in under_review)
        known = {**self._by_id, **{one.id: one for one in (*under_review, *candidates)}}
        verdicts = []
        for candidate in candidates:
            verdicts.append(self._examine(candidate, (self._index, more), known))
            more.add(candidate)
        for group in more.groups.values():
            self._asked.pop(id(group), None)  # gone with this question, and another may come to stand at its place
        self._last = (question, verdicts)
        return list(verdicts)

    def whole(self, *, findings_too: bool = True) -> dict[str, Verdict]:
        """The verdict on every entry of the catalogue: resource -> verdict, those without a remark left out.

        Without ``findings_too`` only what is refused is looked for, which is quicker.

        Of several that collect one fact one is the source: the register's authority, else the lawful collector's, else the
        first by id; the others are refused.
        """
        refusals: dict[str, list[Refusal]] = {}
        findings: dict[str, list[Finding]] = {}
        for one in self._existing:
            for refusal in (*without_basis(one, self._rules), *self._of_items(one, self._by_id)):
                refusals.setdefault(one.id, []).append(refusal)
            for finding in (*self._basis_findings(one), *self._collector_findings(one)) if findings_too else ():
                findings.setdefault(one.id, []).append(finding)
        barred = {(one.resource, one.item) for several in refusals.values() for one in several}
        for source, other, likeness in self._doubled():
            if (other[0].id, other[1].id) not in barred:
                barred.add((other[0].id, other[1].id))
                refusals.setdefault(other[0].id, []).append(self._duplicate(other, source, likeness))
        for one in self._existing:
            for refusal in self._not_its_collector(one):
                if (one.id, refusal.item) not in barred:
                    refusals.setdefault(one.id, []).append(refusal)
        for left, right, likeness in self._near() if findings_too else ():
            findings.setdefault(left[0].id, []).append(_near_duplicate(left, right, likeness))
        names = [one.id for one in self._existing if one.id in refusals or one.id in findings]
        return {name: Verdict(tuple(refusals.get(name, ())), tuple(findings.get(name, ()))) for name in names}

    def asks(self, left: Collected, right: Collected, under_review: Sequence[Resource] = ()) -> bool:
        """Whether two items, of the catalogue or under review, are still a pair that the authority is asked about."""
        return any(
            self._ask_of(one, two)
            for one in self._versions(left, under_review)
            for two in self._versions(right, under_review)
        )

    def _versions(self, place: Collected, under_review: Sequence[Resource]) -> Iterator[tuple[Member, Fact]]:
        published = self._by_id.get(place.resource)
        for resource in (*([published] if published else []), *(r for r in under_review if r.id == place.resource)):
            yield from (((resource, item), fact) for item, fact in facts(resource) if item.id == place.item)

    def _ask_of(self, one: tuple[Member, Fact], two: tuple[Member, Fact]) -> bool:
        rivals = Rivals(self._rank, self._claims, self._related)
        rivals.take([two[0]])
        likeness = compare_facts(one[1], two[1])
        competing = self._claims(one[0]) and rivals.first(one[0]) is not None
        return competing and likeness is not None and not likeness.certain

    def _examine(self, candidate: Resource, indexes: Sequence[FactIndex], known: Mapping[str, Resource]) -> Verdict:
        refusals = [*without_basis(candidate, self._rules), *self._of_items(candidate, known)]
        findings = [*self._basis_findings(candidate), *self._collector_findings(candidate)]
        barred = {one.item for one in refusals}
        for item, fact in facts(candidate):
            if item.id in barred or self._registered.claim(candidate, item) is not Claim.SOURCE:
                continue
            mine = (candidate, item)
            for index in indexes:
                for group, likeness in index.like(fact):
                    source = self._rivals(group).first(mine)
                    if source is None:
                        continue
                    if not likeness.certain:
                        findings.append(_near_duplicate(mine, source, likeness))
                    elif item.id not in barred and self._rank(source)[:2] <= self._rank(mine)[:2]:
                        barred.add(item.id)
                        refusals.append(self._duplicate(mine, source, likeness))
        refusals += [one for one in self._not_its_collector(candidate) if one.item not in barred]
        barred |= {one.item for one in refusals}
        asked = tuple(one for one in findings if one.left.item not in barred)
        return Verdict(tuple(refusals), asked)

    def _of_items(self, resource: Resource, known: Mapping[str, Resource]) -> Iterator[Refusal]:
        """What can be said of the items without looking at others of their kind."""
        for item in resource.items:
            if item.beside is None:
                continue
            claim = self._registered.claim(resource, item)
            source = _named_source(item, known)
            if claim is Claim.SHARED:
                zh, en = words.shared_in(resource, item, source, self._how(source), self._rules.shared_in)
                place = collected(*source) if source else None
                yield Refusal(Reason.SHARED_IN, resource.id, item.id, place, zh, en)
            elif claim is Claim.BESIDE and source is None:
                zh, en = words.no_source(resource, item)
                yield Refusal(Reason.NO_SOURCE, resource.id, item.id, None, zh, en)
            elif claim is Claim.BESIDE and source is not None and not self._stand_together((resource, item), source):
                right = self._source_of((resource, item))
                zh, en = words.other_fact((resource, item), source, right)
                place = collected(*right) if right else None
                yield Refusal(Reason.OTHER_FACT, resource.id, item.id, place, zh, en)
            elif claim is Claim.BESIDE and source is not None and (circle := self._circle((resource, item), known)):
                zh, en = words.circle((resource, item), circle, self._answers_for(circle))
                yield Refusal(Reason.CIRCLE, resource.id, item.id, collected(*source), zh, en)
            elif claim is Claim.EXCEPTION and kind_of_basis(item.beside.legal_basis) is Basis.NONE:
                zh, en = words.no_law(resource, item, self._rules.one_source)
                yield Refusal(Reason.NO_BASIS, resource.id, item.id, None, zh, en)

    def _circle(self, mine: Member, known: Mapping[str, Resource]) -> list[Member]:
        """The circle of corroboration in which an item ends; empty where a source stands behind it."""

        def sources(place: Place) -> list[Place]:
            member = _member(place, known)
            if member is None or self._registered.claim(*member) is not Claim.BESIDE:
                return []
            if member[1].beside is None:
                return self._registered.authorities(*place)
            source = _named_source(member[1], known)
            return [(source[0].id, source[1].id)] if source is not None else []

        found = (_member(one, known) for one in circle_from((mine[0].id, mine[1].id), sources))
        return [one for one in found if one is not None]

    def _answers_for(self, circle: Sequence[Member]) -> Member | None:
        """Which of a circle is the source by the register or by law; None where neither says so."""
        first = min(circle, key=self._rank)
        decides = self._registered.decides(first[0].id, first[1].id)
        return first if decides or self._is_lawful(first) else None

    def _stand_together(self, mine: Member, source: Member) -> bool:
        """Whether one can corroborate the other: an item of another resource that is, or may be, the same fact.

        What the register relates was agreed with those concerned, whatever the two are called.
        """
        if source[0].id == mine[0].id:
            return False
        return self._related(mine, source) or compare_facts(fact_of(told(*mine)), fact_of(told(*source))) is not None

    def _source_of(self, mine: Member) -> Member | None:
        """The item that is the source of this fact for certain; None where there is none."""
        alike = [group for group, likeness in self._index.like(fact_of(told(*mine)), near=False) if likeness.certain]
        found = [source for group in alike if (source := self._rivals(group).first(mine)) is not None]
        return min(found, key=self._rank, default=None)

    def _basis_findings(self, resource: Resource) -> Iterator[Finding]:
        exceptions = [one for one in resource.items if self._registered.claim(resource, one) is Claim.EXCEPTION]
        return basis_findings(resource, exceptions)

    def _not_its_collector(self, resource: Resource) -> Iterator[Refusal]:
        """What another department collects by law, even where it has catalogued nothing yet."""
        for item, others, source, sure in self._unlawful(resource):
            if sure:
                where = [self._names[one] for one in others]
                zh, en = words.not_its_collector(resource, item, where, source, self._rules.one_source)
                yield Refusal(Reason.NOT_ITS_COLLECTOR, resource.id, item.id, None, zh, en)

    def _collector_findings(self, resource: Resource) -> Iterator[Finding]:
        for item, others, source, sure in self._unlawful(resource):
            if not sure:
                zh, en = words.collector_asked(resource, item, [self._names[one] for one in others], source)
                yield Finding(Kind.COLLECTOR, collected(resource, item), None, 0.5, zh, en)

    def _unlawful(self, resource: Resource) -> Iterator[tuple[Item, list[str], str, bool]]:
        """Items that claim to be the source and that other departments collect by law."""
        if self._collectors is None:
            return
        for item, fact in facts(resource):
            # What the register says was agreed with those concerned; it is held against the list on its own.
            if self._registered.claim(resource, item) is not Claim.SOURCE or self._registered.decides(
                resource.id, item.id
            ):
                continue
            found = lawful(fact, item, self._collectors, self._departments)
            if found is not None and resource.department not in [one.id for one in found.departments]:
                yield item, [one.id for one in found.departments], f"{found.title}：{found.source}", found.sure

    def _doubled(self) -> Iterator[tuple[Member, Member, Likeness]]:
        """Source and another that claims to be one, of the same fact."""
        for group in self._index.groups.values():
            likeness = compare_facts(group.fact, group.fact)
            if likeness is None or not likeness.certain:
                continue  # the same words, of which nothing says that they are said of the same: 序号, 编号
            rivals = self._rivals(group)
            for other in rivals.ranked():
                source = rivals.first(other)
                if source is not None and self._rank(source) < self._rank(other):
                    yield source, other, _same_words(group.fact, other)
        for one, two, likeness in self._index.pairs(near=False):
            if likeness.certain:
                yield from ((*sorted((a, b), key=self._rank), likeness) for a, b in self._across(one, two))  # type: ignore[misc]

    def _near(self) -> Iterator[tuple[Member, Member, Likeness]]:
        """Two that may be one fact, each pair of groups once: those that decide in both, the later one asked about."""
        alone = ((one, one, compare_facts(one.fact, one.fact)) for one in self._index.groups.values())
        for one, two, likeness in (*alone, *self._index.pairs()):
            if likeness is not None and not likeness.certain:
                found = next(self._across(one, two), None)
                if found is not None:
                    right, left = sorted(found, key=self._rank)
                    yield left, right, likeness

    def _across(self, one: Group, two: Group) -> Iterator[tuple[Member, Member]]:
        """Pairs of two groups that compete: each of the one with the first of the other."""
        theirs = self._rivals(two)
        for mine in self._rivals(one).ranked():
            source = theirs.first(mine)
            if source is not None:
                yield mine, source

    def _rivals(self, group: Group) -> Rivals:
        """Who claims the fact of a group, those that came since it was last asked for included."""
        rivals = self._asked.setdefault(id(group), Rivals(self._rank, self._claims, self._related))
        rivals.take(group.members[rivals.seen :])
        return rivals

    def _claims(self, one: Member) -> bool:
        return self._registered.claim(*one) is Claim.SOURCE

    def _related(self, one: Member, two: Member) -> bool:
        return self._registered.related((one[0].id, one[1].id), (two[0].id, two[1].id))

    def _rank(self, one: Member) -> tuple[int, bool, str, str]:
        """Who is the source before whom: the register's authority, then the lawful collector's, then the first by id."""
        resource, item = one
        return (
            self._registered.rank(resource.id, item.id), not self._is_lawful(one), resource.id, item.id,
        )  # fmt: skip

    def _is_lawful(self, one: Member) -> bool:
        if self._collectors is None:
            return False
        resource, item = one
        found = lawful(fact_of(told(resource, item)), item, self._collectors, self._departments)
        return found is not None and resource.department in [each.id for each in found.departments]

    def _duplicate(self, mine: Member, source: Member, likeness: Likeness) -> Refusal:
        zh, en = words.duplicate(
            mine, source, self._names.get(source[0].department, source[0].department), self._how(source), likeness,
            self._rules.one_source,
        )  # fmt: skip
        return Refusal(Reason.DUPLICATE, mine[0].id, mine[1].id, collected(*source), zh, en)

    def _how(self, source: Member | None) -> tuple[str, str] | None:
        if source is None:
            return None
        resource, _ = source
        return self._rules.how(resource.sharing.class_, self._names.get(resource.department, resource.department))

    @cached_property
    def _index(self) -> FactIndex:
        return FactIndex(self._existing)

    @cached_property
    def _by_id(self) -> dict[str, Resource]:
        return {one.id: one for one in self._existing}


def _near_duplicate(mine: Member, other: Member, likeness: Likeness) -> Finding:
    zh, en = words.near(mine, other, likeness)
    content = "|".join(sorted(digest_of(told(*one)) for one in (mine, other)))
    return Finding(Kind.NEAR_DUPLICATE, collected(*mine), collected(*other), likeness.score, zh, en, content)


def _named_source(item: Item, known: Mapping[str, Resource]) -> Member | None:
    """The item that ``collection.source`` names, if there is one."""
    name, _, column = (item.collection.source or "").partition(".") if item.collection else ("", "", "")
    return _member((name, column), known)


def _member(place: Place, known: Mapping[str, Resource]) -> Member | None:
    resource = known.get(place[0])
    return (resource, resource.item(place[1])) if resource is not None and place[1] in resource.item_ids else None


def _same_words(fact: Fact, other: Member) -> Likeness:
    """Why two of one group are one fact."""
    likeness = compare_facts(fact, fact_of(told(*other)))
    if likeness is None:
        raise InternalFault("同组的信息项互不相同。", "Items of one group are not one fact.")
    return likeness
