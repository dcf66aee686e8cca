"""How delimited text is to be read: its encoding, its delimiter, its header. Fixed width is told apart and asked about."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from catalog.formats import Csv
from ground.errors import UserError
from pipelines.intake import decoding
from pipelines.intake.drafting import header
from pipelines.intake.drafting.guess import Guess, Guessed

DELIMITERS = {",": ("逗号", "comma"), "\t": ("制表符", "tab"), ";": ("分号", "semicolon"), "|": ("竖线", "bar")}
LINES = 200


def detect(path: Path) -> Guessed:
    """The form of a text file.

    Raises:
        UserError: lines of one length without a delimiter: where they are to be cut only the department knows.
        RefusedData: it is no text.
    """
    decoding.refuse_no_text(path, path.name)
    encoding = _encoding(path)
    text = next(decoding.decoded(path, encoding.name), "")
    lines = [line for line in text.split("\n")[:LINES] if line.strip()]
    delimiter, agreeing = _delimiter(lines)
    if agreeing == 0 and _one_length(lines, encoding.name):
        raise _fixed_width(lines, encoding.name, path.name)
    rows = list(csv.reader(text.split("\n")[:LINES], delimiter=delimiter))
    found = header.find(rows)
    zh, en = DELIMITERS[delimiter]
    shown = f"{agreeing}/{len(lines)}"
    guesses = {
        "encoding": Guess(encoding.name, *encoding.why),
        "delimiter": Guess(
            delimiter, f"{zh}：{shown} 行的列数一致", f"{en}: {shown} lines have the same number of cells"
        ),
        "header_row": Guess(found.row, *found.why),
    }
    form = Csv(
        kind="csv",
        encoding="utf-8" if encoding.name == "utf-8" else "gb18030",
        delimiter=delimiter,
        header_row=found.row,
    )
    return Guessed(form, guesses)


def _encoding(path: Path) -> decoding.Encoding:
    """As a reader finds it out; but a handful of odd letters in a file that is valid UTF-8 is no GBK."""
    found = decoding.choose(path, "auto")
    odd = sum(not sign.isascii() for sign in next(decoding.decoded(path, "utf-8"), ""))
    if found.name == "utf-8" or odd >= decoding.ENOUGH or decoding.first_fault(path, "utf-8") is not None:
        return found
    return decoding.Encoding(
        "utf-8",
        (f"只有 {odd} 个非 ASCII 字符，按 utf-8 全文有效", f"only {odd} characters beyond ASCII, all valid utf-8"),
    )


def _delimiter(lines: list[str]) -> tuple[str, int]:
    """The delimiter that cuts most lines into the same number of cells, more than one; and how many lines agree."""
    best = (",", 0)
    for delimiter in DELIMITERS:
        sizes = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        size, agreeing = max(sizes.items(), key=lambda one: (one[0] > 1, one[1]), default=(1, 0))
        if size > 1 and agreeing > best[1]:
            best = (delimiter, agreeing)
    return best


def _one_length(lines: list[str], encoding: str) -> bool:
    """Whether lines are cut from one cloth: all of the same length in bytes (or characters), and long."""
    sizes = {len(line.encode(encoding, "replace")) for line in lines}
    return (
        len(lines) > 1 and (len(sizes) == 1 or len({len(line) for line in lines}) == 1) and min(map(len, lines)) >= 12
    )


def _fixed_width(lines: list[str], encoding: str, name: str) -> UserError:
    size = len(lines[0].encode(encoding, "replace"))
    example = f"format: {{kind: fixed_width, encoding: {encoding}, fields: {{编号: {{start: 1, width: 10}}, …}}}}"
    return UserError(
        f"每行都是 {size} 字节而没有分隔符，应是定长文本；从哪里切开，文件本身没有写明。请向部门索取各栏的起始位置与宽度，写成：{example}",
        f"Every line has {size} bytes and no delimiter: this is fixed width, and where to cut it the file does not say. Ask the "
        f"department for the start and width of every field and write: {example}",
        where=name,
    )
