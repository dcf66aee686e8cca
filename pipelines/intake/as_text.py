"""Typed values of a file as text: what a department would have written, and never a rounded digit."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake.staged import UNREADABLE

LOCAL = "Asia/Shanghai"
"""Moments with a zone become the local time that every other delivery is written in."""
EXACT = float(2**53)
"""From here on a double skips whole numbers (IEEE 754): digits of a code may be lost already."""
SINGLE_EXACT = float(2**24)
"""The same of a float of 32 bits."""
DOUBLE = 64


def can_be_text(kind: pa.DataType) -> bool:
    """Whether a column of that type has one text a value; lists, structures and bytes have none."""
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def texts(column: pa.Array) -> pa.Array:
    """A column as text: days and moments as ISO 8601 writes them, decimals plain, empty text as null.

    A float beyond `EXACT` is `UNREADABLE`, never rounded; a whole one is written without a point.
    """
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        return _moments(column)
    if pa.types.is_decimal(column.type):
        return _decimals(column)
    if pa.types.is_floating(column.type):
        return _floats(column)
    written = pc.cast(column, pa.string())
    return pc.if_else(pc.equal(written, ""), pa.scalar(None, pa.string()), written)


def _moments(column: pa.Array) -> pa.Array:
    if column.type.tz is not None:
        column = pc.local_timestamp(column.cast(pa.timestamp("us", tz=LOCAL)))
    return pc.replace_substring_regex(pc.cast(column, pa.string()), pattern=r"\.0+$", replacement="")


def _decimals(column: pa.Array) -> pa.Array:
    """Arrow writes a decimal that is next to nothing as ``1E-9``; the few of them are written out."""
    written = pc.cast(column, pa.string())
    short = pc.fill_null(pc.match_substring(written, "E"), False)
    if not pc.any(short).as_py():
        return written
    plain = [format(one, "f") for one in column.filter(short).to_pylist()]
    return pc.replace_with_mask(written, short, pa.array(plain, pa.string()))


def _floats(column: pa.Array) -> pa.Array:
    """Floats by their shortest text that is the same float again."""
    limit = EXACT if column.type.bit_width == DOUBLE else SINGLE_EXACT
    exact = pc.less(pc.abs(column), pa.scalar(limit, column.type))
    whole = pc.and_(exact, pc.equal(column, pc.floor(column)))
    integers = pc.cast(pc.if_else(whole, column, None), pa.int64())
    written = pc.coalesce(pc.cast(integers, pa.string()), pc.cast(column, pa.string()))
    return pc.if_else(pc.is_null(column, nan_is_null=True), None, pc.if_else(exact, written, UNREADABLE))
