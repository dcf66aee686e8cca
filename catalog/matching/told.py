"""What the matcher is told of an item: the words a department wrote, and nothing of its values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

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
    return told_with(resource.title, key_elements(resource), item)


def told_with(title: str, key: tuple[str, ...], item: Item) -> Told:
    """`told`, for whoever goes through all items of a resource of this title and key."""
    return Told(
        title=item.title, name=item.id, type=item.type, code_list=item.code_list, element=item.element, resource=title,
        key=key,
    )  # fmt: skip


@lru_cache(maxsize=400_000)
def digest_of(one: Told) -> str:
    """A digest of everything that the matcher is told of an item but the name of its column: 16 hexadecimal digits."""
    said = [one.title, one.type, one.code_list, one.element, one.resource, *one.key]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]


def key_elements(resource: Resource) -> tuple[str, ...]:
    """The elements that the key of a resource declares."""
    return tuple(item.element for item in resource.items if item.id in resource.key and item.element is not None)
