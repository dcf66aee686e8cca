"""Finds entries: words and filters in, ranked entries out, with the place where each was found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from catalog.departments import Department
from catalog.search.index import BETWEEN, WEIGHTS, Indexed, build_index, digest_of, open_index
from catalog.search.snippets import Snippet, may_match, snippet
from catalog.search.terms import Fit, query_runs, question
from ground.errors import UserError

MOST = 200
"""Entries on one page at most."""
FARTHEST = 2**63 - 1
"""The last place that the index can count to."""
_RANK = f"bm25({', '.join(str(one) for one in WEIGHTS.values())})"
_SNIPPETS = 2
"""Pieces shown of one entry beside its title."""
_PINYIN = ("title", "items", "elements")
"""Fields that are found by pinyin as well."""


@dataclass(frozen=True)
class Filters:
    """What entries must be, beside what the words say; None: anything.

    Attributes:
        department: its id.
        sharing, opening: class, ``unconditional``, ``conditional`` or ``not``.
        cycle: update cycle.
        category: beginning of its category (``基础``, ``基础/人口``).
        state: where it stands in its life.
    """

    department: str | None = None
    sharing: str | None = None
    opening: str | None = None
    cycle: str | None = None
    category: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Hit:
    """One entry that was found.

    Attributes:
        title: with the places that match.
        snippets: where else it was found.
        score: the higher, the better it fits; comparable within one search only.
    """

    id: str
    title: Snippet
    department: str
    department_name: str
    sharing: str
    opening: str
    cycle: str
    category: str | None
    state: str
    snippets: tuple[Snippet, ...]
    score: float


@dataclass(frozen=True)
class Hits:
    """A page of what was found.

    Attributes:
        total: how many there are on all pages.
        all_words: every word was found in each; otherwise no entry had all of them, and those with most come first.
        found: the page.
    """

    total: int
    all_words: bool
    found: tuple[Hit, ...]


class CatalogSearch:
    """Search in one version of a catalogue; the index is made when it is first asked for and the catalogue has changed.

    Args:
        folder: where the index is kept.
        digest: of what is to be found; another digest makes another index.
        entries: everything that is to be found; asked only when the index has to be made.
        departments: id -> department.
    """

    def __init__(
        self,
        folder: Path,
        digest: str,
        entries: Callable[[], Iterable[Indexed]],
        departments: Mapping[str, Department],
    ) -> None:
        self._path = folder / "catalogue.sqlite"
        self._digest = digest
        self._entries = entries
        self._departments = departments
        self._current = False

    def refresh(self) -> bool:
        """Make the index anew where it is of another catalogue, or cannot be read; whether it was."""
        if digest_of(self._path) == self._digest:
            self._current = True
            return False
        build_index(self._path, self._digest, self._entries(), self._departments)
        self._current = True
        return True

    def search(self, text: str, filters: Filters | None = None, *, limit: int = 20, offset: int = 0) -> Hits:
        """Entries that fit, the best first; without words, those that pass the filters, by title.

        Args:
            text: what somebody typed: anything. Chinese, traditional or simplified, pinyin or its initials, codes.
            filters: what entries must be.
            limit: entries on the page, at most `MOST`.
            offset: entries before it.

        Raises:
            UserError: an offset that no catalogue reaches.
        """
        if offset > FARTHEST:
            raise UserError(
                f"起始位置超出范围，应为 0 到 {FARTHEST} 之间的整数。",
                f"The offset is out of range; it is a whole number from 0 to {FARTHEST}.",
                where="offset",
            )
        if not self._current:
            self.refresh()
        runs = query_runs(text)
        limit, offset = max(1, min(limit, MOST)), max(0, offset)
        where, values = _conditions(filters or Filters())
        with closing(open_index(self._path)) as index:
            index.row_factory = sqlite3.Row
            if not runs:
                # Signs alone name nothing; no words at all ask for everything.
                return (
                    _listed(index, where, values, limit, offset)
                    if not text.strip()
                    else Hits(0, all_words=True, found=())
                )
            asked = list(dict.fromkeys(question(runs, fit) for fit in Fit))
            for wanted in asked:
                hits = _ranked(
                    index,
                    wanted,
                    where,
                    values,
                    runs,
                    limit,
                    offset,
                    all_words=wanted is not asked[-1] or len(asked) == 1,
                )
                if hits.total:
                    break
            return hits


def _conditions(filters: Filters) -> tuple[str, list[Any]]:
    conditions, values = [], []
    for one in fields(filters):
        value = getattr(filters, one.name)
        if value is None:
            continue
        value = str(value).encode("utf-8", "replace").decode("utf-8")
        if one.name == "category":
            conditions.append("(category = ? OR substr(category, 1, ?) = ?)")
            values += [value, len(value) + 1, f"{value}/"]
        else:
            conditions.append(f"{one.name} = ?")
            values.append(value)
    return "".join(f" AND {one}" for one in conditions), values


def _listed(index: sqlite3.Connection, where: str, values: list[Any], limit: int, offset: int) -> Hits:
    total = index.execute(f"SELECT count(*) FROM entry WHERE 1{where}", values).fetchone()[0]  # noqa: S608 - names are ours
    rows = index.execute(
        f"SELECT * FROM entry WHERE 1{where} ORDER BY title, id LIMIT ? OFFSET ?",  # noqa: S608
        [*values, limit, offset],
    )
    return Hits(int(total), all_words=True, found=tuple(_hit(row, (), 0.0) for row in rows))


def _ranked(
    index: sqlite3.Connection,
    wanted: str,
    where: str,
    values: list[Any],
    runs: Sequence[str],
    limit: int,
    offset: int,
    *,
    all_words: bool,
) -> Hits:
    # The plus keeps the database from asking the words anew for each entry that passes.
    passing = f" AND +rowid IN (SELECT number FROM entry WHERE 1{where})" if where else ""  # noqa: S608 - names are ours
    total = index.execute(f"SELECT count(*) FROM word WHERE word MATCH ?{passing}", [wanted, *values]).fetchone()[0]  # noqa: S608
    best = index.execute(
        f"SELECT rowid, -rank FROM word WHERE word MATCH ?{passing} AND rank MATCH ? ORDER BY rank LIMIT ? OFFSET ?",  # noqa: S608
        [wanted, *values, _RANK, limit, offset],
    ).fetchall()
    rows = {
        row["number"]: row
        for row in index.execute(
            f"SELECT * FROM entry WHERE number IN ({', '.join('?' * len(best))})",  # noqa: S608
            [number for number, _ in best],
        )
    }
    return Hits(int(total), all_words=all_words, found=tuple(_hit(rows[number], runs, score) for number, score in best))


def _hit(row: sqlite3.Row, runs: Sequence[str], score: float) -> Hit:
    title = snippet("title", row["title"], runs, by_pinyin=True)
    pieces: list[Snippet] = []
    for field in ("items", "code", "category", "department_name", "system", "abstract", "elements"):
        said = row[field] or ""
        if not may_match(said, runs, by_pinyin=field in _PINYIN):
            continue
        # Items and elements are found one by one: a match does not run over from one title into the next.
        for text in said.split(BETWEEN):
            found = snippet(field.removesuffix("_name"), text, runs, by_pinyin=field in _PINYIN)
            if found is not None:
                pieces.append(found)
            if len(pieces) == _SNIPPETS:
                break
        if len(pieces) == _SNIPPETS:
            break
    return Hit(
        id=row["id"], title=title or Snippet("title", row["title"], ()), department=row["department"],
        department_name=row["department_name"], sharing=row["sharing"], opening=row["opening"], cycle=row["cycle"],
        category=row["category"], state=row["state"], snippets=tuple(pieces), score=float(score),
    )  # fmt: skip
