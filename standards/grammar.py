"""Rules that cut a text into named parts, each in a scalar and a set-based form that give the same text.

A grammar is a list of layers; a layer names new parts and how each is found in parts known before. There are no nulls:
a part that is not there is an empty text. A layer is one pass: an engine that evaluates expressions again wherever they
are mentioned is given each layer's result to keep before the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import ibis
import ibis.expr.types as ir

from standards import chinese_number

Keep = Callable[[ir.Table], ir.Table]
"""Evaluates a table once, so that it may be read often: an engine's ``stage``."""


class Rule(Protocol):
    """How one part follows from the parts known before."""

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        ...

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        ...


@dataclass(frozen=True)
class Find:
    """What a group of ``pattern`` matches in a part, the leftmost match; empty without one.

    The pattern keeps to what RE2, Java and Rust share: no lookaround, no backreference, no backslash.
    """

    source: str
    pattern: str
    group: int = 0

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        match = re.search(self.pattern, parts[self.source])
        return (match.group(self.group) or "") if match else ""

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        return ibis.coalesce(table[self.source].re_extract(self.pattern, self.group), "")


@dataclass(frozen=True)
class Behind:
    """What of a part stands behind ``front``, which it begins with."""

    source: str
    front: str

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        return parts[self.source][len(parts[self.front]) :]

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        return table[self.source].substr(table[self.front].length())


@dataclass(frozen=True)
class Before:
    """What of a part stands before ``back``, which it ends with."""

    source: str
    back: str

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        return parts[self.source][: len(parts[self.source]) - len(parts[self.back])]

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        return table[self.source].left(table[self.source].length() - table[self.back].length())


@dataclass(frozen=True)
class First:
    """The first of several parts that is not empty."""

    sources: tuple[str, ...]

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        return next((parts[one] for one in self.sources if parts[one]), "")

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        return ibis.coalesce(*[table[one].nullif("") for one in self.sources], "")


@dataclass(frozen=True)
class Where:
    """A part if another is there (or, with ``absent``, is not there); else empty."""

    source: str
    other: str
    absent: bool = False

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        return parts[self.source] if (parts[self.other] == "") == self.absent else ""

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        there = table[self.other] == "" if self.absent else table[self.other] != ""
        return ibis.ifelse(there, table[self.source], "")


@dataclass(frozen=True)
class Number:
    """A part with its number in plain digits (`standards.chinese_number`)."""

    source: str

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        return chinese_number.to_digits(parts[self.source])

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        return chinese_number.digits(table[self.source])


@dataclass(frozen=True)
class Joined:
    """Two parts with a sign between or behind them; the first alone where the second is empty."""

    source: str
    other: str
    between: str = ""
    behind: str = ""

    def scalar(self, parts: Mapping[str, str]) -> str:
        """The part of one text."""
        other = parts[self.other]
        return parts[self.source] + (f"{self.between}{other}{self.behind}" if other else "")

    def column(self, table: ir.Table) -> ir.StringValue:
        """The same, set-based."""
        joined = table[self.source] + self.between + table[self.other] + self.behind
        return ibis.ifelse(table[self.other] == "", table[self.source], joined)


Layer = Mapping[str, Rule]


def cut_text(parts: Mapping[str, str], layers: Sequence[Layer]) -> dict[str, str]:
    """The parts of one text with those that the layers find."""

    def passed(known: dict[str, str], layer: Layer) -> dict[str, str]:
        return known | {name: rule.scalar(known) for name, rule in layer.items()}

    return reduce(passed, layers, dict(parts))


def cut(table: ir.Table, layers: Sequence[Layer], keep: Keep) -> ir.Table:
    """Set-based `cut_text`: the table with a column for every part; ``keep`` is asked after each layer."""

    def passed(known: ir.Table, layer: Layer) -> ir.Table:
        return keep(known.mutate(**{name: rule.column(known) for name, rule in layer.items()}))

    return reduce(passed, layers, table)
