"""Published entries whose documents are gone or spoilt, where a catalogue does not load for it: said first, with the remedy.

What else the catalogue says then blames those who name the entry, a feed or the register, and they are not at fault.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from catalog.cases import store
from catalog.cases.model import Case
from catalog.entries.lying import lying
from catalog.entries.reading import EntryReading
from catalog.entries.states import ENTRY, IN_FORCE, UNDECLARED
from catalog.problems import SHOWN
from ground.errors import DocumentError
from warehouse.operational import OperationalDatabase


def with_remedy(
    fault: DocumentError, directory: Path, database: OperationalDatabase, put_back: Collection[str] = ()
) -> DocumentError:
    """Why a catalogue does not load, with what was published and can be put back; the same fault where that is nothing.

    Args:
        fault: what loading it said.
        directory: the folder ``city``.
        database: where the cases of entries are kept.
        put_back: ids of entries that are being put back: their documents are no part of the fault, and the command names
            them again, since none of several is put back without the others.
    """
    named = set(
        re.findall(rf"{re.escape(directory.name)}/resources/([^/\s:：]+)\.yaml", fault.zh + (fault.where or ""))
    )
    standing = {one.id for one in EntryReading(database).standings() if one.state in (*IN_FORCE, UNDECLARED)}
    fileless = {one for one in standing if not (directory / "resources" / f"{one}.yaml").exists()}
    asked = ((_without_inline(fileless, directory)) | (named & standing)) - set(put_back)
    if not asked:
        return fault
    with database.begin() as connection:
        cases = [one for one in store.find_many(connection, ENTRY, asked) if one.facts.get("published") is not None]
    found = [(one, lying(directory, one.id).digest) for one in cases]
    gone = [one for one, digest in found if digest is None]
    spoilt = [one for one, digest in found if digest not in (None, one.facts.get("digest"))]
    if not gone and not spoilt:
        return fault
    place = f"[{fault.where}] " if fault.where else ""
    zh, en = [f"{place}{fault.zh}"], [f"{place}{fault.en}"]
    if gone:
        (names_zh, names_en), command = _names(gone), _command([*put_back, *(one.id for one in gone)])
        zh[:0] = [
            f"以下条目已经发布，其文件却不在 {directory.name}/resources/ 中：{names_zh}。",
            f"如系误删误移，请恢复：{command}；下列问题可能由此而来。",
        ]
        en[:0] = [
            f"These entries are published, and their documents are missing in {directory.name}/resources/: {names_en}.",
            f"If that was a mistake, put them back: {command}; the problems below may come of it.",
        ]
    if spoilt:
        (names_zh, names_en), command = _names(spoilt), _command([*put_back, *(one.id for one in (*gone, *spoilt))])
        zh.append(f"以下条目的文件与已发布的不同：{names_zh}。请改正文件，或恢复已发布的文件：{command}")
        en.append(
            f"The documents of these entries are not those that were published: {names_en}. Correct them, or put the published "
            f"ones back: {command}"
        )
    return DocumentError("\n".join(zh), "\n".join(en))


def _without_inline(names: set[str], directory: Path) -> set[str]:
    """Those of ``names`` that no feed may be declaring; a feed that cannot be read may declare what it names."""
    left = set(names)
    if left:
        for feed in sorted((directory / "feeds").glob("*.yaml")):
            text = feed.read_text(encoding="utf-8-sig", errors="replace") if feed.is_file() else ""
            if re.search(r"(?m)^resource:\s*(\{|#|$)", text):
                left -= set(re.findall(r"\w+", text))
    return left


def _names(cases: Sequence[Case]) -> tuple[str, str]:
    more = len(cases) - SHOWN
    zh = "、".join(f"{one.title}（{one.id}）" for one in cases[:SHOWN])
    en = ", ".join(one.id for one in cases[:SHOWN])
    return (f"{zh} 等，另有 {more} 个" if more > 0 else zh), (f"{en} and {more} more" if more > 0 else en)


def _command(names: Sequence[str]) -> str:
    """What puts them back; of a whole folder that is gone the ids stand in no line that can be read."""
    said = " ".join(sorted(names)) if len(names) <= SHOWN else "<编号 ids …>"
    return f"shuyuan catalog restore {said} --reason …"
