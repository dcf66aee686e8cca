"""A shapefile is several files: whether they are all there and whole, and which encoding its attributes are in.

Sources: ESRI Shapefile Technical Description (1998) for .shp and .shx; dBASE III for .dbf.
"""

from __future__ import annotations

import struct
from pathlib import Path, PurePosixPath

from ground.errors import RefusedData
from pipelines.intake import archive, decoding
from pipelines.intake.decoding import Encoding

NECESSARY = (".shp", ".shx", ".dbf")
PARTS = (*NECESSARY, ".prj", ".cpg")
_MARK = 9994
_HEADER = 100
_NAMES = {
    "936": "gbk",
    "cp936": "gbk",
    "gbk": "gbk",
    "gb2312": "gbk",
    "gb18030": "gb18030",
    "utf8": "utf-8",
    "65001": "utf-8",
}


def unpack(path: Path, folder: Path, layer: str | None, *, where: str) -> Path:
    """Unpack the parts of one shapefile from a ZIP into a folder; the path of its ``.shp``.

    Raises:
        RefusedData: no shapefile in it, several and none named, a part missing, or an unsafe archive.
    """
    found = archive.members(path, where=where)
    shapes = [one for one in found if one.name.lower().endswith(".shp")]
    stems = [PurePosixPath(one.name).stem for one in shapes]
    if layer is not None:
        shapes = [one for one, stem in zip(shapes, stems, strict=True) if stem == layer]
    if len(shapes) != 1:
        shown = "、".join(stems) or "（无）"
        raise RefusedData(
            f"压缩包内的图层：{shown}，须恰有一个 .shp，或用 format.layer 写明是哪一个。整个文件未采用，原件已保留。",
            f"Layers in the archive: {shown}. There must be exactly one .shp, or format.layer names which. The file was not "
            "taken; its bytes are kept.",
            where=where,
        )
    return unpack_beside(found, shapes[0], archive.Unpacking(path, where=where), folder)


def unpack_beside(
    found: list[archive.Member], shape: archive.Member, unpacking: archive.Unpacking, folder: Path
) -> Path:
    """Unpack one ``.shp`` with the parts of the same name beside it."""
    stem = shape.name[: -len(".shp")].lower()
    target = folder / "shape.shp"
    for one in found:
        suffix = PurePosixPath(one.name).suffix.lower()
        if suffix in PARTS and one.name[: -len(suffix)].lower() == stem:
            unpacking.write(one, target.with_suffix(suffix))
    return target


def beside(shape: Path) -> dict[str, Path]:
    """The parts that lie beside a ``.shp``, by ending in lower case."""
    return {
        one.suffix.lower(): one for one in sorted(shape.parent.iterdir())
        if one.stem == shape.stem and one.suffix.lower() in PARTS
    }  # fmt: skip


def refuse_incomplete(parts: dict[str, Path], *, where: str) -> None:
    """Refuse a set of which a part is missing or was cut off: rows would be lost or lose their values.

    Raises:
        RefusedData: naming the part.
    """
    missing = [suffix for suffix in NECESSARY if suffix not in parts]
    if missing:
        raise RefusedData(
            f"shapefile 缺少 {'、'.join(missing)} 文件。.shp、.shx、.dbf 须一并送达（放在一起，或打成一个 ZIP）。整个文件未采用，原件已保留。",
            f"The shapefile lacks its {', '.join(missing)}. The .shp, .shx and .dbf are delivered together (beside each other, or "
            "in one ZIP). The file was not taken; its bytes are kept.",
            where=where,
        )
    heads = {suffix: _head(parts[suffix]) for suffix in NECESSARY}
    for suffix in (".shp", ".shx"):
        head, size = heads[suffix], parts[suffix].stat().st_size
        if len(head) < _HEADER:
            raise _broken(suffix, ("不完整", "is incomplete"), where)
        if struct.unpack(">i", head[:4])[0] != _MARK:
            raise _broken(suffix, ("不是 shapefile 的部件", "is no part of a shapefile"), where)
        if struct.unpack(">i", head[24:28])[0] * 2 > size:
            raise _broken(suffix, ("不完整", "is incomplete"), where)
    head, size = heads[".dbf"], parts[".dbf"].stat().st_size
    if len(head) < 32:
        raise _broken(".dbf", ("不完整", "is incomplete"), where)
    records, start, width = struct.unpack("<IHH", head[4:12])
    if start + records * width > size:
        raise _broken(".dbf", ("不完整", "is incomplete"), where)
    shapes = (struct.unpack(">i", heads[".shx"][24:28])[0] * 2 - _HEADER) // 8
    if shapes != records:
        raise _broken(
            ".dbf",
            (
                f"有 {records} 条属性，图形有 {shapes} 个，不成一套",
                f"has {records} records for {shapes} shapes; they do not belong together",
            ),
            where,
        )


def attribute_encoding(parts: dict[str, Path], declared: str) -> Encoding:
    """The encoding of the attributes: as declared; else the ``.cpg``, if the bytes bear it out; else what they fit."""
    table = parts[".dbf"]
    if declared != "auto":
        return Encoding(declared, ("数据源声明", "declared by the feed"))
    said = _said(parts)
    if said is not None and decoding.fits(table, said):
        return Encoding(said, ("由 .cpg 写明", "named by the .cpg"))
    name = decoding.detect(table)
    if said is not None:
        return Encoding(
            name,
            (
                f".cpg 写的 {said} 与内容不符，按内容判断",
                f"the .cpg says {said}, which the bytes do not bear out; they fit this",
            ),
        )
    return Encoding(name, ("没有 .cpg，按内容判断", "there is no .cpg; the bytes fit this"))


def _said(parts: dict[str, Path]) -> str | None:
    if ".cpg" not in parts:
        return None
    text = parts[".cpg"].read_bytes()[:64].decode("ascii", "ignore").strip().lower()
    return _NAMES.get(text.replace("-", "").replace("_", "").removeprefix("ansi "))


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEADER)


def _broken(suffix: str, why: tuple[str, str], where: str) -> RefusedData:
    return RefusedData(
        f"shapefile 的 {suffix} 文件{why[0]}。请重新导出并一并送达。整个文件未采用，原件已保留。",
        f"The {suffix} of the shapefile {why[1]}. Export it again and deliver all parts. The file was not taken; its bytes are kept.",
        where=where,
    )
