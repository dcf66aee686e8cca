"""A theme library as it is declared: ``city/themes/<id>.sql``, its header in comments at the top, its query below.

The header is YAML behind ``--``: title, grain, lead department, key, every column with its meaning, and what must hold.
A special library (专题库; Chifeng, part 4(二)1) is one for a piece of work that ends: it says what for and until when, and is
built and served like any other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from catalog.model import Identifier, refuse_repeated
from ground.documents import Declared, parse_document
from ground.errors import DocumentError


class StreetMap(Declared):
    """A picture of the theme: one value per street (docs/decisions/0010)."""

    street: Identifier
    """The column that holds the street's code."""
    value: Identifier
    title: str = Field(min_length=1)

    @property
    def columns(self) -> tuple[str, str]:
        """The columns of the theme that the picture reads."""
        return self.street, self.value


class Header(Declared):
    """What the comments at the top of a theme say."""

    title: str = Field(min_length=1)
    kind: Literal["theme", "special"] = "theme"
    """主题库, or 专题库 for a piece of work that ends."""
    purpose: str | None = Field(default=None, min_length=1)
    """Special libraries: what it is for."""
    until: date | None = None
    """Special libraries: last day on which it is needed."""
    grain: str = Field(min_length=1)
    """What one row stands for, in words (粒度)."""
    department: Identifier
    """The lead department (牵头部门)."""
    key: list[Identifier] = Field(min_length=1)
    """Columns that tell the rows apart: always tested for being complete and unique."""
    columns: dict[Identifier, str] = Field(min_length=1)
    """Every column of the result, in order, with its meaning."""
    not_null: list[Identifier] = Field(default_factory=list)
    hold: dict[str, str] = Field(default_factory=dict)
    """What must be true of every row: a sentence and its SQL condition; an unknown (null) condition is not true."""
    map: StreetMap | None = None

    @model_validator(mode="after")
    def _ends_for_a_purpose(self) -> Self:
        special = self.kind == "special"
        if special != (self.purpose is not None) or special != (self.until is not None):
            raise ValueError(
                "kind 为 special（专题库）时须写明 purpose（用途）与 until（截止日），主题库不写；"
                "a special library states its purpose and until, a theme library neither"
            )
        return self

    @model_validator(mode="after")
    def _known_columns(self) -> Self:
        refuse_repeated("key", self.key)
        for name in [*self.key, *self.not_null, *(self.map.columns if self.map else ())]:
            if name not in self.columns:
                raise ValueError(
                    f"列 {name} 未列入 columns；column {name} is not among columns: {', '.join(self.columns)}"
                )
        return self


@dataclass(frozen=True)
class Theme:
    """One theme library.

    Attributes:
        id: name of its file, of its table and of the served view.
        header: what it says of itself.
        query: one SELECT in DuckDB's dialect.
    """

    id: str
    header: Header
    query: str

    @property
    def digest(self) -> str:
        """sha256 (hex) of header and query: the version of the theme."""
        # What only special libraries say does not make every other theme another version.
        unsaid = None if self.header.kind == "special" else {"kind", "purpose", "until"}
        content = self.header.model_dump_json(exclude=unsaid) + "\n" + self.query
        return hashlib.sha256(content.encode()).hexdigest()


def read_theme(path: Path) -> Theme:
    """Read one theme.

    Raises:
        DocumentError: no header, a header that is not what is allowed (with its line), or no query.
    """
    name = f"themes/{path.name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", path.stem):
        raise DocumentError(
            f"文件名 {path.stem} 就是主题库的名称，应为小写英文字母、数字和下划线，以字母开头。",
            f"The file's name {path.stem} names the theme: lower-case letters, digits and underscores, beginning with a letter.",
            where=name,
        )
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise DocumentError(
            "文件不是 UTF-8 编码，请另存为 UTF-8。", "Not UTF-8; save the file as UTF-8.", where=name
        ) from None
    height = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    # Without its dashes each line keeps its number, so that messages name the line of the file.
    header = parse_document("\n".join(line[2:].removeprefix(" ") for line in lines[:height]), Header, name=name)
    query = "\n".join(lines[height:]).strip().removesuffix(";").strip()
    if not query:
        raise DocumentError(
            "说明之下没有查询。请写一条 SELECT。", "There is no query below the header; write one SELECT.", where=name
        )
    return Theme(path.stem, header, query)


def load_themes(directory: Path, departments: Iterable[str], taken: Iterable[str]) -> tuple[Theme, ...]:
    """Every theme of ``directory`` (a missing one holds none), by name.

    Args:
        directory: ``city/themes``.
        departments: ids of the departments the city has.
        taken: names that mean something else to a reader already (libraries, resources).

    Raises:
        DocumentError: every problem of every theme at once.
    """
    known, names = set(departments), set(taken)
    themes: list[Theme] = []
    faults: list[DocumentError] = []
    for path in sorted(directory.glob("*.sql")):
        try:
            theme = read_theme(path)
            _check(theme, known, names)
        except DocumentError as fault:
            faults.append(fault)
        else:
            themes.append(theme)
    if faults:
        raise DocumentError(
            "\n".join(f"[{one.where}] {one.zh}" for one in faults),
            "\n".join(f"[{one.where}] {one.en}" for one in faults),
        )
    return tuple(themes)


def _check(theme: Theme, departments: set[str], taken: set[str]) -> None:
    where = f"themes/{theme.id}.sql"
    if theme.header.department not in departments:
        raise DocumentError(
            f"牵头部门 {theme.header.department} 不在部门名单中。",
            f"The lead department {theme.header.department} is not among the departments.",
            where=where,
        )
    if theme.id in taken:
        raise DocumentError(
            f"{theme.id} 已是基础库或资源的名称，请为主题库另取名称。",
            f"{theme.id} is the name of a library or resource already; call the theme otherwise.",
            where=where,
        )
