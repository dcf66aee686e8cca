"""Lines of a list: which published entry, which of its items, in which format, how often, of which class of opening.

A line is taken from the entry, not written down: what the list says of format, frequency and class is what the catalogue
says. What came by sharing is not opened as one's own (Lianyungang 11), and what is not opened is not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.cases.model import Case
from catalog.entries.content import resource_of
from catalog.entries.held import in_force
from catalog.entries.policies import Reason
from catalog.entries.states import ENTRY, IN_FORCE, UNREVIEWED
from catalog.model import Resource


@dataclass(frozen=True, slots=True)
class Chosen:
    """An entry that is to be listed.

    Attributes:
        entry: its id.
        items: ids of its items; None: all that may be.
        format: the format in which it is opened; None: the entry's storage format.
    """

    entry: str
    items: tuple[str, ...] | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an open list, with the four fields of Lianyungang 11.

    Attributes:
        entry, title, department: which entry.
        items: ids of the items that are listed.
        format: 数据格式.
        update_cycle: 更新频度.
        opening: class of opening, 开放类型.
    """

    entry: str
    title: str
    department: str
    items: tuple[str, ...]
    format: str
    update_cycle: str
    opening: str

    def as_json(self) -> dict[str, Any]:
        """The line as events carry it."""
        return {
            "entry": self.entry, "title": self.title, "department": self.department, "items": list(self.items),
            "format": self.format, "update_cycle": self.update_cycle, "opening": self.opening,
        }  # fmt: skip

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Line:
        """The line that an event carries."""
        return cls(**{**said, "items": tuple(said["items"])})

    @property
    def chosen(self) -> Chosen:
        """What was chosen, to take the line anew from the entry as it stands."""
        return Chosen(self.entry, self.items, self.format)


def published_resource(case: Case | None) -> Resource | None:
    """The document in force of an entry; None where none is."""
    held = in_force(case.facts) if case is not None and case.state in IN_FORCE else None
    return resource_of(held) if held is not None else None


def listable_items(resource: Resource) -> tuple[str, ...]:
    """Items of an entry that may be listed as open: not what was obtained by sharing."""
    return tuple(one.id for one in resource.items if one.collection is None or one.collection.as_ != "shared")


def line_of(chosen: Chosen, resource: Resource) -> Line:
    """The line that an entry gives."""
    return Line(
        resource.id, resource.title, resource.department,
        chosen.items if chosen.items is not None else listable_items(resource),
        chosen.format or resource.storage_format, resource.update_cycle.value, resource.opening.class_,
    )  # fmt: skip


def reasons_against_line(chosen: Chosen, case: Case | None, needed: Sequence[str]) -> Iterator[Reason]:
    """Why an entry cannot be listed as open.

    Args:
        chosen: what is to be listed.
        case: the entry; None if there is none.
        needed: names of the fields each line states (`ListRules.line_fields`).
    """
    yield from reasons_against_listing(case)
    resource = published_resource(case)
    if resource is None:
        return
    if resource.opening.class_ == "not":
        yield "开放属性属不开放的一类，不能列入开放清单", "its class of opening is 'not'; it is not listed"
        return
    asked = chosen.items if chosen.items is not None else listable_items(resource)
    unknown = [one for one in asked if one not in resource.item_ids]
    if unknown:
        yield f"没有信息项 {'、'.join(unknown)}", f"it has no items {', '.join(unknown)}"
    shared = [one for one in asked if one in resource.item_ids and one not in listable_items(resource)]
    if shared:
        titles = "、".join(resource.item(one).title for one in shared)
        yield (
            f"信息项 {titles} 通过共享获取，不列入本机构的开放清单（连云港第11条）",
            f"items {', '.join(shared)} were obtained by sharing and are not opened as one's own (Lianyungang 11)",
        )
    line = line_of(chosen, resource).as_json()
    lacking = [one for one in needed if not line[one]]
    if lacking:
        yield f"缺少：{'、'.join(lacking)}", f"without {', '.join(lacking)}"


def reasons_against_listing(case: Case | None) -> Iterator[Reason]:
    """Why an entry stands in no list: it is not published, or was changed by hand and nobody has looked at it."""
    if case is None:
        yield "没有这个目录条目", "there is no such entry"
    elif case.state not in IN_FORCE:
        zh, en = ENTRY.states[case.state]
        yield f"尚未发布（现为“{zh}”）", f"it is not published ('{en}')"
    elif case.state in UNREVIEWED:
        yield "文件有改动，尚未复核", "its document was changed by hand and is not reviewed yet"
