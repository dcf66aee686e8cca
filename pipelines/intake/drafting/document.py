"""Writes a draft down: one YAML document with the feed and its resource, every guess with its reason beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from catalog.formats import Zip
from catalog.gate.verdict import Refusal
from catalog.model import ItemType
from pipelines.intake.drafting.columns import Column
from pipelines.intake.drafting.draft import GEOMETRY_ITEM, Drafted, geometry_of
from pipelines.intake.drafting.guess import Guess
from standards import elements

UNDECIDED = "待填"
"""What stands where only the department knows; the catalogue takes it, and it is found by searching for it."""


def write(drafted: Drafted, refused: Mapping[str, Refusal] | None = None) -> str:
    """The text of ``city/feeds/<id>.yaml``.

    Args:
        drafted: what was guessed.
        refused: item -> why the gate would refuse it as a source of its own; the draft proposes how to hold it instead.
    """
    return "\n".join([*_head(drafted), *_resource(drafted, refused or {}), *_delivery(drafted)]) + "\n"


def _head(drafted: Drafted) -> Iterator[str]:
    yield f"# 由 shuyuan feed new 依据 {drafted.file}（{drafted.rows} 行）起草。# 之后是判断的依据，核对后可删；“{UNDECIDED}”处请填写。"
    yield f"# Drafted from {drafted.file} ({drafted.rows} rows). Comments say how it was told; fill in what says {UNDECIDED}."
    yield f"id: {drafted.id}"


def _resource(drafted: Drafted, refused: Mapping[str, Refusal]) -> Iterator[str]:
    basis = f"{{reason: {UNDECIDED}, legal_basis: {UNDECIDED}}}"[1:-1]
    yield "resource:"
    yield f"  id: {drafted.id}"
    yield f"  title: {_scalar(_title(drafted))}  # 取自文件名 from the file's name"
    yield f"  department: {drafted.department}"
    yield f"  system: {UNDECIDED}  # 数据出自哪个业务系统 the system it comes from"
    yield "  storage_format: file"
    yield "  provision_mode: file"
    yield "  share_until: 长期"
    yield f"  sharing: {{class: conditional, {basis}}}  # 未核定前从严 strict until decided"
    yield f"  opening: {{class: not, {basis}}}"
    yield f"  update_cycle: {drafted.cycle.value}{_why(drafted.cycle)}"
    names = [name for name, one in drafted.columns if one in drafted.key.columns]
    mark = "" if drafted.key.sure else "待核 check this: "
    yield f"  key: {_flow(names)}  # {mark}{drafted.key.zh} {drafted.key.en}"
    yield "  items:"
    for name, one in drafted.columns:
        proposed, why = _proposed(refused.get(name))
        yield f"    - {_flow(_item(name, one) | proposed)}{_reason(one, why)}"
    yield from _place_item(drafted)


def _item(name: str, one: Column) -> dict[str, Any]:
    item: dict[str, Any] = {"id": name, "title": one.title if not one.title.isdigit() else f"第 {one.title} 列"}
    if one.type is not ItemType.TEXT:
        item["type"] = one.type.value
    if one.element is not None:
        item["element"] = one.element
    if one.code_list is not None:
        item["code_list"] = one.code_list
    return item


def _proposed(refusal: Refusal | None) -> tuple[dict[str, Any], tuple[str, str] | None]:
    """How an item is held that the gate would refuse otherwise, and what the department has to decide."""
    if refusal is None:
        return {}, None
    if refusal.source is None:
        return {"collection": {"as": "exception", "legal_basis": UNDECIDED}}, (
            "待核：依法由其他部门采集；确有法律依据的填写 legal_basis，否则删去本项，改为提出数据需求",
            "check this: another department collects it by law; state the law, or drop the item and file a demand",
        )
    source = f"{refusal.source.resource}.{refusal.source.item}"
    return {"collection": {"as": "corroboration", "source": source}}, (
        f"待核：已有来源 {source}；只为核对则保留，法律另有规定则改为 exception 并写 legal_basis，否则删去本项，改为申请共享",
        f"check this: {source} is the source already; keep it to compare only, make it an exception with its law, or drop the item",
    )


def _reason(one: Column, proposed: tuple[str, str] | None) -> str:
    parts = [*([proposed] if proposed else []), *([(one.zh, one.en)] if one.zh else [])]
    if one.element is not None:
        title = elements.element(one.element).title
        parts.append((f"列名即标准数据元“{title}”", f"its title names the standard element {one.element}"))
    if one.code_list is not None:
        parts.append((f"所有值都在代码表 {one.code_list} 中", f"all values are codes of {one.code_list}"))
    if not parts:
        return ""
    return f"  # {'；'.join(zh for zh, _ in parts)} {'; '.join(en for _, en in parts)}"


def _place_item(drafted: Drafted) -> Iterator[str]:
    if drafted.place is None:
        return
    item = {"id": GEOMETRY_ITEM, "title": "位置", "type": "geometry", "srid": 4490, "shape": drafted.place.shape}
    mixed = "；另有其他种类，会进入隔离区 (others go to quarantine)" if drafted.place.mixed else ""
    if drafted.crs is not None:
        yield f"    - {_flow(item)}{f'  # 最多的一种 the most frequent kind{mixed}' if mixed else ''}"
    else:
        yield f"    # - {_flow(item)}  # 定下坐标系后，去掉行首的 #{mixed} remove the # once the system is known"


def _delivery(drafted: Drafted) -> Iterator[str]:
    yield f"source: {_flow({'kind': 'file', 'path': drafted.path})}  # inbox/ 之下 below inbox/"
    yield from _format(drafted)
    yield f"mode: {drafted.mode.value}{_why(drafted.mode)}"
    yield "columns:"
    for name, one in drafted.columns:
        yield f"  {_scalar(one.title)}: {name}"
    for title in drafted.unusable:
        yield f"  # {_scalar(title)}: 该列名出现不止一次，无法采用 this title stands there more than once"
    yield from _geometry(drafted)


def _format(drafted: Drafted) -> Iterator[str]:
    form, guesses = drafted.guessed.form, drafted.guessed.guesses
    yield "format:"
    if isinstance(form, Zip):
        yield "  kind: zip"
        yield f"  member: {_scalar(form.member)}{_why(guesses.get('member'))}"
        yield "  content:"
        yield from _options("    ", form.content.model_dump(exclude_defaults=True), guesses)
    else:
        yield from _options("  ", form.model_dump(exclude_defaults=True), guesses)


def _options(indent: str, options: Mapping[str, Any], guesses: Mapping[str, Guess]) -> Iterator[str]:
    for name, value in options.items():
        yield f"{indent}{name}: {_flow(value) if isinstance(value, list) else _scalar(value)}{_why(guesses.get(name))}"
    told = [guess for name, guess in guesses.items() if name not in options and name != "member"]
    for guess in told:
        yield f"{indent}# {_comment(guess)}"


def _geometry(drafted: Drafted) -> Iterator[str]:
    if drafted.place is None:
        return
    declared = geometry_of(drafted)
    if declared is not None and drafted.crs is not None:
        yield f"geometry: {_flow(declared.model_dump(exclude_none=True, exclude_defaults=True))}{_why(drafted.crs)}"
        return
    located = [one.title for one in drafted.place.columns]
    pair = {"longitude": located[0], "latitude": located[1]} if len(located) > 1 else {"column": located[0]}
    yield "# 文件没有写明坐标系，从数字看不出（各系统相差几百米）。请向部门核实，填入 crs：cgcs2000、wgs84、gcj02、bd09 或 EPSG:4513–4554。"
    yield "# The file states no reference system, and numbers do not tell it. Ask the department, fill in crs, remove the #."
    yield f"# geometry: {_flow({'item': GEOMETRY_ITEM, 'crs': UNDECIDED, **pair})}"


def _title(drafted: Drafted) -> str:
    return drafted.path.rpartition("/")[2].rpartition(".")[0].replace("{period}", "").strip(" _-.") or drafted.id


def _why(guess: Guess | None) -> str:
    return f"  # {_comment(guess)}" if guess is not None else ""


def _comment(guess: Guess) -> str:
    return " ".join(f"{guess.zh} {guess.en}".split())


def _flow(value: Any) -> str:
    """A list or mapping on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(one)}" for name, one in value.items()) + "}"
    if not isinstance(value, list):
        return _scalar(value)
    return "[" + ", ".join(_scalar(one) for one in value) + "]"


def _scalar(value: Any) -> str:
    """A value on one line, quoted where YAML would read it as something else."""
    if isinstance(value, str) and not value.isprintable():
        return json.dumps(value)  # a title with a line break, say; JSON is YAML
    return yaml.safe_dump([value], allow_unicode=True, default_flow_style=True, width=10**6).strip()[1:-1]
