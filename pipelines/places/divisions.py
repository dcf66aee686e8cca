"""Which division does a written name mean today? Present names, and old ones through the history of divisions.

A renamed division has two rows with one code; a merged one has a closed row whose ``successor`` is another code.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from standards.grammar import Keep

DISTRICT, STREET, COMMUNITY = "3", "4", "5"
"""Levels of divisions."""
LONGEST_CHAIN = 4
"""A division merged more often than this since an address was written is followed this far."""


def present_codes(divisions: ir.Table, keep: Keep) -> ir.Table:
    """Every code that ever was, with the one that stands in its place now.

    Args:
        divisions: ``code, valid_from, valid_to, successor`` among others, one row per code and first day.
        keep: evaluates a table once; the chain is followed through the same small table again and again.

    Returns:
        ``code, present``: one row per code; ``present`` is the code itself unless a chain of successors leads on.
    """
    newest = keep(_newest(divisions, ["code"]))
    left = newest["valid_to"].notnull() & (newest["successor"].nullif("") != newest["code"]).fill_null(False)
    direct = newest.select("code", present=ibis.ifelse(left, newest["successor"], newest["code"]))
    step = keep(newest.filter(left).select(_from="code", _to="successor"))
    for _ in range(LONGEST_CHAIN - 1):
        direct = keep(direct)
        joined = direct.left_join(step, direct["present"] == step["_from"])
        direct = joined.select("code", present=ibis.coalesce(joined["_to"], joined["present"]))
    return keep(direct)


def names(divisions: ir.Table, keep: Keep) -> ir.Table:
    """Every name that a division has or had, and what it means now.

    Args:
        divisions: ``code, name, level, valid_from, valid_to, change, successor`` among others.
        keep: as for `present_codes`.

    Returns:
        ``level, district`` (six digits: of the code that bore the name), ``name, code`` (the one in force), ``via``
        (null for a present name, ``renamed``, ``merged`` or ``abolished`` for an old one), ``until`` (date: its last
        day, null for a present name); one row per level, district and name. A present name goes before an old one, of
        old ones the latest; where two divisions of a district bear the same name at once, it means none of them.
    """
    present = present_codes(divisions, keep).rename(_code="code")
    closed = divisions["valid_to"].notnull()
    rows = divisions.select(
        "level", "name", "code", district=divisions["code"].left(6), until=divisions["valid_to"],
        via=ibis.ifelse(closed, divisions["change"], ibis.null("string")), former=closed,
    )  # fmt: skip
    rows = rows.join(present, rows["code"] == present["_code"])
    rows = rows.select(
        "level", "district", "name", "former", "until", code="present",
        via=ibis.cases(
            (~rows["former"], ibis.null("string")),
            (rows["present"] != rows["code"], "merged"),
            (rows["via"] == "abolished", "abolished"),
            else_="renamed",
        ),
    )  # fmt: skip
    bearers = ["level", "district", "name", "former", "until"]
    one = rows.group_by(bearers).agg(code=rows["code"].min(), via=rows["via"].min(), codes=rows["code"].nunique())
    window = ibis.window(group_by=["level", "district", "name"], order_by=[ibis.asc("former"), ibis.desc("until")])
    first = one.mutate(_place=ibis.row_number().over(window))
    first = first.filter((first["_place"] == 0) & (first["codes"] == 1))
    return first.select("level", "district", "name", "code", "via", "until")


def _newest(divisions: ir.Table, by: list[str]) -> ir.Table:
    """The latest row per code: the open one, else the one that closed last."""
    order = [ibis.desc(divisions["valid_to"].isnull()), ibis.desc("valid_to"), ibis.desc("valid_from")]
    placed = divisions.mutate(_place=ibis.row_number().over(ibis.window(group_by=by, order_by=order)))
    return placed.filter(placed["_place"] == 0).drop("_place")
