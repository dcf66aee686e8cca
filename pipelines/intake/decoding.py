"""Which encoding delivered bytes are in, and their characters: UTF-8, or GBK within GB 18030.

Nothing is guessed from a few bytes: a file is decoded whole before its encoding is believed.
"""

from __future__ import annotations

import codecs
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ground.errors import RefusedData

CHUNK = 1 << 20
ENOUGH = 20
"""Characters beyond ASCII from which they tell one encoding from another; two or three may fit both by chance."""
BOM = codecs.BOM_UTF8


@dataclass(frozen=True)
class Encoding:
    """An encoding and why it is taken.

    Attributes:
        name: ``utf-8``, ``gbk`` or ``gb18030``.
        why: the reason, (zh, en).
    """

    name: str
    why: tuple[str, str]

    def note(self) -> tuple[str, str]:
        """For ``feed check``."""
        return f"编码：{self.name}（{self.why[0]}）", f"encoding: {self.name} ({self.why[1]})"


@dataclass
class Seen:
    """What was seen while a file was written as UTF-8.

    Attributes:
        lost: characters that did not decode.
        kept: characters beyond ASCII that did.
        wide: those of them from U+0800 on, as Chinese is.
        lines: lines of the file.
        blank: numbers of the lines without anything on them.
        ended: whether the last line has an end.
    """

    lost: int = 0
    kept: int = 0
    wide: int = 0
    lines: int = 0
    blank: list[int] = field(default_factory=list)
    ended: bool = True


def choose(path: Path, declared: str) -> Encoding:
    """The encoding to read a file in: the declared one, or for ``auto`` the one in which the whole of it decodes."""
    with path.open("rb") as stream:
        marked = stream.read(len(BOM)) == BOM
    if declared != "auto":
        return Encoding(declared, ("数据源声明", "declared by the feed"))
    if marked:
        return Encoding("utf-8", ("文件以 BOM 开头", "the file begins with a BOM"))
    name = detect(path)
    if not _beyond_ascii(path):
        return Encoding(name, ("全文只有 ASCII 字符，各编码相同", "all of it is ASCII, the same in every encoding"))
    if name == "utf-8":
        return Encoding(name, ("按 utf-8 解码全文相符", "all of it decodes as utf-8"))
    return Encoding(name, ("不是 utf-8；按 gb18030（含 GBK）解码", "it is no utf-8; gb18030 holds all of GBK"))


def detect(path: Path) -> str:
    """``utf-8`` where the file decodes as UTF-8, but for a byte here and there; else ``gb18030`` (it holds all of GBK)."""
    return "utf-8" if fits(path, "utf-8") else "gb18030"


def fits(path: Path, encoding: str) -> bool:
    """Whether a file decodes, but for at most a tenth of what is beyond ASCII. Gives up at the first chunk that does not.

    A quarter of the common characters are in GBK two bytes that are valid UTF-8 too, of some letter below U+0800 (女 is
    read as Ů): a file full of them fits UTF-8 only if what it reads as is Chinese.
    """
    seen = Seen()
    for text in decoded(path, encoding):
        _count_characters(seen, text)
        if seen.lost * 10 > seen.kept:
            return False
    return encoding != "utf-8" or seen.wide * 2 >= seen.kept


def decoded(path: Path, encoding: str) -> Iterator[str]:
    """The text of a file piece by piece, without a BOM, every line ended by a line feed; what does not decode is U+FFFD."""
    bare = codecs.getincrementaldecoder("gb18030" if encoding == "gbk" else encoding)(errors="replace")
    decoder = io.IncrementalNewlineDecoder(bare, translate=True)
    first = True
    for chunk in itertools.chain(_chunks(path), [b""]):
        text = decoder.decode(chunk, final=not chunk)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if text:
            yield text


def transcode(path: Path, target: Path, encoding: str) -> Seen:
    """Write ``path`` as UTF-8 without BOM, every line ended by a line feed (files joined by hand mix their endings)."""
    seen, before = Seen(), "\n"
    with target.open("wb") as out:
        for text in decoded(path, encoding):
            _count_characters(seen, text)
            if "\n\n" in before + text:
                lines = text.split("\n")[:-1]
                blank = [number for number, line in enumerate(lines) if not line and (number or before == "\n")]
                seen.blank += [seen.lines + number + 1 for number in blank]
            seen.lines += text.count("\n")
            before = text[-1]
            out.write(text.encode("utf-8"))
    seen.ended = before == "\n"
    seen.lines += not seen.ended
    return seen


