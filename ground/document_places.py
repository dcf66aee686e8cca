"""Where in a document a validation error stands: its field in the document's own keys, its line, its keys allowed.

Pydantic's locations also name the branch of a union that was tried (``resource.function-after[…].title``); nobody wrote
such a key, so it is taken out here by walking the document beside the location.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from pydantic import BaseModel

Loc = tuple[str | int, ...]
KEY = "[key]"
"""What ends a location that is about a key and not its value."""


@dataclass(frozen=True)
class Spot:
    """One error's place.

    Attributes:
        field: keys and 0-based positions as the document has them.
        line: 1-based line of the deepest part of ``field`` that the document has.
        branches: unions passed on the way: (length of ``field`` there, branch).
        is_key: the error is about the last key of ``field`` itself.
    """

    field: Loc
    line: int
    branches: tuple[tuple[int, str], ...]
    is_key: bool

    @property
    def at_branch(self) -> bool:
        """The error says that the value is no such branch at all, not that something within it is wrong."""
        return bool(self.branches) and self.branches[-1][0] == len(self.field)

    def __str__(self) -> str:
        return ".".join(map(str, self.field)) or "(document)"


def spot(node: yaml.Node | None, loc: Loc, *, missing: bool) -> Spot:
    """Walk ``loc`` through the document.

    Args:
        node: the document.
        loc: pydantic's location.
        missing: the last part names a key that is not there.
    """
    is_key = bool(loc) and loc[-1] == KEY
    parts = loc[:-1] if is_key else loc
    field: list[str | int] = []
    branches: list[tuple[int, str]] = []
    line, tag_taken = 1, False
    for place, part in enumerate(parts):
        found = _child(node, part)
        tagged = not tag_taken and _tag(node) == part
        if tagged or (found is None and not (missing and place == len(parts) - 1)):
            branches.append((len(field), str(part)))
            tag_taken = tagged
            continue
        field.append(part)
        tag_taken = False
        if found is not None:
            line, node = found
    return Spot(tuple(field), line, tuple(branches), is_key)


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == str(part):
                return key_node.start_mark.line + 1, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line + 1, child
    return None


def _tag(node: yaml.Node | None) -> str | None:
    """What a mapping says it is (``kind: csv``): the branch that a discriminated union takes."""
    found = _child(node, "kind")
    return str(found[1].value) if found is not None and isinstance(found[1], yaml.ScalarNode) else None


def allowed_keys(model: type[BaseModel], node: yaml.Node | None, field: Loc) -> list[str]:
    """The keys that the model allows in the mapping that holds ``field``."""
    return sorted({key for one in _schemas(model, node, field[:-1]) for key in one.get("properties", {})})


def allowed_values(model: type[BaseModel], node: yaml.Node | None, field: Loc) -> list[str]:
    """The few values that the model allows at ``field``; none where it does not list them."""
    return [str(value) for one in _schemas(model, node, field) for value in one.get("enum", [])]


def _schemas(model: type[BaseModel], node: yaml.Node | None, field: Loc) -> list[dict[str, Any]]:
    """The parts of the model's JSON Schema that describe ``field``."""
    whole = _schema_of(model)
    here: yaml.Node | None = node
    found = _options(whole, whole, here)
    for part in field:
        child = _child(here, part)
        here = child[1] if child else None
        found = [solid for one in found for step in _steps(one, part) for solid in _options(step, whole, here)]
    return found


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _steps(schema: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    if isinstance(part, int):
        return [schema["items"]] if isinstance(schema.get("items"), dict) else []
    if part in schema.get("properties", {}):
        return [schema["properties"][part]]
    others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return [one for one in others if isinstance(one, dict)]


def _options(schema: dict[str, Any], whole: dict[str, Any], node: yaml.Node | None) -> list[dict[str, Any]]:
    """A schema without references and unions; of a discriminated union only what the document says it is."""
    if "$ref" in schema:
        return _options(whole["$defs"][schema["$ref"].rsplit("/", 1)[-1]], whole, node)
    chosen = schema.get("discriminator", {}).get("mapping", {}).get(_tag(node) or "")
    if chosen:
        return _options({"$ref": chosen}, whole, node)
    branches = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
    return [schema, *(one for branch in branches for one in _options(branch, whole, node))]
