"""Ways through a JSON value, as feeds write them (``data.items``, ``holder.name``) and as the engine reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

EACH = "[*]"
"""Behind a name on the way to the records: every element of the list there."""


def path(way: str) -> str:
    """The path of a column: ``holder.name``."""
    return quoted(tuple(part for part in way.split(".") if part))


def list_path(way: str) -> str:
    """The path of the records: ``lines[*].stops`` passes through the elements of a list."""
    parts = [part for part in way.split(".") if part]
    return "$" + "".join(quoted((one.removesuffix(EACH),))[1:] + EACH * one.endswith(EACH) for one in parts)


def quoted(way: tuple[str, ...]) -> str:
    """A way as the engine's path, its names quoted."""
    return "$" + "".join('."' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in way)


def leaves(value: Any, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The ways to the values of a record that are no objects."""
    if isinstance(value, dict) and (value or way):
        for key, inner in value.items():
            yield from leaves(inner, (*way, key))
    elif way:
        yield way


def follow(value: Any, way: tuple[str, ...]) -> Any:
    """What stands at the end of a way that `leaves` gave."""
    for key in way:
        value = value[key]
    return value
