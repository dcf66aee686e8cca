"""Is what somebody reports, or answers with, about something that exists, in a form that the contract takes?

Precise answers, and never a value of the record: unknown resource, key or item; a proposed value that breaks the contract; a
record that has meanwhile vanished.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.model import Item, Resource
from catalog.problems import choices
from ground.errors import UserError
from pipelines.fusion.alias import in_force
from pipelines.fusion.kept_aliases import alias_name
from pipelines.intake import contract
from pipelines.intake.contract import REASONS
from quality.row_key import row_key_of
from quality.tickets.events import Kind
from quality.tickets.reports import ProblemReport
from standards import elements
from warehouse.lake import LakeReader


@dataclass(frozen=True)
class Found:
    """The row that a report is about, as it is published: value of the item as text, and the batch it came in.

    ``key`` are the key values in the form of the standard stage.
    """

    key: tuple[str, ...]
    exists: bool
    value: str | None
    batch: str | None


def check_report(city: City, report: ProblemReport) -> Resource:
    """The resource of a report whose resource, key and item are declared.

    Raises:
        UserError: no such resource or item, another number of key values, or a kind that needs an item.
    """
    try:
        resource = city.resource(report.resource)
    except UserError as fault:
        raise UserError(fault.zh, fault.en, where="resource") from None
    if len(report.key) != len(resource.key) or any(not part.strip() for part in report.key):
        raise UserError(
            f"资源 {resource.id} 的主键由 {len(resource.key)} 项组成（{'、'.join(resource.key)}），实际给出 {len(report.key)} 个值，且均不得为空。",
            f"The key of {resource.id} has {len(resource.key)} items ({', '.join(resource.key)}); {len(report.key)} values were given, and none may be empty.",
            where="key",
        )
    _check_texts(report)
    if report.item is not None:
        item_of(resource, report.item)
    elif report.kind is Kind.WRONG_VALUE:
        raise UserError(
            f"数据错误须指明信息项，可选：{'、'.join(resource.item_ids)}。",
            f"A wrong value is one of an item; name it: {', '.join(resource.item_ids)}.",
            where="item",
        )
    return resource


LONGEST: dict[str, int] = {"reason": 4000, "reference": 100, "contact": 500, "doubted": 100_000, "proposed": 100_000}
"""Field of a report -> most characters."""


def _check_texts(report: ProblemReport) -> None:
    for field, most in LONGEST.items():
        text = getattr(report, field) or ""
        if len(text) > most or "\0" in text or (field == "reference" and not text.isprintable()):
            raise UserError(
                f"{field} 不超过 {most} 个字符，且不含控制字符。",
                f"{field} has at most {most} characters and no control characters.",
                where=field,
            )


def item_of(resource: Resource, name: str) -> Item:
    """The item of a resource; UserError with the close match if there is none."""
    if name not in resource.item_ids:
        hint_zh, hint_en = choices(name, resource.item_ids)
        raise UserError(
            f"资源 {resource.id} 没有信息项 {name}。{hint_zh}",
            f"{resource.id} has no item {name}. {hint_en}",
            where="item",
        )
    return resource.item(name)


def check_values(
    reader: LakeReader, resource: Resource, values: Mapping[str, str | None], *, field: str
) -> dict[str, str | None]:
    """Values in the form of the standard stage, as text; those that break the contract of their item are refused.

    Args:
        reader: evaluates the contract, so that it is the one that a delivery meets.
        resource: whose items they are.
        values: item -> text as it was written.
        field: what the values are called in a message.

    Raises:
        UserError: item and reason, never the value.
    """
    items = [item_of(resource, name) for name in values]
    texts = ibis.memtable([dict(values)], schema=dict.fromkeys(values, "string"))
    clean = texts.select(**{one.id: cleaned(texts[one.id], one) for one in items})
    typed = clean.select(
        **{f"_{one.id}": contract.convert(clean[one.id], one).cast("string") for one in items},
        **{f"__{one.id}": breach(clean[one.id], one, needed=field == "key") for one in items},
    )
    (row,) = reader.engine.to_arrow(typed).to_pylist()
    broken = {one.id: code for one in items if (code := row[f"__{one.id}"]) is not None}
    if broken:
        raise broken_values(broken, field)
    return {one.id: row[f"_{one.id}"] for one in items}


def cleaned(text: ir.StringValue, item: Item) -> ir.StringValue:
    """What somebody wrote in the one form of its element; null where nothing is left."""
    return elements.normalise(text, item.element).nullif("")


def breach(text: ir.StringValue, item: Item, *, needed: bool = False) -> ir.StringValue:
    """By which reason (`REASONS`) a cleaned text breaks the contract of its item; null where it keeps it."""
    value = contract.convert(text, item)
    code = f"not_{item.type.value}"
    cases = [(text.notnull() & value.isnull(), ibis.literal(code if code in REASONS else "not_integer"))]
    if item.max_length is not None:
        cases.append((text.length() > item.max_length, ibis.literal("too_long")))
    if needed:
        cases.append((text.isnull(), ibis.literal("missing")))
    return ibis.cases(*cases, else_=ibis.null("string"))


def broken_values(broken: Mapping[str, str], field: str) -> UserError:
    """Item and reason of what breaks the contract, never the value; ``field`` is what the values are called."""
    reasons = {name: REASONS[code] for name, code in broken.items()}
    return UserError(
        "；".join(f"{name}：{reason[0]}" for name, reason in reasons.items()) + "。请按目录约定的格式填写。",
        "; ".join(f"{name}: {reason[1]}" for name, reason in reasons.items())
        + ". Write it as the catalogue entry says.",
        where=field,
    )


def find(reader: LakeReader, resource: Resource, key: tuple[str, ...], item: str | None) -> Found:
    """The published row of a key; its value of ``item`` as text."""
    named = check_values(reader, resource, dict(zip(resource.key, key, strict=True)), field="key")
    canonical = tuple(str(named[name]) for name in resource.key)
    table = f"standard.{resource.id}"
    if not reader.has(table):
        return Found(canonical, exists=False, value=None, batch=None)
    rows = reader.table(table)
    mine = rows.filter(row_key_of(rows, resource.key) == "|".join(canonical))
    value = mine[item].cast("string") if item is not None else ibis.null("string")
    found = reader.engine.to_arrow(mine.select(value=value, batch="_batch").limit(1)).to_pylist()
    if not found:
        return Found(canonical, exists=False, value=None, batch=None)
    return Found(canonical, exists=True, value=found[0]["value"], batch=found[0]["batch"])


def check_exists(reader: LakeReader, city: City, resource: Resource, report: ProblemReport, found: Found) -> None:
    """A wrong value is one of a record that is there, a missing record of one that is not; UserError says which it is."""
    fault = misplaced(report, exists=found.exists)
    if fault is ABSENT and _has_new_key(reader, city, resource, "|".join(found.key)):
        fault = REPLACED
    if fault is not None:
        raise UserError(*fault, where="key")


def misplaced(report: ProblemReport, *, exists: bool) -> tuple[str, str] | None:
    """What is wrong with a report on a record that ``exists`` or does not; None if nothing is."""
    whole_missing = report.kind is Kind.MISSING_RECORD and report.item is None
    if exists:
        return PRESENT if whole_missing else None
    return None if whole_missing else ABSENT


PRESENT = (
    "该主键的记录已在库中，没有遗漏；若其中的值有误，请按“数据错误”报告。",
    "There is a record under this key, so none is missing; if a value of it is wrong, report a wrong value.",
)
REPLACED = (
    "该代码已变更，请用现行代码查询后再报告。",
    "This code has been replaced; look the record up under the code in force and report it there.",
)
ABSENT = (
    "已发布数据中没有该主键的记录（可能已注销）。若应有而没有，请按“数据遗漏”报告。",
    "The published data hold no record under this key (it may have been struck off). If there should be one, report a missing record.",
)


def _has_new_key(reader: LakeReader, city: City, resource: Resource, row_key: str) -> bool:
    return any(
        reader.engine.to_arrow(aliases.filter(aliases["alias"] == row_key).limit(1)).num_rows
        for aliases in aliases_of(reader, city, resource)
    )


def aliases_of(reader: LakeReader, city: City, resource: Resource) -> Iterator[ir.Table]:
    """The former keys of the libraries to which a resource contributes."""
    for name, library in city.register.libraries.items():
        if resource.id in library.key_in and reader.has(alias_name(name)):
            yield in_force(reader.table(alias_name(name)))
