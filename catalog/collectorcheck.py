"""What must hold between the register of sources, the departments' functions and the list of lawful collectors.

The authority of an item is a department that collects the fact by law (Chifeng, part 4(二)1), unless it was agreed
otherwise; the key of a library identifies its subject: citizen ID number, unified social credit code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.collectors import Certainty, FactClass, LawfulCollectors, Subject, holders
from catalog.crosscheck import Draft
from catalog.departments import Department
from catalog.model import Resource
from catalog.places import Place
from catalog.problems import Problem, unknown
from catalog.register import Library, RegisteredItem
from standards import elements


def check_functions(draft: Draft, collectors: LawfulCollectors) -> Iterator[Problem]:
    """Functions of departments that the list does not have, and faults of the home's own list."""
    if draft.departments_place is not None:
        for position, unit in enumerate(draft.departments):
            for number, name in enumerate(unit.functions):
                if name not in collectors.functions:
                    where = draft.departments_place.at("departments", position, "functions", number)
                    yield unknown(where, ("职能", "function"), name, collectors.functions)
    if draft.collectors is not None:
        own, place = draft.collectors
        order = [one.id for one in own.classes]
        for name, field, found in collectors.unknown_names():
            if name in order:
                allowed: Iterable[str] = collectors.subjects if field == "subject" else collectors.functions
                what = ("对象", "subject") if field == "subject" else ("职能", "function")
                yield unknown(place.at("classes", order.index(name), field), what, found, allowed)


def check_collectors(draft: Draft, collectors: LawfulCollectors) -> Iterator[Problem]:
    """Problems of the register against the list.

    Who is authority is looked at only in a city whose departments declare functions: a home of an earlier version is told
    so (`functions_declared`), not refused.
    """
    if draft.register is None:
        return
    register, place = draft.register
    declared = functions_declared(draft.departments)
    for name, library in register.libraries.items():
        at = ("libraries", name)
        if library.subject is not None and library.subject not in collectors.subjects:
            yield unknown(place.at(*at, "subject"), ("对象", "subject"), library.subject, collectors.subjects)
            continue
        subject = collectors.subject_of(library.base, library.subject)
        if subject is None:
            continue
        yield from _identified(library, subject, draft, place, at)
        if declared:
            for item_name, item in library.items.items():
                yield from _lawful(item_name, item, subject, draft, collectors, place.at(*at, "items", item_name))


def functions_declared(departments: Iterable[Department]) -> bool:
    """Whether any department says what its functions are."""
    return any(one.functions for one in departments)


def classes_of(
    name: str, item: RegisteredItem, resource: Resource, subject: Subject, collectors: LawfulCollectors
) -> tuple[FactClass, ...]:
    """The classes of facts that an item of a library belongs to.

    Its title says what it is, or the data element that the title means; only an item whose title says nothing is taken for what
    the source's own item is. Else anything would be lawful for whoever has it.
    """
    column = item.from_item.get(resource.id, name)
    if column not in resource.item_ids:
        return ()
    source = resource.item(column)
    for title in (item.title, source.title):
        found = collectors.of(None, subject.id, title)
        if any(title in one.titles for one in found):
            return found
    meant = elements.match(item.title)
    found = collectors.of(meant, subject.id)
    return found if any(meant in one.elements for one in found) else collectors.of(source.element, subject.id)


def _identified(
    library: Library, subject: Subject, draft: Draft, place: Place, at: tuple[str, ...]
) -> Iterator[Problem]:
    for name, key in library.key_in.items():
        resource = draft.resource(name)
        if subject.key_element is None or resource is None or key not in resource.item_ids:
            continue
        found = resource.item(key).element
        if found is not None and found != subject.key_element:
            yield Problem(
                f"{subject.title}以 {subject.key_element} 为唯一标识，资源 {name} 的项 {key} 的数据元是 {found}。请改为对应的项。",
                f"The subject {subject.id} is identified by {subject.key_element}; item {key} of {name} is of element {found}. "
                "Name the item that identifies it.",
                place.at(*at, "key_in", name),
            )


def _lawful(
    name: str, item: RegisteredItem, subject: Subject, draft: Draft, collectors: LawfulCollectors, where: str
) -> Iterator[Problem]:
    if item.agreed is not None:
        return
    units = {one.id: one for one in draft.departments}
    for source in item.authorities:
        resource = draft.resource(source)
        unit = units.get(resource.department) if resource is not None else None
        if resource is None or unit is None:
            continue  # told elsewhere
        classes = [
            one for one in classes_of(name, item, resource, subject, collectors) if one.certainty is not Certainty.LOW
        ]
        lawful = list(dict.fromkeys(function for one in classes for function in one.lawful))
        if classes and not set(lawful) & {
            function for one in _with_managers(unit, units) for function in one.functions
        }:
            yield _unlawful(item, unit, source, lawful, classes, draft, collectors, where)


def _unlawful(
    item: RegisteredItem,
    unit: Department,
    source: str,
    lawful: list[str],
    classes: list[FactClass],
    draft: Draft,
    collectors: LawfulCollectors,
    where: str,
) -> Problem:
    what = "、".join(one.title for one in classes)
    if not lawful:
        return Problem(
            f"“{item.title}”（{what}）没有法定采集部门，由 {unit.id} 牵头须经商定：请在 agreed 写明商定的文件。",
            f"No law names a collector of {item.title} ({', '.join(one.id for one in classes)}): that {unit.id} leads is agreed; "
            "name the document in agreed.",
            where,
        )
    have = holders(draft.departments, lawful)
    who_zh = "、".join(f"{one.name}（{one.id}）" for one in have) or "本市尚无部门登记此项职能"
    who_en = ", ".join(one.id for one in have) or "no department declares it"
    return Problem(
        f"“{item.title}”（{what}）由{collectors.titled(lawful)}依法采集：{who_zh}；{unit.name}（{unit.id}）没有此项职能，"
        f"其资源 {source} 不能作权威来源。请改为法定采集部门的资源，或在 agreed 写明商定的文件，或更正 functions。",
        f"{item.title} ({', '.join(one.id for one in classes)}) is collected by law by {', '.join(lawful)}: {who_en}. {unit.id} has no "
        f"such function, so its {source} cannot be the authority: name the lawful collector's resource, or the document "
        "of agreement in agreed, or correct functions.",
        where,
    )


def _with_managers(unit: Department, units: dict[str, Department]) -> list[Department]:
    """A unit and who manages it vertically: what such a unit collects, it collects by its manager's function."""
    found = [unit]
    while found[-1].vertical and found[-1].parent in units and units[found[-1].parent or ""] not in found:
        found.append(units[found[-1].parent or ""])
    return found
