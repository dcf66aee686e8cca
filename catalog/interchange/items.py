"""The items of one resource, from its rows: names, types, keys, and where the department has each of them from."""

from __future__ import annotations

from typing import Any

from catalog.interchange.bases import tell_basis
from catalog.interchange.cells import Cells
from catalog.interchange.columns import bare
from catalog.interchange.grouping import Group
from catalog.interchange.identifiers import is_valid, item_id
from catalog.interchange.names import Standards
from catalog.interchange.reading import Row
from catalog.model import Resource
from standards.elements import element

IDENTIFYING = ("citizen_id", "credit_code")
"""Elements that make a key where a sheet marks none."""


def read_items(
    cells: Cells, group: Group, standards: Standards, there: Resource | None
) -> tuple[list[dict[str, Any]], list[str], str | None]:
    """Items in the order of rows, the key, and the item that dates the row.

    Args:
        cells: reads, and keeps the faults.
        group: the rows.
        standards: what an item may name.
        there: the entry as it stands: an item of the same title keeps its id.
    """
    items: list[dict[str, Any]] = []
    rows: dict[str, Row] = {}
    held = {bare(one.title): one.id for one in there.items} if there else {}
    own = {row.cells["item_id"].lower() for row in group.rows if "item_id" in row.cells}
    for row in group.rows:
        if "item_title" not in row.cells:
            cells.missing(row, "item_title")
            continue
        cells.seen(row, "item_title")
        kind, length = cells.data_type(row)
        meant = _meant(row, kind, standards)
        same = held.get(bare(row.cells["item_title"]))
        if there is not None and same is not None and there.item(same).element != meant:
            meant = None  # a department may have decided against it, and what it decided stays
        name = _name(cells, row, held, {*rows, *own}, meant)
        if name in rows:
            cells.wrong(
                row, "item_id" if "item_id" in row.cells else "item_title",
                f"与第 {rows[name].number} 行的信息项标识相同（{name}）。请改为不同的标识。",
                f"The same id as in row {rows[name].number} ({name}); give another.",
            )  # fmt: skip
            continue
        rows[name] = row
        items.append(_item(cells, row, name, (kind, length), standards, meant))
    key = _key(cells, group, rows, items, there)
    return items, key, _observed(cells, rows, items)


def _meant(row: Row, kind: str | None, standards: Standards) -> str | None:
    """The data element that a title names, where the sheet names none and the type agrees: 身份证号 is 公民身份号码."""
    if "item_element" in row.cells:
        return None
    found = standards.element(row.cells["item_title"])
    return found if found is not None and element(found).type == kind else None


def _name(cells: Cells, row: Row, held: dict[str, str], taken: set[str], meant: str | None) -> str:
    written = row.cells.get("item_id")
    title = row.cells["item_title"]
    if written is not None:
        name = written.lower()
        if not is_valid(name):
            cells.wrong(
                row, "item_id", "信息项标识应为英文字母、数字和下划线，以字母开头，且不是保留字。请改正，或留空自动生成。",
                "An id has letters, digits and underscores, begins with a letter and is no reserved word; or leave it blank.",
            )  # fmt: skip
        return name
    same = held.get(bare(title))
    if same is not None and same not in taken:
        return same
    return meant if meant is not None and meant not in taken and is_valid(meant) else item_id(title, taken)


def _item(
    cells: Cells, row: Row, name: str, form: tuple[str | None, int | None], standards: Standards, meant: str | None
) -> dict[str, Any]:
    kind, length = form
    if "item_length" in row.cells and kind == "text":
        length = cells.number(row, "item_length", 1, 10**8)
    if cells.coded(row, "item_secret", "yes_no") == "yes":
        cells.secret += 1
        cells.wrong(
            row, "item_secret", "涉及国家秘密的数据不得登记。请将该项移出目录，按保密规定管理。",
            "State secrets are never registered; take the item out.",
        )  # fmt: skip
    shape = cells.coded(row, "item_shape", "shape")
    if (kind == "geometry") != (shape is not None):
        cells.wrong(
            row, "item_shape", "数据类型为空间几何的须填空间形状（点、线、面），其他类型不填。",
            "An item of geometry states its shape, no other item does.",
        )  # fmt: skip
    said = {
        "id": name,
        "title": row.cells["item_title"],
        "type": kind,
        "element": _element(cells, row, standards) or meant,
        "required": cells.coded(row, "item_required", "yes_no") == "yes" or None,
        "max_length": length if kind == "text" else None,
        "code_list": _code_list(cells, row, standards),
        "sensitivity": cells.coded(row, "item_sensitivity", "sensitivity"),
        "grade": cells.number(row, "item_grade", 1, 4),
        "collection": _collection(cells, row),
        "shape": shape,
        "srid": 4490 if shape is not None else None,
    }
    return {field: value for field, value in said.items() if value is not None}


