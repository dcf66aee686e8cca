"""What the matcher is told of an item: the words a department wrote, and nothing of its values."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.model import Item, Resource


@dataclass(frozen=True, slots=True)
class Told:
    """One item as it is handed in.

    Attributes:
        title: its title; of a file without titles, the name of the column.
        name: its Latin name, where it has one beside the title.
        type: type of its values.
        code_list: the code list that its values come from.
        element: the standard data element that it declares.
        resource: title of the resource it belongs to: says what a bare 名称 is the name of.
        key: elements of the resource's key, where they are declared.
    """

    title: str
    name: str | None = None
    type: str | None = None
    code_list: str | None = None
    element: str | None = None
    resource: str | None = None
    key: tuple[str, ...] = ()


def told(resource: Resource, item: Item) -> Told:
    """An item of a catalogue entry as it is handed in."""
    key = tuple(one for name in resource.key if (one := resource.item(name).element) is not None)
    return Told(
        title=item.title, name=item.id, type=item.type, code_list=item.code_list, element=item.element,
        resource=resource.title, key=key,
    )  # fmt: skip
