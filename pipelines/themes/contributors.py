"""Who contributes to a theme or special library: the departments whose resources it is made of (Wuhan 14).

The lead department says so in the header; the others follow from what the query reads: resources, base libraries with all
that goes into them, and other themes. Nobody writes them down, so nobody forgets one.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlglot
from sqlglot import exp

from catalog.city import City
from pipelines.themes.document import Theme


def contributors(theme: Theme, themes: Iterable[Theme], city: City) -> list[str]:
    """Ids of the departments that contribute to a theme, in order; its lead is among them where its own resources are read.

    Args:
        theme: the theme, whose query was checked (`pipelines.themes.service`).
        themes: all of them; one may read another.
        city: the catalogue.
    """
    by_name = {one.id: one for one in themes}
    resources = {one.id: one.department for one in city.resources}
    found: set[str] = set()
    waiting, seen = [theme], {theme.id}
    while waiting:
        for name in _read(waiting.pop().query):
            library = name.removesuffix("_place") if name not in city.register.libraries else name
            if name in by_name and name not in seen:
                seen.add(name)
                waiting.append(by_name[name])
            elif name in resources:
                found.add(resources[name])
            elif library in city.register.libraries:
                found |= {resources[one] for one in city.register.libraries[library].key_in if one in resources}
    return sorted(found)


def _read(query: str) -> set[str]:
    """Tables that a query names, its own parts left out."""
    tree = sqlglot.parse_one(query, dialect="duckdb")
    own = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table) if not isinstance(table.this, exp.Func)} - own
