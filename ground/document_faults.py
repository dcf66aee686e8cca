"""Why a document was refused, in words for the person who wrote it: Chinese, and English beside it.

Validation errors of pydantic and syntax errors of YAML come in, one line per problem goes out. Where a problem stands is
`ground.document_places`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from ground.document_places import Spot, allowed_keys, allowed_values, spot
from ground.document_words import PATTERNS, READ_AS, SYNTAX, WORDS, Pair
from ground.errors import DocumentError


def not_yaml(fault: yaml.YAMLError, name: str) -> DocumentError:
    """A document that is not YAML, or that writes a key twice."""
    if not isinstance(fault, yaml.MarkedYAMLError):
        zh = "含有不允许的控制字符，请删除"
        return DocumentError(f"YAML 无法读取：{zh}。", "YAML cannot be read: it holds a control character.", where=name)
    problem = fault.problem or ""
    # An open bracket or quote is noticed at the end of the file; where it was opened is what helps.
    opened = re.search(r"',' or|unexpected end of stream", problem) and fault.context_mark
    mark = fault.context_mark if opened else fault.problem_mark
    zh, en = next(
        ((re.sub(f"^.*?{found}.*$", zh, problem), re.sub(f"^.*?{found}.*$", en, problem))
         for found, (zh, en) in SYNTAX if re.search(found, problem)),
        (problem, problem),
    )  # fmt: skip
    return DocumentError(
        f"YAML 语法有误：{zh}。", f"Not valid YAML: {en}.", where=f"{name}:{mark.line + 1 if mark else 1}"
    )


def invalid(fault: ValidationError, node: yaml.Node | None, model: type[BaseModel], name: str) -> DocumentError:
    """A document that the model does not allow: every problem, one line each."""
    errors = [(spot(node, _location(error), missing=error["type"] == "missing"), error) for error in fault.errors()]
    lines: dict[tuple[int, str], list[Pair]] = {}
    for place, error in _tried_in_earnest(errors):
        pair = _describe(place, error, node, model)
        pairs = lines.setdefault((place.line, str(place)), [])
        if pair not in pairs:
            pairs.append(pair)
    told = sorted(lines.items(), key=lambda one: one[0][0])
    zh = [f"{name}:{line} {field}: {_joined((one for one, _ in pairs), '；或')}" for (line, field), pairs in told]
    en = [f"{name}:{line} {field}: {_joined((one for _, one in pairs), '; or ')}" for (line, field), pairs in told]
    return DocumentError("\n".join(zh), "\n".join(en))


def _location(error: Any) -> tuple[str | int, ...]:
    """Pydantic's location; of a union told apart by a key, that key, where the document has it."""
    if error["type"] != "union_tag_invalid":
        return tuple(error["loc"])
    return (*error["loc"], str(error["ctx"]["discriminator"]).strip("'"))


def _tried_in_earnest(errors: list[tuple[Spot, Any]]) -> list[tuple[Spot, Any]]:
    """Without the branches of a union that the value was never meant to be.

    A mapping is no text, and to say so helps nobody who misspelt a key in it. A branch was meant if something within it
    is wrong, or if it took the value's type and refused its content.
    """
    never = {
        (place.field, place.branches[-1])
        for place, error in errors
        if place.at_branch and error["type"].endswith("_type")
    }
    meant = [(place, error) for place, error in errors if not _among(place, never)]
    answered = {place.field[:length] for place, _ in meant for length, _ in place.branches}
    # Where no branch was meant, all of them are told.
    return [(place, error) for place, error in errors if not _among(place, never) or place.field not in answered]


def _among(place: Spot, never: set[Any]) -> bool:
    return bool(place.branches) and (place.field, place.branches[-1]) in never


def _describe(place: Spot, error: Any, node: yaml.Node | None, model: type[BaseModel]) -> Pair:
    kind = error["type"]
    if kind == "extra_forbidden":
        return _choice(("不认识的键", "unknown key"), place.field[-1], allowed_keys(model, node, place.field), "键")
    if kind == "missing":
        return _missing(allowed_values(model, node, place.field))
    if kind in ("literal_error", "enum"):
        allowed = re.findall(r"'([^']*)'", str(error["ctx"]["expected"])) or [str(error["ctx"]["expected"])]
        return _choice(("值不在允许范围内", "not an allowed value"), error["input"], allowed, "值")
    if kind.startswith("union_tag"):
        return _tag(error)
    if kind == "string_type":
        return _no_text(error["input"])
    if kind == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        zh, en = PATTERNS.get(pattern, (f"符合 {pattern} 的文本", f"text that matches {pattern}"))
        return (f"应为{zh}。", f"must be {en}.")
    if kind == "value_error":
        return both(error["msg"].removeprefix("Value error, "))
    if kind in ("string_too_short", "too_short") and error["ctx"]["min_length"] == 1:
        return ("不能为空，请填写。", "must not be empty; fill it in.")
    if kind in WORDS:
        zh, en = WORDS[kind]
        numbers = {
            name: f"{value:g}" if isinstance(value, float) else value for name, value in error.get("ctx", {}).items()
        }
        return (zh.format(**numbers) + "。", en.format(**numbers) + ".")
    return (f"不符合要求（{error['msg']}）。", f"{error['msg']}.")


def _choice(what: Pair, found: object, allowed: Iterable[str], noun: str) -> Pair:
    names = list(allowed)
    close = difflib.get_close_matches(str(found), names, n=1)
    hint_zh, hint_en = (f"是否想写 {close[0]}？", f" Did you mean {close[0]}?") if close else ("", "")
    return (
        f"{what[0]}。{hint_zh}允许的{noun}：{'、'.join(names)}",
        f"{what[1]}.{hint_en} Allowed: {', '.join(names)}",
    )


def _missing(allowed: list[str]) -> Pair:
    zh, en = "缺少必填项，请补上。", "required and missing; add it."
    return (f"{zh}允许的值：{'、'.join(allowed)}", f"{en} Allowed: {', '.join(allowed)}") if allowed else (zh, en)


def _tag(error: Any) -> Pair:
    """A union that is told apart by a key (``kind``) which is missing or says something unknown."""
    context = error["ctx"]
    if error["type"] == "union_tag_not_found":
        key = str(context["discriminator"]).strip("'")
        return (f"缺少 {key}，请写明是哪一种。", f"{key} is missing; say which kind it is.")
    allowed = re.findall(r"'([^']*)'", str(context["expected_tags"]))
    return _choice(("值不在允许范围内", "not an allowed value"), context["tag"], allowed, "值")


def _no_text(given: object) -> Pair:
    if given is None:
        return ("值为空，请填写。", "has no value; fill it in.")
    zh, en = next((words for kind, words in READ_AS if isinstance(given, kind)), ("其他类型", "something else"))
    if isinstance(given, list | dict):
        return (f"应为文本，现为{zh}。", f"must be text and is {en}.")
    return (f"应为文本，YAML 读成了{zh}，请加引号。", f"must be text, and YAML reads it as {en}: put it in quotes.")


def both(message: str) -> Pair:
    """A model's own message carries both languages, Chinese first; one that does not is shown in both."""
    zh, _, en = message.rpartition("；")
    return (zh, en) if zh and re.search("[A-Za-z]", en) else (message, message)


def _joined(parts: Iterable[str], word: str) -> str:
    texts = list(parts)
    return word.join([*(text.rstrip("。.") for text in texts[:-1]), texts[-1]])
