"""What must hold between the units of a city for their order to be one: parents, levels, jurisdictions.

A unit alone is checked by its model (`catalog.departments`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.departments import Department, DepartmentKind, Level
from catalog.places import Place
from catalog.problems import Problem, unknown
from standards import credit_code


def check_organisation(departments: Sequence[Department], place: Place) -> Iterator[Problem]:
    """Problems of the document ``departments.yaml`` as a whole.

    Args:
        departments: in the order of the document.
        place: the document.
    """
    units = {one.id: one for one in departments}
    at = {one.id: ("departments", position) for position, one in enumerate(departments)}
    circles = list(_circles(units))
    for circle in circles:
        way = " → ".join([*circle, circle[0]])
        yield Problem(
            f"上级关系成环：{way}。请改正其中一个 parent。",
            f"The parents go round in a circle: {way}. Correct one of these.",
            place.at(*at[circle[0]], "parent"),
        )
    for one in departments:
        here = at[one.id]
        if one.credit_code is not None and (fault := credit_code.problem(one.credit_code)) is not None:
            zh, en = _CODE_FAULTS[fault]
            yield Problem(
                f"统一社会信用代码 {one.credit_code} {zh}（GB 32100-2015），请核对。",
                f"The credit code {one.credit_code} {en} (GB 32100-2015); check it.",
                place.at(*here, "credit_code"),
            )
        if one.parent is None:
            continue
        if one.parent not in units:
            yield unknown(place.at(*here, "parent"), ("上级部门", "parent department"), one.parent, units)
        elif one.level.is_above(units[one.parent].level):
            above = units[one.parent]
            yield Problem(
                f"{one.id} 的层级 {one.level} 高于其上级 {above.id} 的 {above.level}。请改正 level 或 parent。",
                f"{one.id} is of level {one.level}, above its parent {above.id} of level {above.level}; "
                "correct level or parent.",
                place.at(*here, "level"),
            )
    if not circles:
        yield from _jurisdictions(units, at, place)


_CODE_FAULTS = {
    "length": ("不是 18 位", "does not have 18 characters"),
    "characters": ("含有不允许的字符", "holds characters that are not allowed"),
    "check_digit": ("校验码不符", "fails its check character"),
}


def _circles(units: dict[str, Department]) -> Iterator[list[str]]:
    """Every circle of parents once, beginning with the unit that stands first in the document."""
    known: set[str] = set()
    for start in units:
        way: list[str] = []
        one: str | None = start
        while one is not None and one in units and one not in known and one not in way:
            way.append(one)
            one = units[one].parent
        if one is not None and one in way:
            circle = way[way.index(one) :]
            order = list(units)
            first = circle.index(min(circle, key=order.index))
            # Told from the child to the parent, as the document says it.
            yield [*circle[first:], *circle[:first]]
        known.update(way)


def _jurisdictions(units: dict[str, Department], at: dict[str, tuple[str, int]], place: Place) -> Iterator[Problem]:
    """One authority for each jurisdiction, and each below the city's names the government whose area it governs."""
    authorities = [one for one in units.values() if one.kind is DepartmentKind.AUTHORITY]
    order = list(Level)
    highest = min((order.index(one.level) for one in authorities), default=0)
    seen: dict[str | None, Department] = {}
    for one in authorities:
        whole_city = order.index(one.level) == highest and one.parent is None
        first = seen.setdefault(one.parent, one)
        if first is not one:
            whose_zh = f"{one.parent}" if one.parent else "全市"
            whose_en = one.parent or "the whole city"
            yield Problem(
                f"{whose_zh} 已有主管部门 {first.id}，一个辖区只有一个。请改正 {one.id} 的 parent 或 kind。",
                f"{whose_en} has the authority {first.id} already, and a jurisdiction has one; correct parent or kind of {one.id}.",
                place.at(*at[one.id], "parent" if one.parent else "kind"),
            )
        elif not whole_city and one.parent is None:
            yield Problem(
                f"{one.id} 是下级主管部门，须写 parent（其所属的人民政府或管委会），以确定辖区。",
                f"{one.id} is an authority below the city's: name its government in parent, which says what it governs.",
                place.at(*at[one.id]),
            )
        elif one.parent is not None and units.get(one.parent, one).kind is not DepartmentKind.PEOPLES_GOVERNMENT:
            yield Problem(
                f"主管部门 {one.id} 的 parent 应为人民政府或管委会（kind: peoples_government），{one.parent} 不是。",
                f"The parent of the authority {one.id} is a government (kind: peoples_government); {one.parent} is not.",
                place.at(*at[one.id], "parent"),
            )
