"""How names and values are written into the SQL of the second reading; nothing else writes any.

Part of the Great Expectations leaf.
"""

from __future__ import annotations

import re

from ground.errors import InternalFault

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,2}", re.ASCII)


def table_name(name: str) -> str:
    """A table name of up to three plain parts, quoted; anything else is refused."""
    if not _NAME.fullmatch(name):
        raise InternalFault("表名含有不允许的字符。", "The table name has characters that are not allowed.", where=name)
    return ".".join(quoted(part) for part in name.split("."))


def quoted(name: str) -> str:
    """A name of a column or table, quoted."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A value as a literal."""
    return "'" + value.replace("'", "''") + "'"
