"""Unpacks delivered ZIP archives member by member, guarding against those that unpack without end or out of their folder.

Members are written under numbers of ours, never under their own names: a name cannot lead anywhere.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ground.errors import RefusedData

LARGEST_UNPACKED = 64 << 30
"""Bytes an archive may unpack to. Ten million rows of a hundred characters are a sixtieth of it."""
LARGEST_RATIO = 200
"""Unpacked to packed size; honest text stays below 60, a bomb is at 1,000."""
SMALL = 10 << 20
"""Below this unpacked size a high ratio harms nobody."""
MOST_MEMBERS = 100_000
CHUNK = 1 << 20
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

BROKEN = (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError)
"""What the standard library raises over an archive that is cut off, damaged, or of a kind it cannot read."""


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name as a person wrote it, and where it stands."""

    name: str
    entry: zipfile.ZipInfo


def members(path: Path, *, where: str) -> list[Member]:
    """The files of an archive in their order, without folders and what operating systems leave behind.

    Raises:
        RefusedData: not a ZIP, damaged, encrypted, too many members, a name that leads out of its folder, a link, or the
            same name twice.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (*BROKEN, OSError) as fault:
        raise _damaged(where) from fault
    if len(entries) > MOST_MEMBERS:
        raise RefusedData(
            f"压缩包内有 {len(entries)} 个文件，超过 {MOST_MEMBERS} 个，未打开。请核实来源后重新打包。",
            f"The archive holds {len(entries)} files, more than {MOST_MEMBERS}; it was not opened. Check where it comes from.",
            where=where,
        )
    found = [Member(_name(entry), entry) for entry in entries if not entry.is_dir()]
    found = [one for one in found if not any(mark in one.name for mark in _LITTER)]
    for one in found:
        _refuse_unsafe(one, where)
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise RefusedData(
            f"压缩包内有同名文件：{'、'.join(twice)}，无法判断采用哪一个。请重新打包。",
            f"Names stand twice in the archive: {', '.join(twice)}; which one is meant cannot be told. Pack it again.",
            where=where,
        )
    return found


def matching(found: list[Member], pattern: str, *, where: str) -> list[Member]:
    """Members whose name, or its last part, matches a shell pattern.

    Raises:
        RefusedData: none does.
    """
    chosen = [
        one for one in found if fnmatchcase(one.name, pattern) or fnmatchcase(PurePosixPath(one.name).name, pattern)
    ]
    if not chosen:
        shown = "、".join(one.name for one in found[:20]) or "（空）"
        raise RefusedData(
            f"压缩包内没有与 {pattern} 相符的文件，现有：{shown}。请核对 format.member，或重新打包。",
            f"No file in the archive matches {pattern}; there are: {shown}. Check format.member, or pack it again.",
            where=where,
        )
    return chosen


class Unpacking:
    """Writes members of one archive to disk, counting what they unpack to: the sizes an archive states may lie."""

    def __init__(self, path: Path, *, where: str) -> None:
        self._path = path
        self._where = where
        self._total = 0
        self._packed = max(path.stat().st_size, 1)

    def write(self, one: Member, target: Path) -> Path:
        """Unpack one member to ``target``.

        Raises:
            RefusedData: the archive unpacks out of all proportion, or the member is damaged.
        """
        try:
            with zipfile.ZipFile(self._path) as archive, target.open("wb") as out:
                for chunk in unpacked(archive, one.entry):
                    self._total += len(chunk)
                    if self._total > LARGEST_UNPACKED or (
                        self._total > SMALL and self._total / self._packed > LARGEST_RATIO
                    ):
                        raise RefusedData(
                            f"压缩包解开后过大（超过压缩前后 {LARGEST_RATIO} 倍或 {LARGEST_UNPACKED >> 30} GB，疑似压缩炸弹），未采用。请核实来源后重新打包。",
                            f"The archive unpacks out of all proportion (above {LARGEST_RATIO} times its size, or "
                            f"{LARGEST_UNPACKED >> 30} GB; a zip bomb?); it was not taken. Check where it comes from.",
                            where=f"{self._where}!{one.name}",
                        )
                    out.write(chunk)
        except BROKEN as fault:
            raise _damaged(f"{self._where}!{one.name}") from fault
        return target


def unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """All that an entry unpacks to, whatever size the directory states; one that states another fails its checksum."""
    entry.file_size = LARGEST_UNPACKED + 1
    with archive.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _name(entry: zipfile.ZipInfo) -> str:
    """The name as its writer meant it: older programs of Chinese systems write GBK and say nothing of it."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _refuse_unsafe(one: Member, where: str) -> None:
    place = PurePosixPath(one.name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
        raise RefusedData(
            "压缩包内有指向文件夹之外的路径（绝对路径或含 ..），未打开。请核实来源后重新打包。",
            "The archive names a path that leads out of its folder (absolute, or with ..); it was not opened. Check where it "
            "comes from.",
            where=where,
        )
    if stat.S_ISLNK(one.entry.external_attr >> 16):
        raise RefusedData(
            "压缩包内有链接，未打开。请放入文件本身后重新打包。",
            "The archive holds a link; it was not opened. Put the file itself into it.",
            where=f"{where}!{one.name}",
        )
    if one.entry.flag_bits & _ENCRYPTED:
        raise RefusedData(
            "压缩包已加密，无法打开。请不加密码重新打包后送达。",
            "The archive is encrypted and cannot be opened. Pack it without a password and deliver it again.",
            where=f"{where}!{one.name}",
        )


def _damaged(where: str) -> RefusedData:
    return RefusedData(
        "不是 ZIP 压缩包，或已损坏（不完整）。请重新打包后送达。",
        "It is no ZIP archive, or damaged (incomplete). Pack it again and deliver it.",
        where=where,
    )
