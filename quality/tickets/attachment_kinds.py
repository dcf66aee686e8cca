"""Which kinds of files may be attached, and is this content one of them? Judged by its bytes; the name must agree.

Pictures and documents that people send as evidence, and nothing that a machine would run: no program, script, page or
drawing with scripts (HTML, SVG), no old Office file (it may hold macros that nobody sees from outside).
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from pathlib import PurePosixPath

import puremagic

from ground.errors import UserError
from quality.tickets.attachment_archives import office_kind

LONGEST_NAME = 200
"""Characters."""


class FileKind(StrEnum):
    """A kind of file that may be attached."""

    PDF = "pdf"
    PNG = "png"
    JPG = "jpg"
    DOCX = "docx"
    XLSX = "xlsx"
    OFD = "ofd"
    CSV = "csv"
    TXT = "txt"


MEDIA_TYPES: dict[FileKind, str] = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPG: "image/jpeg",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.OFD: "application/ofd",
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.TXT: "text/plain; charset=utf-8",
}
"""Kind -> what a door says it is when it hands it out."""

_ENDINGS = {**{kind.value: kind for kind in FileKind}, "jpeg": FileKind.JPG}
_ALLOWED = "、".join(FileKind)

_PROGRAMS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x7fELF", "可执行程序（ELF）", "a program (ELF)"),
    (b"MZ", "可执行程序（Windows）", "a program (Windows)"),
    (b"\xfe\xed\xfa\xce", "可执行程序（Mach-O）", "a program (Mach-O)"),
    (b"\xfe\xed\xfa\xcf", "可执行程序（Mach-O）", "a program (Mach-O)"),
    (b"\xce\xfa\xed\xfe", "可执行程序（Mach-O）", "a program (Mach-O)"),
    (b"\xcf\xfa\xed\xfe", "可执行程序（Mach-O）", "a program (Mach-O)"),
    (b"\xca\xfe\xba\xbe", "可执行程序（Mach-O 或 Java）", "a program (Mach-O or Java)"),
    (b"\x00asm", "可执行程序（WebAssembly）", "a program (WebAssembly)"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "快捷方式", "a shortcut"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Office 文件或安装包（可含宏）", "an old Office file or an installer, which may hold macros"),
)  # fmt: skip
_SCRIPT = re.compile(
    r"#!|<!doctype\s|<\?xml|<\?php|<(?:html|head|body|script|svg|iframe|object|embed|hta:|job|package|scriptlet)\b"
    r"|@?echo\s+(?:off|on)\b|setlocal\b|rem\s|::|param\s*\(|powershell\b|(?:var|let|const|function|import|class|def)\s+\w+\s*[=(]"
    r"|\[(?:internetshortcut|autorun)\]|windows registry editor|regedit4",
    re.IGNORECASE,
)
"""How a script or a page begins, after blanks."""
_PAGE = re.compile(r"<(?:script|svg|iframe|object|embed|html|foreignobject)\b", re.IGNORECASE)
"""What makes a browser take a text for a page, wherever it stands in it."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_FORBIDDEN = frozenset('/\\<>:"|?*')


