"""Codes of resources (信息资源代码, GB/T 21063): each is given once, to one entry, and not again.

Held is what an entry was published under, now or ever, withdrawn or not; what stands in its document that was put into the folder by
hand; and what it was submitted under, so that of two drafts with one code the first that is submitted has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from catalog.cases.tables import catalogue_case
from catalog.entries.content import Document, code_of
from catalog.entries.policies import Reason
from catalog.entries.states import CHANGE_REVIEWED, ENTRY, IN_REVIEW, REVIEWED

_CHUNK = 400
"""Codes in one statement; databases bound the number of parameters."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The entry that has a code."""

    id: str
    title: str
    state: str


def reasons_against_codes(
    connection: Connection, documents: Sequence[tuple[str, Document]]
) -> list[tuple[str, Reason]]:
    """Why documents cannot have the codes they state; of several among them that state one code, the first has it.

    Args:
        connection: a transaction.
        documents: id of the entry, and its document.
    """
    asked = [(name, code) for name, document in documents if (code := code_of(document)) is not None]
    titles = {name: str(document["title"]) for name, document in documents}
    held = _holders(connection, {code for _, code in asked})
    found, first = [], dict[str, str]()
    for name, code in asked:
        other = next((one for one in held.get(code, ()) if one.id != name), None)
        if other is not None:
            state = ENTRY.states[other.state]
            found.append((name, _reason(code, (other.id, other.title), state)))
        elif first.setdefault(code, name) != name:
            same = first[code]
            found.append((name, _reason(code, (same, titles[same]), ("一并办理", "in the same step"))))
    return found


def _reason(code: str, other: tuple[str, str], state: tuple[str, str]) -> Reason:
    name, title = other
    return (
        f"信息资源代码 {code} 已用于“{title}”（{name}，{state[0]}）。代码一经赋予不再另用，已撤销的条目和改过的代码也不例外（GB/T 21063）；"
        "请为本条目另编代码，或先变更、退回、放弃误用该代码的条目",
        f"the code {code} is that of '{title}' ({name}, {state[1]}). A code is not given again, not even that of a withdrawn entry or "
        "one that was changed (GB/T 21063); give this entry another, or first change, return or give up the entry that has it by mistake",
    )


def _holders(connection: Connection, codes: set[str]) -> dict[str, list[Holder]]:
    found: dict[str, list[Holder]] = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), _CHUNK):
        for code, holder in _held(connection, wanted[start : start + _CHUNK]):
            if code in codes:
                found.setdefault(code, []).append(holder)
    return found


def _held(connection: Connection, codes: list[str]) -> Iterator[tuple[str, Holder]]:
    table = catalogue_case.c
    documents = {name: table.facts[(name, "code")].as_string() for name in ("published", "declared", "draft")}
    before = table.facts["codes_before"]
    query = sa.select(
        table.id,
        table.title,
        table.state,
        before.label("before"),
        *(one.label(name) for name, one in documents.items()),
    ).where(
        table.kind == ENTRY.kind,
        sa.or_(*(sa.func.trim(one).in_(codes) for one in documents.values()), before.as_string().is_not(None)),
    )
    for row in connection.execute(query):
        holder = Holder(row.id, row.title, row.state)
        stated = [
            row.published,
            row.declared,
            row.draft if row.state in (*IN_REVIEW, REVIEWED, CHANGE_REVIEWED) else None,
        ]
        for code in dict.fromkeys([*(row.before or ()), *(one.strip() for one in stated if one)]):
            yield code, holder
