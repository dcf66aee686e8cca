"""Finds out in which form a file is, from its content; its ending only breaks a tie."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from catalog.formats import Format, Parquet, Vector, Zip
from ground.errors import RefusedData, UserError
from pipelines.intake import archive, decoding
from pipelines.intake.drafting import delimited, features, tree, workbook
from pipelines.intake.drafting.guess import Guess, Guessed

OLE, SQLITE, PARQUET, SHAPE = b"\xd0\xcf\x11\xe0", b"SQLite format 3\0", b"PAR1", b"\x00\x00\x27\x0a"


def detect(path: Path) -> Guessed:
    """The form of a file, with every option of it that its content tells.

    Raises:
        RefusedData: empty, damaged, or of no form that can be read.
        UserError: its form cannot be told without the department (fixed width).
    """
    start = decoding.refuse_empty(path, path.name)
    if start.startswith(b"PK\x03\x04"):
        return _archive(path)
    if start.startswith(OLE):
        return workbook.detect(path, "xls")
    if start.startswith(SQLITE):
        return features.detect(path, Vector(kind="geopackage"))
    if start.startswith(PARQUET):
        return Guessed(Parquet(kind="parquet"), {"kind": Guess("parquet", "文件头 PAR1", "it begins with PAR1")})
    if start.startswith(SHAPE):
        return features.detect(path, Vector(kind="shapefile"))
    text = start.removeprefix(decoding.BOM).lstrip()
    if text.startswith(b"<"):
        return tree.detect_xml(path)
    if text.startswith((b"{", b"[")):
        found = tree.detect_json(path)
        return features.detect(path, found.form) if isinstance(found.form, Vector) else found
    return delimited.detect(path)


def _archive(path: Path) -> Guessed:
    """A ZIP is a workbook, a shapefile, or files of one form."""
    try:
        names = zipfile.ZipFile(path).namelist()
    except zipfile.BadZipFile:
        names = []
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return workbook.detect(path, "xlsx")
    members = archive.members(path, where=path.name)
    endings = {Path(one.name).suffix.lower() for one in members}
    if ".shp" in endings:
        return _shapefile(path)
    if not members:
        raise RefusedData("压缩包是空的。", "The archive is empty.", where=path.name)
    first = members[0]
    with tempfile.TemporaryDirectory() as folder:
        inner = archive.Unpacking(path, where=path.name).write(first, Path(folder) / Path(first.name).name)
        found = detect(inner)
    if isinstance(found.form, Zip):
        raise RefusedData(
            "压缩包中还是压缩包，请解开一层。", "The archive holds archives; unpack one layer.", where=path.name
        )
    pattern = f"*{Path(first.name).suffix}" if len(endings) == 1 else first.name
    guesses = {
        "member": Guess(pattern, f"包内有 {len(members)} 个文件，按 {first.name} 判断其格式",
                        f"it holds {len(members)} files; their form was told from {first.name}"),
    } | found.guesses  # fmt: skip
    return Guessed(Zip(kind="zip", member=pattern, content=found.form), guesses, found.crs)


def _shapefile(path: Path) -> Guessed:
    with tempfile.TemporaryDirectory() as folder:
        unpacking = archive.Unpacking(path, where=path.name)
        for one in archive.members(path, where=path.name):
            unpacking.write(one, Path(folder) / Path(one.name).name)
        shape = sorted(Path(folder).glob("*.[sS][hH][pP]"))[0]
        return features.detect(shape, Vector(kind="shapefile"))


def kind_of(form: Format) -> Format:
    """The format of the rows: of an archive, that of its members."""
    return form.content if isinstance(form, Zip) else form


def differing(path: Path, declared: Format) -> list[tuple[str, str]]:
    """What a file looks like where that is not what was declared, as (zh, en), for a person whose file was refused.

    Args:
        path: the file.
        declared: the format of its feed.
    """
    try:
        found = detect(path)
    except (RefusedData, UserError):
        return []
    said = kind_of(declared).model_dump()
    seen = kind_of(found.form).model_dump(exclude={"null_values"})
    if seen["kind"] != said["kind"]:
        return [(f"内容看来是 {seen['kind']}", f"the content looks like {seen['kind']}")]
    notes = []
    for name, guess in found.guesses.items():
        if name not in said or said[name] == seen[name] or said[name] == "auto":
            continue
        shown = repr(seen[name])
        notes.append((f"format.{name} 看来应为 {shown}：{guess.zh}", f"format.{name} looks like {shown}: {guess.en}"))
    return notes