def first_fault(path: Path, encoding: str) -> tuple[int, int] | None:
    """Byte offset (from 0) and line (from 1) of the first byte that does not decode; None where all of them do."""
    decoder = codecs.getincrementaldecoder("gb18030" if encoding == "gbk" else encoding)(errors="strict")
    read, lines = 0, 1
    for chunk in itertools.chain(_chunks(path), [b""]):
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as fault:
            carried = len(fault.object) - len(chunk)  # bytes of the chunk before, kept for their character
            inside = max(fault.start - carried, 0)
            return read - carried + fault.start, lines + chunk[:inside].count(b"\n")
        read, lines = read + len(chunk), lines + chunk.count(b"\n")
    return None


def lost_note(path: Path, encoding: str) -> tuple[str, str]:
    """Where a file stops to decode in its encoding, for ``feed check``."""
    offset, line = first_fault(path, encoding) or (0, 1)
    return (
        f"有字符按该编码无法还原，第一处在第 {line} 行（字节偏移 {offset}），所在行将进入隔离区",
        f"some characters do not decode, first in line {line} (byte offset {offset}); their rows are quarantined",
    )


def refuse_empty(path: Path, where: str) -> bytes:
    """Refuse a file without content; else its first bytes."""
    with path.open("rb") as stream:
        start = stream.read(65_536)
    if not start:
        raise RefusedData(
            "文件为 0 字节，没有内容。请重新导出并送达；原有数据不变。",
            "The file has 0 bytes. Export and deliver it again; what was there before stays.",
            where=where,
        )
    return start


def refuse_no_text(path: Path, where: str) -> None:
    """Refuse a file that is empty or no text at all."""
    start = refuse_empty(path, where)
    if start.startswith(b"PK\x03\x04"):
        raise RefusedData(
            "文件内容是 XLSX 或 ZIP，不是文本。请把 format.kind 改为 xlsx（或 zip），或另存为文本文件。",
            "The content is XLSX or ZIP, not text. Set format.kind: xlsx (or zip), or save it as text.",
            where=where,
        )
    if b"\0" in start:
        raise RefusedData(
            "文件含有二进制内容，不是约定的文本（也可能是 UTF-16，请另存为 UTF-8）。",
            "The file holds binary content, not the agreed text (or it is UTF-16: save it as UTF-8).",
            where=where,
        )


def refuse_garbled(path: Path, encoding: str, seen: Seen, where: str) -> None:
    """Refuse a file whose content is plainly in another encoding, though its header may be in ASCII.

    Read as GBK most UTF-8 is valid and nonsense: taken so, every name would be wrong and no row would break.
    """
    other = "gb18030" if encoding == "utf-8" else "utf-8"
    suspect = seen.lost * 10 > seen.kept or other == "utf-8"
    if suspect and seen.lost + seen.kept >= ENOUGH and fits(path, other):
        raise other_encoding(path, encoding, other, ("内容", "content"), where)


def other_encoding(path: Path, encoding: str, better: str, what: tuple[str, str], where: str) -> RefusedData:
    """The refusal of a file that is in another encoding than the declared one."""
    place = first_fault(path, encoding)
    zh = f"（第 {place[1]} 行、字节偏移 {place[0]} 处首次无法还原）" if place else ""
    en = f" (first byte that does not decode: line {place[1]}, byte offset {place[0]})" if place else ""
    return RefusedData(
        f"按 {encoding} 读取时{what[0]}对不上{zh}，按 {better} 则相符。请把 format.encoding 改为 {better}（或 auto），或按约定编码重新导出。整个文件未采用，原件已保留。",
        f"Read as {encoding} the {what[1]} does not match{en}; as {better} it does. Set format.encoding: {better} (or auto), "
        "or export again as agreed. The file was not taken; its bytes are kept.",
        where=where,
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _beyond_ascii(path: Path) -> bool:
    return any(not chunk.isascii() for chunk in _chunks(path))


def _count_characters(seen: Seen, text: str) -> None:
    lost = text.count("\ufffd")
    seen.lost += lost
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    seen.kept += beyond - lost
    # Characters below U+0800 take two bytes, all others three (the few of four count twice).
    seen.wide += len(text.encode("utf-8")) - len(text) - beyond - lost
