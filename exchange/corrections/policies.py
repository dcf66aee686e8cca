"""Who used an old value? Decided from the uses in the ledger and the manifests of releases; pure.

Told are all who may have used it, rather too many than too few: the ledger knows which tables a query read, and not which rows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exchange.corrections.model import (
    UNKNOWN,
    WHOLE_RECORD,
    Correction,
    HeldRelease,
    Places,
    Receiver,
    Use,
)
from notices.model import To, to_department, to_key, to_person
from policy.profile import Profile, cited_as

_WRITTEN = re.compile(r"(?:^|\()(person|key|department):([^\s()]+)\)?$")


PlaceName = tuple[str, str, str, str]
"""What decides where the values of a correction are served: resource, item whose users are told, rule, kind of repair."""


@dataclass(frozen=True)
class Known:
    """Who there is to tell.

    Attributes:
        accounts: id of an account -> its department (None: nobody's), of those that may be used.
        former: the same of accounts and keys that were closed: their department is told in their place.
        keys: id of an API key -> its department, of those that may be used.
        departments: id of a department -> its name.
        names: name of a person -> id of the account, where only one has it.
    """

    accounts: Mapping[str, str | None] = field(default_factory=dict)
    former: Mapping[str, str | None] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def receiver_of(user: str, known: Known) -> str:
    """The recipient that a user of the ledger is: a person, a system, a department, or one that nobody knows.

    ``张伟 (person:zhangw)`` and ``zhangw`` are the person; somebody who has left is represented by the department.
    """
    text = user.strip()
    written = _WRITTEN.search(text)
    kind, name = (written[1], written[2]) if written else ("", text)
    if kind in ("", To.PERSON):
        account = name if name in known.accounts else known.names.get(name, "") if not kind else ""
        if account:
            return to_person(account)
    if kind in ("", To.KEY) and name in known.keys:
        return to_key(name)
    if kind in ("", To.DEPARTMENT):
        by_name = {title: one for one, title in known.departments.items()}
        department = name if name in known.departments else by_name.get(name, "")
        if department:
            return to_department(department)
    left = known.former.get(name)
    return to_department(left) if left else f"{UNKNOWN}{text}"


def place_name(of: Correction) -> PlaceName:
    """What decides where the values of a correction are served."""
    return of.resource, of.scope, of.rule, of.kind.value


def can_have_used(use: Use, of: Correction, places: Places, revealed: Collection[tuple[str, str]]) -> bool:
    """Whether a use may have been of an old value.

    Args:
        use: from the ledger.
        of: what was put right.
        places: where its values are served.
        revealed: ticket and fingerprint of the records of this publication that were looked at one by one.
    """
    if use.seen_until < of.wrong_from or use.seen_from >= of.snapshot:
        return False
    if use.finding is not None:
        return (of.ticket, use.finding) in revealed
    if use.tables:
        return not use.tables.isdisjoint(places.tables)
    return use.resource == of.resource and (WHOLE_RECORD in (of.scope, use.item or WHOLE_RECORD) or use.item == of.item)


def can_hold(release: HeldRelease, of: Correction, places: Places) -> bool:
    """Whether a release was made from old values: of a library that takes the item, at a snapshot in that time."""
    if release.library not in places.columns or not of.wrong_from <= release.snapshot < of.snapshot:
        return False
    taken = places.columns[release.library]
    return taken is None or not release.columns or not taken.isdisjoint(release.columns)


def still_holds(release: str, repaired: int, releases: Iterable[HeldRelease]) -> bool:
    """Whether a release with old values is what the public has: it stands, and no newer one of its document takes its place.

    Args:
        release: its id.
        repaired: the snapshot that put the values right.
        releases: all that are published.
    """
    standing = {one.id: one for one in releases}
    if release not in standing:
        return False
    document = standing[release].document
    return not any(one.document == document and one.snapshot >= repaired for one in standing.values())


def receivers(
    corrections: Sequence[Correction],
    uses: Sequence[Use],
    releases: Sequence[HeldRelease],
    places: Mapping[PlaceName, Places],
    revealed: Collection[tuple[str, str]],
    known: Known,
) -> dict[Receiver, list[Correction]]:
    """Everyone who used old values, with the corrections to tell them of.

    Args:
        corrections: of one publication.
        uses: of the ledger.
        releases: of the manifests.
        places: where the values of each correction are served, by `place_name`.
        revealed: as for `can_have_used`.
        known: who there is to tell.
    """
    who = {one.user: receiver_of(one.user, known) for one in uses}
    hits: dict[_Name, set[Use]] = defaultdict(set)
    held: dict[_Name, int] = {}
    told: dict[_Name, list[Correction]] = defaultdict(list)
    alike: dict[tuple[object, ...], list[Correction]] = defaultdict(list)
    for of in corrections:
        alike[of.publication, of.ticket, *place_name(of), of.wrong_from, of.snapshot].append(of)
    for group in alike.values():
        of = group[0]
        here = places[place_name(of)]
        mine = set()
        for use in uses:
            if can_have_used(use, of, here, revealed):
                via = f"grant:{use.grant}" if use.grant else ""
                name = (of.publication, of.ticket, who[use.user], via, use.user)
                hits[name].add(use)
                mine.add(name)
        for release in releases:
            if can_hold(release, of, here):
                name = (of.publication, of.ticket, to_department(release.department), f"release:{release.id}", "")
                held[name] = release.snapshot
                mine.add(name)
        for name in mine:
            told[name] += group
    return {_receiver(name, hits.get(name, set()), held.get(name)): told[name] for name in sorted(told)}


def earliest(moments: Iterable[tuple[int, datetime]], at: datetime, *, visible: bool) -> int:
    """The snapshot that was published at a moment.

    Args:
        moments: snapshot and moment of every publication, oldest first.
        at: the moment.
        visible: True: the newest that readers saw at the moment; False: the first that was published from it on.
    """
    known = list(moments)
    if visible:
        seen = [snapshot for snapshot, when in known if when <= at]
        return seen[-1] if seen else 0
    return next((snapshot for snapshot, when in known if when >= at), 0)


_Name = tuple[int, str, str, str, str]
"""Publication, ticket, receiver, via, user."""


def _receiver(name: _Name, uses: set[Use], snapshot: int | None) -> Receiver:
    publication, ticket, receiver, via, user = name
    return Receiver(
        publication=publication,
        ticket=ticket,
        receiver=receiver,
        via=via,
        user=user,
        uses=sum(one.times for one in uses),
        first_entry=min((one.first_entry for one in uses), default=None),
        last_entry=max((one.last_entry for one in uses), default=None),
        snapshot=snapshot,
    )


def ground_of_corrections(profile: Profile) -> str:
    """On what it rests that corrected data is shared again (Haishu 27: 修正、共享); where the city does not say so, on the house."""
    outcomes = profile.problem_data.outcomes
    if outcomes.article is None:
        return "内部规则：更正后告知使用方 house rule: corrected data is shared again"
    title = outcomes.instrument or f"《{profile.instrument.title_zh}》"
    return f"{title}{cited_as(outcomes.article)}：修正后共享 corrected data is shared again, article {outcomes.article}"
