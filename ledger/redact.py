"""A query without its values: what the ledger may keep of the SQL that a person ran.

Every literal becomes ``?``; comments go, for they may hold anything. A text that is not one plain query is not kept at
all: only its keyed digest, by which the same text can be recognised and nothing can be read. Names of tables and columns
stay, and so does a name the user invents as an alias, unless it holds six digits in a row as codes of persons do.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NamedTuple

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

_LITERALS = frozenset(
    getattr(TokenType, name) for name in TokenType.__members__ if name.endswith("STRING") or name == "NUMBER"
) - {TokenType.LINESTRING, TokenType.MULTILINESTRING, TokenType.FIXEDSTRING}
_QUERIES = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN, TokenType.VALUES})
_CODE = re.compile(r"\d{6}")


class Redacted(NamedTuple):
    """What may be kept of a query.

    Attributes:
        text: the query with ``?`` for every literal, None if it could not be read.
        tables: names of the tables it reads, sorted; a file or function read instead of a table is not among them.
        digest: HMAC-SHA256 of the text as it was run, hexadecimal.
    """

    text: str | None
    tables: tuple[str, ...]
    digest: str


def redact_sql(sql: str, *, key: bytes) -> Redacted:
    """``sql`` (DuckDB's dialect) without its values.

    Args:
        sql: one query.
        key: the secret of the digest; without a key, values of little variety could be guessed from it.
    """
    digest = hmac.new(key, sql.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    try:
        tokens = DuckDB().tokenize(sql)
        # Other statements may be kept whole, unread, by the parser, which also writes them to the log.
        if not tokens or tokens[0].token_type not in _QUERIES:
            return Redacted(None, (), digest)
        trees = DuckDB().parser().parse(tokens, sql)
    except (SqlglotError, RecursionError):
        return Redacted(None, (), digest)
    if len(trees) != 1 or trees[0] is None or trees[0].find(exp.Command):
        return Redacted(None, (), digest)
    return Redacted(_without_values(tokens), _tables(trees[0]), digest)


def _without_values(tokens: list[Token]) -> str:
    shown: list[str] = []
    number_ends_at = -1
    for token in tokens:
        # 0xff comes as the number 0 and, without a blank between, the word xff.
        rest_of_number = token.start == number_ends_at + 1
        if token.token_type in _LITERALS:
            shown.append("?")
            number_ends_at = token.end if token.token_type is TokenType.NUMBER else -1
        elif rest_of_number and token.token_type is TokenType.VAR:
            number_ends_at = token.end
        elif _CODE.search(token.text):
            shown.append("?")
        elif token.token_type is TokenType.IDENTIFIER:
            shown.append('"' + token.text.replace('"', '""') + '"')
        else:
            shown.append(token.text)
    return " ".join(shown)


def _tables(tree: exp.Expr) -> tuple[str, ...]:
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue
        name = ".".join(part.name for part in table.parts)
        # A file read as a table comes as a quoted name; its path is a value.
        if name not in named and not re.search(r"[/\\*]|\.(?:csv|parquet|json|xlsx)$", name) and not _CODE.search(name):
            found.add(name)
    return tuple(sorted(found))
