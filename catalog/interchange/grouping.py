"""Which rows of a sheet are one resource: those below each other that name the same one, or name none.

A blank cell in a resource's column says the same as the first row of the resource (同上); it never reaches over to another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from catalog.interchange import columns as known
from catalog.interchange.faults import Fault
from catalog.interchange.reading import Row, Table

IDENTITY = ("id", "code", "title", "provider", "provider_code")
"""What tells one resource from the next."""


@dataclass
class Group:
    """The rows of one resource, the first of which says what holds for all."""

    rows: list[Row] = field(default_factory=list)

    @property
    def first(self) -> Row:
        """The row that names it."""
        return self.rows[0]


def grouped(table: Table) -> tuple[list[Group], list[Fault]]:
    """The resources of a sheet in order, and rows that say otherwise than the first of their resource."""
    groups: list[Group] = []
    faults: list[Fault] = []
    for row in table.rows:
        if not groups or _begins(groups[-1].first, row):
            if "title" not in row.cells:
                faults.append(
                    table.fault(
                        row.number, "title", "信息资源名称为空，而上一行是另一资源。请填写。",
                        "The title is blank, and the row above is another resource; fill it in.",
                    )
                )  # fmt: skip
            groups.append(Group([row]))
        else:
            groups[-1].rows.append(row)
            faults += _differing(table, groups[-1].first, row)
    return groups, faults


def _begins(first: Row, row: Row) -> bool:
    return any(name in row.cells and first.cells.get(name, row.cells[name]) != row.cells[name] for name in IDENTITY)


def _differing(table: Table, first: Row, row: Row) -> Iterator[Fault]:
    for name, text in row.cells.items():
        if known.column(name).level == "resource" and first.cells.get(name) != text:
            yield table.fault(
                row.number, name, f"与本资源首行（第 {first.number} 行）所填不同。同一资源各行应相同，或留空表示同上。",
                f"Differs from the first row of the resource (row {first.number}): say the same, or leave it blank.",
            )  # fmt: skip
