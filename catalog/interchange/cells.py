"""What single cells of a resource's rows say: coded words, dates, grades, lists, each with its fault where it says nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from catalog.interchange.faults import Fault
from catalog.interchange.reading import Row, Table
from catalog.interchange.words import NotUnderstood, Words, storage_format
from ground.labels import unseen

_CLASSES = ("sharing_class", "opening_class")
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]00:00(?::00)?)?")
_TYPE = re.compile(
    r"(?P<word>[^()（）\d][^()（）]*?)\s*[(（]\s*(?P<length>\d+)\s*(?:[,，.]\s*(?P<scale>\d+)\s*)?[)）]|(?P<short>[A-Za-z])(?P<digits>\d+)"
)


@dataclass
class Cells:
    """The cells of a table, read one by one; faults are kept in order."""

    table: Table
    words: Words
    faults: list[Fault] = field(default_factory=list)
    wrongs: int = 0
    """Faults so far that are no warnings."""
    secret: int = 0
    """Rows that say that they are state secrets."""

    def wrong(self, row: Row, column: str, zh: str, en: str) -> None:
        """Note a fault in a cell."""
        self.wrongs += 1
        self.faults.append(self.table.fault(row.number, column, zh, en))

    def warn(self, row: Row, column: str, zh: str, en: str) -> None:
        """Note what should be looked at and does not stand in the way."""
        self.faults.append(self.table.fault(row.number, column, zh, en, is_warning=True))

    def missing(self, row: Row, column: str) -> None:
        """Note a mandatory cell that is blank."""
        self.wrong(row, column, "必填，现为空。请填写。", "Mandatory and blank; fill it in.")

    def seen(self, row: Row, column: str, *, is_warning: bool = False) -> None:
        """Note characters that nobody sees: of a title they are wrong, in running text they are told."""
        found = unseen(row.cells.get(column, ""))
        if found is not None:
            tell = self.warn if is_warning else self.wrong
            tell(row, column, f"{found[0]}。请删去后重写。", f"The {found[1]}; write it anew without.")

    def coded(self, row: Row, column: str, table: str) -> str | None:
        """The value that a coded cell says; None where it is blank or not understood."""
        text = row.cells.get(column)
        if text is None:
            return None
        meant = self.words.meant(table, text)
        if not isinstance(meant, NotUnderstood):
            return meant
        self._not_understood(row, column, text, meant)
        return None

    def _not_understood(self, row: Row, column: str, text: str, meant: NotUnderstood) -> None:
        allowed = "、".join(meant.allowed)
        if meant.digits:
            why = "（同一数字在有的系统是无条件，在有的系统是有条件）" if column in _CLASSES else ""
            self.wrong(
                row, column,
                f"发现数字“{text}”。各系统的数字含义不同{why}，不能据此判断。请改写词语：{allowed}。",
                f"Found the bare number {text}: systems number these differently, so it cannot be known what is meant. Write one of: {allowed}.",
            )  # fmt: skip
            return
        zh = f"是否应为“{meant.close}”？" if meant.close else ""
        en = f"Did you mean {meant.close}? " if meant.close else ""
        self.wrong(row, column, f"发现“{text[:30]}”，不是可用的词。{zh}请改为：{allowed}。",
                   f"Found {text[:30]!r}, which is not one of the words. {en}Write one of: {allowed}.")  # fmt: skip

    def day(self, row: Row, column: str) -> date | None:
        """A date, in the ways in which sheets write one."""
        text = row.cells.get(column)
        if text is None:
            return None
        match = _DATE.fullmatch(text)
        if match:
            try:
                return date(int(match[1]), int(match[2]), int(match[3]))
            except ValueError:
                pass
        self.wrong(
            row,
            column,
            f"“{text[:30]}”不是有效日期。请写作 2026-11-01。",
            f"{text[:30]!r} is no date; write 2026-11-01.",
        )
        return None

    def number(self, row: Row, column: str, lowest: int, highest: int) -> int | None:
        """A whole number within bounds."""
        text = row.cells.get(column)
        if text is None:
            return None
        found = re.fullmatch(r"(\d{1,9})级?", text)
        if found and lowest <= int(found[1]) <= highest:
            return int(found[1])
        self.wrong(
            row,
            column,
            f"“{text[:30]}”应为 {lowest} 至 {highest} 的整数。",
            f"{text[:30]!r} must be a whole number from {lowest} to {highest}.",
        )
        return None

    def several(self, row: Row, column: str) -> list[str]:
        """A list written in one cell."""
        return [part.strip() for part in re.split(r"[；;、,，\n]", row.cells.get(column, "")) if part.strip()]

    def format(self, row: Row, column: str) -> str | None:
        """A storage format; one that nobody knows is kept as written, and told."""
        text = row.cells.get(column)
        if text is None:
            return None
        found, is_known = storage_format(text)
        if not is_known:
            self.warn(
                row,
                column,
                f"“{text[:30]}”不是指南所列的格式，按原文保留，请核对。",
                f"{text[:30]!r} is no format of the guide; kept as written.",
            )
        return found

    def data_type(self, row: Row) -> tuple[str | None, int | None]:
        """Type and length of an item: ``字符型(18)`` is text of 18, ``N(10,0)`` a whole number."""
        text = row.cells.get("item_type")
        if text is None:
            return "text", None
        meant = self.words.meant("type", text)
        match = _TYPE.fullmatch(text)
        if isinstance(meant, NotUnderstood) and match:
            meant = self.words.meant("type", match["word"] or match["short"])
        if isinstance(meant, NotUnderstood):
            self._not_understood(row, "item_type", text, meant)
            return None, None
        if match is None:
            return meant, None
        if meant == "decimal" and match["scale"] == "0":
            return "integer", None
        return meant, int(match["length"] or match["digits"]) or None
