"""What are the rows of a base library? Every item's value, where it came from, and whether others agree.

The register decides (one number, one source: Wuhan article 12): the authority's value wins; only where it is missing
does a registered fallback stand in, and then the row says so; corroborating sources never change a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from catalog.register import Library, RegisteredItem
from ground.errors import UserError
from pipelines.fusion.shape import (
    AGREED,
    DATATYPES,
    DIFFERS,
    OBSERVED,
    SOLE,
    agreement_column,
    base_schema,
    item_of,
    observed_column,
    source_column,
)


def fuse(library: Library, sources: Mapping[str, ir.Table]) -> ir.Table:
    """The base library from its standard tables.

    Agreement is judged on the served value against every other corroborating value that is there: ``sole`` if there is
    none, ``agreed`` if all are equal, ``differs`` otherwise, null without a value. Beside the authority's value a
    corroborating one may also equal an item named in ``also_agrees_with``; a fallback's value has no such excuse.

    Args:
        library: the register of the library.
        sources: resource id -> its standard table, one row per key and no null key (`collapse` makes it so). A
            resource that is missing has not delivered: its items are null.

    Returns:
        One row per key that any source has, with the columns of `shape.base_schema`.

    Raises:
        UserError: a source that the register does not name, or a column that a source does not have.
    """
    schema = base_schema(library)
    _check_sources(library, sources)
    present = [resource for resource in library.key_in if resource in sources]
    if not present:
        return ibis.memtable(schema.to_pyarrow().empty_table())
    joined = _join(library, {resource: sources[resource] for resource in present})
    columns: dict[str, ir.Value] = {library.key: _first([joined[_KEY.format(n)] for n in range(len(present))])}
    for name, item in library.items.items():
        columns |= _Fact(name, item, joined, present).columns()
    for resource in library.key_in:
        observed = observed_column(resource)
        column = joined[_OBSERVED.format(present.index(resource))] if resource in present else ibis.null()
        columns[observed] = column.cast(schema[observed])
    return joined.select(**{column: columns[column] for column in schema.names})


_KEY, _OBSERVED, _ITEM = "s{}__key", "s{}__observed", "s{}_{}"
# Columns of the n-th source within the join; an item's name starts with a letter, so none can collide.


def _join(library: Library, sources: Mapping[str, ir.Table]) -> ir.Table:
    """FULL JOIN chain over the sources, the fastest of the forms measured (docs/decisions/0004)."""
    parts = [
        source.select(
            **{_KEY.format(n): source[library.key_in[resource]], _OBSERVED.format(n): source[OBSERVED]},
            **{_ITEM.format(n, item): source[item] for item in _needed(library, resource)},
        )
        for n, (resource, source) in enumerate(sources.items())
    ]
    joined = parts[0]
    for n, part in enumerate(parts[1:], start=1):
        known = _first([joined[_KEY.format(before)] for before in range(n)])
        joined = joined.outer_join(part, known == part[_KEY.format(n)])
    return joined


def _needed(library: Library, resource: str) -> list[str]:
    """Items of ``resource`` that the library uses, each once, in order."""
    found: dict[str, None] = {}
    for name, item in library.items.items():
        if resource in (*item.origins, *item.corroborating):
            found[item_of(resource, name, item)] = None
        if resource == item.authority:
            found |= dict.fromkeys(item.also_agrees_with)
    return list(found)


@dataclass(frozen=True)
class _Fact:
    """One item of the library over the joined sources."""

    name: str
    item: RegisteredItem
    joined: ir.Table
    present: list[str]

    def columns(self) -> dict[str, ir.Value]:
        """Value, and source and agreement where the register asks for them."""
        order = self.item.origins
        found = [self._value(resource) for resource in order]
        columns = {self.name: _first(found)}
        if len(order) > 1:
            branches = [(value.notnull(), ibis.literal(r)) for r, value in zip(order, found, strict=True)]
            columns[source_column(self.name)] = ibis.cases(*branches)
        if self.item.corroborating:
            columns[agreement_column(self.name)] = self._agreement(columns[self.name])
        return columns

    def _value(self, resource: str) -> ir.Value:
        return self._column(resource, item_of(resource, self.name, self.item))

    def _column(self, resource: str, item: str) -> ir.Value:
        datatype = DATATYPES[self.item.type]
        if resource not in self.present:
            return ibis.null(datatype)
        return self.joined[_ITEM.format(self.present.index(resource), item)].cast(datatype)

    def _agreement(self, value: ir.Value) -> ir.Value:
        witnesses = [resource for resource in self.item.corroborating if resource in self.present]
        if not witnesses:
            return ibis.ifelse(value.notnull(), SOLE, ibis.null("string"))
        other = reduce(or_, [self._is_other(resource) for resource in witnesses])
        differs = reduce(or_, [self._differs(self._value(resource), value) for resource in witnesses])
        return ibis.cases((value.isnull(), ibis.null("string")), (differs, DIFFERS), (other, AGREED), else_=SOLE)

    def _is_other(self, resource: str) -> ir.BooleanValue:
        """Whether the resource has a value and is not itself the one that is served."""
        own = self._value(resource).notnull()
        if resource not in self.item.origins:
            return own
        before = self.item.origins[: self.item.origins.index(resource)]
        return own & _first([self._value(one) for one in before]).notnull()

    def _differs(self, witness: ir.Value, value: ir.Value) -> ir.BooleanValue:
        """Whether a witness contradicts the value; a null witness contradicts nothing."""
        differs = (witness != value).fill_null(False)
        if not self.item.also_agrees_with:
            return differs
        unsaid = self._value(self.item.authority).isnull()
        excused = [
            (witness == self._column(self.item.authority, one)).fill_null(False) for one in self.item.also_agrees_with
        ]
        return differs & (unsaid | ~reduce(or_, excused))


def _first(values: list[ir.Value]) -> ir.Value:
    """The first value that is not null; a single one as it is."""
    return values[0] if len(values) == 1 else ibis.coalesce(*values)


def _check_sources(library: Library, sources: Mapping[str, ir.Table]) -> None:
    unknown = sorted(set(sources) - set(library.key_in))
    if unknown:
        raise UserError(
            f"来源 {'、'.join(unknown)} 未在登记册中登记。已登记：{'、'.join(library.key_in)}",
            f"Sources not in the register: {', '.join(unknown)}. Registered: {', '.join(library.key_in)}",
            where=library.title,
        )
    for resource, table in sources.items():
        wanted = [library.key_in[resource], OBSERVED, *_needed(library, resource)]
        missing = [column for column in wanted if column not in table.columns]
        if missing:
            raise UserError(
                f"标准表缺少登记册所用的列：{'、'.join(missing)}。请核对登记册的 from_item 与目录条目。",
                f"The standard table lacks columns that the register uses: {', '.join(missing)}. "
                "Compare from_item in the register with the catalogue entry.",
                where=f"{library.title} / {resource}",
            )
