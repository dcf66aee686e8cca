"""Which keys does a change touch, and what are their rows now? Cost follows the change, not the city.

An increment is a full build seen through a list of keys: the same functions, the same rows (tests/spec proves it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from catalog.register import Library
from pipelines.fusion.collapse import resolve
from pipelines.fusion.fuse import fuse


def changed_keys(
    library: Library,
    changes: Mapping[str, ir.Table] | Iterable[tuple[str, ir.Table]],
    alias: ir.Table | None = None,
    *,
    alias_changes: ir.Table | None = None,
) -> ir.Table:
    """Keys of the library whose rows may have changed, each once.

    Args:
        library: the register of the library.
        changes: resource id -> what changed in its standard table, or pairs of them; only its key column is read. Rows
            before and after a change, and deleted rows, all count.
        alias: the aliases of this library, as they are now.
        alias_changes: aliases of which something else is said since the last build: both their codes are touched.

    Returns:
        One column, named as the library's key.
    """
    pairs = changes.items() if isinstance(changes, Mapping) else changes
    parts = [_keys_in(library, table, library.key_in[resource], alias) for resource, table in pairs]
    if alias_changes is not None:
        parts += [alias_changes.select(**{library.key: alias_changes[side]}) for side in ("alias", "key")]
    if not parts:
        return ibis.memtable(ibis.schema({library.key: "string"}).to_pyarrow().empty_table())
    return reduce(lambda left, right: left.union(right), parts).distinct()


def _keys_in(library: Library, table: ir.Table, column: str, alias: ir.Table | None) -> ir.Table:
    codes = table.filter(table[column].notnull()).select(column)
    return resolve(codes, column, alias).select(**{library.key: column})


def fuse_changed(library: Library, sources: Mapping[str, ir.Table], keys: ir.Table) -> ir.Table:
    """`fuse` for these keys only: the same rows as a full build would have for them.

    Args:
        library: the register of the library.
        sources: as for `fuse`. Over large tables, give ``keys`` to `collapse` as well, which then has less to look at.
        keys: `changed_keys`.
    """
    wanted = keys.select(_wanted=library.key)
    narrowed = {
        resource: source.semi_join(wanted, source[library.key_in[resource]] == wanted["_wanted"])
        for resource, source in sources.items()
    }
    return fuse(library, narrowed)


def gone(library: Library, keys: ir.Table, fresh: ir.Table) -> ir.Table:
    """Keys that no source has any more: those of ``keys`` without a row in ``fresh``."""
    return keys.select(library.key).anti_join(fresh, library.key)
