"""The engine's functions over JSON, for expressions: it parses, set-based and without losing a digit of an integer.

Named as the engine names them; ``text`` is a JSON value, ``path`` the way to one within it (``$."holder"."name"``).
"""

from __future__ import annotations

import ibis


@ibis.udf.scalar.builtin(name="json_valid")  # type: ignore[untyped-decorator]
def valid(text: str) -> bool:  # type: ignore[empty-body]
    """Whether a text is JSON."""


@ibis.udf.scalar.builtin(name="json_type")  # type: ignore[untyped-decorator]
def kind(text: str) -> str:  # type: ignore[empty-body]
    """``OBJECT``, ``ARRAY``, ``DOUBLE``, ``VARCHAR``, …"""


@ibis.udf.scalar.builtin(name="json_type", signature=(("string", "string"), "string"))
def type_at(text, path):  # type: ignore[no-untyped-def]
    """`kind` of the value at a path; null where there is none."""


@ibis.udf.scalar.builtin(name="json_type", signature=(("string", "array<string>"), "array<string>"))
def types(text, paths):  # type: ignore[no-untyped-def]
    """`type_at` of many paths, the text parsed once."""


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "array<string>"), "array<string>"))
def values(text, paths):  # type: ignore[no-untyped-def]
    """The values at many paths as text, the text parsed once; objects and lists as JSON."""


@ibis.udf.scalar.builtin(name="json_extract", signature=(("string", "string"), "string"))
def at(text, path):  # type: ignore[no-untyped-def]
    """The value at a path as JSON."""


@ibis.udf.scalar.builtin(name="json_type", signature=(("string", "string"), "array<string>"))
def types_among(text, path):  # type: ignore[no-untyped-def]
    """`kind` of everything that a path through lists leads to."""


@ibis.udf.scalar.builtin(name="json_extract", signature=(("string", "string"), "array<string>"))
def all_among(text, path):  # type: ignore[no-untyped-def]
    """Everything that a path through lists leads to."""


@ibis.udf.scalar.builtin(name="to_json", signature=(("array<string>",), "string"))
def as_list(values):  # type: ignore[no-untyped-def]
    """Several JSON values as one JSON list."""


@ibis.udf.scalar.builtin(name="from_json", signature=(("string", "string"), "array<string>"))
def elements(text, shape):  # type: ignore[no-untyped-def]
    """The elements of a JSON list, each as JSON."""