def _element(cells: Cells, row: Row, standards: Standards) -> str | None:
    text = row.cells.get("item_element")
    if text is None:
        return None
    found = standards.element(text)
    if found is None:
        close = standards.close_to(text, standards.elements)
        zh, en = (f"是否应为“{close}”？", f"Did you mean {close}? ") if close else ("", "")
        cells.wrong(
            row, "item_element", f"没有名为“{text[:40]}”的数据元。{zh}请改正，或留空。",
            f"There is no data element {text[:40]!r}. {en}Correct it, or leave it blank.",
        )  # fmt: skip
    return found


def _code_list(cells: Cells, row: Row, standards: Standards) -> str | None:
    text = row.cells.get("item_code_list")
    if text is not None and text not in standards.code_lists:
        allowed = "、".join(sorted(standards.code_lists))
        cells.wrong(
            row, "item_code_list", f"没有名为“{text[:40]}”的代码表。请改正，或留空。可用：{allowed}。",
            f"There is no code list {text[:40]!r}. Correct it, or leave it blank. Allowed: {allowed}.",
        )  # fmt: skip
        return None
    return text


def _collection(cells: Cells, row: Row) -> dict[str, Any] | None:
    how = cells.coded(row, "item_collection", "collection")
    basis, source = row.cells.get("item_basis"), row.cells.get("item_source")
    if how is None:
        if (basis or source) and "item_collection" not in row.cells:
            cells.wrong(
                row, "item_collection", "填写了权威来源或例外依据，须填采集方式。", "Say how the item is held, too."
            )
        return None
    if how == "exception" and basis is None:
        cells.wrong(row, "item_basis", "例外采集须写明法律、法规条款。", "An exception names the law that it rests on.")
    if how == "own" and basis is None:
        cells.wrong(
            row, "item_basis", "自行采集的项，依据与条目相同的不填采集方式，不同的写明法律、法规条款。",
            "An item of one's own names its law, or leaves the cell empty and rests on the entry's.",
        )  # fmt: skip
    if how in ("exception", "own"):
        tell_basis(cells, row, "item_basis")
    return {"as": how, "source": source, "legal_basis": basis}


def _key(
    cells: Cells, group: Group, rows: dict[str, Row], items: list[dict[str, Any]], there: Resource | None
) -> list[str]:
    """The items marked as key; where none is, the key as it stands, an identifying element, or the first item, and that is told."""
    marked: list[tuple[int, str]] = []
    for position, (name, row) in enumerate(rows.items(), start=1):
        text = row.cells.get("item_key")
        if text is None:
            continue
        if text.isdecimal():
            if int(text):
                marked.append((int(text), name))
        elif cells.coded(row, "item_key", "yes_no") == "yes":
            marked.append((position, name))
    if marked or not items:
        return [name for _, name in sorted(marked)]
    if there is not None and set(there.key) <= set(rows):
        return list(there.key)
    by_element = [one["id"] for one in items if one.get("element") in IDENTIFYING]
    name = by_element[0] if len(by_element) == 1 else items[0]["id"]
    cells.warn(
        group.first, "item_key", f"没有标明主键，暂以“{rows[name].cells['item_title']}”为主键，请核对。",
        f"No key is marked; {name} is taken for now. Check it.",
    )  # fmt: skip
    return [name]


def _observed(cells: Cells, rows: dict[str, Row], items: list[dict[str, Any]]) -> str | None:
    marked = [name for name, row in rows.items() if cells.coded(row, "item_observed", "yes_no") == "yes"]
    for name in marked[1:]:
        cells.wrong(rows[name], "item_observed", "每个资源只能有一个更新时间项。", "Only one item dates the row.")
    types = {one["id"]: one.get("type") for one in items}
    for name in marked[:1]:
        if types[name] not in ("date", "timestamp"):
            cells.wrong(
                rows[name], "item_observed", "更新时间项的数据类型应为日期型或日期时间型。",
                "The item that dates the row is a date or a timestamp.",
            )  # fmt: skip
    return marked[0] if marked else None
