"""Roads that are written almost alike: one character wrong, missing or too many, or 路 and 大道 exchanged.

No distance is computed between all pairs: two names are one character apart exactly if they have a name in common after
at most one character of each is taken out at the same place, so that an equality join finds the pairs.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SHORTEST = 3
"""Names shorter than this differ in too much when they differ in one character."""
_KIND = "(大道|路|街|道|巷|弄)$"


def similar_names(unknown: ir.Table, known: ir.Table) -> ir.Table:
    """Known names of the same district that an unknown one may stand for.

    Args:
        unknown: ``district, named``; distinct.
        known: the same.

    Returns:
        ``district, named, meant``: each pair once; ``meant`` is a known name other than ``named``.
    """
    left, right = _variants(unknown), _variants(known).rename(meant="named", _district="district", _variant="variant")
    pairs = left.join(right, [left["district"] == right["_district"], left["variant"] == right["_variant"]])
    pairs = pairs.filter(pairs["named"] != pairs["meant"])
    return pairs.select("district", "named", "meant").distinct()


def _variants(names: ir.Table) -> ir.Table:
    """Each name as it is, without each of its characters (and where that was), and without its kind of road.

    What was taken out is marked, so that a name without its third character meets another without its third one
    (another character there), and a whole name only meets one that has a character more or less.
    """
    long = names.filter(names["named"].length() >= SHORTEST)
    one = long.mutate(place=ibis.range(0, long["named"].length()).unnest())
    cut = one["named"].substr(0, one["place"]) + "□" + one["named"].substr(one["place"] + 1)
    inserted = long.mutate(place=ibis.range(0, long["named"].length() + 1).unnest())
    gap = inserted["named"].substr(0, inserted["place"]) + "□" + inserted["named"].substr(inserted["place"])
    stem = long["named"].re_replace(_KIND, "")
    parts = [
        one.select("district", "named", variant=cut),
        inserted.select("district", "named", variant=gap),
        long.filter((stem != long["named"]) & (stem.length() >= SHORTEST - 1)).select(
            "district", "named", variant=stem + "|"
        ),
    ]
    return ibis.union(*parts, distinct=True)
