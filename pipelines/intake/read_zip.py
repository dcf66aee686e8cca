"""Reads the members of a ZIP one after another, each by the reader of its form; ``_row`` runs on from member to member."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import ibis
import ibis.expr.types as ir

from catalog.feed import Feed
from catalog.formats import Json, Vector, Zip
from pipelines.intake import archive, decoding, read_json, shapefile
from pipelines.intake.staged import Staged, part_note
from warehouse.duckdb_engine import DuckDbEngine, RejectedLine

ReadMember = Callable[[Feed, Path, str], Staged]
"""Reads one unpacked member: the feed with the member's form, its bytes, its name for messages."""
FEW = 50
"""Members of which each one's notes are told; of more, only how many there are."""


def read(
    engine: DuckDbEngine, path: Path, feed: Feed, form: Zip, spill: Path, read_member: ReadMember, *, where: str
) -> Staged:
    """Stage the members of a delivered archive that match ``format.member``, in their order.

    Args:
        engine: where the staged table is made.
        path: the landed bytes.
        feed: the feed.
        form: the declared form.
        spill: folder for unpacked members, each deleted once it was read.
        read_member: reads one of them.
        where: the file, for messages; a member is named after ``!``.

    Raises:
        RefusedData: no archive, an unsafe one, one that unpacks without end, no member that matches, or a member that is
            not what was declared: then nothing of the archive is taken.
    """
    decoding.refuse_empty(path, where)
    found = archive.members(path, where=where)
    is_shape = isinstance(form.content, Vector) and form.content.kind == "shapefile"
    pool = [one for one in found if one.name.lower().endswith(".shp")] if is_shape else found
    chosen = archive.matching(pool, form.member, where=where)
    unpacking = archive.Unpacking(path, where=where)
    spill.mkdir(parents=True, exist_ok=True)
    if isinstance(form.content, Json) and form.content.kind == "json":
        return _pages(engine, chosen, unpacking, feed, form.content, spill, where)
    tables: list[ir.Table] = []
    rejected: list[RejectedLine] = []
    notes: list[tuple[str, str]] = [_passed_over(found, chosen)] if len(chosen) < len(found) and not is_shape else []
    unread: dict[str, None] = {}
    above = 0
    of_member = feed.model_copy(update={"format": form.content})
    for number, one in enumerate(chosen):
        folder = Path(tempfile.mkdtemp(dir=spill))
        try:
            target = folder / f"{number:06d}{PurePosixPath(one.name).suffix.lower()}"
            if is_shape:
                target = shapefile.unpack_beside(found, one, unpacking, folder)
            else:
                unpacking.write(one, target)
            staged = read_member(of_member, target, f"{where}!{one.name}")
            # The table may still stand on the unpacked file, and on work tables that the next member replaces.
            table = engine.stage(staged.table.mutate(_row=staged.table["_row"] + above))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        last = _last(engine, table, staged, above)
        if len(chosen) <= FEW:
            notes += [(f"{one.name}：{zh}", f"{one.name}: {en}") for zh, en in staged.notes]
            notes.append(part_note(one.name, one.name, above, last - above))
        tables.append(table)
        rejected += [RejectedLine(line.line + above, line.reason) for line in staged.rejected]
        unread |= dict.fromkeys(staged.not_taken)
        above = last
    if len(chosen) > FEW:
        notes.append((f"共 {len(chosen)} 个成员，{above} 行", f"{len(chosen)} members, {above} rows"))
    whole = ibis.union(*tables) if len(tables) > 1 else tables[0]
    return Staged(whole, rejected, list(unread), notes)


def _pages(
    engine: DuckDbEngine,
    chosen: list[archive.Member],
    unpacking: archive.Unpacking,
    feed: Feed,
    form: Json,
    spill: Path,
    where: str,
) -> Staged:
    """Members that are documents of JSON, all at once: an interface gives thousands of small ones."""
    with tempfile.TemporaryDirectory(dir=spill) as folder:

        def each() -> Iterator[tuple[str, Path]]:
            for one in chosen:
                yield f"{where}!{one.name}", unpacking.write(one, Path(folder) / "page.json")

        staged, counts = read_json.read_documents(engine, each(), feed, form, where=where)
    notes, above = staged.notes, 0
    if len(chosen) > FEW:
        return replace(staged, notes=[*notes, (f"共 {len(chosen)} 个成员", f"{len(chosen)} members")])
    for one, (_, rows) in zip(chosen, counts, strict=True):
        notes = [*notes, part_note(one.name, one.name, above, rows)]
        above += rows
    return replace(staged, notes=notes)


def _last(engine: DuckDbEngine, table: ir.Table, staged: Staged, above: int) -> int:
    """The highest running number used so far."""
    row = engine.to_arrow(table.agg(last=table["_row"].max()))["last"][0].as_py()
    return max(above, row or 0, *(line.line + above for line in staged.rejected))


def _passed_over(found: list[archive.Member], chosen: list[archive.Member]) -> tuple[str, str]:
    names = {one.name for one in chosen}
    left = [one.name for one in found if one.name not in names]
    shown = "、".join(left[:20])
    return f"未读取的成员（{len(left)} 个）：{shown}", f"members not read ({len(left)}): {shown}"
