"""The second reading of the rules that read a base library, in SQL; written apart from `quality.library_lookups`.

Part of the Great Expectations leaf. By grouping here what a window orders there.
"""

from __future__ import annotations

from collections.abc import Mapping

from quality import library_kinds as lk
from quality.gx_names import quoted, table_name, text


def steady(check: lk.Steady, item: str, references: Mapping[str, str]) -> str:
    """No value between the last end of this one and its return that was alone there and went within the days."""
    key, held = quoted(check.library_key or check.key), quoted(check.library_item)
    now, past = table_name(references[check.library]), table_name(references[f"{check.library}_history"])
    # Renamed inside, so that a name of this row cannot be taken for one of the other table.
    versions = f"(SELECT {key} AS _key, {held} AS _held, recorded_from AS _from, recorded_to AS _to FROM {past} WHERE {held} IS NOT NULL)"  # noqa: S608  quoted
    mine = f"FROM {versions} WHERE _key = {quoted(check.key)}"
    back = f"(SELECT max(_to) {mine} AND _held <> {item})"
    left = f"(SELECT max(_to) {mine} AND _held = {item} AND _to <= {back})"
    # Since the value was left for the last time until it came back.
    between = f"{mine} AND _held <> {item} AND _to <= {back} AND _from >= {left}"
    alone = f"(SELECT count(DISTINCT _held) {between}) = 1"
    gone = f"date_diff('day', (SELECT min(_from) {between}), {back}) <= {check.within_days}"
    standing = f"(SELECT {key} AS _key, {held} AS _held FROM {now})"  # noqa: S608  quoted
    stands = f"EXISTS (SELECT 1 FROM {standing} WHERE _key = {quoted(check.key)} AND _held = {item})"  # noqa: S608  quoted
    return f"NOT coalesce({stands} AND {alone} AND {gone}, FALSE)"


def same_place(check: lk.SamePlace, item: str, references: Mapping[str, str]) -> str:
    """Not both: a newer date elsewhere, and the first of door, street and district that both places have differing."""
    key, own = quoted(check.library_key or check.key), quoted(check.key)
    library, places = table_name(references[check.library]), table_name(references[f"{check.library}_place"])
    newer, dated = check.newer_in, table_name(references[check.newer_in.resource])
    there = f"(SELECT {key} AS _key, item AS _item, address_id AS _door, street_code AS _street, division AS _division FROM {places})"  # noqa: S608  quoted
    serves = f"EXISTS (SELECT 1 FROM (SELECT {key} AS _key, {quoted(check.library_item)} AS _held FROM {library}) WHERE _key = {own} AND _held = {item})"  # noqa: S608  quoted
    dates = (
        f"(SELECT {quoted(newer.key or check.key)} AS _key, CAST({quoted(newer.date)} AS DATE) AS _date FROM {dated})"  # noqa: S608  quoted
    )
    later = f"EXISTS (SELECT 1 FROM {dates} WHERE _key = {own} AND _date > CAST({quoted(check.observed)} AS DATE))"  # noqa: S608  quoted
    other = (
        "CASE WHEN a._door IS NOT NULL AND b._door IS NOT NULL THEN a._door <> b._door "
        "WHEN a._street IS NOT NULL AND b._street IS NOT NULL THEN a._street <> b._street "
        "ELSE coalesce(a._division <> b._division, FALSE) END"
    )
    moved = (
        f"EXISTS (SELECT 1 FROM {there} a, {there} b WHERE a._key = {own} AND b._key = {own} "  # noqa: S608  quoted
        f"AND a._item = {text(check.library_item)} AND b._item = {text(check.other_item)} AND {other})"
    )
    return f"NOT coalesce({serves} AND {later} AND {moved}, FALSE)"
