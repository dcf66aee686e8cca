"""Which of the first rows of a table holds the titles of its columns, if any does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from standards import elements

NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?%?")
DAY = re.compile(r"\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?.*|\d{1,2}:\d{2}(:\d{2})?")
_TITLE = re.compile(
    r"(名称|姓名|名|编号|代码|号码|号|日期|时间|年份|年月|年|月|日|地址|住址|类型|类别|类|性质|状态|备注|说明|电话|邮编|金额|数量|数|量"
    r"|率|比例|面积|人口|经度|纬度|坐标|区划|所在.+|序号|单位|部门|层次|级别|等级|范围|资本|资金|代表|联系人|用户|价格|总价|单价|楼层|朝向)"
    r"(（.*）|\(.*\))?$"
)
"""How Chinese titles of columns end."""
_IDENTIFIER = re.compile(r"[A-Za-z_#][\w .#/\-()]*")
LONGEST_TITLE, SHORT = 40, 12
MAJORITY = 0.6


@dataclass(frozen=True)
class Header:
    """Where the titles stand.

    Attributes:
        row: 1-based; 0 where there are none.
        rows: how many rows it has (titles of merged cells stand in two).
        subheadings: whether rows below hold nothing but their first cell.
        why: how it was told, (zh, en).
    """

    row: int
    rows: int
    subheadings: bool
    why: tuple[str, str]


def find(rows: Sequence[Sequence[str]], *, merged: bool = False) -> Header:
    """The header among the first rows of a table, as text.

    Args:
        rows: at most some hundred, empty cells as empty text.
        merged: whether cells may be merged (sheets), so that a header can have two rows and sub-headings stand between.
    """
    width = _width(rows)
    candidates = [number for number, row in enumerate(rows[:30]) if _filled(row) >= max(width * MAJORITY, 1)]
    if not candidates:
        return Header(1, 1, False, ("未能判断，按第 1 行", "could not be told; row 1 is assumed"))
    first = candidates[0]
    below = [row for row in rows[first + 1 :] if _filled(row) >= max(width * MAJORITY, 1)]
    if not _is_header(rows[first], below):
        return Header(
            0, 1, False,
            ("首行与其下各行同类，应为数据而不是列名", "the first row looks like those below it: data, not titles"),
        )  # fmt: skip
    two = merged and _two_rows(rows, first, width)
    why = (f"第 {first + 1} 行的各格是列名而不是数据", f"the cells of row {first + 1} are titles, not data")
    if first:
        why = (f"{why[0]}，其上 {first} 行为标题", f"{why[1]}; {first} rows of headings stand above it")
    if two:
        why = (f"{why[0]}；下一行补全了合并的单元格", f"{why[1]}; the next row completes merged cells")
    start = first + (2 if two else 1)
    alone = [row for row in rows[start:] if width > 2 and _filled(row) == 1 and row[0].strip()]
    return Header(first + 1, 2 if two else 1, merged and bool(alone), why)


def looks_like_value(text: str) -> bool:
    """Whether a text is a number, a date or a time: what no column is called."""
    text = text.strip()
    return bool(NUMBER.fullmatch(text) or DAY.fullmatch(text))


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Cells that most rows fill."""
    counts = Counter(_filled(row) for row in rows if _filled(row))
    return max(counts, key=lambda size: (counts[size], size)) if counts else 0


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _is_header(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the cells of a row are titles of what stands below them, by majority of what each column says."""
    cells = [cell.strip() for cell in row]
    named = [cell for cell in cells if cell]
    if len(set(named)) < len(named) and len(set(named)) <= len(named) * MAJORITY:
        return False
    votes = [_vote(cell, [other[at].strip() for other in below if at < len(other)]) for at, cell in enumerate(cells)]
    score = sum(votes)
    return score > 0 or (score == 0 and bool(named) and all(_IDENTIFIER.fullmatch(cell) for cell in named))


def _vote(cell: str, column: Sequence[str]) -> int:
    """Whether one cell is the title of the column below it: 1 for yes, -1 for no, 0 for undecided."""
    values = [value for value in column if value]
    if not cell:
        return 0
    if elements.match(cell) is not None:
        return 2
    alike = sum(looks_like_value(value) for value in values) >= max(len(values) * MAJORITY, 1)
    if looks_like_value(cell):
        return -2 if alike or not values else 0
    if alike:
        return 2
    if len(cell) > LONGEST_TITLE or cell in values or _shares_form(cell, values):
        return -1
    return 1 if len(cell) <= SHORT and _TITLE.search(cell) else 0


def _shares_form(cell: str, values: Sequence[str]) -> bool:
    """Whether a cell begins or ends as nearly all values do (``/dataset/…``, ``…族``)."""
    if len(values) < 3:
        return False
    return any(
        sum(other == part for other in others) >= len(values) * 0.8
        for part, others in ((cell[:2], [value[:2] for value in values]), (cell[-1:], [value[-1:] for value in values]))
    ) and not _IDENTIFIER.fullmatch(cell)


def _two_rows(rows: Sequence[Sequence[str]], first: int, width: int) -> bool:
    """Whether the row after the header completes it: it names what lies below merged cells, and holds no value."""
    if first + 2 >= len(rows):
        return False
    over, under = rows[first], rows[first + 1]
    cells = [cell.strip() for cell in under if cell.strip()]
    if not cells or any(looks_like_value(cell) for cell in cells) or len(cells) >= width:
        return False
    size = max(len(over), len(under))
    top = [*over, *[""] * (size - len(over))]
    bottom = [*under, *[""] * (size - len(under))]
    gaps = [at for at in range(size) if not top[at].strip()]
    # Every gap in the row above is named below, and there is a gap: without one the row below is a row of data.
    return bool([at for at in gaps if bottom[at].strip()]) and all(
        top[at].strip() or bottom[at].strip() for at in range(size)
    )
