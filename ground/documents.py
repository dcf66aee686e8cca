"""Declared YAML documents: read, checked against a typed model, and refused with file, line and field.

Every document a person writes (profile, catalogue entry, feed, rule, masking plan) comes in through `read_document`,
so that all of them fail in the same words. A key that the model does not know is an error, never ignored.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ground.errors import DocumentError


class Declared(BaseModel):
    """Base of every declared model: unknown keys are refused, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=BaseModel)
Path_ = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice, where YAML would silently take the last one."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if key_node.value in seen:
            raise yaml.MarkedYAMLError(problem=f"key written twice: {key_node.value}", problem_mark=key_node.start_mark)
        seen.add(key_node.value)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


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
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise DocumentError(
            f"YAML 语法有误：{fault.problem}。请检查缩进、冒号后的空格和引号。",
            f"Not valid YAML: {fault.problem}. Check indentation, the space after a colon, and quotes.",
            where=f"{name}:{line}",
        ) from None
    except yaml.YAMLError as fault:
        raise DocumentError(f"YAML 无法读取：{fault}", f"YAML cannot be read: {fault}", where=name) from None
    if not isinstance(data, dict):
        raise DocumentError(
            "文件应当是“键: 值”的 YAML 映射，内容为空或不是映射。",
            "Expected a YAML mapping; the file is empty or not one.",
            where=f"{name}:1",
        )
    try:
        return model.model_validate(data)
    except ValidationError as fault:
        problems = [_describe(error, node, model, name) for error in fault.errors()]
        raise DocumentError("\n".join(zh for zh, _ in problems), "\n".join(en for _, en in problems)) from None


def _describe(error: Any, node: yaml.Node | None, model: type[BaseModel], name: str) -> tuple[str, str]:
    loc: Path_ = error["loc"]
    line = _line_of(node, loc)
    field = ".".join(str(part) for part in loc) or "(document)"
    place = f"{name}:{line} {field}"
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(str(loc[-1]), sorted(_siblings(model, loc)), n=1)
        allowed = "、".join(sorted(_siblings(model, loc)))
        hint_zh, hint_en = (f"是否想写 {close[0]}？", f" Did you mean {close[0]}?") if close else ("", "")
        return (
            f"{place}: 不认识的键。{hint_zh}允许的键：{allowed}",
            f"{place}: unknown key.{hint_en} Allowed: {allowed}",
        )
    if kind == "missing":
        return (f"{place}: 缺少必填项，请补上。", f"{place}: required and missing; add it.")
    if kind in ("literal_error", "enum"):
        allowed = str(context.get("expected", ""))
        return (f"{place}: 值不在允许范围内。允许的值：{allowed}", f"{place}: not an allowed value. Allowed: {allowed}")
    return (f"{place}: {_plain(error['msg'])}", f"{place}: {_plain(error['msg'])}")


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _line_of(node: yaml.Node | None, loc: Path_) -> int:
    """The 1-based line of the deepest part of ``loc`` that the document has."""
    line = 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                if key_node.value == str(part):
                    line, node = key_node.start_mark.line + 1, value_node
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _siblings(model: type[BaseModel], loc: Path_) -> set[str]:
    """The keys allowed where ``loc`` ends, by walking the JSON schema of the model."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    found: list[dict[str, Any]] = [schema]
    for part in loc[:-1]:
        found = [step for one in found for step in _steps(one, part, definitions)]
    return {key for one in found for key in _resolve(one, definitions)[0].get("properties", {})}


def _resolve(schema: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return [definitions[schema["$ref"].rsplit("/", 1)[-1]]]
    return [schema]


def _steps(schema: dict[str, Any], part: str | int, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for one in _resolve(schema, definitions):
        for option in [one, *one.get("anyOf", []), *one.get("oneOf", [])]:
            for solid in _resolve(option, definitions):
                if isinstance(part, int):
                    out += [solid["items"]] if isinstance(solid.get("items"), dict) else []
                elif part in solid.get("properties", {}):
                    out.append(solid["properties"][part])
                elif isinstance(solid.get("additionalProperties"), dict):
                    out.append(solid["additionalProperties"])
    return [solid for one in out for solid in _resolve(one, definitions)]
