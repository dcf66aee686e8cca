"""What may be attached: judged by its bytes, refused with its reason, and nothing written when refused."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import InternalFault, Unavailable, UserError
from quality.tickets import attachment_archives
from quality.tickets.attachment_kinds import FileKind, checked_name, kind_of
from quality.tickets.attachment_tables import TABLES, attachment
from quality.tickets.attachments import LARGEST, MOST, Attachment, AttachmentStore
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def a_zip(members: dict[str, bytes | str], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compress) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


TYPES = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
WORD: dict[str, bytes | str] = {"[Content_Types].xml": TYPES, "word/document.xml": "<w:document/>"}


def docx(**more: bytes | str) -> bytes:
    return a_zip({**WORD, **more})


def docx_with(name: str, content: bytes | str) -> bytes:
    return a_zip({**WORD, name: content})


def xlsx() -> bytes:
    book, packed = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["姓名", "应为"])
    book.save(packed)
    return packed.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    + chunk(b"IEND", b"")
)
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 40 + b"\xff\xd9"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
OFD = a_zip({"OFD.xml": "<ofd:OFD/>", "Doc_0/Document.xml": "<ofd:Document/>"})

GOOD = {
    "户口本.pdf": PDF,
    "照片.PNG": PNG,
    "照片.jpg": JPG,
    "照片.jpeg": JPG,
    "说明.docx": docx(),
    "清单.xlsx": xlsx(),
    "证照.ofd": OFD,
    "清单.csv": "姓名,应为\n张三,男\n".encode(),
    "导出.csv": "姓名,应为\n张三,男\n".encode("gb18030"),
    "带标记.csv": "\ufeff姓名\n".encode(),
    "民族.csv": b"MZ,XM\n01,02\n",  # begins like a program of Windows, and is none
    "主键.csv": b"PK,XM\n01,02\n",  # begins like an archive, and is none
    "说明.txt": "经核对，户籍地址有误。<不是>网页\r\n".encode(),
}


@pytest.fixture
def db(tmp_path: Path):
    database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
    metadata.create_all(database.engine, tables=TABLES)
    yield database
    database.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attachments"


@pytest.fixture
def store(db: OperationalDatabase, folder: Path) -> AttachmentStore:
    return AttachmentStore(folder, db)


def keep(store: AttachmentStore, name: str, content: bytes, ticket: str | None = "T-1", report: str | None = None):
    return store.keep(ticket, report, name, content, "li.na", NOW)


def files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.is_file())


def count(db: OperationalDatabase) -> int:
    with db.begin() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(attachment)).scalar_one()


@pytest.mark.parametrize("name", GOOD)
def test_what_is_kept_is_read_again_as_it_was(store, folder, name) -> None:
    kept = keep(store, name, GOOD[name])
    assert (kept.name, kept.size, kept.kept_by, kept.kept_at) == (name, len(GOOD[name]), "li.na", NOW)
    assert kept.kind == FileKind({"jpeg": "jpg"}.get(ending := name.rsplit(".", 1)[1].lower(), ending))
    assert kept.sha256 == hashlib.sha256(GOOD[name]).hexdigest()
    assert store.read(kept.id) == GOOD[name]
    assert store.of("T-1") == [kept] and store.get(kept.id) == kept
    (file,) = files(folder)
    assert file.name == kept.sha256 and name not in str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(file.parent.stat().st_mode) == 0o700


BOMB = docx_with("word/media/image1.bmp", b"\x00" * (60 << 20))
MANY = a_zip({**WORD, **{f"word/media/{number}.txt": "" for number in range(2_000)}}, zipfile.ZIP_STORED)


def lying(size: int) -> bytes:
    """A member that states ten bytes and unpacks to ``size``."""
    raw = bytearray(docx_with("word/zeros.xml", b"\x00" * size))
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entry = archive.getinfo("word/zeros.xml")
    directory = raw.rindex(b"word/zeros.xml") - 46
    for at in (entry.header_offset + 22, directory + 24):
        raw[at : at + 4] = struct.pack("<I", 10)
    return bytes(raw)


def encrypted() -> bytes:
    raw = bytearray(docx())
    raw[6] |= 1
    at = -1
    while (at := raw.find(b"PK\x01\x02", at + 1)) >= 0:
        raw[at + 8] |= 1
    return bytes(raw)


REFUSED = {
    "empty": ("a.pdf", b"", "文件为空"),
    "large": ("a.txt", b"a" * (LARGEST + 1), "超过 10 MB"),
    "exe": ("a.exe", b"MZ\x90\x00" + b"\x00" * 60, "可执行程序（Windows）"),
    "exe named pdf": ("a.pdf", b"MZ\x90\x00" + b"\x00" * 60, "可执行程序（Windows）"),
    "elf named png": ("a.png", b"\x7fELF\x02\x01\x01" + b"\x00" * 60, "ELF"),
    "elf named txt": ("a.txt", b"\x7fELF\x02\x01\x01" + b"\x00" * 60, "ELF"),
    "mach-o": ("a.jpg", b"\xcf\xfa\xed\xfe" + b"\x00" * 60, "Mach-O"),
    "mach-o universal": ("a.jpg", b"\xca\xfe\xba\xbe" + b"\x00" * 60, "Mach-O"),
    "shell script": ("a.txt", b"#!/bin/sh\nrm -rf /\n", "脚本或网页"),
    "shell script after a mark": ("a.csv", "\ufeff\n #!/bin/sh\n".encode(), "脚本或网页"),
    "batch named txt": ("a.txt", b"@echo off\r\ndel *.*\r\n", "脚本或网页"),
    "batch": ("a.bat", b"@echo off\r\n", "不接收此类文件（.bat）"),
    "powershell": ("a.ps1", b"Get-Process", "不接收此类文件（.ps1）"),
    "powershell named txt": ("a.txt", b"param (\n [string]$x)\n", "脚本或网页"),
    "javascript": ("a.js", b"alert(1)", "不接收此类文件（.js）"),
    "javascript named txt": ("a.txt", b"var x = 1;\n", "脚本或网页"),
    "page": ("a.html", b"<html></html>", "不接收此类文件（.html）"),
    "page named txt": ("a.txt", b"<!DOCTYPE html><p>x", "脚本或网页"),
    "page inside a table": ("a.csv", b"a,b\n1,<script>alert(1)</script>\n", "脚本或网页"),
    "drawing": ("a.svg", b"<svg/>", "不接收此类文件（.svg）"),
    "drawing named csv": ("a.csv", b"<?xml version='1.0'?><svg/>", "脚本或网页"),
    "shortcut": ("a.txt", b"L\x00\x00\x00\x01\x14\x02\x00" + b"\x00" * 60, "快捷方式"),
    "old office": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 60, "旧版 Office"),
    "no ending": ("README", b"text", "不接收此类文件"),
    "two endings": ("a.pdf.exe", PDF, "不接收此类文件（.exe）"),
    "pdf named png": ("a.png", PDF, "文件名说是 png，内容却是 pdf"),
    "png named pdf": ("a.pdf", PNG, "文件名说是 pdf，内容却是 png"),
    "text named pdf": ("a.pdf", b"hello", "文件名说是 pdf，内容却是 txt"),
    "docx named xlsx": ("a.xlsx", docx(), "文件名说是 xlsx，内容却是 docx"),
    "docx named pdf": ("a.pdf", docx(), "文件名说是 pdf，内容却是 docx"),
    "gif named png": ("a.png", b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00;", "更像 .gif"),
    "rar named pdf": ("a.pdf", b"Rar!\x1a\x07\x01\x00\x92\xff", "更像 .rar"),
    "half a pdf": ("a.pdf", PDF[:-10], "文件不完整"),
    "half a png": ("a.png", PNG[:-12], "文件不完整"),
    "half a jpg": ("a.jpg", JPG[:-2], "文件不完整"),
    "zero byte in a table": ("a.csv", b"a,b\n1,\x00\n", "内容不是 csv"),
    "no encoding": ("a.csv", b"a,\xff\xff\n", "内容不是 csv"),
    "utf-16": ("a.csv", "姓名,应为\n".encode("utf-16"), "内容不是 csv"),
    "plain zip": ("a.docx", a_zip({"a.txt": "x"}), "这是压缩包"),
    "zip": ("a.zip", a_zip({"a.txt": "x"}), "不接收此类文件（.zip）"),
    "presentation": ("a.docx", a_zip({"[Content_Types].xml": TYPES, "ppt/presentation.xml": ""}), "这是压缩包"),
    "half a docx": ("a.docx", docx()[:-30], "已损坏"),
    "damaged docx": ("a.docx", docx()[:60] + b"\x00\x00" + docx()[62:], "已损坏"),
    "bomb": ("a.docx", BOMB, "压缩炸弹"),
    "bomb that lies": ("a.docx", lying(10_000_000), "压缩炸弹"),
    "a small lie": ("a.docx", lying(2_000), "大小与内容不符"),
    "many members": ("a.docx", MANY, "超过 2000 个部件"),
    "nested": ("a.docx", docx_with("word/embeddings/a.bin", a_zip({"x": "y"})), "另一个压缩包"),
    "nested by name": ("a.docx", docx_with("word/a.zip", "x"), "另一个压缩包"),
    "nested gzip": ("a.docx", docx_with("word/a.bin", b"\x1f\x8b\x08"), "另一个压缩包"),
    "macro": ("a.docx", docx_with("word/vbaProject.bin", "x"), "内有宏"),
    "macro by type": (
        "a.docx",
        a_zip({**WORD, "[Content_Types].xml": "<Types>application/vnd.ms-word.document.macroEnabled.main+xml</Types>"}),
        "内有宏",
    ),
    "embedded object": ("a.docx", docx_with("word/a.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "嵌入对象"),
    "embedded program": ("a.docx", docx_with("word/a.bin", b"MZ\x90\x00"), "程序"),
    "encrypted": ("a.docx", encrypted(), "已加密"),
    "absolute": ("a.docx", docx_with("/etc/passwd", "x"), "文件夹之外"),
    "up": ("a.docx", docx_with("word/../../x", "x"), "文件夹之外"),
    "up, written backwards": ("a.docx", docx_with("word\\..\\..\\x", "x"), "文件夹之外"),
    "drive": ("a.docx", docx_with("C:/x", "x"), "文件夹之外"),
    "lzma": ("a.docx", a_zip(WORD, zipfile.ZIP_LZMA), "压缩方式"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_why_and_writes_nothing(store, db, folder, case) -> None:
    name, content, said = REFUSED[case]
    with pytest.raises(UserError) as refused:
        keep(store, name, content)
    assert said in refused.value.zh, refused.value.zh
    assert refused.value.en and refused.value.where == name
    assert files(folder) == [] and count(db) == 0


def test_links_and_repeated_names_in_a_document_are_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in WORD.items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("word/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match="链接"):
        kind_of("a.docx", packed.getvalue())
    raw = docx_with("word/documenu.xml", "x").replace(b"word/documenu.xml", b"word/document.xml")
    with pytest.raises(UserError, match="同名"):
        kind_of("a.docx", raw)


def test_a_document_may_unpack_to_much_but_not_to_more_than_the_limit(monkeypatch) -> None:
    """The bound by size alone: content that packs badly, so that its ratio is no reason."""
    noise = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(60_000))
    monkeypatch.setattr(attachment_archives, "LARGEST_UNPACKED", 2_000_000)
    assert kind_of("a.docx", docx_with("word/media/a.bmp", noise)) is FileKind.DOCX
    with pytest.raises(UserError, match="解开后过大"):
        kind_of("a.docx", a_zip({**WORD, "word/a.bmp": noise, "word/b.bmp": noise[::-1]}))


@pytest.mark.parametrize(
    "name",
    [
        "", " ", ".", "..", ".pdf", "a.pdf.", "a/b.pdf", "a\\b.pdf", "../a.pdf", "C:a.pdf", "a\x00.pdf", "a\n.pdf", "a\x7f.pdf",
        "a\u202egpj.exe", "a\u200b.pdf", "a\u2028.pdf", "\ud800.pdf", " a.pdf", "a.pdf ", "a<b>.pdf", 'a".pdf', "a|b.pdf", "a?.pdf", "a*.pdf",
        "x" * 197 + ".pdf",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_name(store, db, folder, name) -> None:
    with pytest.raises(UserError) as refused:
        keep(store, name, PDF)
    assert refused.value.where == "name"
    assert not name.strip() or len(name) < 5 or name not in str(refused.value)
    assert files(folder) == [] and count(db) == 0


@given(st.text(max_size=40))
def test_a_name_that_is_taken_leads_nowhere(name: str) -> None:
    try:
        taken = checked_name(name)
    except UserError:
        return
    assert taken and "/" not in taken and "\\" not in taken and "\x00" not in taken and taken not in (".", "..")
    assert Path(taken).name == taken and taken.isprintable()
    assert checked_name(taken) == taken


@given(st.sampled_from([*(kind.value for kind in FileKind), "exe", ""]), st.binary(max_size=400))
def test_any_bytes_are_taken_or_refused_and_never_crash(ending: str, content: bytes) -> None:
    with suppress(UserError):
        assert kind_of(f"a.{ending}" if ending else "a", content).value == ending


@given(st.sampled_from(["说明.docx", "清单.xlsx", "证照.ofd"]), st.data())
def test_a_damaged_document_is_taken_or_refused_and_never_crashes(name: str, data) -> None:
    raw = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UserError):
        kind_of(name, bytes(raw))


def test_the_same_content_is_one_file_and_the_same_attachment_is_one_row(store, db, folder) -> None:
    first = keep(store, "a.pdf", PDF)
    assert keep(store, "a.pdf", PDF) == first
    assert keep(store, "b.pdf", PDF).id != first.id
    assert keep(store, "a.pdf", PDF, ticket="T-2").id != first.id
    assert keep(store, "a.pdf", PDF, ticket=None, report="R-1").id != first.id
    assert (len(files(folder)), count(db)) == (1, 4)


def test_ten_and_no_more_on_a_ticket(store, db, folder) -> None:
    for number in range(MOST):
        keep(store, f"{number}.txt", str(number).encode())
    with pytest.raises(UserError, match="已有 10 个附件"):
        keep(store, "11.txt", b"eleven")
    assert len(files(folder)) == count(db) == MOST
    assert keep(store, "0.txt", b"0").name == "0.txt"  # sent twice: answered again, not refused
    keep(store, "11.txt", b"eleven", ticket="T-2")
    assert [one.name for one in store.of("T-2")] == ["11.txt"]


def test_a_report_keeps_its_own_and_its_ticket_shows_them(store) -> None:
    of_report = keep(store, "a.pdf", PDF, ticket=None, report="R-1")
    of_ticket = keep(store, "b.png", PNG)
    keep(store, "c.png", PNG, ticket=None, report="R-2")
    assert store.of_report("R-1") == [of_report]
    assert {one.id for one in store.of("T-1", ["R-1"])} == {of_report.id, of_ticket.id}
    assert store.of("T-1") == [of_ticket]
    with pytest.raises(InternalFault):
        keep(store, "a.pdf", PDF, ticket=None)


def test_part_of_the_callers_transaction(store, db) -> None:
    with pytest.raises(RuntimeError, match="undone"), db.begin() as connection:
        store.keep("T-1", None, "a.pdf", PDF, "li.na", NOW, connection)
        raise RuntimeError("undone")
    assert store.of("T-1") == []
    with db.begin() as connection:
        kept = store.keep("T-1", None, "a.pdf", PDF, "li.na", NOW, connection)
    assert store.of("T-1") == [kept]


@pytest.mark.parametrize("harm", ["gone", "altered"])
def test_a_file_that_was_touched_is_not_handed_out(store, folder, harm) -> None:
    kept = keep(store, "a.pdf", PDF)
    (file,) = files(folder)
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(PDF[:-1] + b"x")
    with pytest.raises(InternalFault, match="丢失或被改动"):
        store.read(kept.id)


def test_an_unknown_attachment_is_told(store) -> None:
    for name in ("a_0", "", "\x00"):
        with pytest.raises(UserError, match="没有这个附件"):
            store.read(name)


def test_a_disk_that_does_not_take_it_leaves_no_row(store, db, folder) -> None:
    folder.write_bytes(b"no folder")
    with pytest.raises(Unavailable):
        keep(store, "a.pdf", PDF)
    assert count(db) == 0


def test_media_types_make_no_browser_run_anything(store) -> None:
    for kind in FileKind:
        one = Attachment(
            id="a", ticket="t", report=None, name="n", kind=kind, size=1, sha256="0", kept_by="b", kept_at=NOW
        )
        assert "html" not in one.media_type and "svg" not in one.media_type and "script" not in one.media_type
