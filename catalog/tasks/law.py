"""Which entries rest on a law: whose legal basis, basis of collection or exceptions cite it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from catalog.model import Resource
from catalog.tasks.model import LawChange, Opening
from catalog.tasks.states import TaskKind

_MARKS = re.compile(r"[《》〈〉\s]|中华人民共和国")
_GOES_ON = "(?!实施|法|条例|办法|细则|规定|解释)"
"""税收征收管理法实施细则 is another instrument."""
_JOINED = "0-9A-Za-z\u4e00-\u9fff"


def resting_on(law: str, resources: Iterable[Resource]) -> list[tuple[Resource, list[str]]]:
    """Resources that cite a law, each with the fields in which they do.

    Book marks, blanks and the name of the country do not matter. 数据安全法 is not found in 网络数据安全法: the name stands at
    the beginning of a citation.
    """
    name = _MARKS.sub("", law)
    cited = re.compile(rf"(?:^|[^{_JOINED}]|依据|根据|按照?|和|及|与){re.escape(name)}{_GOES_ON}")
    found = []
    for one in resources:
        fields = [field for field, text in _bases(one) if cited.search(_MARKS.sub("", text.replace("《", "；")))]
        if fields:
            found.append((one, fields))
    return found


def openings(change: LawChange, resources: Iterable[Resource]) -> list[Opening]:
    """One task for each department whose entries rest on the law, with all of them."""
    by_department: dict[str, dict[str, list[str]]] = {}
    for resource, fields in resting_on(change.law, resources):
        by_department.setdefault(resource.department, {})[resource.id] = fields
    name = _MARKS.sub("", change.law)
    return [
        Opening(
            TaskKind.LEGAL_CHANGE, f"{name}@{change.on.isoformat()}", department, f"《{name}》{change.change}，核对 {len(entries)} 个条目",
            {"law": name, "change": change.change, "on": change.on.isoformat(), "entries": entries},
        )
        for department, entries in sorted(by_department.items())
    ]  # fmt: skip


def _bases(resource: Resource) -> Iterator[tuple[str, str]]:
    texts = [
        ("sharing.legal_basis", resource.sharing.legal_basis),
        ("opening.legal_basis", resource.opening.legal_basis),
        ("collection_basis", resource.collection_basis),
        *((f"items.{one.id}.collection", one.collection.legal_basis) for one in resource.items if one.collection),
    ]
    yield from ((field, text) for field, text in texts if text)
