"""The index: one SQLite file, made whole from the catalogue and put in place in one step; it holds nothing that is not there.

A table of the entries with what filters ask for, and a full-text table over tokens (`catalog.search.terms`), without the text.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalog.departments import Department
from catalog.model import Resource
from catalog.search.terms import fold, latin_tokens, token_text, tokens
from standards.elements import Element, elements

LAYOUT = 2
"""Changes when the index is laid out otherwise; an index of another layout is made anew."""

WEIGHTS = {
    "title": 4.0, "items": 0.4, "department": 0.5, "system": 0.5, "abstract": 0.3, "category": 0.4, "elements": 0.1,
    "code": 3.0, "title_latin": 2.0, "items_latin": 0.2,
}  # fmt: skip
"""Column of the full-text table -> how much a word found there counts. BM25 levels off at a few: what should count little is well
below one, or a word among the items would weigh as much as one in the title."""

_SCHEMA = f"""
CREATE TABLE about (layout INTEGER, digest TEXT);
CREATE TABLE entry (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT, department TEXT, department_name TEXT, system TEXT, code TEXT,
    abstract TEXT, category TEXT, items TEXT, elements TEXT, sharing TEXT, opening TEXT, cycle TEXT, state TEXT
);
CREATE INDEX entry_department ON entry (department);
CREATE VIRTUAL TABLE word USING fts5({", ".join(WEIGHTS)}, content='', tokenize="unicode61 remove_diacritics 0");
"""
BETWEEN = "\x1f"
"""Between the titles of items, as the index keeps them."""


@dataclass(frozen=True)
class Indexed:
    """An entry as it is to be found: what it says, and where it stands in its life."""

    resource: Resource
    state: str = "published"


def digest_of(path: Path) -> str | None:
    """The digest of the catalogue that an index was made from; None where there is no index that can be read."""
    if not path.exists():
        return None
    try:
        with closing(open_index(path)) as index:
            layout, digest = index.execute("SELECT layout, digest FROM about").fetchone()
    except (sqlite3.Error, TypeError):
        return None
    return str(digest) if layout == LAYOUT else None


def open_index(path: Path) -> sqlite3.Connection:
    """An index to read from; whoever asks closes it."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def build_index(path: Path, digest: str, entries: Iterable[Indexed], departments: Mapping[str, Department]) -> int:
    """Make the index of a catalogue, beside the one in place, which readers keep until this one stands whole.

    Args:
        path: where it is to stand; its folder is made.
        digest: of what it is made from.
        entries: everything that is to be found.
        departments: id -> department.

    Returns:
        How many entries it has.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    fresh = Path(name)
    try:
        with closing(sqlite3.connect(fresh)) as index:
            index.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
            count = _fill(index, entries, departments)
            index.execute("INSERT INTO about VALUES (?, ?)", (LAYOUT, digest))
            index.commit()
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return count


def _fill(index: sqlite3.Connection, entries: Iterable[Indexed], departments: Mapping[str, Department]) -> int:
    rows, words = [], []
    for number, one in enumerate(entries, start=1):
        resource = one.resource
        name = departments[resource.department].name if resource.department in departments else resource.department
        titles = [item.title for item in resource.items]
        meant = _elements_said(resource)
        rows.append(
            (number, resource.id, resource.title, resource.department, name, resource.system, resource.code, resource.abstract,
             resource.category, BETWEEN.join(titles), BETWEEN.join(meant), resource.sharing.class_, resource.opening.class_,
             resource.update_cycle.value, one.state)
        )  # fmt: skip
        names = {item.id for item in resource.items}
        columns = {
            "title": tokens(resource.title),
            "items": (token_text(text) for text in (*titles, *names)),
            "department": tokens(f"{name} {resource.department}"),
            "system": tokens(resource.system),
            "abstract": tokens(f"{resource.abstract or ''} {resource.scope or ''}"),
            "category": tokens(resource.category or ""),
            "elements": (token_text(text) for text in meant),
            "code": tokens(f"{resource.code or ''} {resource.id} {resource.table or ''}"),
            "title_latin": latin_tokens(resource.title),
            "items_latin": (token for text in (*titles, *meant) for token in latin_tokens(text)),
        }
        words.append((number, *(" ".join(columns[column]) for column in WEIGHTS)))
    index.executemany(f"INSERT INTO entry VALUES ({', '.join('?' * 15)})", rows)  # noqa: S608
    names_sql, places = ", ".join(WEIGHTS), ", ".join("?" * (len(WEIGHTS) + 1))
    index.executemany(f"INSERT INTO word(rowid, {names_sql}) VALUES ({places})", words)  # noqa: S608
    return len(rows)


def _elements_said(resource: Resource) -> list[str]:
    """Titles and other names of the data elements that the items are, so that 身份证号 finds 公民身份号码."""
    found = {}
    for item in resource.items:
        element = _by_id().get(item.element or "") or _by_name().get(fold(item.title))
        if element is not None:
            found[element.id] = element
    return [name for one in found.values() for name in (one.title, *one.aliases)]


@cache
def _by_id() -> Mapping[str, Element]:
    return {one.id: one for one in elements()}


@cache
def _by_name() -> Mapping[str, Element]:
    return {fold(name): one for one in elements() for name in (one.title, *one.aliases)}
