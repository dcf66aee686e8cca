"""Declared YAML documents: read, checked against a typed model, and refused with file, line and field.

Every document a person writes (profile, catalogue entry, feed, rule, masking plan) comes in through `read_document`,
so that all of them fail in the same words. A key that the model does not know is an error, never ignored. The words
themselves are `ground.document_faults`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ground.document_faults import invalid, not_yaml
from ground.errors import DocumentError

if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader
else:  # libyaml reads a catalogue of thousands of documents ten times as fast
    from yaml import CSafeLoader as SafeLoader


class Declared(BaseModel):
    """Base of every declared model: unknown keys are refused, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=BaseModel)


class _Loader(SafeLoader):
    """SafeLoader that refuses a key written twice, where YAML would silently take the last one.

    Keys are taken as written: a column called ``No`` or a code ``01`` is that text, not what YAML 1.1 reads into it.
    """


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key is not a plain text", problem_mark=key_node.start_mark)
        if key_node.value in seen:
            raise yaml.MarkedYAMLError(problem=f"key written twice: {key_node.value}", problem_mark=key_node.start_mark)
        seen.add(key_node.value)
    loader.flatten_mapping(node)
    return {key_node.value: loader.construct_object(value_node, deep=True) for key_node, value_node in node.value}


def _scalar(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """A date or number; 2026-02-30 looks like one and is none, which YAML's own reader lets fall through."""
    try:
        return SafeLoader.yaml_constructors[node.tag](loader, node)
    except (ValueError, AttributeError):
        raise yaml.MarkedYAMLError(problem="no such date or number", problem_mark=node.start_mark) from None


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
for _kind in ("timestamp", "int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _scalar)


def read_document(path: Path, model: type[M], *, name: str | None = None) -> M:
    """Read one YAML file as ``model``.

    Args:
        path: the file, UTF-8.
        model: the typed model; its unknown keys are refused.
        name: how the file is called in messages (default: its path).

    Raises:
        DocumentError: not readable, not YAML, or not what the model allows; all problems at once, each as
            ``file:line field: what was found, what is allowed``.
    """
    shown = name or str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DocumentError("找不到文件，请检查路径。", "File not found; check the path.", where=shown) from None
    except UnicodeDecodeError:
        raise DocumentError(
            "文件不是 UTF-8 编码，请另存为 UTF-8。", "Not UTF-8; save the file as UTF-8.", where=shown
        ) from None
    return parse_document(text, model, name=shown)


def parse_document(text: str, model: type[M], *, name: str) -> M:
    """`read_document` for text already in hand; ``name`` is how messages call it."""
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            data = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.YAMLError as fault:
        raise not_yaml(fault, name) from None
    if not isinstance(data, dict):
        raise DocumentError(
            "文件应当是“键: 值”的 YAML 映射，内容为空或不是映射。",
            "Expected a YAML mapping; the file is empty or not one.",
            where=f"{name}:1",
        )
    try:
        return model.model_validate(data)
    except ValidationError as fault:
        raise invalid(fault, node, model, name) from None