def checked_name(name: str) -> str:
    """The name as it is kept, composed the usual way, or UserError says what is wrong with it."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise _bad_name() from None
    plain = unicodedata.normalize("NFC", name)
    if len(plain) > LONGEST_NAME:
        raise UserError(
            f"文件名超过 {LONGEST_NAME} 个字符，请改短后再上传。",
            f"The file's name has more than {LONGEST_NAME} characters; make it shorter.",
            where="name",
        )
    # Cf holds the marks that turn the direction of writing: with one, "gpj.exe" is shown as "exe.jpg".
    odd = any(unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp", "Co", "Cn"} or one in _FORBIDDEN for one in plain)
    if odd or plain != plain.strip() or plain.startswith(".") or plain.endswith(".") or not PurePosixPath(plain).stem:
        raise _bad_name()
    return plain


def kind_of(name: str, content: bytes) -> FileKind:
    """What ``content`` is.

    Args:
        name: as `checked_name` gives it.
        content: the whole file.

    Raises:
        UserError: it is a program or a script, of no allowed kind, or of another kind than its name says.
    """
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    for magic, zh, en in _PROGRAMS:
        # A table may begin with a column "MZ" (民族); a program has zero bytes soon after.
        if content.startswith(magic) and (magic != b"MZ" or b"\x00" in content[:1024]):
            raise _refused(zh, en, name)
    said = _ENDINGS.get(ending)
    if said is None:
        raise UserError(
            f"不接收此类文件（.{ending}），只接收：{_ALLOWED}。请转换为 PDF 或图片后再上传。",
            f"Files of this kind (.{ending}) are not taken; these are: {', '.join(FileKind)}. Make a PDF or a picture of it.",
            where=name,
        )
    found = _binary(content, name) or _text(content, said, name)
    if found is not said:
        raise UserError(
            f"文件名说是 {said.value}，内容却是 {found.value}，未接收。请用正确的扩展名重新保存后再上传。",
            f"By its name it is {said.value}, by its content {found.value}; it was not taken. Save it again under the right ending.",
            where=name,
        )
    return found


def _binary(content: bytes, name: str) -> FileKind | None:
    """The kind of a file that is no text; None for what may be one."""
    if content.startswith(b"%PDF-"):
        return FileKind.PDF if b"%%EOF" in content[-2048:] else _cut_off(name)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG if b"IEND" in content[-64:] else _cut_off(name)
    if content.startswith(b"\xff\xd8\xff"):
        return FileKind.JPG if b"\xff\xd9" in content else _cut_off(name)  # telephones append films to it
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return FileKind(office_kind(content, name))
    return None


def _text(content: bytes, said: FileKind, name: str) -> FileKind:
    """CSV or TXT, which only the name tells apart; a script, a page and anything unreadable are refused."""
    text = _decoded(content)
    if text is None:
        looks = _looks_like(content)
        raise UserError(
            f"内容不是 {said.value}{looks[0]}，未接收。表格与文本须为 UTF-8 或 GB18030 编码；其他文件请转换为 PDF 或图片。",
            f"Its content is no {said.value}{looks[1]}; it was not taken. Tables and texts are in UTF-8 or GB18030; make a PDF or a "
            "picture of anything else.",
            where=name,
        )
    begin = text.lstrip("\ufeff \t\r\n")
    if _SCRIPT.match(begin) or _PAGE.search(text):
        raise _refused("脚本或网页", "a script or a page", name)
    return said if said in (FileKind.CSV, FileKind.TXT) else FileKind.TXT


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def _looks_like(content: bytes) -> tuple[str, str]:
    """What a known signature says of content that we do not take, as the middle of a sentence."""
    try:
        ending = puremagic.from_string(content)
    except (puremagic.PureError, ValueError):
        return "", ""
    ending = re.sub(r"[^a-z0-9]", "", ending.lower())
    return (f"（更像 .{ending}）", f" (it looks like .{ending})") if ending else ("", "")


def _cut_off(name: str) -> FileKind:
    raise UserError(
        "文件不完整（没有结尾）。请重新导出后再上传。",
        "The file is incomplete: its end is missing. Export it again.",
        where=name,
    )


def _refused(zh: str, en: str, name: str) -> UserError:
    return UserError(
        f"内容是{zh}，不接收。只接收：{_ALLOWED}。",
        f"Its content is {en}, which is not taken. These are: {', '.join(FileKind)}.",
        where=name,
    )


def _bad_name() -> UserError:
    return UserError(
        '文件名不能为空、不能以点开头或结尾，不能含路径、控制字符或 < > : " | ? *。请改名后再上传。',
        "A file's name must not be empty, begin or end with a dot, or hold a path, control characters or < > : \" | ? *; rename it.",
        where="name",
    )
