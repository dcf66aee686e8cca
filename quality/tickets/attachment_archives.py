"""Is this ZIP a document of an office program, and one that harms nobody who opens it?

DOCX, XLSX and OFD are ZIP archives. Everything in them is unpacked once, counted and thrown away: the sizes that an
archive states may lie.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from ground.errors import UserError

MOST_MEMBERS = 2_000
LARGEST_UNPACKED = 100 << 20
"""Bytes that all members together may unpack to."""
LARGEST_RATIO = 100
"""Unpacked to packed size of the whole."""
SMALL = 1 << 20
"""Below this unpacked size a high ratio harms nobody."""
_CHUNK = 1 << 16
_ENCRYPTED = 0x41  # bit 0, and bit 6: strong encryption
_BROKEN = (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError)
"""What the standard library raises over an archive that is cut off, damaged, or of a kind it cannot read."""
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"MSCF")  # fmt: skip
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""Programs, and OLE: the container of embedded objects and of macros."""
_ARCHIVE_ENDINGS = frozenset(
    {".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".tar", ".cab", ".jar", ".docx", ".xlsx", ".pptx", ".xlsb"}
)
_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "ofd.xml"}


def office_kind(content: bytes, name: str) -> str:
    """``docx``, ``xlsx`` or ``ofd``.

    Args:
        content: a ZIP archive, or what begins like one.
        name: of the file, for messages.

    Raises:
        UserError: it is none of the three, damaged, encrypted, unpacks without end, leads out of its folder, or holds
            macros, other archives, programs or embedded objects.
    """
    if content.count(b"PK\x01\x02") > MOST_MEMBERS:  # before a hundred thousand of them are read into memory
        raise _refused(f"内含超过 {MOST_MEMBERS} 个部件", f"it holds more than {MOST_MEMBERS} members", name)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, name)
            _check_contents(archive, entries, len(content), name)
    except _BROKEN as fault:
        raise _refused("文件已损坏或无法打开", "it is damaged or cannot be opened", name) from fault
    members = {entry.filename.lower() for entry in entries}
    for kind, part in _PARTS.items():
        if part in members and (kind == "ofd" or "[content_types].xml" in members):
            return kind
    raise UserError(
        "这是压缩包，或不接收的文档类型。只接收 docx、xlsx、ofd 文档；压缩包请解开后逐个上传。",
        "This is an archive, or a document of a kind that is not taken. Of these docx, xlsx and ofd are; unpack an archive and attach "
        "its files one by one.",
        where=name,
    )


def _check_entries(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Everything that the directory alone tells."""
    if len({entry.filename for entry in entries}) < len(entries):
        raise _refused("内有同名部件", "names stand twice in it", name)
    for entry in entries:
        place = PurePosixPath(entry.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in entry.filename:
            raise _refused("内有指向文件夹之外的路径", "it names a path that leads out of its folder", name)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused("内有链接", "it holds a link", name)
        if entry.flag_bits & _ENCRYPTED:
            raise _refused("已加密，请去掉密码后重新保存", "it is encrypted; save it without a password", name)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused("所用的压缩方式不是办公文档的", "it is packed in a way that no office program uses", name)
        if place.name.lower() in ("vbaproject.bin", "vbadata.xml"):
            raise _macros(name)
        if place.suffix.lower() in _ARCHIVE_ENDINGS:
            raise _nested(name)


def _check_contents(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    """Unpack everything once, counting, keeping one piece at a time."""
    total = 0
    for entry in entries:
        stated, counted, first = entry.file_size, 0, True
        entry.file_size = LARGEST_UNPACKED + _CHUNK  # the reader stops at what is stated; we count what there is
        with archive.open(entry) as stream:
            while piece := stream.read(_CHUNK):
                if first:
                    _check_beginning(piece, name)
                    first = False
                if entry.filename.lower() == "[content_types].xml" and b"macroenabled" in piece.lower():
                    raise _macros(name)
                counted += len(piece)
                total += len(piece)
                if total > LARGEST_UNPACKED or (total > SMALL and total > packed * LARGEST_RATIO):
                    raise _refused(
                        f"解开后过大（超过 {LARGEST_UNPACKED >> 20} MB 或压缩前后 {LARGEST_RATIO} 倍，疑似压缩炸弹）",
                        f"it unpacks out of all proportion (above {LARGEST_UNPACKED >> 20} MB or {LARGEST_RATIO} times its size; a zip "
                        "bomb?)",
                        name,
                    )
        if counted != stated:
            raise _refused("目录所写大小与内容不符", "it states other sizes than it holds", name)


def _check_beginning(piece: bytes, name: str) -> None:
    if piece.startswith(_ARCHIVES):
        raise _nested(name)
    if piece.startswith(_PROGRAMS):
        raise _refused(
            "内有程序或嵌入对象，请另存为 PDF", "it holds a program or an embedded object; save it as PDF", name
        )


def _macros(name: str) -> UserError:
    return _refused("内有宏，请另存为不含宏的文档", "it holds macros; save it without them", name)


def _nested(name: str) -> UserError:
    return _refused(
        "内有另一个压缩包或文档，请另存为 PDF 或分开上传",
        "it holds another archive or document; save it as PDF, or attach them one by one",
        name,
    )


def _refused(zh: str, en: str, name: str) -> UserError:
    return UserError(f"文档未接收：{zh}。", f"The document was not taken: {en}.", where=name)
