"""Reads a catalogue sheet, XLSX or CSV: which sheet, which header, which columns. What a row says is `catalog.interchange.entries`.

Merged cells are refused and never guessed at: whether the cells below say the same or nothing is for the department to say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from charset_normalizer import from_bytes

from catalog.interchange import columns as known
from catalog.interchange.faults import Fault
from catalog.interchange.workbook import Range, Sheet, is_workbook, range_name, read_workbook
from ground.errors import DocumentError

HEADER_WITHIN = 30
"""Rows in which the header is looked for; titles and remarks may stand above it."""
MOST_ROWS = 200_000
ENCODINGS = ["gb18030", "big5", "utf_16"]
"""What a text file may be in beside UTF-8."""


@dataclass(frozen=True)
class Row:
    """One row of a sheet: its number, and what it says by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A catalogue sheet as it was read.

    Attributes:
        file: name of the file.
        sheet: name of the sheet; None for a text file.
        header_row: row of its header.
        places: column id -> its place in the sheet, 1-based.
        titles: column id -> what the sheet calls it.
        rows: rows below the header that are not empty.
        faults: what is wrong with header and cells.
        notes: what a reader should know: sheets and columns passed over.
    """

    file: str
    sheet: str | None
    header_row: int
    places: dict[str, int]
    titles: dict[str, str]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    def fault(self, row: int, column: str, zh: str, en: str, *, is_warning: bool = False) -> Fault:
        """A fault in the cell of ``column``; in the row as a whole where the sheet has no such column."""
        title = self.titles.get(column) or known.column(column).title
        return Fault(row, self.places.get(column, 0), title, zh, en, is_warning)


@dataclass
class _Header:
    row: int
    places: dict[str, int]
    titles: dict[str, str]
    unknown: list[tuple[int, str]] = field(default_factory=list)
    repeated: list[tuple[int, str, str]] = field(default_factory=list)


def read_sheets(path: Path) -> list[Sheet]:
    """Everything in a file, as text.

    Raises:
        DocumentError: no such file, empty, or neither a workbook nor text.
    """
    name = path.name
    if not path.is_file():
        raise DocumentError("找不到文件，请检查路径。", "File not found; check the path.", where=str(path))
    if path.stat().st_size == 0:
        raise DocumentError("文件为 0 字节。请重新导出。", "The file has 0 bytes; export it again.", where=name)
    if is_workbook(path):
        return read_workbook(path, name)
    return [Sheet(None, _text_rows(path.read_bytes(), name))]


def read_table(path: Path, *, sheet: str | None = None) -> Table:
    """The catalogue sheet of a file.

    Args:
        path: an XLSX, or a CSV in UTF-8, GB 18030 or Big5.
        sheet: which sheet, where several have a header of the catalogue's.

    Raises:
        DocumentError: nothing in it is a catalogue sheet, several are, or cells of it are merged.
    """
    chosen, notes = _chosen(path.name, read_sheets(path), sheet)
    found = _find_header(chosen)
    if found is None:
        raise _no_header(path.name, chosen)
    _refuse_merged(path.name, chosen, found.row)
    faults = [*_header_faults(found), *[_titled(one, found) for one in chosen.faults if one.row > found.row]]
    notes += [
        _passed_over(title) for _, title in found.unknown if not known.is_ignored(title) and _slip(title, found) is None
    ]
    return Table(
        path.name, chosen.name, found.row, found.places, found.titles,
        tuple(_rows(chosen, found.row, found.places)), tuple(faults), tuple(notes),
    )  # fmt: skip


def table_of(file: str, sheet: Sheet, header_row: int, places: dict[str, int]) -> Table:
    """A sheet whose columns somebody else knows (`catalog.interchange.mapping`).

    Raises:
        DocumentError: cells of it are merged.
    """
    _refuse_merged(file, sheet, header_row)
    titles = {name: known.column(name).title for name in places}
    faults = tuple(one for one in sheet.faults if one.row > header_row)
    return Table(file, sheet.name, header_row, places, titles, tuple(_rows(sheet, header_row, places)), faults)


def _rows(sheet: Sheet, header_row: int, places: dict[str, int]) -> Iterable[Row]:
    if len(sheet.rows) > MOST_ROWS:
        raise DocumentError(
            f"超过 {MOST_ROWS} 行，请分部门导入。", f"More than {MOST_ROWS} rows; import it department by department."
        )
    for number, cells in enumerate(sheet.rows[header_row:], start=header_row + 1):
        said = {name: cells[at - 1] for name, at in places.items() if at <= len(cells) and cells[at - 1]}
        if said:
            yield Row(number, said)


# --- which sheet --------------------------------------------------------------------------------------------------


def _chosen(file: str, sheets: list[Sheet], wanted: str | None) -> tuple[Sheet, list[tuple[str, str]]]:
    if wanted is not None:
        found = [one for one in sheets if one.name == wanted]
        if not found:
            names = "、".join(one.name or "" for one in sheets)
            raise DocumentError(
                f"没有名为 {wanted} 的工作表。现有：{names}",
                f"There is no sheet {wanted}. There are: {names}",
                where=file,
            )
        return found[0], []
    visible = [one for one in sheets if not one.hidden]
    fitting = [one for one in visible if _find_header(one) is not None]
    if len(fitting) > 1:
        names = "、".join(one.name or "" for one in fitting)
        raise DocumentError(
            f"有多个工作表都像目录表：{names}。请用 --sheet 指明一个，逐个导入。",
            f"Several sheets look like a catalogue: {names}. Name one with --sheet and import them one by one.",
            where=file,
        )
    if not fitting:
        hidden = [one for one in sheets if one.hidden and _find_header(one) is not None]
        if hidden:
            raise DocumentError(
                f"目录表 {hidden[0].name} 是隐藏的，未读取。请取消隐藏后再导入，或用 --sheet 指明。",
                f"The sheet {hidden[0].name} is hidden and was not read. Unhide it, or name it with --sheet.",
                where=file,
            )
        raise _no_header(file, (visible or sheets)[0])
    chosen = fitting[0]
    return chosen, [
        (f"工作表 {one.name} 不是目录表，未读取", f"sheet {one.name} is no catalogue and was not read")
        for one in visible if one is not chosen and any(map(any, one.rows))
    ]  # fmt: skip


def _no_header(file: str, sheet: Sheet) -> DocumentError:
    needed = "、".join(one.title for one in known.mandatory())
    first = next((cells for cells in sheet.rows if any(cells)), [])
    seen = "、".join(cell for cell in first[:8] if cell and len(cell) <= 20)
    # A header is no value of anybody's data, but a first row without one may be: it is shown only where it looks like titles.
    shown = f"首行为：{seen}。" if seen and len([c for c in first if len(c) > 20]) == 0 else ""
    return DocumentError(
        f"前 {HEADER_WITHIN} 行中找不到表头。{shown}应有一行列名，至少含：{needed}。"
        "可用 catalog template 生成模板；列名不同的表，用 --columns 写明各列的含义。",
        f"No header in the first {HEADER_WITHIN} rows. One row names the columns, at least: {needed}. "
        "'catalog template' writes an empty sheet; for a sheet with other titles say with --columns what they mean.",
        where=f"{file} {sheet.name}" if sheet.name else file,
    )


# --- header -------------------------------------------------------------------------------------------------------


def _find_header(sheet: Sheet) -> _Header | None:
    """The row with most titles that are known; it names at least a resource or an item, and something else."""
    best: _Header | None = None
    for number, cells in enumerate(sheet.rows[:HEADER_WITHIN], start=1):
        one = _header(number, cells)
        if "title" not in one.places and "business" in one.places:  # Haishu 10 calls the entry by its business
            one.places["title"], one.titles["title"] = one.places.pop("business"), one.titles.pop("business")
        names = one.places.keys() & {"title", "item_title"}
        if names and len(one.places) > 1 and (best is None or len(one.places) > len(best.places)):
            best = one
    return best


def _header(number: int, cells: list[str]) -> _Header:
    header = _Header(number, {}, {})
    for place, title in enumerate(cells, start=1):
        if not title:
            continue
        found = known.find(title)
        if found is None:
            header.unknown.append((place, title))
        elif found.id in header.places:
            header.repeated.append((place, title, found.id))
        else:
            header.places[found.id] = place
            header.titles[found.id] = title
    return header


def _slip(title: str, header: _Header) -> known.Column | None:
    """The column that an unknown title is a slip of the pen for: one that the sheet has not under its own name."""
    close = known.close_to(title)
    return close if close is not None and close.id not in header.places and not known.is_ignored(title) else None


def _header_faults(header: _Header) -> Iterable[Fault]:
    for place, title in header.unknown:
        close = _slip(title, header)
        if close is not None:
            yield Fault(
                header.row, place, title, f"没有这一列名，是否应为“{close.title}”？请改列名，或删去该列。",
                f"There is no such column; did you mean {close.title}? Rename it, or take the column out.",
            )  # fmt: skip
    for place, title, name in header.repeated:
        other = header.titles[name]
        yield Fault(
            header.row, place, title, f"与列“{other}”含义相同，请只保留一列。",
            f"Means the same as the column {other}; keep one of them.",
        )  # fmt: skip


def _passed_over(title: str) -> tuple[str, str]:
    return f"列“{title}”不在目录表的列中，未读取", f"the column {title} is none of the catalogue's and was not read"


def _titled(fault: Fault, header: _Header) -> Fault:
    name = next((name for name, place in header.places.items() if place == fault.column), None)
    return replace(fault, title=header.titles[name]) if name else fault


def _refuse_merged(file: str, sheet: Sheet, header_row: int) -> None:
    merged: list[Range] = [one for one in sheet.merged if one[2] >= header_row]
    if not merged:
        return
    shown = "、".join(map(range_name, merged[:10])) + (f" 等共 {len(merged)} 处" if len(merged) > 10 else "")
    raise DocumentError(
        f"有合并单元格：{shown}。合并后只有左上角有内容，其余各行所指不明。请选中这些区域，取消合并，并把内容填充到每个单元格，再导入。未导入任何内容。",
        f"Merged cells: {shown}. Only the upper left of them holds anything, so that what the other rows mean is not certain. "
        "Unmerge them and fill every cell. Nothing was imported.",
        where=f"{file} {sheet.name}" if sheet.name else file,
    )


# --- text files ---------------------------------------------------------------------------------------------------


def _text_rows(raw: bytes, file: str) -> list[list[str]]:
    text = _decoded(raw, file)
    head = "\n".join(text.splitlines()[:HEADER_WITHIN])
    delimiter = max(",\t;|", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as fault:
        raise DocumentError(
            "CSV 的引号或换行有误，无法读取。请用表格软件重新另存，或改交 XLSX。",
            "The quotes or line breaks of the CSV are wrong; save it again, or hand in an XLSX.",
            where=file,
        ) from fault
    return [[_unguarded(cell.strip()) for cell in row] for row in rows]


def _decoded(raw: bytes, file: str) -> str:
    with suppress(UnicodeDecodeError):
        text = raw.decode("utf-8-sig")
        if "\0" not in text:
            return text
    best = from_bytes(raw, cp_isolation=ENCODINGS, explain=False).best()
    if best is None or "\0" in str(best):
        raise DocumentError(
            "既不是 XLSX，也不是 UTF-8、GB18030 或 Big5 的文本。请另存为 XLSX，或“CSV UTF-8”。",
            "Neither an XLSX nor text in UTF-8, GB 18030 or Big5. Save it as XLSX, or as 'CSV UTF-8'.",
            where=file,
        )
    return str(best)


def _unguarded(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking text for a formula (`catalog.interchange.sheets`)."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell
