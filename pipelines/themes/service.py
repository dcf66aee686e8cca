"""Builds theme libraries inside a build: the query over what was just built, its tests, and only then its table.

A theme whose tests fail stops the build: nothing is published, readers keep what they have (write, audit, publish).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from catalog.city import City
from ground.errors import RefusedData, UserError
from pipelines.fusion.service import base_name
from pipelines.places.service import place_name
from pipelines.query_guard import check_named, check_query, without_values
from pipelines.themes.document import Theme
from warehouse.duckdb_engine import DuckDbEngine, DuckDbError
from warehouse.lake import LakeReader, LakeWriter

AS_OF = "as_of"
"""Variable of the connection: the day of the build. A theme says ``getvariable('as_of')``, never ``current_date``."""


@dataclass(frozen=True)
class Derived:
    """One theme as it was built.

    Attributes:
        theme: its id.
        title: its title.
        rows: rows written; None where it still waits for what it reads.
        waits_for: tables it reads that nobody has delivered to yet.
    """

    theme: str
    title: str
    rows: int | None
    waits_for: tuple[str, ...] = ()


def theme_name(theme: str) -> str:
    """Lake table of a theme."""
    return f"theme.{theme}"


def readable_tables(reader: LakeReader, city: City) -> dict[str, ir.Table]:
    """What a theme may read of what is there: base libraries, where their subjects are, and resources."""
    names = {name: place for name, place in _known(city).items() if reader.has(place)}
    return {name: reader.table(place) for name, place in names.items()}


def _known(city: City) -> dict[str, str]:
    """Name in a theme's SQL -> lake table."""
    libraries = city.register.libraries
    return (
        {name: base_name(name) for name in libraries}
        | {f"{name}_place": place_name(name) for name in libraries}
        | {one.id: f"standard.{one.id}" for one in city.resources}
    )


def build_themes(writer: LakeWriter, themes: Sequence[Theme], city: City, *, as_of: date) -> list[Derived]:
    """Evaluate, test and write every theme, in the order of their names; a later one may read an earlier one.

    Args:
        writer: the open lake.
        themes: what is declared.
        city: what is declared; a theme that reads what nobody has delivered to yet waits.
        as_of: the day of the build.

    Raises:
        UserError: a query that cannot be run, or reads something else, or gives other columns than its header says.
        RefusedData: a test of a theme fails.
    """
    engine = writer.engine
    readable = readable_tables(writer, city)
    known = _known(city)
    for name, table in readable.items():
        engine.view(name, table)
    engine.execute(f"SET VARIABLE {AS_OF} = $1::DATE", [as_of])
    built = []
    for theme in themes:
        named = (engine.named_in(theme.query) or (set(), set()))[0]
        if waits_for := sorted(
            name for name in named & (set(known) | {one.id for one in themes}) if name not in readable
        ):
            built.append(Derived(theme.id, theme.header.title, None, tuple(waits_for)))
            continue
        rows = _evaluate(engine, theme, readable)
        _test(engine, theme, rows)
        with writer.transaction(f"theme {theme.id}", {"theme": theme.id, "version": theme.digest}):
            count = writer.create(theme_name(theme.id), rows)
        engine.drop(rows)
        readable[theme.id] = writer.table(theme_name(theme.id))
        engine.view(theme.id, readable[theme.id])
        built.append(Derived(theme.id, theme.header.title, count))
    return built


def _evaluate(engine: DuckDbEngine, theme: Theme, readable: Collection[str]) -> ir.Table:
    where = f"themes/{theme.id}.sql"
    check_query(theme.query, readable)
    check_named(engine, theme.query, readable)
    for condition in theme.header.hold.values():
        check_query(f"SELECT 1 FROM {theme.id} WHERE ({condition})", {*readable, theme.id})  # noqa: S608 - parsed only
    staged = f"_theme_{theme.id}"
    try:
        rows = engine.stage_sql(theme.query, staged)
    except DuckDbError as fault:
        said = without_values(str(fault))
        raise UserError(f"主题库查询无法执行：{said}", f"The query cannot be run: {said}", where=where) from None
    if list(rows.columns) != list(theme.header.columns):
        found, declared = "、".join(rows.columns), "、".join(theme.header.columns)
        raise UserError(
            f"查询给出的列与说明不一致。查询：{found}。说明：{declared}。",
            f"The query gives other columns than its header. Query: {found}. Header: {declared}.",
            where=where,
        )
    return rows


def _test(engine: DuckDbEngine, theme: Theme, rows: ir.Table) -> None:
    """Refuse a theme that is not what its header says; every test that fails is named with its number of rows."""
    header = theme.header
    required = list(dict.fromkeys([*header.key, *header.not_null]))
    conditions = {f"{name} 不为空 not null": f'"{name}" IS NOT NULL' for name in required} | header.hold
    counts = ", ".join(f"count(*) FILTER (({condition}) IS NOT TRUE)" for condition in conditions.values())
    keys = ", ".join(f'"{name}"' for name in header.key)
    table = rows.get_name()
    try:
        (failed,) = engine.execute(f"SELECT {counts} FROM {table}")  # noqa: S608 - the theme's own conditions
        ((repeated,),) = engine.execute(
            f"SELECT count(*) FROM (SELECT {keys} FROM {table} GROUP BY ALL HAVING count(*) > 1)"  # noqa: S608
        )
    except DuckDbError as fault:
        said = without_values(str(fault))
        raise UserError(
            f"hold 中的条件无法执行：{said}",
            f"A condition of hold cannot be run: {said}",
            where=f"themes/{theme.id}.sql",
        ) from None
    broken = [f"{what}（{number} 行 rows）" for what, number in zip(conditions, failed, strict=True) if number]
    if repeated:
        broken.append(f"主键唯一 key is unique（{repeated} 个主键重复 keys repeated）")
    if broken:
        raise RefusedData(
            f"主题库未通过检验，未发布，原发布版本不变：{'；'.join(broken)}",
            f"The theme fails its tests; nothing was published and what was published stays: {'; '.join(broken)}",
            where=f"themes/{theme.id}.sql",
        )
