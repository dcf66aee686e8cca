"""Which information systems a sheet may name: those that the city has registered for the department, or its manager."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process

from catalog.city import City
from catalog.departments import Department
from catalog.interchange.cells import Cells
from catalog.interchange.columns import bare
from catalog.interchange.reading import Row
from catalog.systemcheck import owners
from catalog.systems import NO_SYSTEM, InformationSystem

NEAR = 4
"""Names that a message offers."""


@dataclass(frozen=True)
class KnownSystems:
    """The city's register of systems; where it keeps none, a system is a name and no more.

    Attributes:
        registered: the systems.
        departments: of the city: a unit managed vertically works in its manager's systems.
    """

    registered: tuple[InformationSystem, ...] = ()
    departments: tuple[Department, ...] = ()

    @classmethod
    def of(cls, city: City) -> KnownSystems:
        """Those of a city."""
        return cls(city.systems, city.departments)

    def read(self, cells: Cells, row: Row, department: str | None) -> str | None:
        """The system that a row names, as it is registered; what is not is told, and kept as it was written.

        It bars no import: what is imported is a draft, and a system may be registered before it is submitted.
        """
        text = row.cells.get("system")
        if text is None or not self.registered or department is None:
            return text
        if bare(text) == NO_SYSTEM:
            if cells.words.meant("gathering", row.cells.get("gathering_mode", "")) in ("real_time", "return_flow"):
                cells.warn(
                    row, "gathering_mode",
                    f"信息系统名称为“{NO_SYSTEM}”的资源只能人工上传。请改为人工上传，或写明信息系统；否则提交审核时会被拒绝。",
                    f"What has no system ({NO_SYSTEM}) is uploaded by hand: say so, or name a system; else it is refused when submitted.",
                )  # fmt: skip
            return NO_SYSTEM
        whose = self._owners(department)
        named = [one for one in self.registered if bare(one.name) == bare(text)]
        own = next((one for one in named if one.department in whose), None)
        if own is None:
            self._tell(cells, row, text, [one for one in self.registered if one.department in whose], named)
            return text
        table = row.cells.get("table")
        if table is not None and own.tables and table not in own.tables:
            zh, en = _near(table, own.tables)
            cells.warn(
                row, "table", f"信息系统“{own.name}”没有登记数据表“{table[:40]}”。{zh}请改正，或登记该表；否则提交审核时会被拒绝。",
                f"The system {own.name} has no table {table[:40]!r} registered. {en}Correct it, or register the table; else it is "
                "refused when submitted.",
            )  # fmt: skip
        return own.name

    def _tell(
        self,
        cells: Cells,
        row: Row,
        text: str,
        own: Iterable[InformationSystem],
        elsewhere: Iterable[InformationSystem],
    ) -> None:
        zh, en = _near(text, [one.name for one in own])
        others = "、".join(self._names.get(one.department, one.department) for one in elsewhere)
        whose = f"该名称登记在{others}名下，不是本资源的提供方。" if others else ""
        whose_en = f"A system of this name is another department's ({others}). " if others else ""
        cells.warn(
            row, "system",
            f"没有为该部门登记名为“{text[:40]}”的信息系统。{whose}{zh}请改为已登记的名称，或先登记该系统（systems.yaml），没有信息系统的写“{NO_SYSTEM}”；"
            "否则提交审核时会被拒绝。",
            f"No system {text[:40]!r} is registered for this department. {whose_en}{en}Name a registered one, register it "
            f"(systems.yaml), or write {NO_SYSTEM} where there is none; else the entry is refused when submitted.",
        )  # fmt: skip

    def _owners(self, department: str) -> frozenset[str]:
        if department not in self._whose:
            self._whose[department] = frozenset(owners(department, self.departments))
        return self._whose[department]

    @cached_property
    def _whose(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _names(self) -> dict[str, str]:
        return {one.id: one.name for one in self.departments}


def _near(text: str, among: Iterable[str]) -> tuple[str, str]:
    """The names that were probably meant, nearest first; else the first that may be written."""
    names = sorted(set(among))
    found = [str(one[0]) for one in process.extract(text, names, scorer=fuzz.WRatio, score_cutoff=60, limit=NEAR)]
    if found:
        return f"是否应为{'、'.join(f'“{one}”' for one in found)}？", f"Did you mean {', '.join(found)}? "
    if not names:
        return "目前一个也没有登记。", "None is registered yet. "
    more = len(names) - NEAR
    shown = "、".join(names[:NEAR])
    return (
        f"已登记的有：{shown}{f' 等，另有 {more} 个' if more > 0 else ''}。",
        f"Registered: {', '.join(names[:NEAR])}{f' and {more} more' if more > 0 else ''}. ",
    )
